/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* As CnnViewScale says, product and sums rounded one by one. */
static size_t
expected_level (float value, CnnViewScale scale)
{
  if (isnan (value))
    return CNN_VIEW_NAN;
  if (isinf (value))
    return value > 0 ? CNN_VIEW_PLUS_INFINITY : CNN_VIEW_MINUS_INFINITY;
  const float level = (value - scale.centre) * scale.scale + scale.offset;
  return (size_t)fminf (fmaxf (level, 0), CNN_VIEW_LEVELS - 1);
}

static CnnViewScale
random_scale (void)
{
  static const double ranges[][2] = {{-1, 1}, {0, 0.5}, {0, 0}, {-FLT_MAX, FLT_MAX}, {0, 1e-40}};
  const double *range = ranges[check_random_int (0, 4)];
  return cnn_view_scale (range[0], range[1]);
}

/* ---- view_paint ------------------------------------------------------------------------------ */

static void
check_paint_once (CnnViewPaintFunc *kernel, size_t count, CheckGuard guard)
{
  static uint32_t table[CNN_VIEW_TABLE_SIZE];
  for (uint32_t i = 0; i < CNN_VIEW_TABLE_SIZE; i++)
    table[i] = i * 2654435761u;
  const CnnViewScale scale = random_scale ();
  float *values = check_guarded_floats (count, guard);
  uint32_t *pixels = check_guarded (count * sizeof *pixels, guard);
  check_fill_edges (values, count);
  check_context ("%zu values, scale %g", count, (double)scale.scale);
  kernel (values, count, scale, table, pixels);
  for (size_t i = 0; i < count && check_ok (); i++) {
    const uint32_t expected = table[expected_level (values[i], scale)];
    if (pixels[i] != expected)
      check_fail ("%.9g at %zu is %08x, expected %08x", (double)values[i], i, pixels[i], expected);
  }
  check_guarded_free (values);
  check_guarded_free (pixels);
}

void
check_view_paint (CnnViewPaintFunc *kernel)
{
  for (size_t count = 1; count < 300 && check_ok (); count++)
    check_paint_once (kernel, count, (CheckGuard)(count % 2));
}

void
bench_view_paint (CnnViewPaintFunc *kernel)
{
  enum { COUNT = 640 };
  static uint32_t table[CNN_VIEW_TABLE_SIZE];
  float *values = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  uint32_t *pixels = check_guarded (COUNT * sizeof *pixels, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("640 values");
  while (check_timer_runs (&timer))
    kernel (values, COUNT, cnn_view_scale (-1, 1), table, pixels);
  check_guarded_free (values);
  check_guarded_free (pixels);
}

/* ---- view_count ------------------------------------------------------------------------------ */

enum { COUNTERS = CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE };

static void
check_count_once (CnnViewCountFunc *kernel, size_t count, CheckGuard guard)
{
  const CnnViewScale scale = random_scale ();
  float *values = check_guarded_floats (count, guard);
  uint32_t *counts = check_guarded (COUNTERS * sizeof *counts, guard);
  uint32_t *expected = malloc (COUNTERS * sizeof *expected);
  check_fill_edges (values, count);
  for (uint32_t i = 0; i < COUNTERS; i++)
    counts[i] = expected[i] = i;
  for (size_t i = 0; i < count; i++)
    expected[i % CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE + expected_level (values[i], scale)]++;
  check_context ("%zu values, scale %g", count, (double)scale.scale);
  kernel (values, count, scale, counts);
  for (size_t i = 0; i < COUNTERS && check_ok (); i++)
    if (counts[i] != expected[i])
      check_fail ("counter %zu is %u, expected %u", i, counts[i], expected[i]);
  check_guarded_free (values);
  check_guarded_free (counts);
  free (expected);
}

void
check_view_count (CnnViewCountFunc *kernel)
{
  for (size_t count = 1; count < 300 && check_ok (); count++)
    check_count_once (kernel, count, (CheckGuard)(count % 2));
}

void
bench_view_count (CnnViewCountFunc *kernel)
{
  enum { COUNT = 640 };
  float *values = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  uint32_t *counts = check_guarded (COUNTERS * sizeof *counts, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("640 values");
  while (check_timer_runs (&timer))
    kernel (values, COUNT, cnn_view_scale (-1, 1), counts);
  check_guarded_free (values);
  check_guarded_free (counts);
}
