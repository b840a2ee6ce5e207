/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_rows.h"

static float
sum_at (const CnnConvRows *rows, int row, int x)
{
  const int seen = rows->kernel_rows + rows->rows - 1;
  const float *weight = rows->weights;
  float sum = rows->bias;
  for (int i = 0; i < rows->inputs; i++) {
    const float *const *taps = rows->taps + (i * seen + row) * rows->kernel_columns;
    for (int t = 0; t < rows->kernel_rows * rows->kernel_columns; t++)
      sum += taps[t][x] * *weight++;
  }
  return sum;
}

void
cnn_conv_rows_c (const CnnConvRows *rows)
{
  for (int row = 0; row < rows->rows; row++) {
    for (int x = 0; x < rows->count; x++) {
      float sum = sum_at (rows, row, x);
      sum = sum < rows->low ? rows->low : sum;
      rows->out[row][x] = sum > rows->high ? rows->high : sum;
    }
  }
}
