/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static CnnConvDepthwise
random_depthwise (int lanes)
{
  static const int windows[] = {1, 4, 9, 9, 9, 25};
  CnnConvDepthwise depthwise = {
      .n_taps = windows[check_random_int (0, 5)],
      .channels = check_random_int (0, 2) ? check_random_int (1, 2 * lanes + 1)
                                          : lanes * check_random_int (1, 5),
      .count = check_random_int (0, 40),
      .beyond_cache = check_random_int (0, 1),
  };
  depthwise.pixel_stride = depthwise.channels * check_random_int (1, 2) + check_random_int (0, 3);
  return depthwise;
}

static void
define_depthwise (const CnnConvDepthwise *depthwise, Bounds bounds, float *out)
{
  const int channels = depthwise->channels;
  for (int p = 0; p < depthwise->count; p++)
    for (int c = 0; c < channels; c++) {
      double sum = (double)depthwise->bias[c];
      for (int t = 0; t < depthwise->n_taps; t++)
        sum += (double)depthwise->taps[t][p * depthwise->pixel_stride + c] *
               (double)depthwise->weights[t * channels + c];
      out[p * channels + c] = clamped (sum, bounds);
    }
}

static void
check_once (CnnConvDepthwiseFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvDepthwise depthwise = random_depthwise (check_lanes ());
  const size_t channels = (size_t)depthwise.channels, count = (size_t)depthwise.count;
  const size_t floats = count ? (count - 1) * (size_t)depthwise.pixel_stride + channels : 0;
  Taps taps = taps_new (depthwise.n_taps, floats, guard);
  float *weights = check_guarded_floats ((size_t)depthwise.n_taps * channels, guard);
  float *bias = check_guarded_floats (channels, guard);
  float *out = check_guarded_floats (count * channels, guard);
  float *expected = malloc ((count * channels + 1) * sizeof *expected);
  depthwise.taps = taps.pointers;
  depthwise.weights = weights;
  depthwise.bias = bias;
  depthwise.low = bounds.low;
  depthwise.high = bounds.high;
  depthwise.out = out;
  check_context ("%d taps, %d pixels %td apart, %d channels", depthwise.n_taps, depthwise.count,
      depthwise.pixel_stride, depthwise.channels);
  define_depthwise (&depthwise, bounds, expected);
  kernel (&depthwise);
  check_floats (out, expected, count * channels, sum_tolerance (depthwise.n_taps), 1e-6, "output");
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
  free (expected);
}

void
check_conv_depthwise (CnnConvDepthwiseFunc *kernel)
{
  for (int round = 0; round < 500 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* A row of 28 pixels of 192 channels, 3x3. */
void
bench_conv_depthwise (CnnConvDepthwiseFunc *kernel)
{
  enum { TAPS = 9, CHANNELS = 192, COUNT = 28 };
  Taps taps = taps_new (TAPS, COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats (TAPS * CHANNELS, CHECK_GUARD_BEHIND);
  float *bias = check_guarded_floats (CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  const CnnConvDepthwise depthwise = {.taps = taps.pointers,
      .n_taps = TAPS,
      .pixel_stride = CHANNELS,
      .weights = weights,
      .bias = bias,
      .channels = CHANNELS,
      .count = COUNT,
      .low = 0,
      .high = 6,
      .out = out};
  CheckTimer timer = check_timer ("28 pixels of 192 channels, 3x3");
  while (check_timer_runs (&timer))
    kernel (&depthwise);
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
}
