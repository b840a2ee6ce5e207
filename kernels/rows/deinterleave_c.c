/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/deinterleave.h"

void
cnn_deinterleave_c (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  for (int c = 0; c < channels; c++)
    for (int p = 0; p < n_pixels; p++)
      planes[(size_t)c * plane_stride + (size_t)p] =
          pixels[(size_t)p * (size_t)channels + (size_t)c];
}
