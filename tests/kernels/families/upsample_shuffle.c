/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

/* The last row of every block: what follows its last float is not the kernel's. */
static void
check_once (CnnUpsampleShuffleFunc *kernel, CheckGuard guard)
{
  const size_t count = (size_t)check_random_int (1, check_random_int (0, 3) ? 40 : 150);
  const size_t channels = (size_t)check_random_int (1, check_random_int (0, 2) ? 5 : 40);
  const size_t f = (size_t)(check_random_int (0, 1) ? 2 : check_random_int (1, 5));
  Rows rows = rows_new (count * channels * f * f, count * channels * f, guard, true);
  check_context ("%zu pixels of %zu channels, factor %zu", count, channels, f);
  const float *row = rows.in + f * (f - 1);
  for (size_t i = 0; i < rows.outputs; i++) {
    const size_t x = i / channels / f;
    rows.expected[i] = row[x * channels * f * f + i % channels * f * f + i / channels % f];
  }
  kernel (row, count, channels, (int)f, rows.out);
  rows_finish (&rows, 0);
}

void
check_upsample_shuffle (CnnUpsampleShuffleFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_upsample_shuffle (CnnUpsampleShuffleFunc *kernel)
{
  enum { COUNT = 320, CHANNELS = 3 };
  float *in = check_guarded_floats (COUNT * CHANNELS * 4, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * CHANNELS * 2, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("320 pixels of 12 channels to 640 of 3");
  while (check_timer_runs (&timer))
    kernel (in, COUNT, CHANNELS, 2, out);
  check_guarded_free (in);
  check_guarded_free (out);
}
