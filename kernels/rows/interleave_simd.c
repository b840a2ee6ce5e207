/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/interleave.h"
#include "simd/weave.h"

CnnInterleaveFunc CNN_SYMBOL (interleave);

void
CNN_SYMBOL (interleave) (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out)
{
  Source sources[MAX_LOADS];
  Pattern pattern;
  size_t x = 0;
  if (n_planes <= MAX_LOADS) {
    for (int i = 0; i < n_planes; i++)
      sources[i] = (Source){i * plane_stride, 0};
    if (find_pattern (&pattern, sources, (size_t)n_planes, 1))
      x = weave_row (&pattern, planes, (ptrdiff_t)count, out) * pattern.inputs;
  }
  cnn_interleave_c (planes + x, plane_stride, n_planes, count - x, out + x * (size_t)n_planes);
}
