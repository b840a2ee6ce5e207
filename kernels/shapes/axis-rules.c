/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

#include "core/integers.h"

#include <limits.h>

static const CnnAxisRuleClass *const classes[] = {
    [CNN_RULE_WINDOW] = &cnn_window_rule,
    [CNN_RULE_TRANSPOSED] = &cnn_transposed_rule,
    [CNN_RULE_SLICE] = &cnn_slice_rule,
    [CNN_RULE_PAD] = &cnn_pad_rule,
    [CNN_RULE_RESIZE] = &cnn_resize_rule,
    [CNN_RULE_BROADCAST] = &cnn_broadcast_rule,
};

static const CnnRange empty = {1, 0};

CnnAxisRule
cnn_axis_rule_window (const CnnAxis *window)
{
  return (CnnAxisRule){.kind = CNN_RULE_WINDOW, .window = *window};
}

CnnAxisRule
cnn_axis_rule_keep (void)
{
  const CnnAxis unit = cnn_window_unit ().rows;
  return cnn_axis_rule_window (&unit);
}

int
cnn_axis_rule_output (const CnnAxisRule *rule, int input)
{
  const int64_t output = input < 1 ? 0 : classes[rule->kind]->output (rule, input);
  return output < 1 || output > INT_MAX ? 0 : (int)output;
}

/* The smallest input in [1, INT_MAX] with an output of at least `least`, or INT_MAX + 1. */
static int64_t
smallest_input (const CnnAxisRule *rule, int64_t least)
{
  int64_t low = 1, high = (int64_t)INT_MAX + 1;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (classes[rule->kind]->output (rule, middle) >= least)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

CnnRange
cnn_axis_rule_input_range (const CnnAxisRule *rule, CnnRange output)
{
  if (output.max < 1 || cnn_range_is_empty (output))
    return empty;
  if (classes[rule->kind]->input_range)
    return classes[rule->kind]->input_range (rule, output);
  const int64_t min = smallest_input (rule, max64 (output.min, 1));
  const int64_t max = smallest_input (rule, (int64_t)output.max + 1) - 1;
  return min > max ? empty : (CnnRange){(int)min, (int)max};
}

CnnRange
cnn_axis_rule_output_range (const CnnAxisRule *rule, CnnRange input)
{
  input = cnn_range_intersect (input, cnn_axis_rule_input_range (rule, (CnnRange){1, INT_MAX}));
  if (cnn_range_is_empty (input))
    return empty;
  if (rule->kind == CNN_RULE_SLICE || rule->kind == CNN_RULE_BROADCAST) {
    /* Not monotonic: what lies between the ends is bounded by the most that can come out. */
    const int ends[] = {
        cnn_axis_rule_output (rule, input.min), cnn_axis_rule_output (rule, input.max)};
    return (CnnRange){input.min == input.max ? ends[0] : 1,
        input.min == input.max ? ends[0] : max (max (ends[0], ends[1]), input.max)};
  }
  return (CnnRange){cnn_axis_rule_output (rule, input.min), cnn_axis_rule_output (rule, input.max)};
}

bool
cnn_axis_rule_refuses (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  if (cnn_axis_rule_output (rule, input) > 0)
    return false;
  classes[rule->kind]->refuse (rule, input, what, error);
  return true;
}

CnnReceptiveAxis
cnn_axis_rule_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  return classes[rule->kind]->extend (rule, field, input);
}
