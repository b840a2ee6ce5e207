/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

#include "core/integers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* A position within [low, high], counted from the end where negative. */
static int64_t
place (int position, int64_t size, int64_t open, int64_t low, int64_t high)
{
  if (position == CNN_SLICE_OPEN)
    return open;
  return max64 (low, min64 (high, position < 0 ? position + size : position));
}

static CnnSliceRange
slice_range (const CnnSlice *slice, int64_t size)
{
  const int64_t step = slice->step;
  int64_t first, end, count;
  if (step > 0) {
    first = place (slice->first, size, 0, 0, size);
    end = place (slice->end, size, size, 0, size);
    count = end > first ? (end - first - 1) / step + 1 : 0;
  } else {
    first = place (slice->first, size, size - 1, -1, size - 1);
    end = place (slice->end, size, -1, -1, size - 1);
    count = first > end ? (first - end - 1) / -step + 1 : 0;
  }
  return (CnnSliceRange){(int)first, (int)count, slice->step};
}

CnnSliceRange
cnn_slice_range (const CnnSlice *slice, int size)
{
  return slice_range (slice, size);
}

static int64_t
slice_output (const CnnAxisRule *rule, int64_t input)
{
  return slice_range (&rule->slice, input).count;
}

/* False when the beginning moves away from a fixed end as the input grows: then outputs rise and fall. */
static bool
is_monotonic (const CnnSlice *slice)
{
  const bool first_open = slice->first == CNN_SLICE_OPEN, end_open = slice->end == CNN_SLICE_OPEN;
  if (slice->step > 0)
    return first_open || slice->first >= 0 || end_open || slice->end < 0;
  return first_open || slice->first < 0 || end_open || slice->end >= 0;
}

/* The first input of [low, high] whose output is at least `least`, where outputs do not fall. */
static int64_t
first_with (const CnnAxisRule *rule, int64_t low, int64_t high, int64_t least)
{
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (slice_output (rule, middle) >= least)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static CnnRange
slice_input_range (const CnnAxisRule *rule, CnnRange output)
{
  const int64_t beyond = (int64_t)INT_MAX + 1;
  const int64_t wanted = max64 (output.min, 1);
  int64_t min = 1, max = INT_MAX;
  if (is_monotonic (&rule->slice)) {
    min = first_with (rule, 1, beyond, wanted);
    max = first_with (rule, 1, beyond, (int64_t)output.max + 1) - 1;
  } else {
    /* One end moves away from the other: the outputs rise and fall within the first sizes. */
    const int64_t span =
        2 * ((int64_t)abs (rule->slice.first == CNN_SLICE_OPEN ? 0 : rule->slice.first) +
                abs (rule->slice.end == CNN_SLICE_OPEN ? 0 : rule->slice.end) + 1);
    const int64_t last = min64 (span, INT_MAX);
    if (last > 4 * CNN_MAX_EXTENT)
      return (CnnRange){1, INT_MAX};
    for (max = last;
         max >= 1 && (slice_output (rule, max) < wanted || slice_output (rule, max) > output.max);)
      max--;
    while (
        min <= max && (slice_output (rule, min) < wanted || slice_output (rule, min) > output.max))
      min++;
  }
  return min > max ? (CnnRange){1, 0} : (CnnRange){(int)min, (int)max};
}

static void
slice_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  const CnnSlice *slice = &rule->slice;
  char first[16] = "", end[16] = "";
  if (slice->first != CNN_SLICE_OPEN)
    snprintf (first, sizeof first, "%d", slice->first);
  if (slice->end != CNN_SLICE_OPEN)
    snprintf (end, sizeof end, "%d", slice->end);
  cnn_error_set (
      error, "%s=%s:%s:%d selects none of the %d %s", what, first, end, slice->step, input, what);
}

static CnnReceptiveAxis
slice_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  const CnnSliceRange range = cnn_slice_range (&rule->slice, input);
  field.offset += range.start * field.jump;
  field.jump *= abs (range.step);
  return field;
}

const CnnAxisRuleClass cnn_slice_rule = {
    slice_output, slice_input_range, slice_refuse, slice_extend};
