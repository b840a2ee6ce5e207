/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

void
cnn_conv_bytes_c (const CnnConvBytes *bytes)
{
  const CnnByteDivision division = bytes->division;
  for (int x = 0; x < bytes->count; x++) {
    int sum = bytes->bias;
    for (int t = 0; t < bytes->n_taps; t++)
      sum += bytes->taps[t][x] * bytes->weights[t];
    if (division.multiplier > 0) {
      sum = sum < 0 ? 0 : sum;
      sum = ((sum + division.half) * division.multiplier >> 16) >> division.shift;
    } else if (division.shift > 0) {
      sum = (sum + division.half - 1 + (sum >> division.shift & 1)) >> division.shift;
    }
    bytes->out[x] = (unsigned char)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}
