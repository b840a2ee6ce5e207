/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge/merge_pairs.h"
#include "simd/vec.h"

CnnMergeFunc CNN_SYMBOL (merge_add);

void
CNN_SYMBOL (merge_add) (const float *a, const float *b, size_t count, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, vec_add (vec_load (a + i), vec_load (b + i)));
  const int left = (int)(count - i);
  if (left > 0)
    vec_store_partial (
        out + i, vec_add (vec_load_partial (a + i, left), vec_load_partial (b + i, left)), left);
}

CnnMergeFunc CNN_SYMBOL (merge_multiply);

void
CNN_SYMBOL (merge_multiply) (const float *a, const float *b, size_t count, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, vec_mul (vec_load (a + i), vec_load (b + i)));
  const int left = (int)(count - i);
  if (left > 0)
    vec_store_partial (
        out + i, vec_mul (vec_load_partial (a + i, left), vec_load_partial (b + i, left)), left);
}
