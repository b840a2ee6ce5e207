/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"
#include "simd/vec.h"

#define PIXELS 8

/* One output channel of `pixels` neighbouring pixels. */
VEC_INLINE void
compute_pixels (const CnnConvDot *dot, int o, int first, const int pixels)
{
  const ptrdiff_t stride = dot->pixel_stride;
  const float *weights = dot->weights + (size_t)o * (size_t)dot->n_taps * dot->run_floats;
  Vec sum[PIXELS];
  for (int p = 0; p < pixels; p++)
    sum[p] = vec_zero ();
  for (int t = 0; t < dot->n_taps; t++, weights += dot->run_floats) {
    const float *in = dot->taps[t] + first * stride;
    int i = 0;
    for (; i + VEC_LANES <= dot->run; i += VEC_LANES) {
      Vec weight = vec_load (weights + i);
      VEC_PIN (weight);
      VEC_UNROLL (8)
      for (int p = 0; p < pixels; p++)
        sum[p] = vec_fma (vec_load (in + p * stride + i), weight, sum[p]);
    }
    if (i < dot->run) {
      Vec weight = vec_load (weights + i);
      for (int p = 0; p < pixels; p++)
        sum[p] = vec_fma (vec_load_partial (in + p * stride + i, dot->run - i), weight, sum[p]);
    }
  }
  float *out = dot->out + first * dot->out_stride + o;
  for (int p = 0; p < pixels; p++, out += dot->out_stride) {
    float value = dot->bias[o] + vec_sum (sum[p]);
    value = value < dot->low ? dot->low : value;
    *out = value > dot->high ? dot->high : value;
  }
}

void
CNN_SYMBOL (conv_dot) (const CnnConvDot *dot)
{
  int p = 0;
  for (; p + PIXELS <= dot->count; p += PIXELS) {
    for (int o = 0; o < dot->outputs; o++)
      compute_pixels (dot, o, p, PIXELS);
  }
  for (; p < dot->count; p++) {
    for (int o = 0; o < dot->outputs; o++)
      compute_pixels (dot, o, p, 1);
  }
}
