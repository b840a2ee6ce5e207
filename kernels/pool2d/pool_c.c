/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool2d/pool.h"

#include <math.h>

void
cnn_pool_max_c (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < windows->channels; c++) {
      const size_t first = windows->first + i * windows->stride + c;
      float best = -INFINITY;
      for (size_t y = 0; y < n_rows; y++)
        for (size_t x = 0; x < windows->columns; x++) {
          const float value = rows[y][first + x * windows->dilation];
          if (value > best || isnan (value))
            best = value;
        }
      out[i * windows->output_stride + c] = best;
    }
}

void
cnn_pool_average_c (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < windows->channels; c++) {
      const size_t first = windows->first + i * windows->stride + c;
      double sum = 0;
      for (size_t y = 0; y < n_rows; y++)
        for (size_t x = 0; x < windows->columns; x++)
          sum += rows[y][first + x * windows->dilation];
      out[i * windows->output_stride + c] = (float)sum * windows->scale;
    }
}
