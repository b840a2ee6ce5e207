/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

static void
check_once (CnnCopyRunsFunc *kernel, CheckGuard guard)
{
  const size_t run = (size_t)check_random_int (1, 40), count = (size_t)check_random_int (1, 9);
  const size_t in_stride = run + (size_t)check_random_int (0, 20);
  const size_t out_stride = run + (size_t)check_random_int (0, 20);
  Rows rows = rows_new ((count - 1) * in_stride + run, (count - 1) * out_stride + run, guard, true);
  check_context ("%zu runs of %zu, strides %zu and %zu", count, run, in_stride, out_stride);
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < run; r++)
      rows.expected[i * out_stride + r] = rows.in[i * in_stride + r];
  kernel (rows.in, in_stride, run, count, rows.out, out_stride);
  rows_finish (&rows, 0);
}

void
check_copy_runs (CnnCopyRunsFunc *kernel)
{
  for (int round = 0; round < 300 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_copy_runs (CnnCopyRunsFunc *kernel)
{
  Rows rows = rows_new (320 * 96, 320 * 32, CHECK_GUARD_BEHIND, false);
  CheckTimer timer = check_timer ("320 runs of 32, 96 apart");
  while (check_timer_runs (&timer))
    kernel (rows.in, 96, 32, 320, rows.out, 32);
  for (size_t i = 0; i < rows.outputs; i++)
    rows.expected[i] = rows.in[i / 32 * 96 + i % 32];
  rows_finish (&rows, 0);
}
