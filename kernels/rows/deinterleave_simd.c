/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/deinterleave.h"
#include "simd/transpose.h"

CnnDeinterleaveFunc CNN_SYMBOL (deinterleave);

void
CNN_SYMBOL (deinterleave) (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  transpose (pixels, (size_t)channels, (size_t)n_pixels, (size_t)channels, planes, plane_stride);
}
