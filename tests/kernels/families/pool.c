/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#define MAX_ROWS 5

/* A window's geometry, and exactly the memory that it may touch. */
typedef struct {
  CnnPoolWindows windows;
  size_t n_rows, count;
  size_t row_floats, out_floats;
  float *rows[MAX_ROWS];
  const float *pointers[MAX_ROWS];
} Case;

static Case
random_case (int lanes, CheckGuard guard, bool edges)
{
  const bool plane = check_random_int (0, 1);
  const size_t channels = plane ? 1 : (size_t)check_random_int (1, 9 * lanes + 1);
  Case c = {.n_rows = (size_t)check_random_int (0, MAX_ROWS),
      .count = (size_t)check_random_int (1, 2 * lanes + 1)};
  CnnPoolWindows *w = &c.windows;
  w->channels = channels;
  w->columns = (size_t)check_random_int (1, 5);
  if (check_random_int (0, 4) == 0) /* one long window */
    w->columns = (size_t)check_random_int (1, 300), c.count = 1;
  w->stride = channels * (size_t)check_random_int (1, 3);
  w->dilation = channels * (size_t)(check_random_int (0, 2) ? 1 : check_random_int (1, 3));
  w->first = (size_t)check_random_int (0, 5);
  w->output_stride = channels + (check_random_int (0, 2) ? 0 : (size_t)check_random_int (0, 3));
  w->scale = 0.25f;
  c.row_floats = w->first + (c.count - 1) * w->stride + (w->columns - 1) * w->dilation + channels;
  c.out_floats = (c.count - 1) * w->output_stride + channels;
  for (size_t y = 0; y < c.n_rows; y++) {
    c.rows[y] = check_guarded_floats (c.row_floats, guard);
    if (edges)
      check_fill_edges (c.rows[y], c.row_floats);
  }
  return c;
}

static float
define_window (const Case *c, size_t i, size_t channel, bool is_max)
{
  const CnnPoolWindows *w = &c->windows;
  double sum = 0, max = -INFINITY;
  for (size_t y = 0; y < c->n_rows; y++)
    for (size_t x = 0; x < w->columns; x++) {
      const float v = c->rows[y][w->first + i * w->stride + x * w->dilation + channel];
      sum += (double)v;
      max = isnan (v) || isnan (max) ? (double)NAN : fmax (max, (double)v);
    }
  return (float)(is_max ? max : sum * (double)w->scale);
}

static void
check_once (CnnPoolFunc *kernel, bool is_max, CheckGuard guard, bool edges)
{
  Case c = random_case (check_lanes (), guard, edges);
  const CnnPoolWindows *w = &c.windows;
  check_context ("%zu rows, %zu columns, %zu channels, stride %zu, dilation %zu, count %zu",
      c.n_rows, w->columns, w->channels, w->stride, w->dilation, c.count);
  for (size_t y = 0; y < c.n_rows; y++)
    c.pointers[y] = c.rows[y];
  float *out = check_guarded_floats (c.out_floats, guard);
  float *expected = check_copy (out, c.out_floats * sizeof *out);
  for (size_t i = 0; i < c.count; i++)
    for (size_t k = 0; k < w->channels; k++)
      expected[i * w->output_stride + k] = define_window (&c, i, k, is_max);
  kernel (c.pointers, c.n_rows, w, c.count, out);
  check_floats (out, expected, c.out_floats, is_max ? 0 : 1e-5, 0, "output");
  for (size_t y = 0; y < c.n_rows; y++)
    check_guarded_free (c.rows[y]);
  check_guarded_free (out);
  free (expected);
}

/* An average over half a million equal values must not drift. */
static void
check_drift (CnnPoolFunc *kernel)
{
  enum { ROWS = 720, COLUMNS = 720 };
  float *values = check_guarded (COLUMNS * 2 * sizeof (float), CHECK_GUARD_BEHIND);
  const float *rows[ROWS];
  for (int i = 0; i < COLUMNS * 2; i++)
    values[i] = 0.1f;
  for (int i = 0; i < ROWS; i++)
    rows[i] = values;
  for (size_t channels = 1; channels <= 2 && check_ok (); channels++) {
    check_context ("%zu channels of 720x720 times 0.1", channels);
    const CnnPoolWindows windows = {.stride = channels,
        .dilation = channels,
        .columns = COLUMNS,
        .channels = channels,
        .output_stride = channels,
        .scale = 1.0f / (ROWS * COLUMNS)};
    float out[2];
    kernel (rows, ROWS, &windows, 1, out);
    if (fabsf (out[0] - 0.1f) >= 2e-7f)
      check_fail ("the average is %.9g", (double)out[0]);
  }
  check_guarded_free (values);
}

void
check_pool_max (CnnPoolFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, true, (CheckGuard)(round % 2), round % 3 == 0);
}

void
check_pool_average (CnnPoolFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, false, (CheckGuard)(round % 2), false);
  if (check_ok ())
    check_drift (kernel);
}

static void
bench_windows (CnnPoolFunc *kernel)
{
  enum { CHANNELS = 64, COUNT = 80 };
  float *row = check_guarded_floats (2 * COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  const float *rows[] = {row, row};
  const CnnPoolWindows windows = {.stride = 2 * CHANNELS,
      .dilation = CHANNELS,
      .columns = 2,
      .channels = CHANNELS,
      .output_stride = CHANNELS,
      .scale = 0.25f};
  CheckTimer timer = check_timer ("80 windows of 2x2, 64 channels");
  while (check_timer_runs (&timer))
    kernel (rows, 2, &windows, COUNT, out);
  check_guarded_free (row);
  check_guarded_free (out);
}

void
bench_pool_max (CnnPoolFunc *kernel)
{
  bench_windows (kernel);
}

void
bench_pool_average (CnnPoolFunc *kernel)
{
  bench_windows (kernel);
}
