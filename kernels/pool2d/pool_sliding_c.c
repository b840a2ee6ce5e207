/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool2d/pool_sliding.h"

#include <math.h>

void
cnn_pool_sliding_max_c (const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  const size_t channels = windows->channels;
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < channels; c++) {
      float best = -INFINITY;
      for (size_t x = 0; x < windows->columns; x++) {
        const float value = row[(i * windows->stride + x) * channels + c];
        if (value > best || isnan (value))
          best = value;
      }
      out[i * channels + c] = best;
    }
}

void
cnn_pool_sliding_sum_c (const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  const size_t channels = windows->channels;
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < channels; c++) {
      double sum = 0;
      for (size_t x = 0; x < windows->columns; x++)
        sum += row[(i * windows->stride + x) * channels + c];
      out[i * channels + c] = (float)sum * (windows->scale[i] * windows->factor);
    }
}
