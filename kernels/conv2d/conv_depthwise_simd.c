/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbouring outputs are computed together: a loaded column serves all whose windows it lies in, and their
 * sums hide the latency of a multiply-add. Outputs whose windows reach beyond the row are computed one by
 * one. */
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

/* Where the window of output `p` begins in a row, in floats. */
VEC_INLINE ptrdiff_t
window_begin (const CnnConvDepthwise *depthwise, int p)
{
  return ((ptrdiff_t)p * depthwise->stride - depthwise->padding) * depthwise->channels;
}

/* ---- Outputs whose windows lie inside the row ------------------------------------------------ */

/* One vector of channels of `pixels` neighbouring outputs, adjacent kernel columns: `kernel` of them, `stride`
 * from an output to the next. */
VEC_INLINE void
compute_adjacent (const CnnConvDepthwise *depthwise, int first, int channel, const int kernel,
    const int stride, const int pixels)
{
  const ptrdiff_t channels = depthwise->channels, begin = window_begin (depthwise, first) + channel;
  const float *weights = depthwise->weights + channel;
  const Vec bias = vec_load (depthwise->bias + channel);
  Vec sum[PIXELS], weight[MAX_KERNEL];
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++)
    sum[p] = bias;
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *in = depthwise->rows[ky] + begin;
    VEC_UNROLL (8)
    for (int kx = 0; kx < kernel; kx++, weights += channels) {
      weight[kx] = vec_load (weights);
      VEC_PIN (weight[kx]);
    }
    VEC_UNROLL (24)
    for (int x = 0; x < (pixels - 1) * stride + kernel; x++, in += channels) {
      Vec column = vec_load (in);
      VEC_PIN (column);
      VEC_UNROLL (8)
      for (int kx = 0; kx < kernel; kx++) {
        const int p = (x - kx) / stride;
        if (x >= kx && p < pixels && p * stride == x - kx)
          sum[p] = vec_fma (column, weight[kx], sum[p]);
      }
    }
  }
  store_pixels (depthwise, first, channel, pixels, true, VEC_LANES, sum);
}

/* The same of any window, and of the channels that do not fill a vector. */
VEC_INLINE void
compute_any (const CnnConvDepthwise *depthwise, int first, int channel, const int pixels,
    const bool whole, int lanes)
{
  const ptrdiff_t channels = depthwise->channels, begin = window_begin (depthwise, first) + channel;
  const ptrdiff_t stride = depthwise->stride * channels, dilation = depthwise->dilation * channels;
  const float *weights = depthwise->weights + channel;
  Vec sum[PIXELS];
  VEC_UNROLL (8)
  for (int p = 0; p < pixels; p++)
    sum[p] = load (depthwise->bias + channel, whole, lanes);
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    const float *in = depthwise->rows[ky] + begin;
    for (int kx = 0; kx < depthwise->kernel_columns; kx++, in += dilation, weights += channels) {
      Vec weight = load (weights, whole, lanes);
      VEC_PIN (weight);
      VEC_UNROLL (8)
      for (int p = 0; p < pixels; p++)
        sum[p] = vec_fma (load (in + p * stride, whole, lanes), weight, sum[p]);
    }
  }
  store_pixels (depthwise, first, channel, pixels, whole, lanes, sum);
}

/* `kernel`: adjacent columns of a kernel that has so many, or 0 for any window. */
typedef struct {
  int kernel, stride;
} Window;

/* All channels of `pixels` outputs. */
VEC_INLINE void
compute_pixels (const CnnConvDepthwise *depthwise, int first, const Window window, const int pixels)
{
  int channel = 0;
  for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES) {
    if (window.kernel > 0)
      compute_adjacent (depthwise, first, channel, window.kernel, window.stride, pixels);
    else
      compute_any (depthwise, first, channel, pixels, true, VEC_LANES);
  }
  if (channel < depthwise->channels)
    compute_any (depthwise, first, channel, pixels, false, depthwise->channels - channel);
}

/* Outputs [first, end), whose windows lie inside the row. */
VEC_INLINE void
compute_inside (const CnnConvDepthwise *depthwise, int first, int end, const Window window)
{
  for (; first + PIXELS <= end; first += PIXELS)
    compute_pixels (depthwise, first, window, PIXELS);
  switch (end - first) {
  case 7:
    compute_pixels (depthwise, first, window, 7);
    break;
  case 6:
    compute_pixels (depthwise, first, window, 6);
    break;
  case 5:
    compute_pixels (depthwise, first, window, 5);
    break;
  case 4:
    compute_pixels (depthwise, first, window, 4);
    break;
  case 3:
    compute_pixels (depthwise, first, window, 3);
    break;
  case 2:
    compute_pixels (depthwise, first, window, 2);
    break;
  case 1:
    compute_pixels (depthwise, first, window, 1);
    break;
  }
}

/* ---- Outputs whose windows reach beyond it --------------------------------------------------- */

/* One vector of channels of output `p`, through kernel columns [kx0, kx1). */
VEC_INLINE void
compute_cut (const CnnConvDepthwise *depthwise, int p, int channel, int kx0, int kx1,
    const bool whole, int lanes)
{
  const ptrdiff_t channels = depthwise->channels, dilation = depthwise->dilation * channels;
  const ptrdiff_t begin = window_begin (depthwise, p) + channel;
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

static void
compute_outside (const CnnConvDepthwise *depthwise, int first, int end)
{
  for (int p = first; p < end; p++) {
    const int begin = p * depthwise->stride - depthwise->padding, dilation = depthwise->dilation;
    int kx0 = 0, kx1 = depthwise->kernel_columns, channel = 0;
    while (kx0 < kx1 && begin + kx0 * dilation < 0)
      kx0++;
    while (kx1 > kx0 && begin + (kx1 - 1) * dilation >= depthwise->columns)
      kx1--;
    for (; channel + VEC_LANES <= depthwise->channels; channel += VEC_LANES)
      compute_cut (depthwise, p, channel, kx0, kx1, true, VEC_LANES);
    if (channel < depthwise->channels)
      compute_cut (depthwise, p, channel, kx0, kx1, false, depthwise->channels - channel);
  }
}

/* ---- The kernel ------------------------------------------------------------------------------ */

CnnConvDepthwiseFunc CNN_SYMBOL (conv_depthwise);

void
CNN_SYMBOL (conv_depthwise) (const CnnConvDepthwise *depthwise)
{
  const int stride = depthwise->stride, kernel = depthwise->kernel_columns;
  const int room = depthwise->columns + depthwise->padding - (kernel - 1) * depthwise->dilation - 1;
  int first = (depthwise->padding + stride - 1) / stride, end = room < 0 ? 0 : room / stride + 1;
  end = end < depthwise->count ? end : depthwise->count;
  first = first < end ? first : end;
  compute_outside (depthwise, 0, first);
  const bool adjacent = depthwise->dilation == 1;
  if (adjacent && kernel == 3 && stride == 1)
    compute_inside (depthwise, first, end, (Window){3, 1});
  else if (adjacent && kernel == 3 && stride == 2)
    compute_inside (depthwise, first, end, (Window){3, 2});
  else if (adjacent && kernel == 5 && stride == 1)
    compute_inside (depthwise, first, end, (Window){5, 1});
  else if (adjacent && kernel == 5 && stride == 2)
    compute_inside (depthwise, first, end, (Window){5, 2});
  else
    compute_inside (depthwise, first, end, (Window){0, 0});
  compute_outside (depthwise, end, depthwise->count);
}
