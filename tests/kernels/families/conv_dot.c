/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>

static CnnConvDot
random_dot (void)
{
  CnnConvDot dot = {
      .n_taps = check_random_int (1, 9),
      .run = check_random_int (1, 100),
      .outputs = check_random_int (1, 5),
      .count = check_random_int (0, 30),
  };
  dot.run_floats = (size_t)(dot.run + 15) / 16 * 16;
  dot.pixel_stride = check_random_int (1, 100);
  dot.out_stride = dot.outputs + check_random_int (0, 3);
  return dot;
}

static void
define_dot (const CnnConvDot *dot, Bounds bounds, float *out)
{
  for (int p = 0; p < dot->count; p++)
    for (int o = 0; o < dot->outputs; o++) {
      double sum = (double)dot->bias[o];
      for (int t = 0; t < dot->n_taps; t++)
        for (int i = 0; i < dot->run; i++)
          sum += (double)dot->taps[t][p * dot->pixel_stride + i] *
                 (double)dot->weights[(size_t)(o * dot->n_taps + t) * dot->run_floats + (size_t)i];
      out[p * dot->out_stride + o] = clamped (sum, bounds);
    }
}

static void
check_once (CnnConvDotFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvDot dot = random_dot ();
  const size_t pixels = (size_t)(dot.count ? dot.count - 1 : 0);
  const size_t n_weights = (size_t)(dot.outputs * dot.n_taps) * dot.run_floats;
  const size_t out_floats = dot.count ? pixels * (size_t)dot.out_stride + (size_t)dot.outputs : 0;
  Taps taps = taps_new (dot.n_taps, pixels * (size_t)dot.pixel_stride + (size_t)dot.run, guard);
  float *weights = check_guarded_floats (n_weights, guard);
  for (size_t i = 0; i < n_weights; i++)
    weights[i] = i % dot.run_floats < (size_t)dot.run ? weights[i] : 0;
  float *bias = check_guarded_floats ((size_t)dot.outputs, guard);
  float *out = check_guarded_floats (out_floats, guard);
  float *expected = check_copy (out, out_floats * sizeof *out);
  dot.taps = taps.pointers;
  dot.weights = weights;
  dot.bias = bias;
  dot.low = bounds.low;
  dot.high = bounds.high;
  dot.out = out;
  check_context ("%d taps of %d floats, %d pixels %td apart, %d outputs", dot.n_taps, dot.run,
      dot.count, dot.pixel_stride, dot.outputs);
  define_dot (&dot, bounds, expected);
  kernel (&dot);
  check_floats (out, expected, out_floats, sum_tolerance (dot.n_taps * dot.run), 1e-6, "output");
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
  free (expected);
}

void
check_conv_dot (CnnConvDotFunc *kernel)
{
  for (int round = 0; round < 300 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* A row of 56 pixels of 256 channels to 2. */
void
bench_conv_dot (CnnConvDotFunc *kernel)
{
  enum { RUN = 256, COUNT = 56, OUTPUTS = 2 };
  Taps taps = taps_new (1, COUNT * RUN, CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats (OUTPUTS * RUN, CHECK_GUARD_BEHIND);
  float *bias = check_guarded_floats (OUTPUTS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT * OUTPUTS, CHECK_GUARD_BEHIND);
  const CnnConvDot dot = {.taps = taps.pointers,
      .n_taps = 1,
      .run = RUN,
      .pixel_stride = RUN,
      .out_stride = OUTPUTS,
      .weights = weights,
      .run_floats = RUN,
      .bias = bias,
      .outputs = OUTPUTS,
      .count = COUNT,
      .low = 0,
      .high = 6,
      .out = out};
  CheckTimer timer = check_timer ("56 pixels of 256 channels to 2");
  while (check_timer_runs (&timer))
    kernel (&dot);
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
}
