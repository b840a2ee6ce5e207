/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static CnnConvDepthwise
random_depthwise (int lanes)
{
  static const int kernels[] = {1, 2, 3, 3, 3, 5, 5, 7};
  CnnConvDepthwise depthwise = {
      .kernel_rows = check_random_int (0, 5),
      .kernel_columns = kernels[check_random_int (0, 7)],
      .stride = check_random_int (1, check_random_int (0, 2) ? 2 : 3),
      .dilation = check_random_int (0, 3) ? 1 : check_random_int (2, 3),
      .channels = check_random_int (0, 2) ? check_random_int (1, 2 * lanes + 1)
                                          : lanes * check_random_int (1, 5),
      .count = check_random_int (0, 40),
  };
  depthwise.padding = check_random_int (0, 1) * check_random_int (0, 4);
  depthwise.columns = (depthwise.count - 1) * depthwise.stride +
                      (depthwise.kernel_columns - 1) * depthwise.dilation + 1;
  depthwise.columns -= check_random_int (0, 1) * check_random_int (0, 5);
  depthwise.columns -= depthwise.padding;
  depthwise.columns = depthwise.columns < 0 ? 0 : depthwise.columns;
  return depthwise;
}

static void
define_depthwise (const CnnConvDepthwise *depthwise, Bounds bounds, float *out)
{
  const int channels = depthwise->channels;
  for (int p = 0; p < depthwise->count; p++)
    for (int c = 0; c < channels; c++) {
      double sum = (double)depthwise->bias[c];
      for (int t = 0; t < depthwise->kernel_rows * depthwise->kernel_columns; t++) {
        const int x = p * depthwise->stride + t % depthwise->kernel_columns * depthwise->dilation -
                      depthwise->padding;
        if (x >= 0 && x < depthwise->columns)
          sum += (double)depthwise->rows[t / depthwise->kernel_columns][x * channels + c] *
                 (double)depthwise->weights[t * channels + c];
      }
      out[p * channels + c] = clamped (sum, bounds);
    }
}

static void
check_once (CnnConvDepthwiseFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvDepthwise depthwise = random_depthwise (check_lanes ());
  const size_t channels = (size_t)depthwise.channels, count = (size_t)depthwise.count;
  const int n_weights = depthwise.kernel_rows * depthwise.kernel_columns;
  Taps rows = taps_new (depthwise.kernel_rows, (size_t)depthwise.columns * channels, guard);
  float *weights = check_guarded_floats ((size_t)n_weights * channels, guard);
  float *bias = check_guarded_floats (channels, guard);
  float *out = check_guarded_floats (count * channels, guard);
  float *expected = malloc ((count * channels + 1) * sizeof *expected);
  depthwise.rows = rows.pointers;
  depthwise.weights = weights;
  depthwise.bias = bias;
  depthwise.low = bounds.low;
  depthwise.high = bounds.high;
  depthwise.out = out;
  check_context ("kernel %dx%d, stride %d, dilation %d, padding %d, %d columns to %d, %d channels",
      depthwise.kernel_rows, depthwise.kernel_columns, depthwise.stride, depthwise.dilation,
      depthwise.padding, depthwise.columns, depthwise.count, depthwise.channels);
  define_depthwise (&depthwise, bounds, expected);
  kernel (&depthwise);
  check_floats (out, expected, count * channels, sum_tolerance (n_weights), 1e-6, "output");
  taps_free (&rows);
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

/* A row of 28 pixels of 192 channels. */
static void
bench_window (CnnConvDepthwiseFunc *kernel, int size, int stride)
{
  enum { CHANNELS = 192, COUNT = 28, MAX_KERNEL = 5 };
  const int columns = COUNT * stride;
  Taps rows = taps_new (size, (size_t)(columns * CHANNELS), CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats (MAX_KERNEL * MAX_KERNEL * CHANNELS, CHECK_GUARD_BEHIND);
  float *bias = check_guarded_floats (CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * CHANNELS, CHECK_GUARD_BEHIND);
  const CnnConvDepthwise depthwise = {.rows = rows.pointers,
      .kernel_rows = size,
      .kernel_columns = size,
      .stride = stride,
      .dilation = 1,
      .padding = size / 2,
      .columns = columns,
      .weights = weights,
      .bias = bias,
      .channels = CHANNELS,
      .count = COUNT,
      .low = 0,
      .high = 6,
      .out = out};
  CheckTimer timer =
      check_timer ("28 pixels of 192 channels, %dx%d, stride %d", size, size, stride);
  while (check_timer_runs (&timer))
    kernel (&depthwise);
  taps_free (&rows);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
}

void
bench_conv_depthwise (CnnConvDepthwiseFunc *kernel)
{
  bench_window (kernel, 3, 1);
  bench_window (kernel, 3, 2);
  bench_window (kernel, 5, 1);
  bench_window (kernel, 5, 2);
}
