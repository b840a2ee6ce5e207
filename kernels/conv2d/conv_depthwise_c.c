/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_depthwise.h"

void
cnn_conv_depthwise_c (const CnnConvDepthwise *depthwise)
{
  const int channels = depthwise->channels;
  for (int p = 0; p < depthwise->count; p++) {
    for (int c = 0; c < channels; c++) {
      float sum = depthwise->bias[c];
      for (int t = 0; t < depthwise->n_taps; t++)
        sum += depthwise->taps[t][p * depthwise->pixel_stride + c] *
               depthwise->weights[(size_t)t * (size_t)channels + (size_t)c];
      sum = sum < depthwise->low ? depthwise->low : sum;
      sum = sum > depthwise->high ? depthwise->high : sum;
      depthwise->out[(size_t)p * (size_t)channels + (size_t)c] = sum;
    }
  }
}
