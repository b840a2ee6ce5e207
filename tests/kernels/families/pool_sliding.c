/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
  CnnPoolSliding windows;
  size_t count, floats, out_floats;
  float *row, *scale, *scratch;
} Case;

static Case
random_case (int lanes, CheckGuard guard, bool edges)
{
  const int most_columns[] = {2, 9, 70, 300}, most_strides[] = {1, 2, 12};
  Case c = {.count = (size_t)(check_random_int (0, 1) ? check_random_int (1, 90)
                                                      : lanes * check_random_int (1, 5))};
  c.windows = (CnnPoolSliding){
      .columns = (size_t)check_random_int (1, most_columns[check_random_int (0, 3)]),
      .stride = (size_t)check_random_int (1, most_strides[check_random_int (0, 2)]),
      .channels = (size_t)(check_random_int (0, 2) ? check_random_int (1, 6 * lanes + 1) : 1),
      .factor = 0.25f,
  };
  c.floats = ((c.count - 1) * c.windows.stride + c.windows.columns) * c.windows.channels;
  c.out_floats = c.count * c.windows.channels;
  c.row = check_guarded_floats (c.floats, guard);
  c.scale = check_guarded_floats (c.count, guard);
  c.scratch = check_guarded_floats ((c.floats + 15) / 16 * 16, CHECK_GUARD_BEHIND);
  if (edges)
    check_fill_edges (c.row, c.floats);
  c.windows.scale = c.scale;
  c.windows.scratch = c.scratch;
  return c;
}

static void
free_case (Case *c)
{
  check_guarded_free (c->row);
  check_guarded_free (c->scale);
  check_guarded_free (c->scratch);
}

/* Output i, and whether its window has neither NaN nor infinity nor anything that could become one. */
static float
define_window (const Case *c, size_t i, bool is_max, bool *tame)
{
  const CnnPoolSliding *w = &c->windows;
  double sum = 0, max = -INFINITY;
  *tame = true;
  for (size_t x = 0; x < w->columns; x++) {
    const float v = c->row[(i / w->channels * w->stride + x) * w->channels + i % w->channels];
    *tame = *tame && fabsf (v) <= 1;
    sum += (double)v;
    max = isnan (v) || isnan (max) ? (double)NAN : fmax (max, (double)v);
  }
  return (float)(is_max ? max : sum * (double)w->scale[i / w->channels] * (double)w->factor);
}

static void
check_once (CnnPoolSlidingFunc *kernel, bool is_max, CheckGuard guard, bool edges)
{
  Case c = random_case (check_lanes (), guard, edges);
  float *out = check_guarded_floats (c.out_floats, guard);
  float *expected = malloc (c.out_floats * sizeof *expected);
  bool *tame = malloc (c.out_floats * sizeof *tame);
  check_context ("%zu windows of %zu columns, stride %zu, %zu channels", c.count, c.windows.columns,
      c.windows.stride, c.windows.channels);
  for (size_t i = 0; i < c.out_floats; i++)
    expected[i] = define_window (&c, i, is_max, &tame[i]);
  kernel (c.row, &c.windows, c.count, out);
  if (!edges || is_max)
    check_floats (out, expected, c.out_floats, is_max ? 0 : 1e-5, 0, "output");
  for (size_t i = 0; edges && !is_max && i < c.out_floats && check_ok (); i++)
    if (tame[i] && !isfinite (out[i]))
      check_fail ("output[%zu] is %g", i, (double)out[i]);
  free_case (&c);
  check_guarded_free (out);
  free (expected);
  free (tame);
}

void
check_pool_sliding_max (CnnPoolSlidingFunc *kernel)
{
  for (int round = 0; round < 300 && check_ok (); round++)
    check_once (kernel, true, (CheckGuard)(round % 2), round % 3 == 0);
}

void
check_pool_sliding_sum (CnnPoolSlidingFunc *kernel)
{
  for (int round = 0; round < 300 && check_ok (); round++)
    check_once (kernel, false, (CheckGuard)(round % 2), round % 3 == 0);
}

static void
bench_windows (CnnPoolSlidingFunc *kernel)
{
  enum { COUNT = 80, COLUMNS = 13, CHANNELS = 64, FLOATS = (COUNT - 1 + COLUMNS) * CHANNELS };
  float *row = check_guarded_floats (FLOATS, CHECK_GUARD_BEHIND);
  float *scale = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *scratch = check_guarded_floats (FLOATS, CHECK_GUARD_BEFORE);
  float *out = check_guarded_floats (COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  const CnnPoolSliding windows = {.columns = COLUMNS,
      .stride = 1,
      .channels = CHANNELS,
      .scale = scale,
      .factor = 1,
      .scratch = scratch};
  CheckTimer timer = check_timer ("80 windows of 13 columns, 64 channels");
  while (check_timer_runs (&timer))
    kernel (row, &windows, COUNT, out);
  check_guarded_free (row);
  check_guarded_free (scale);
  check_guarded_free (scratch);
  check_guarded_free (out);
}

void
bench_pool_sliding_max (CnnPoolSlidingFunc *kernel)
{
  bench_windows (kernel);
}

void
bench_pool_sliding_sum (CnnPoolSlidingFunc *kernel)
{
  bench_windows (kernel);
}
