/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

static void
check_once (CnnInterleaveFunc *kernel, CheckGuard guard)
{
  const size_t count = (size_t)check_random_int (1, check_random_int (0, 3) ? 40 : 150);
  const size_t n = (size_t)check_random_int (1, 7);
  const size_t stride = count + (size_t)check_random_int (0, 9);
  Rows rows = rows_new (stride * (n - 1) + count, count * n, guard, true);
  check_context ("%zu planes of %zu pixels, %zu apart", n, count, stride);
  for (size_t x = 0; x < count; x++)
    for (size_t i = 0; i < n; i++)
      rows.expected[x * n + i] = rows.in[i * stride + x];
  kernel (rows.in, (ptrdiff_t)stride, (int)n, count, rows.out);
  rows_finish (&rows, 0);
}

void
check_interleave (CnnInterleaveFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_interleave (CnnInterleaveFunc *kernel)
{
  enum { COUNT = 640, PLANES = 2 };
  Rows rows = rows_new (COUNT * PLANES, COUNT * PLANES, CHECK_GUARD_BEHIND, false);
  CheckTimer timer = check_timer ("2 planes of 640 pixels");
  while (check_timer_runs (&timer))
    kernel (rows.in, COUNT, PLANES, COUNT, rows.out);
  for (size_t i = 0; i < rows.outputs; i++)
    rows.expected[i] = rows.in[i % PLANES * COUNT + i / PLANES];
  rows_finish (&rows, 0);
}
