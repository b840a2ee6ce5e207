/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/interleave.h"

void
cnn_interleave_c (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out)
{
  for (size_t x = 0; x < count; x++)
    for (int i = 0; i < n_planes; i++)
      *out++ = planes[i * plane_stride + (ptrdiff_t)x];
}
