/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blend/blend.h"
#include "simd/vec.h"

/* Not fused, so that every instruction set gives the same bits. */
VEC_INLINE Vec
blend (Vec a, Vec b, const CnnBlendWeights *weights)
{
  const Vec first = vec_add (vec_mul (a, vec_set1 (weights->a)), vec_set1 (weights->offset));
  return vec_add (first, vec_mul (b, vec_set1 (weights->b)));
}

VEC_INLINE Vec
scale (Vec a, const CnnBlendWeights *weights)
{
  return vec_add (vec_mul (a, vec_set1 (weights->a)), vec_set1 (weights->offset));
}

CnnBlendFunc CNN_SYMBOL (blend);

void
CNN_SYMBOL (blend) (
    const float *a, const float *b, const CnnBlendWeights *weights, size_t count, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, b ? blend (vec_load (a + i), vec_load (b + i), weights)
                          : scale (vec_load (a + i), weights));
  const int left = (int)(count - i);
  if (left > 0)
    vec_store_partial (out + i,
        b ? blend (vec_load_partial (a + i, left), vec_load_partial (b + i, left), weights)
          : scale (vec_load_partial (a + i, left), weights),
        left);
}
