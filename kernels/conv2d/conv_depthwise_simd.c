/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbouring outputs are computed together: a loaded column serves all whose windows it lies in, and their
 * sums hide the latency of a multiply-add. */
#include "conv2d/conv_depthwise.h"
#include "simd/vec.h"

/* Neighbouring outputs computed together, and vectors of their channels. */
#define PIXELS 8
#ifndef VECTORS
#define VECTORS 1
#endif
#define MAX_VECTORS 2
/* The widest kernel whose weights of one row stay in registers. */
#define MAX_KERNEL 5

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
    const Vec result = vec_clamp (sum[p], low, high);
    if (whole)
      vec_store (out, result);
    else
      vec_store_partial (out, result, lanes);
  }
}

/* ---- Adjacent kernel columns ----------------------------------------------------------------- */

/* A kernel of `size` adjacent columns, or of any where 0, `stride` columns from an output to the next. */
typedef struct {
  int size, stride;
} Kernel;

/* What of a row the outputs of a block see: columns [low, high) of those their windows span are there. */
typedef struct {
  ptrdiff_t begin; /* in floats */
  int low, high;
} Seen;

VEC_INLINE Seen
find_seen (const CnnConvDepthwise *depthwise, int first)
{
  const int begin = first * depthwise->stride - depthwise->padding;
  return (Seen){(ptrdiff_t)begin * depthwise->channels, -begin, depthwise->columns - begin};
}

/* `vectors` vectors of channels of `pixels` neighbouring outputs. Not `cut`: all columns are there. */
VEC_INLINE void
compute_adjacent (const CnnConvDepthwise *depthwise, int first, int channel, const Seen seen,
    const Kernel kernel, const int pixels, const int vectors, const bool cut)
{
  const ptrdiff_t channels = depthwise->channels;
  const float *weights = depthwise->weights + channel;
  Vec sum[MAX_VECTORS][PIXELS], weight[MAX_KERNEL][MAX_VECTORS];
  VEC_UNROLL (8)
  for (int v = 0; v < vectors; v++) {
    const Vec bias = vec_load (depthwise->bias + channel + v * VEC_LANES);
    VEC_UNROLL (8)
    for (int p = 0; p < pixels; p++)
      sum[v][p] = bias;
  }
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *in = depthwise->rows[ky] + seen.begin + channel;
    VEC_UNROLL (8)
    for (int kx = 0; kx < kernel.size; kx++, weights += channels) {
      VEC_UNROLL (8)
      for (int v = 0; v < vectors; v++) {
        weight[kx][v] = vec_load (weights + v * VEC_LANES);
        VEC_PIN (weight[kx][v]);
      }
    }
    VEC_UNROLL (24)
    for (int x = 0; x < (pixels - 1) * kernel.stride + kernel.size; x++, in += channels) {
      if (cut && (x < seen.low || x >= seen.high))
        continue;
      VEC_UNROLL (8)
      for (int v = 0; v < vectors; v++) {
        Vec column = vec_load (in + v * VEC_LANES);
        VEC_PIN (column);
        VEC_UNROLL (8)
        for (int kx = 0; kx < kernel.size; kx++) {
          const int p = (x - kx) / kernel.stride;
          if (x >= kx && p < pixels && p * kernel.stride == x - kx)
            sum[v][p] = vec_fma (column, weight[kx][v], sum[v][p]);
        }
      }
    }
  }
  VEC_UNROLL (8)
  for (int v = 0; v < vectors; v++)
    store_pixels (depthwise, first, channel + v * VEC_LANES, pixels, true, VEC_LANES, sum[v]);
}

/* All whole vectors of channels of `pixels` outputs; where the next one begins. */
VEC_INLINE int
compute_channels (const CnnConvDepthwise *depthwise, int first, const Kernel kernel,
    const int pixels, const int vectors, const bool cut)
{
  const Seen seen = find_seen (depthwise, first);
  int channel = 0;
  for (; channel + vectors * VEC_LANES <= depthwise->channels; channel += vectors * VEC_LANES)
    compute_adjacent (depthwise, first, channel, seen, kernel, pixels, vectors, cut);
  for (; vectors > 1 && channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
    compute_adjacent (depthwise, first, channel, seen, kernel, pixels, 1, cut);
  return channel;
}

/* The same of `pixels` outputs from 1 to PIXELS, whose windows need not lie inside the row. */
VEC_INLINE int
compute_few (const CnnConvDepthwise *depthwise, int first, const Kernel kernel, int pixels)
{
  switch (pixels) {
  case 1:
    return compute_channels (depthwise, first, kernel, 1, 1, true);
  case 2:
    return compute_channels (depthwise, first, kernel, 2, 1, true);
  case 3:
    return compute_channels (depthwise, first, kernel, 3, 1, true);
  case 4:
    return compute_channels (depthwise, first, kernel, 4, 1, true);
  case 5:
    return compute_channels (depthwise, first, kernel, 5, 1, true);
  case 6:
    return compute_channels (depthwise, first, kernel, 6, 1, true);
  case 7:
    return compute_channels (depthwise, first, kernel, 7, 1, true);
  }
  return compute_channels (depthwise, first, kernel, 8, 1, true);
}

/* ---- Any window, and channels that do not fill a vector -------------------------------------- */

/* One vector of channels of output `p`, through kernel columns [kx0, kx1). */
VEC_INLINE void
compute_one (const CnnConvDepthwise *depthwise, int p, int channel, int kx0, int kx1,
    const bool whole, int lanes)
{
  const ptrdiff_t channels = depthwise->channels, dilation = depthwise->dilation * channels;
  const ptrdiff_t begin = find_seen (depthwise, p).begin + channel;
  Vec sum = load (depthwise->bias + channel, whole, lanes);
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *row = depthwise->rows[ky] + begin;
    const float *weights =
        depthwise->weights + (ptrdiff_t)ky * depthwise->kernel_columns * channels + channel;
    for (int kx = kx0; kx < kx1; kx++)
      sum = vec_fma (load (row + kx * dilation, whole, lanes),
          load (weights + kx * channels, whole, lanes), sum);
  }
  store_pixels (depthwise, p, channel, 1, whole, lanes, &sum);
}

/* The channels from `channel` on of outputs [first, end). */
static void
compute_one_by_one (const CnnConvDepthwise *depthwise, int first, int end, int from)
{
  for (int p = first; p < end && from < depthwise->channels; p++) {
    const Seen seen = find_seen (depthwise, p);
    int kx0 = 0, kx1 = depthwise->kernel_columns, channel = from;
    while (kx0 < kx1 && kx0 * depthwise->dilation < seen.low)
      kx0++;
    while (kx1 > kx0 && (kx1 - 1) * depthwise->dilation >= seen.high)
      kx1--;
    for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
      compute_one (depthwise, p, channel, kx0, kx1, true, VEC_LANES);
    if (channel < depthwise->channels)
      compute_one (depthwise, p, channel, kx0, kx1, false, depthwise->channels - channel);
  }
}

/* ---- The kernel ------------------------------------------------------------------------------ */

/* Blocks of outputs from left to right, first those of whole vectors of channels, then the rest. */
VEC_INLINE void
compute_blocks (const CnnConvDepthwise *depthwise, const Kernel kernel, const int vectors)
{
  int pixels;
  for (int first = 0; first < depthwise->count; first += pixels) {
    const Seen seen = find_seen (depthwise, first);
    const bool cut = seen.low > 0 || seen.high < (PIXELS - 1) * kernel.stride + kernel.size;
    pixels = depthwise->count - first < PIXELS ? depthwise->count - first : PIXELS;
    const int channel = pixels < PIXELS || cut
                            ? compute_few (depthwise, first, kernel, pixels)
                            : compute_channels (depthwise, first, kernel, PIXELS, vectors, false);
    compute_one_by_one (depthwise, first, first + pixels, channel);
  }
}

CnnConvDepthwiseFunc CNN_SYMBOL (conv_depthwise);

void
CNN_SYMBOL (conv_depthwise) (const CnnConvDepthwise *depthwise)
{
  const int stride = depthwise->stride, size = depthwise->kernel_columns;
  const bool adjacent = depthwise->dilation == 1;
  if (adjacent && size == 3 && stride == 1)
    compute_blocks (depthwise, (Kernel){3, 1}, VECTORS);
  else if (adjacent && size == 3 && stride == 2)
    compute_blocks (depthwise, (Kernel){3, 2}, VECTORS);
  else if (adjacent && size == 5 && stride == 1)
    compute_blocks (depthwise, (Kernel){5, 1}, 1);
  else if (adjacent && size == 5 && stride == 2)
    compute_blocks (depthwise, (Kernel){5, 2}, 1);
  else
    compute_one_by_one (depthwise, 0, depthwise->count, 0);
}
