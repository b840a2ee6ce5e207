/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

#define MAX_PHASES 12

static void
check_once (CnnUpsampleBetweenFunc *kernel, CheckGuard guard)
{
  const size_t count = (size_t)check_random_int (1, check_random_int (0, 3) ? 40 : 150);
  const size_t channels = (size_t)check_random_int (1, check_random_int (0, 2) ? 5 : 40);
  const size_t n = (size_t)check_random_int (1, check_random_int (0, 2) ? 4 : MAX_PHASES);
  CnnUpsamplePhase phases[MAX_PHASES];
  for (size_t i = 0; i < n; i++)
    phases[i] =
        (CnnUpsamplePhase){check_random_int (0, 1), check_random_float (), check_random_float ()};
  Rows rows = rows_new ((count + 2) * channels, count * channels * n, guard, false);
  check_context ("%zu pixels of %zu channels, %zu phases", count, channels, n);
  const float *row = rows.in + channels;
  for (size_t i = 0; i < rows.outputs; i++) {
    const size_t x = i / channels / n, c = i % channels;
    const CnnUpsamplePhase *phase = &phases[i / channels % n];
    const float *left = rows.in + (x + (phase->from_left ? 0 : 1)) * channels + c;
    rows.expected[i] = (float)((double)phase->before * (double)left[0] +
                               (double)phase->after * (double)left[channels]);
  }
  kernel (row, count, channels, phases, (int)n, rows.out);
  rows_finish (&rows, 1e-6);
}

void
check_upsample_between (CnnUpsampleBetweenFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_upsample_between (CnnUpsampleBetweenFunc *kernel)
{
  enum { COUNT = 320, CHANNELS = 3 };
  static const CnnUpsamplePhase phases[2] = {{true, 0.25f, 0.75f}, {false, 0.75f, 0.25f}};
  float *in = check_guarded_floats ((COUNT + 2) * CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * CHANNELS * 2, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("320 pixels of 3 channels to 640");
  while (check_timer_runs (&timer))
    kernel (in + CHANNELS, COUNT, CHANNELS, phases, 2, out);
  check_guarded_free (in);
  check_guarded_free (out);
}
