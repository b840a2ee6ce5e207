/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_depthwise.h"

static float
sum_at (const CnnConvDepthwise *depthwise, int p, int c)
{
  const size_t channels = (size_t)depthwise->channels;
  const float *weight = depthwise->weights + c;
  float sum = depthwise->bias[c];
  for (int ky = 0; ky < depthwise->kernel_rows; ky++) {
    for (int kx = 0; kx < depthwise->kernel_columns; kx++, weight += channels) {
      const int x = p * depthwise->stride + kx * depthwise->dilation - depthwise->padding;
      if (x >= 0 && x < depthwise->columns)
        sum += depthwise->rows[ky][(size_t)x * channels + (size_t)c] * *weight;
    }
  }
  return sum;
}

void
cnn_conv_depthwise_c (const CnnConvDepthwise *depthwise)
{
  float *out = depthwise->out;
  for (int p = 0; p < depthwise->count; p++) {
    for (int c = 0; c < depthwise->channels; c++) {
      float sum = sum_at (depthwise, p, c);
      sum = sum < depthwise->low ? depthwise->low : sum;
      *out++ = sum > depthwise->high ? depthwise->high : sum;
    }
  }
}
