/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static CnnConvRows
random_rows (int lanes)
{
  CnnConvRows rows = {
      .inputs = check_random_int (1, 2),
      .kernel_rows = check_random_int (1, 6),
      .kernel_columns = check_random_int (1, 6),
      .bias = check_random_float (),
      .rows = check_random_int (1, CNN_CONV_ROWS),
      .count = check_random_int (0, check_random_int (0, 3) ? 3 * lanes : 10 * lanes),
  };
  if (check_random_int (0, 1)) /* those with code of their own */
    rows.kernel_rows = rows.kernel_columns = check_random_int (0, 1) ? 3 : 5;
  return rows;
}

static void
define_row (const CnnConvRows *rows, int r, Bounds bounds, float *out)
{
  const int seen = rows->kernel_rows + rows->rows - 1, columns = rows->kernel_columns;
  for (int x = 0; x < rows->count; x++) {
    double sum = (double)rows->bias;
    for (int i = 0; i < rows->inputs; i++)
      for (int ky = 0; ky < rows->kernel_rows; ky++)
        for (int kx = 0; kx < columns; kx++)
          sum += (double)rows->taps[(i * seen + r + ky) * columns + kx][x] *
                 (double)rows->weights[(i * rows->kernel_rows + ky) * columns + kx];
    out[x] = clamped (sum, bounds);
  }
}

static void
check_once (CnnConvRowsFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvRows rows = random_rows (check_lanes ());
  const size_t count = (size_t)rows.count;
  const int n_weights = rows.inputs * rows.kernel_rows * rows.kernel_columns;
  Taps taps = taps_new (
      rows.inputs * (rows.kernel_rows + rows.rows - 1) * rows.kernel_columns, count, guard);
  float *weights = check_guarded_floats ((size_t)n_weights, guard), *out[CNN_CONV_ROWS];
  float *expected = malloc ((count + 1) * sizeof *expected);
  rows.taps = taps.pointers;
  rows.weights = weights;
  rows.low = bounds.low;
  rows.high = bounds.high;
  for (int r = 0; r < rows.rows; r++)
    rows.out[r] = out[r] = check_guarded_floats (count, guard);
  check_context ("%d inputs, window of %dx%d, %d rows of %d pixels", rows.inputs, rows.kernel_rows,
      rows.kernel_columns, rows.rows, rows.count);
  kernel (&rows);
  for (int r = 0; r < rows.rows; r++) {
    define_row (&rows, r, bounds, expected);
    check_floats (out[r], expected, count, sum_tolerance (n_weights), 1e-6, "output");
    check_guarded_free (out[r]);
  }
  taps_free (&taps);
  check_guarded_free (weights);
  free (expected);
}

void
check_conv_rows (CnnConvRowsFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* Four rows of 320 pixels of a 3x3 window over one plane. */
void
bench_conv_rows (CnnConvRowsFunc *kernel)
{
  enum { COUNT = 320 };
  Taps taps = taps_new (3 * (3 + CNN_CONV_ROWS - 1), COUNT, CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats (9, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (CNN_CONV_ROWS * COUNT, CHECK_GUARD_BEHIND);
  CnnConvRows rows = {.taps = taps.pointers,
      .inputs = 1,
      .kernel_rows = 3,
      .kernel_columns = 3,
      .weights = weights,
      .rows = CNN_CONV_ROWS,
      .count = COUNT,
      .low = 0,
      .high = 6};
  for (int r = 0; r < CNN_CONV_ROWS; r++)
    rows.out[r] = out + r * COUNT;
  CheckTimer timer = check_timer ("4 rows of 320 pixels, 3x3");
  while (check_timer_runs (&timer))
    kernel (&rows);
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (out);
}
