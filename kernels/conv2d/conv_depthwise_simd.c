/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_depthwise.h"
#include "simd/vec.h"

/* Neighbouring outputs computed together: enough sums to hide the latency of a multiply-add. */
#define PIXELS 8
/* With the weights of a 3x3 window in registers there is room for these. */
#define PIXELS_3X3 (VEC_REGISTERS == 32 ? 8 : 4)
/* Pixels after which the next vector of channels has its turn: their inputs stay in the first-level
 * cache until all channels are done. */
#define BLOCK_PIXELS 16

VEC_INLINE Vec
load (const float *p, const bool whole, int lanes)
{
  return whole ? vec_load (p) : vec_load_partial (p, lanes);
}

VEC_INLINE void
store_pixels (const CnnConvDepthwise *depthwise, int first, int channel, const int pixels,
    const bool whole, int lanes, const Vec *sum)
{
  const size_t channels = (size_t)depthwise->channels;
  const Vec low = vec_set1 (depthwise->low), high = vec_set1 (depthwise->high);
  float *out = depthwise->out + (size_t)first * channels + (size_t)channel;
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++, out += channels) {
    Vec result = vec_clamp (sum[p], low, high);
    if (whole)
      vec_store (out, result);
    else
      vec_store_partial (out, result, lanes);
  }
}

/* One vector of channels of `pixels` neighbouring outputs, any window. */
VEC_INLINE void
compute_any (const CnnConvDepthwise *depthwise, int first, int channel, const int pixels,
    const bool whole, int lanes)
{
  const ptrdiff_t stride = depthwise->pixel_stride;
  const float *weights = depthwise->weights + channel;
  Vec sum[PIXELS];
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++)
    sum[p] = load (depthwise->bias + channel, whole, lanes);
  for (int t = 0; t < depthwise->n_taps; t++, weights += depthwise->channels) {
    const float *in = depthwise->taps[t] + first * stride + channel;
    Vec weight = load (weights, whole, lanes);
    VEC_PIN (weight);
    VEC_UNROLL (8)
    for (int p = 0; p < pixels; p++)
      sum[p] = vec_fma (load (in + p * stride, whole, lanes), weight, sum[p]);
  }
  store_pixels (depthwise, first, channel, pixels, whole, lanes, sum);
}

/* The same for nine taps whose weights the caller holds. */
VEC_INLINE void
compute_nine (const CnnConvDepthwise *depthwise, int first, int channel, const int pixels,
    const Vec weight[9], Vec bias)
{
  const ptrdiff_t stride = depthwise->pixel_stride;
  Vec sum[PIXELS];
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++)
    sum[p] = bias;
  VEC_UNROLL (9)
  for (int t = 0; t < 9; t++) {
    const float *in = depthwise->taps[t] + first * stride + channel;
    VEC_UNROLL (8)
    for (int p = 0; p < pixels; p++)
      sum[p] = vec_fma (vec_load (in + p * stride), weight[t], sum[p]);
  }
  store_pixels (depthwise, first, channel, pixels, true, VEC_LANES, sum);
}

/* Outputs [first, end) of one whole vector of channels through a 3x3 window. */
VEC_INLINE void
compute_row_3x3 (const CnnConvDepthwise *depthwise, int first, int end, int channel)
{
  Vec weight[9], bias = vec_load (depthwise->bias + channel);
  VEC_UNROLL (9)
  for (int t = 0; t < 9; t++) {
    weight[t] = vec_load (depthwise->weights + (size_t)t * (size_t)depthwise->channels + channel);
    VEC_PIN (weight[t]);
  }
  int p = first;
  for (; p + PIXELS_3X3 <= end; p += PIXELS_3X3)
    compute_nine (depthwise, p, channel, PIXELS_3X3, weight, bias);
  for (; p + 2 <= end; p += 2)
    compute_nine (depthwise, p, channel, 2, weight, bias);
  for (; p < end; p++)
    compute_nine (depthwise, p, channel, 1, weight, bias);
}

VEC_INLINE void
compute_row (const CnnConvDepthwise *depthwise, int first, int end, int channel, const bool whole)
{
  const int lanes = whole ? VEC_LANES : depthwise->channels - channel;
  int p = first;
  for (; p + PIXELS <= end; p += PIXELS)
    compute_any (depthwise, p, channel, PIXELS, whole, lanes);
  for (; p + 2 <= end; p += 2)
    compute_any (depthwise, p, channel, 2, whole, lanes);
  for (; p < end; p++)
    compute_any (depthwise, p, channel, 1, whole, lanes);
}

/* Asks for a vector of channels of what the next block sees of the last row, the one that no output
 * above has seen, and of what it writes. */
VEC_INLINE void
prefetch_block (const CnnConvDepthwise *depthwise, int first, int channel)
{
  const float *next = depthwise->taps[depthwise->n_taps - 1] + first * depthwise->pixel_stride;
  const float *out = depthwise->out + (size_t)first * (size_t)depthwise->channels;
  for (int i = 0; i < VEC_LANES; i += LINE_FLOATS) {
    for (int p = 0; p < BLOCK_PIXELS; p++) {
      __builtin_prefetch (next + p * depthwise->pixel_stride + channel + i);
      __builtin_prefetch (out + p * depthwise->channels + channel + i, 1);
    }
  }
}

CnnConvDepthwiseFunc CNN_SYMBOL (conv_depthwise);

void
CNN_SYMBOL (conv_depthwise) (const CnnConvDepthwise *depthwise)
{
  for (int first = 0; first < depthwise->count; first += BLOCK_PIXELS) {
    const int end =
        first + BLOCK_PIXELS < depthwise->count ? first + BLOCK_PIXELS : depthwise->count;
    int channel = 0;
    for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES) {
      if (depthwise->beyond_cache)
        prefetch_block (depthwise, end, channel);
      if (depthwise->n_taps == 9)
        compute_row_3x3 (depthwise, first, end, channel);
      else
        compute_row (depthwise, first, end, channel, true);
    }
    if (channel < depthwise->channels)
      compute_row (depthwise, first, end, channel, false);
  }
}
