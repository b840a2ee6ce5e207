/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

static void
check_once (CnnDeinterleaveFunc *kernel, int n_pixels, int channels, CheckGuard guard)
{
  const size_t pixels = (size_t)n_pixels, n_channels = (size_t)channels;
  const size_t stride = pixels + (size_t)check_random_int (0, 3);
  Rows rows = rows_new (pixels * n_channels, (n_channels - 1) * stride + pixels, guard, true);
  check_context ("%d pixels of %d channels, planes %zu apart", n_pixels, channels, stride);
  for (size_t p = 0; p < pixels; p++)
    for (size_t c = 0; c < n_channels; c++)
      rows.expected[c * stride + p] = rows.in[p * n_channels + c];
  kernel (rows.in, n_pixels, channels, rows.out, stride);
  rows_finish (&rows, 0);
}

void
check_deinterleave (CnnDeinterleaveFunc *kernel)
{
  for (int channels = 1; channels < 40 && check_ok (); channels++)
    for (int n_pixels = 1; n_pixels < 40 && check_ok (); n_pixels += 3)
      check_once (kernel, n_pixels, channels, (CheckGuard)(n_pixels % 2));
}

void
bench_deinterleave (CnnDeinterleaveFunc *kernel)
{
  enum { PIXELS = 320, CHANNELS = 64 };
  Rows rows = rows_new (PIXELS * CHANNELS, PIXELS * CHANNELS, CHECK_GUARD_BEHIND, false);
  CheckTimer timer = check_timer ("320 pixels of 64 channels");
  while (check_timer_runs (&timer))
    kernel (rows.in, PIXELS, CHANNELS, rows.out, PIXELS);
  for (size_t i = 0; i < rows.outputs; i++)
    rows.expected[i] = rows.in[i % PIXELS * CHANNELS + i / PIXELS];
  rows_finish (&rows, 0);
}
