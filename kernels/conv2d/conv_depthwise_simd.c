/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbouring outputs are computed together: a loaded column serves all whose windows it lies in, and their
 * sums hide the latency of a multiply-add. */
#include "conv2d/conv_depthwise.h"
#include "simd/vec.h"

/* Neighbouring outputs computed together. */
#define PIXELS 8
/* The widest kernel whose weights of one row stay in registers. */
#define MAX_KERNEL 5

VEC_INLINE Vec
load (const float *p, const bool whole, int lanes)
{
  return whole ? vec_load (p) : vec_load_partial (p, lanes);
}

/* Pixels of all channels at `out`. */
VEC_INLINE void
store_pixels (const CnnConvDepthwise *depthwise, float *out, int channel, const int pixels,
    const bool whole, int lanes, const Vec *sum)
{
  const Vec low = vec_set1 (depthwise->low), high = vec_set1 (depthwise->high);
  out += channel;
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++, out += depthwise->channels) {
    const Vec result = vec_clamp (sum[p], low, high);
    if (whole)
      vec_store (out, result);
    else
      vec_store_partial (out, result, lanes);
  }
}

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

/* ---- Adjacent kernel columns ----------------------------------------------------------------- */

/* A kernel of `size` adjacent columns, `stride` columns from an output to the next. */
typedef struct {
  int size, stride;
} Kernel;

/* One vector of channels of `pixels` neighbouring outputs. Not `cut`: all columns are there. */
VEC_INLINE void
compute_adjacent (const CnnConvDepthwise *depthwise, int channel, const Seen seen,
    const Kernel kernel, const int pixels, const bool cut, float *out)
{
  const ptrdiff_t channels = depthwise->channels;
  const float *weights = depthwise->weights + channel;
  const Vec bias = vec_load (depthwise->bias + channel);
  Vec sum[PIXELS], weight[MAX_KERNEL];
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++)
    sum[p] = bias;
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *in = depthwise->rows[ky] + seen.begin + channel;
    VEC_UNROLL (8)
    for (int kx = 0; kx < kernel.size; kx++, weights += channels) {
      weight[kx] = vec_load (weights);
      VEC_PIN (weight[kx]);
    }
    VEC_UNROLL (24)
    for (int x = 0; x < (pixels - 1) * kernel.stride + kernel.size; x++, in += channels) {
      if (cut && (x < seen.low || x >= seen.high))
        continue;
      Vec column = vec_load (in);
      VEC_PIN (column);
      VEC_UNROLL (8)
      for (int kx = 0; kx < kernel.size; kx++) {
        const int p = (x - kx) / kernel.stride;
        if (x >= kx && p < pixels && p * kernel.stride == x - kx)
          sum[p] = vec_fma (column, weight[kx], sum[p]);
      }
    }
  }
  store_pixels (depthwise, out, channel, pixels, true, VEC_LANES, sum);
}

/* All whole vectors of channels of `pixels` outputs. */
VEC_INLINE void
compute_channels (const CnnConvDepthwise *depthwise, const Seen seen, const Kernel kernel,
    const int pixels, const bool cut, float *out)
{
  for (int channel = 0; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
    compute_adjacent (depthwise, channel, seen, kernel, pixels, cut, out);
}

/* The same of `pixels` outputs from 1 to PIXELS, whose windows need not lie inside the row. */
VEC_INLINE void
compute_few (
    const CnnConvDepthwise *depthwise, const Seen seen, const Kernel kernel, int pixels, float *out)
{
  switch (pixels) {
  case 1:
    compute_channels (depthwise, seen, kernel, 1, true, out);
    break;
  case 2:
    compute_channels (depthwise, seen, kernel, 2, true, out);
    break;
  case 3:
    compute_channels (depthwise, seen, kernel, 3, true, out);
    break;
  case 4:
    compute_channels (depthwise, seen, kernel, 4, true, out);
    break;
  case 5:
    compute_channels (depthwise, seen, kernel, 5, true, out);
    break;
  case 6:
    compute_channels (depthwise, seen, kernel, 6, true, out);
    break;
  case 7:
    compute_channels (depthwise, seen, kernel, 7, true, out);
    break;
  default:
    compute_channels (depthwise, seen, kernel, 8, true, out);
    break;
  }
}

/* ---- Any window, and channels that do not fill a vector -------------------------------------- */

/* One vector of channels of one output, through kernel columns [kx0, kx1). */
VEC_INLINE void
compute_one (const CnnConvDepthwise *depthwise, ptrdiff_t begin, int channel, int kx0, int kx1,
    const bool whole, int lanes, float *out)
{
  const ptrdiff_t channels = depthwise->channels, dilation = depthwise->dilation * channels;
  Vec sum = load (depthwise->bias + channel, whole, lanes);
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *row = depthwise->rows[ky] + begin + channel;
    const float *weights =
        depthwise->weights + (ptrdiff_t)ky * depthwise->kernel_columns * channels + channel;
    for (int kx = kx0; kx < kx1; kx++)
      sum = vec_fma (load (row + kx * dilation, whole, lanes),
          load (weights + kx * channels, whole, lanes), sum);
  }
  store_pixels (depthwise, out, channel, 1, whole, lanes, &sum);
}

/* The channels from `from` on of outputs [first, end). */
static void
compute_one_by_one (const CnnConvDepthwise *depthwise, int first, int end, int from, float *out)
{
  for (int p = first; p < end && from < depthwise->channels; p++, out += depthwise->channels) {
    const Seen seen = find_seen (depthwise, p);
    int kx0 = 0, kx1 = depthwise->kernel_columns, channel = from;
    while (kx0 < kx1 && kx0 * depthwise->dilation < seen.low)
      kx0++;
    while (kx1 > kx0 && (kx1 - 1) * depthwise->dilation >= seen.high)
      kx1--;
    for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
      compute_one (depthwise, seen.begin, channel, kx0, kx1, true, VEC_LANES, out);
    if (channel < depthwise->channels)
      compute_one (
          depthwise, seen.begin, channel, kx0, kx1, false, depthwise->channels - channel, out);
  }
}

/* ---- The kernel ------------------------------------------------------------------------------ */

/* Blocks of outputs from left to right, first their whole vectors of channels, then the rest. */
VEC_INLINE void
compute_blocks (const CnnConvDepthwise *depthwise, const Kernel kernel)
{
  const int channels = depthwise->channels, whole = channels / VEC_LANES * VEC_LANES;
  int pixels;
  for (int first = 0; first < depthwise->count; first += pixels) {
    const Seen seen = find_seen (depthwise, first);
    const bool cut = seen.low > 0 || seen.high < (PIXELS - 1) * kernel.stride + kernel.size;
    float *out = depthwise->out + (size_t)first * (size_t)channels;
    pixels = depthwise->count - first < PIXELS ? depthwise->count - first : PIXELS;
    if (pixels < PIXELS || cut)
      compute_few (depthwise, seen, kernel, pixels, out);
    else
      compute_channels (depthwise, seen, kernel, PIXELS, false, out);
    compute_one_by_one (depthwise, first, first + pixels, whole, out);
  }
}

CnnConvDepthwiseFunc CNN_SYMBOL (conv_depthwise);

void
CNN_SYMBOL (conv_depthwise) (const CnnConvDepthwise *depthwise)
{
  const int stride = depthwise->stride, size = depthwise->kernel_columns;
  const bool adjacent = depthwise->dilation == 1;
  if (adjacent && size == 3 && stride == 1)
    compute_blocks (depthwise, (Kernel){3, 1});
  else if (adjacent && size == 3 && stride == 2)
    compute_blocks (depthwise, (Kernel){3, 2});
  else if (adjacent && size == 5 && stride == 1)
    compute_blocks (depthwise, (Kernel){5, 1});
  else if (adjacent && size == 5 && stride == 2)
    compute_blocks (depthwise, (Kernel){5, 2});
  else
    compute_one_by_one (depthwise, 0, depthwise->count, 0, depthwise->out);
}
