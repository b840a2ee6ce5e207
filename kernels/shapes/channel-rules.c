/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/integers.h"
#include "shapes/axis-rules.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const CnnRange empty = {1, 0};

CnnChannelRule
cnn_channel_rule_keep (void)
{
  return (CnnChannelRule){.kind = CNN_CHANNELS_EACH, .each = {1, 1, 0}};
}

/* ---- Weights --------------------------------------------------------------------------------- */

/* The next number of groups after `groups` that the weights can have, or 0. */
static int
next_groups (const CnnChannelRule *rule, int groups)
{
  const int computed = rule->weights.computed;
  if (rule->weights.groups > 0)
    return groups < rule->weights.groups ? rule->weights.groups : 0;
  for (groups++; groups <= computed; groups++) {
    if (groups > computed / 2) /* the last divisor */
      groups = computed;
    if ((int64_t)groups * rule->weights.inputs > INT_MAX)
      return 0;
    if (computed % groups == 0)
      return groups;
  }
  return 0;
}

static bool
weights_take (const CnnChannelRule *rule, int input)
{
  const int inputs = rule->weights.inputs;
  const int groups = input / inputs;
  return input % inputs == 0 && groups > 0 && rule->weights.computed % groups == 0 &&
         (rule->weights.groups == 0 || groups == rule->weights.groups);
}

/* What makes the input have so many channels: pictures have 1 or 3, others come from a layer. */
static void
describe_remedy (int channels, int wanted, char *text, size_t size)
{
  if (wanted == 1 || (wanted == 3 && channels == 1))
    snprintf (text, size, ": put \"videoconvert ! video/x-raw,format=%s\" before it%s",
        wanted == 1 ? "GRAY8" : "RGB",
        channels == 1 || channels == 3 ? "" : ", or cnn1x1 after a layer");
  else
    snprintf (text, size, ": the layer before it has to give %d (its out-channels)", wanted);
}

static bool
refuse_weights (const CnnChannelRule *rule, int channels, CnnError *error)
{
  const char *s = channels == 1 ? "" : "s";
  char list[120] = "", remedy[120];
  const int first = next_groups (rule, 0), inputs = rule->weights.inputs;
  int length = 0, count = 0;
  for (int groups = next_groups (rule, first); groups > 0 && count < 5; count++) {
    length +=
        snprintf (list + length, sizeof list - (size_t)length, count ? ", " : " (or, in groups, ");
    length += count == 4
                  ? snprintf (list + length, sizeof list - (size_t)length, "...")
                  : snprintf (list + length, sizeof list - (size_t)length, "%d", inputs * groups);
    groups = next_groups (rule, groups);
  }
  describe_remedy (channels, inputs * max (first, 1), remedy, sizeof remedy);
  return cnn_error_set (error, "the input has %d channel%s, but the weights take %d%s%s%s",
      channels, s, inputs * max (first, 1), list, count ? ")" : "", remedy);
}

/* ---- All ------------------------------------------------------------------------------------- */

/* Input channels are a multiple of this. */
static int
multiple_of (const CnnChannelRule *rule)
{
  return rule->kind == CNN_CHANNELS_GROUPED  ? rule->each.groups
         : rule->kind == CNN_CHANNELS_BLOCKS ? rule->block
                                             : 1;
}

static bool
refuse_multiple (const CnnChannelRule *rule, int channels, CnnError *error)
{
  const int step = multiple_of (rule);
  return cnn_error_set (error,
      "the input has %d channel%s, not a multiple of the %d %s: %d would fit", channels,
      channels == 1 ? "" : "s", step,
      rule->kind == CNN_CHANNELS_GROUPED
          ? "groups"
          : "channels (factor * factor) that pixel-shuffle makes one of",
      channels < INT_MAX - step ? (channels / step + 1) * step : step);
}

static bool
is_each (const CnnChannelRule *rule)
{
  return rule->kind == CNN_CHANNELS_EACH || rule->kind == CNN_CHANNELS_GROUPED;
}

bool
cnn_channel_rule_output (const CnnChannelRule *rule, int input, int *output, CnnError *error)
{
  int64_t channels = input;
  if (rule->kind == CNN_CHANNELS_WEIGHTS && !weights_take (rule, input))
    return refuse_weights (rule, input, error);
  if (input % multiple_of (rule) != 0)
    return refuse_multiple (rule, input, error);
  if (rule->kind == CNN_CHANNELS_SLICE) {
    const CnnAxisRule axis = {.kind = CNN_RULE_SLICE, .slice = rule->slice};
    if (cnn_axis_rule_refuses (&axis, input, "channels", error))
      return false;
    channels = cnn_axis_rule_output (&axis, input);
  } else if (rule->kind == CNN_CHANNELS_WEIGHTS) {
    channels = rule->weights.outputs;
  } else if (rule->kind == CNN_CHANNELS_BLOCKS) {
    channels = input / rule->block;
  } else if (is_each (rule)) {
    channels = rule->each.outputs ? rule->each.outputs : (int64_t)input * rule->each.multiplier;
  }
  if (channels > INT_MAX)
    return cnn_error_set (error, "%d input channels times %d are too many output channels", input,
        rule->each.multiplier);
  *output = (int)channels;
  return true;
}

static int
saturate (int64_t value)
{
  return (int)min64 (value, INT_MAX);
}

/* The inputs within a range that the weights take: their smallest interval. */
static CnnRange
weights_within (const CnnChannelRule *rule, CnnRange input)
{
  CnnRange around = {INT_MAX, 0};
  for (int groups = next_groups (rule, 0); groups > 0; groups = next_groups (rule, groups)) {
    const int channels = rule->weights.inputs * groups;
    if (channels >= input.min && channels <= input.max)
      around = (CnnRange){min (around.min, channels), max (around.max, channels)};
  }
  return around;
}

CnnRange
cnn_channel_rule_output_range (const CnnChannelRule *rule, CnnRange input)
{
  const int step = multiple_of (rule);
  input.min = max (input.min, 1);
  if (rule->kind == CNN_CHANNELS_SLICE) {
    const CnnAxisRule axis = {.kind = CNN_RULE_SLICE, .slice = rule->slice};
    return cnn_axis_rule_output_range (&axis, input);
  }
  if (cnn_range_is_empty (input) || input.max / step * step < input.min)
    return empty;
  if (rule->kind == CNN_CHANNELS_WEIGHTS)
    return cnn_range_is_empty (weights_within (rule, input))
               ? empty
               : (CnnRange){rule->weights.outputs, rule->weights.outputs};
  if (rule->kind == CNN_CHANNELS_BLOCKS)
    return (CnnRange){(input.min - 1) / step + 1, input.max / step};
  if (is_each (rule) && rule->each.outputs)
    return (CnnRange){rule->each.outputs, rule->each.outputs};
  if (is_each (rule))
    return (CnnRange){saturate ((int64_t)input.min * rule->each.multiplier),
        saturate ((int64_t)input.max * rule->each.multiplier)};
  return input;
}

/* The inputs of rules that have one range of them. */
static CnnRange
single_input_range (const CnnChannelRule *rule, CnnRange output)
{
  const CnnRange any = {1, INT_MAX};
  if (rule->kind == CNN_CHANNELS_FREE)
    return any;
  if (rule->kind == CNN_CHANNELS_SLICE) {
    const CnnAxisRule axis = {.kind = CNN_RULE_SLICE, .slice = rule->slice};
    return cnn_axis_rule_input_range (&axis, output);
  }
  if (rule->kind == CNN_CHANNELS_BLOCKS)
    return (CnnRange){
        saturate ((int64_t)output.min * rule->block), saturate ((int64_t)output.max * rule->block)};
  const int outputs = rule->each.outputs, multiplier = rule->each.multiplier;
  if (outputs)
    return outputs >= output.min && outputs <= output.max ? any : empty;
  return (CnnRange){(output.min - 1) / multiplier + 1, output.max / multiplier};
}

int
cnn_channel_rule_input_ranges (
    const CnnChannelRule *rule, CnnRange output, CnnRange inputs[CNN_MAX_CHANNEL_RANGES])
{
  int count = 0;
  output.min = max (output.min, 1);
  if (cnn_range_is_empty (output))
    return 0;
  if (rule->kind != CNN_CHANNELS_WEIGHTS) {
    inputs[0] = single_input_range (rule, output);
    return cnn_range_is_empty (inputs[0]) ? 0 : 1;
  }
  if (rule->weights.outputs < output.min || rule->weights.outputs > output.max)
    return 0;
  for (int groups = next_groups (rule, 0); groups > 0 && count < CNN_MAX_CHANNEL_RANGES;
       groups = next_groups (rule, groups))
    inputs[count++] = (CnnRange){rule->weights.inputs * groups, rule->weights.inputs * groups};
  return count;
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

CnnShapeRule
cnn_shape_rule_keep (void)
{
  return (CnnShapeRule){cnn_axis_rule_keep (), cnn_axis_rule_keep (), cnn_channel_rule_keep ()};
}

CnnShapeRule
cnn_shape_rule_window (const CnnWindow *window)
{
  return (CnnShapeRule){cnn_axis_rule_window (&window->rows),
      cnn_axis_rule_window (&window->columns), cnn_channel_rule_keep ()};
}

bool
cnn_shape_rule_output (const CnnShapeRule *rule, CnnShape input, CnnShape *output, CnnError *error)
{
  size_t count;
  *output = input;
  if (!cnn_channel_rule_output (&rule->channels, input.c, &output->c, error))
    return false;
  if (rule->rows.kind == CNN_RULE_WINDOW && rule->columns.kind == CNN_RULE_WINDOW) {
    const CnnWindow window = {rule->rows.window, rule->columns.window};
    const int channels = output->c;
    if (!cnn_window_output (&window, input, output, error))
      return false;
    output->c = channels;
  } else {
    if (cnn_axis_rule_refuses (&rule->rows, input.h, "rows", error) ||
        cnn_axis_rule_refuses (&rule->columns, input.w, "columns", error))
      return false;
    output->h = cnn_axis_rule_output (&rule->rows, input.h);
    output->w = cnn_axis_rule_output (&rule->columns, input.w);
  }
  return cnn_shape_count (*output, sizeof (float), &count, error);
}

CnnReceptiveField
cnn_shape_rule_extend (const CnnReceptiveField *field, const CnnShapeRule *rule, CnnShape input)
{
  return (CnnReceptiveField){cnn_axis_rule_extend (&rule->rows, field->rows, input.h),
      cnn_axis_rule_extend (&rule->columns, field->columns, input.w)};
}
