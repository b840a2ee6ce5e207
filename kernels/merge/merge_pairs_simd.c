/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge/merge_pairs.h"
#include "simd/vec.h"

typedef Vec Combine (Vec a, Vec b);

/* `combine` is known where this is compiled. */
VEC_INLINE void
combine_rows (Combine *combine, const float *a, const float *b, size_t count, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, combine (vec_load (a + i), vec_load (b + i)));
  const int left = (int)(count - i);
  if (left > 0)
    vec_store_partial (
        out + i, combine (vec_load_partial (a + i, left), vec_load_partial (b + i, left)), left);
}

/* The smaller; NaN when either is NaN. */
VEC_INLINE Vec
vec_min_nan (Vec a, Vec b)
{
  return vec_select (vec_is_nan (a), a, vec_min (a, b));
}

CnnMergeFunc CNN_SYMBOL (merge_add);
CnnMergeFunc CNN_SYMBOL (merge_subtract);
CnnMergeFunc CNN_SYMBOL (merge_multiply);
CnnMergeFunc CNN_SYMBOL (merge_divide);
CnnMergeFunc CNN_SYMBOL (merge_maximum);
CnnMergeFunc CNN_SYMBOL (merge_minimum);

void
CNN_SYMBOL (merge_add) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_add, a, b, count, out);
}

void
CNN_SYMBOL (merge_subtract) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_sub, a, b, count, out);
}

void
CNN_SYMBOL (merge_multiply) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_mul, a, b, count, out);
}

void
CNN_SYMBOL (merge_divide) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_div, a, b, count, out);
}

void
CNN_SYMBOL (merge_maximum) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_max_nan, a, b, count, out);
}

void
CNN_SYMBOL (merge_minimum) (const float *a, const float *b, size_t count, float *out)
{
  combine_rows (vec_min_nan, a, b, count, out);
}
