/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

static void
check_once (CnnRepeatPixelsFunc *kernel, CheckGuard guard)
{
  const size_t count = (size_t)check_random_int (1, check_random_int (0, 3) ? 40 : 150);
  const size_t channels = (size_t)check_random_int (1, check_random_int (0, 2) ? 5 : 40);
  const size_t times = (size_t)check_random_int (1, check_random_int (0, 2) ? 7 : 40);
  Rows rows = rows_new (count * channels, count * channels * times, guard, true);
  check_context ("%zu pixels of %zu channels, %zu times", count, channels, times);
  for (size_t i = 0; i < rows.outputs; i++)
    rows.expected[i] = rows.in[i / channels / times * channels + i % channels];
  kernel (rows.in, count, channels, (int)times, rows.out);
  rows_finish (&rows, 0);
}

void
check_repeat_pixels (CnnRepeatPixelsFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_repeat_pixels (CnnRepeatPixelsFunc *kernel)
{
  enum { COUNT = 320, CHANNELS = 3, TIMES = 2 };
  Rows rows = rows_new (COUNT * CHANNELS, COUNT * CHANNELS * TIMES, CHECK_GUARD_BEHIND, false);
  CheckTimer timer = check_timer ("320 pixels of 3 channels, twice");
  while (check_timer_runs (&timer))
    kernel (rows.in, COUNT, CHANNELS, TIMES, rows.out);
  for (size_t i = 0; i < rows.outputs; i++)
    rows.expected[i] = rows.in[i / CHANNELS / TIMES * CHANNELS + i % CHANNELS];
  rows_finish (&rows, 0);
}
