/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blend/blend.h"

void
cnn_blend_c (
    const float *a, const float *b, const CnnBlendWeights *weights, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++) {
    const float first = a[i] * weights->a + weights->offset;
    out[i] = b ? first + b[i] * weights->b : first;
  }
}
