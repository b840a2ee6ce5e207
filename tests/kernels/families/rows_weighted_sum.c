/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static void
check_once (CnnRowsWeightedSumFunc *kernel, size_t count, int n_rows, CheckGuard guard)
{
  Taps rows = taps_new (n_rows, count, guard);
  float *weights = check_guarded_floats ((size_t)n_rows, guard);
  float *out = check_guarded_floats (count, guard);
  float *expected = malloc (count * sizeof *expected);
  check_context ("%zu values of %d rows", count, n_rows);
  for (size_t i = 0; i < count; i++) {
    double sum = 0;
    for (int r = 0; r < n_rows; r++)
      sum += (double)weights[r] * (double)rows.rows[r][i];
    expected[i] = (float)sum;
  }
  kernel (rows.pointers, weights, n_rows, count, out);
  check_floats (out, expected, count, 1e-6, 1e-6, "sum");
  taps_free (&rows);
  check_guarded_free (weights);
  check_guarded_free (out);
  free (expected);
}

void
check_rows_weighted_sum (CnnRowsWeightedSumFunc *kernel)
{
  for (int count = 1; count < 140 && check_ok (); count++)
    check_once (kernel, (size_t)count, check_random_int (1, 5), (CheckGuard)(count % 2));
}

void
bench_rows_weighted_sum (CnnRowsWeightedSumFunc *kernel)
{
  enum { COUNT = 1920 };
  Taps rows = taps_new (2, COUNT, CHECK_GUARD_BEHIND);
  const float weights[2] = {0.25f, 0.75f};
  float *out = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("2 rows of 1920");
  while (check_timer_runs (&timer))
    kernel (rows.pointers, weights, 2, COUNT, out);
  taps_free (&rows);
  check_guarded_free (out);
}
