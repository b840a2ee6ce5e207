/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static CnnConvPlane
random_plane (int lanes)
{
  CnnConvPlane plane = {
      .n_taps = check_random_int (1, 27),
      .outputs = 1 << check_random_int (0, 3),
      .count = check_random_int (0, check_random_int (0, 3) ? 3 * lanes : 10 * lanes),
  };
  if (plane.outputs >= 4 && check_random_int (0, 1)) {
    plane.plane_stride = 1;
    plane.pixel_stride = plane.outputs + check_random_int (0, 1) * check_random_int (1, 9);
  } else {
    plane.pixel_stride = 1;
    plane.plane_stride = plane.count + check_random_int (0, 9);
  }
  return plane;
}

static void
define_plane (const CnnConvPlane *plane, Bounds bounds, float *out)
{
  for (int o = 0; o < plane->outputs; o++)
    for (int x = 0; x < plane->count; x++) {
      double sum = (double)plane->bias[o];
      for (int t = 0; t < plane->n_taps; t++)
        sum += (double)plane->taps[t][x] * (double)plane->weights[t * plane->outputs + o];
      out[o * plane->plane_stride + x * plane->pixel_stride] = clamped (sum, bounds);
    }
}

static void
check_once (CnnConvPlaneFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvPlane plane = random_plane (check_lanes ());
  const ptrdiff_t last =
      (plane.outputs - 1) * plane.plane_stride + (plane.count - 1) * plane.pixel_stride;
  const size_t out_floats = plane.count ? (size_t)last + 1 : 0;
  Taps taps = taps_new (plane.n_taps, (size_t)plane.count, guard);
  float *weights = check_guarded_floats ((size_t)(plane.n_taps * plane.outputs), guard);
  float *bias = check_guarded_floats ((size_t)plane.outputs, guard);
  float *out = check_guarded_floats (out_floats, guard);
  float *expected = check_copy (out, out_floats * sizeof *out);
  plane.taps = taps.pointers;
  plane.weights = weights;
  plane.bias = bias;
  plane.low = bounds.low;
  plane.high = bounds.high;
  plane.out = out;
  check_context ("%d taps, %d pixels %td apart, %d outputs %td apart", plane.n_taps, plane.count,
      plane.pixel_stride, plane.outputs, plane.plane_stride);
  define_plane (&plane, bounds, expected);
  kernel (&plane);
  check_floats (out, expected, out_floats, sum_tolerance (plane.n_taps), 1e-6, "output");
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
  free (expected);
}

void
check_conv_plane (CnnConvPlaneFunc *kernel)
{
  for (int round = 0; round < 500 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* A row of 320 pixels of a 3x3 window over 8 planes, four output planes. */
void
bench_conv_plane (CnnConvPlaneFunc *kernel)
{
  enum { TAPS = 72, COUNT = 320, OUTPUTS = 4 };
  Taps taps = taps_new (TAPS, COUNT, CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats (TAPS * OUTPUTS, CHECK_GUARD_BEHIND);
  float *bias = check_guarded_floats (OUTPUTS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * OUTPUTS, CHECK_GUARD_BEHIND);
  const CnnConvPlane plane = {.taps = taps.pointers,
      .n_taps = TAPS,
      .weights = weights,
      .bias = bias,
      .outputs = OUTPUTS,
      .count = COUNT,
      .low = 0,
      .high = 6,
      .out = out,
      .plane_stride = COUNT,
      .pixel_stride = 1};
  CheckTimer timer = check_timer ("320 pixels, 3x3x8 to 4 planes");
  while (check_timer_runs (&timer))
    kernel (&plane);
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
}
