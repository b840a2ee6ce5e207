/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of shapes: outputs against worked examples and direct counting, inverses against trying every input. */
#include "check.h"

#include <limits.h>
#include <string.h>

#define MOST 60

/* ---- Axes ------------------------------------------------------------------------------------ */

static CnnAxisRule
random_rule (CnnAxisRuleKind kind)
{
  CnnAxisRule rule = {.kind = kind};
  switch (kind) {
  case CNN_RULE_WINDOW:
    rule.window = (CnnAxis){.kernel = check_random_int (1, 5),
        .stride = check_random_int (1, 3),
        .dilation = check_random_int (1, 2),
        .padding_before = check_random_int (0, 2)};
    break;
  case CNN_RULE_TRANSPOSED:
    rule.transposed = (CnnTransposedAxis){check_random_int (1, 5), check_random_int (1, 3),
        check_random_int (1, 2), check_random_int (0, 4), check_random_int (0, 4),
        check_random_int (0, 2)};
    break;
  case CNN_RULE_SLICE:
    rule.slice.first = check_random_int (0, 2) ? check_random_int (-12, 12) : CNN_SLICE_OPEN;
    rule.slice.end = check_random_int (0, 2) ? check_random_int (-12, 12) : CNN_SLICE_OPEN;
    rule.slice.step = check_random_int (0, 1) ? check_random_int (1, 4) : check_random_int (-4, -1);
    break;
  case CNN_RULE_PAD:
    rule.pad = (CnnPadAxis){check_random_int (-6, 6), check_random_int (-6, 6),
        (CnnPaddingMode)check_random_int (0, 4)};
    break;
  case CNN_RULE_RESIZE:
    rule.resize.size = check_random_int (0, 2) ? 0 : check_random_int (1, 40);
    rule.resize.factor = check_random_int (1, 40) / 10.0;
    break;
  case CNN_RULE_BROADCAST:
    rule.other = check_random_int (1, 9);
  }
  return rule;
}

/* Walks a slice as Python does. */
static int
count_slice (const CnnSlice *slice, int size)
{
  int count = 0;
  for (int i = 0; i < size; i++) {
    const int place = slice->step > 0 ? i : size - 1 - i;
    int first = slice->first, end = slice->end;
    if (first != CNN_SLICE_OPEN && first < 0)
      first = first + size;
    if (end != CNN_SLICE_OPEN && end < 0)
      end = end + size < 0 ? -1 : end + size;
    const bool after_first =
        slice->first == CNN_SLICE_OPEN || (slice->step > 0 ? place >= first : place <= first);
    const bool before_end =
        slice->end == CNN_SLICE_OPEN || (slice->step > 0 ? place < end : place > end);
    if (!after_first || !before_end)
      continue;
    /* The first selected place: from there every |step|-th. */
    static int start;
    if (count == 0)
      start = place, count = 1;
    else if ((place - start) % slice->step == 0)
      count++;
  }
  return count;
}

static int
expected_output (const CnnAxisRule *rule, int n)
{
  const CnnTransposedAxis *t = &rule->transposed;
  const CnnPadAxis *pad = &rule->pad;
  int output = 0;
  switch (rule->kind) {
  case CNN_RULE_WINDOW:
    return cnn_axis_output (&rule->window, n);
  case CNN_RULE_TRANSPOSED:
    output = (n - 1) * t->stride - t->padding_before - t->padding_after +
             t->dilation * (t->kernel - 1) + t->output_padding + 1;
    break;
  case CNN_RULE_SLICE:
    return count_slice (&rule->slice, n);
  case CNN_RULE_PAD:
    output = n + pad->before + pad->after;
    for (int side = 0; side < 2; side++) {
      const int most = pad->mode == CNN_PADDING_REFLECT     ? n - 1
                       : pad->mode == CNN_PADDING_CIRCULAR  ? n
                       : pad->mode == CNN_PADDING_SYMMETRIC ? n
                                                            : MOST;
      if ((side ? pad->after : pad->before) > most)
        return 0;
    }
    break;
  case CNN_RULE_RESIZE:
    output = rule->resize.size ? rule->resize.size : (int)(n * rule->resize.factor);
    break;
  case CNN_RULE_BROADCAST:
    return n == rule->other || rule->other == 1 ? n : n == 1 ? rule->other : 0;
  }
  return output > 0 ? output : 0;
}

/* Inverses are the smallest intervals around all inputs that lead there. */
static void
check_inverse (const CnnAxisRule *rule, CnnRange output)
{
  int least = INT_MAX, most = 0;
  for (int n = 1; n <= MOST; n++) {
    const int value = cnn_axis_rule_output (rule, n);
    if (value < output.min || value > output.max || value == 0)
      continue;
    least = n < least ? n : least;
    most = n;
  }
  const CnnRange inputs = cnn_axis_rule_input_range (rule, output);
  if (most == 0) {
    CHECK (cnn_range_is_empty (inputs) || inputs.min > MOST,
        "outputs [%d, %d]: inputs [%d, %d], none expected", output.min, output.max, inputs.min,
        inputs.max);
    return;
  }
  CHECK (inputs.min == least, "outputs [%d, %d]: inputs from %d, expected %d", output.min,
      output.max, inputs.min, least);
  CHECK (most == MOST ? inputs.max >= MOST : inputs.max == most,
      "outputs [%d, %d]: inputs to %d, expected %d", output.min, output.max, inputs.max, most);
}

static void
check_forward (const CnnAxisRule *rule, CnnRange input)
{
  const CnnRange outputs = cnn_axis_rule_output_range (rule, input);
  for (int n = input.min; n <= input.max; n++) {
    const int value = cnn_axis_rule_output (rule, n);
    CHECK (value == 0 || (value >= outputs.min && value <= outputs.max),
        "input %d gives %d, not in [%d, %d]", n, value, outputs.min, outputs.max);
  }
}

static void
run_axes (void)
{
  for (int round = 0; round < 3000 && check_ok (); round++) {
    const CnnAxisRuleKind kind = (CnnAxisRuleKind)(round % (CNN_RULE_BROADCAST + 1));
    const CnnAxisRule rule = random_rule (kind);
    check_context ("rule %d (%d %d %d %d %d)", kind, rule.slice.first, rule.slice.end,
        rule.slice.step, rule.transposed.padding_before, rule.transposed.padding_after);
    for (int n = 1; n <= MOST / 2; n++) {
      const int output = cnn_axis_rule_output (&rule, n), expected = expected_output (&rule, n);
      CHECK (output == expected, "input %d gives %d, expected %d", n, output, expected);
    }
    const int low = check_random_int (1, 20), high = low + check_random_int (0, 5);
    check_inverse (&rule, (CnnRange){low, high});
    check_forward (&rule, (CnnRange){low, high});
  }
}

const CheckTest check_axis_rules = {"axis-rules", "shapes", run_axes};

/* ---- Channels -------------------------------------------------------------------------------- */

static void
check_channels (const CnnChannelRule *rule, CnnRange output)
{
  static CnnRange ranges[CNN_MAX_CHANNEL_RANGES];
  const int count = cnn_channel_rule_input_ranges (rule, output, ranges);
  for (int c = 1; c <= 200; c++) {
    int value;
    CnnError error;
    bool leads = cnn_channel_rule_output (rule, c, &value, &error) && value >= output.min &&
                 value <= output.max,
         found = false;
    for (int i = 0; i < count; i++)
      found = found || (c >= ranges[i].min && c <= ranges[i].max);
    /* Multiples cannot be said by ranges: those that are none are within, too. */
    if (rule->kind == CNN_CHANNELS_WEIGHTS)
      CHECK (leads == found, "%d channels: leads %d, found %d", c, leads, found);
    else
      CHECK (!leads || found, "%d channels are not found", c);
  }
}

static void
run_channels (void)
{
  for (int round = 0; round < 300 && check_ok (); round++) {
    const int outputs = check_random_int (1, 60);
    const CnnChannelRule rules[] = {
        {.kind = CNN_CHANNELS_EACH, .each = {check_random_int (1, 8), 1, 0}},
        {.kind = CNN_CHANNELS_GROUPED, .each = {1, check_random_int (1, 6), outputs}},
        {.kind = CNN_CHANNELS_WEIGHTS,
            .weights = {check_random_int (1, 7), outputs, 0, 2 * outputs}},
        {.kind = CNN_CHANNELS_BLOCKS, .block = check_random_int (1, 9)},
        {.kind = CNN_CHANNELS_SLICE, .slice = {1, CNN_SLICE_OPEN, 2}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
      check_context ("channel rule %d, %d outputs", rules[i].kind, outputs);
      check_channels (&rules[i], (CnnRange){outputs, outputs + check_random_int (0, 60)});
    }
  }
}

const CheckTest check_channel_rules = {"channel-rules", "shapes", run_channels};

/* ---- Sentences ------------------------------------------------------------------------------- */

static void
run_refusals (void)
{
  static const struct {
    CnnAxisRule rule;
    int rows;
    const char *sentence;
  } cases[] = {
      {{.kind = CNN_RULE_TRANSPOSED, .transposed = {3, 1, 1, 2, 2, 0}}, 1,
          "a padding of 2 and 2 takes all that 1 input rows become"},
      {{.kind = CNN_RULE_SLICE, .slice = {5, CNN_SLICE_OPEN, 1}}, 3,
          "rows=5::1 selects none of the 3 rows"},
      {{.kind = CNN_RULE_PAD, .pad = {4, 0, CNN_PADDING_REFLECT}}, 3,
          "padding-mode=reflect cannot fill a padding of 4 rows from an input of 3: at most 2"},
      {{.kind = CNN_RULE_PAD, .pad = {-2, -1, CNN_PADDING_ZEROS}}, 3,
          "a padding of -2 and -1 leaves none of the 3 rows"},
      {{.kind = CNN_RULE_RESIZE, .resize = {0, 0.25}}, 3, "3 rows times 0.25 are none"},
      {{.kind = CNN_RULE_BROADCAST, .other = 5}, 3,
          "3 rows do not fit the 5 of the other input: the same number or 1 would"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CnnShapeRule rule = cnn_shape_rule_keep ();
    CnnShape output;
    CnnError error = {""};
    rule.rows = cases[i].rule;
    CHECK (!cnn_shape_rule_output (&rule, (CnnShape){1, cases[i].rows, 4, 1}, &output, &error),
        "case %zu is not refused", i);
    CHECK (strcmp (error.message, cases[i].sentence) == 0, "\"%s\" instead of \"%s\"",
        error.message, cases[i].sentence);
  }
}

const CheckTest check_shape_refusals = {"shape-refusals", "shapes", run_refusals};
