/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_dot.h"
#include "simd/vec.h"

#define PIXELS 8
/* Sums of each pixel that take turns: more hide the latency of a multiply-add. */
#define TURNS (VEC_REGISTERS == 32 ? 2 : 1)
#define MAX_TURNS 2

/* The sums of lanes, as all pixels of a row have them: bias last, then clamped. */
VEC_INLINE void
store_pixels (const CnnConvDot *dot, int o, int first, const int pixels, const Vec *sum)
{
  float sums[PIXELS];
  for (int p = 0; p < pixels; p += 4) {
    const int last = pixels - 1;
    vec_sum4 (sum[p], sum[p + 1 < last ? p + 1 : last], sum[p + 2 < last ? p + 2 : last],
        sum[p + 3 < last ? p + 3 : last], sums + p);
  }
  float *out = dot->out + first * dot->out_stride + o;
  for (int p = 0; p < pixels; p++, out += dot->out_stride) {
    float value = dot->bias[o] + sums[p];
    value = value < dot->low ? dot->low : value;
    *out = value > dot->high ? dot->high : value;
  }
}

/* One output channel of `pixels` neighbouring pixels. */
VEC_INLINE void
compute_pixels (const CnnConvDot *dot, int o, int first, const int pixels)
{
  const ptrdiff_t stride = dot->pixel_stride;
  const float *weights = dot->weights + (size_t)o * (size_t)dot->n_taps * dot->run_floats;
  Vec sum[PIXELS], turn[MAX_TURNS][PIXELS];
  for (int k = 0; k < TURNS; k++) {
    for (int p = 0; p < pixels; p++)
      turn[k][p] = vec_zero ();
  }
  for (int t = 0; t < dot->n_taps; t++, weights += dot->run_floats) {
    const float *in = dot->taps[t] + first * stride;
    int i = 0;
    for (; i + TURNS * VEC_LANES <= dot->run; i += TURNS * VEC_LANES) {
      for (int k = 0; k < TURNS; k++) {
        Vec weight = vec_load (weights + i + k * VEC_LANES);
        VEC_PIN (weight);
        VEC_UNROLL (8)
        for (int p = 0; p < pixels; p++)
          turn[k][p] = vec_fma (vec_load (in + p * stride + i + k * VEC_LANES), weight, turn[k][p]);
      }
    }
    for (; i < dot->run; i += VEC_LANES) {
      const int lanes = vec_lanes_left (i, dot->run);
      Vec weight = vec_load (weights + i);
      for (int p = 0; p < pixels; p++)
        turn[0][p] = vec_fma (vec_load_partial (in + p * stride + i, lanes), weight, turn[0][p]);
    }
  }
  for (int p = 0; p < pixels; p++)
    sum[p] = TURNS == 1 ? turn[0][p] : vec_add (turn[0][p], turn[TURNS - 1][p]);
  store_pixels (dot, o, first, pixels, sum);
}

CnnConvDotFunc CNN_SYMBOL (conv_dot);

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
