/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"
#include "simd/vec.h"

#define PIXELS 4

/* One vector of channels of `pixels` neighbouring outputs. */
VEC_INLINE void
compute_block (const CnnConvDepthwise *depthwise, int first, int channel, const int pixels,
    const bool whole, int lanes)
{
  const size_t channels = (size_t)depthwise->channels;
  const ptrdiff_t stride = depthwise->pixel_stride;
  const float *bias = depthwise->bias + channel, *weights = depthwise->weights + channel;
  Vec sum[PIXELS];
  for (int p = 0; p < pixels; p++)
    sum[p] = whole ? vec_load (bias) : vec_load_partial (bias, lanes);
  for (int t = 0; t < depthwise->n_taps; t++, weights += channels) {
    const float *in = depthwise->taps[t] + first * stride + channel;
    Vec weight = whole ? vec_load (weights) : vec_load_partial (weights, lanes);
    VEC_PIN (weight);
    for (int p = 0; p < pixels; p++) {
      Vec x = whole ? vec_load (in + p * stride) : vec_load_partial (in + p * stride, lanes);
      sum[p] = vec_fma (x, weight, sum[p]);
    }
  }
  const Vec low = vec_set1 (depthwise->low), high = vec_set1 (depthwise->high);
  float *out = depthwise->out + (size_t)first * channels + (size_t)channel;
  for (int p = 0; p < pixels; p++, out += channels) {
    Vec result = vec_clamp (sum[p], low, high);
    if (whole)
      vec_store (out, result);
    else
      vec_store_partial (out, result, lanes);
  }
}

VEC_INLINE void
compute_pixels (const CnnConvDepthwise *depthwise, int first, const int pixels)
{
  int channel = 0;
  for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
    compute_block (depthwise, first, channel, pixels, true, VEC_LANES);
  if (channel < depthwise->channels)
    compute_block (depthwise, first, channel, pixels, false, depthwise->channels - channel);
}

void
CNN_SYMBOL (conv_depthwise) (const CnnConvDepthwise *depthwise)
{
  int p = 0;
  for (; p + PIXELS <= depthwise->count; p += PIXELS)
    compute_pixels (depthwise, p, PIXELS);
  for (; p < depthwise->count; p++)
    compute_pixels (depthwise, p, 1);
}
