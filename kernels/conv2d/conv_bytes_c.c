/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_bytes.h"

static int
divide (int sum, CnnByteDivision division)
{
  if (division.multiplier > 0) {
    sum = sum < 0 ? 0 : sum;
    return ((sum + division.half) * division.multiplier >> 16) >> division.shift;
  }
  if (division.shift > 0)
    return (sum + division.half - 1 + (sum >> division.shift & 1)) >> division.shift;
  return sum;
}

void
cnn_conv_bytes_c (const CnnConvBytes *bytes)
{
  for (int row = 0; row < bytes->rows; row++) {
    for (int x = 0; x < bytes->count; x++) {
      int sum = bytes->bias;
      for (int t = 0; t < bytes->n_taps; t++)
        sum += bytes->taps[t][x] * bytes->weights[row][t];
      sum = divide (sum, bytes->division);
      bytes->out[row][x] = (unsigned char)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  }
}
