/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"
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

/* Runs of a few floats: their length is known where this is compiled. */
VEC_INLINE void
copy_short_runs (const float *in, size_t in_stride, const size_t run, size_t count, float *out,
    size_t out_stride)
{
  for (size_t i = 0; i < count; i++, in += in_stride, out += out_stride)
    memcpy (out, in, run * sizeof (float));
}

void
CNN_SYMBOL (copy_runs) (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride)
{
  switch (run) {
  case 1:
    copy_short_runs (in, in_stride, 1, count, out, out_stride);
    return;
  case 2:
    copy_short_runs (in, in_stride, 2, count, out, out_stride);
    return;
  case 3:
    copy_short_runs (in, in_stride, 3, count, out, out_stride);
    return;
  case 4:
    copy_short_runs (in, in_stride, 4, count, out, out_stride);
    return;
  }
  const size_t whole = run / VEC_LANES * VEC_LANES;
  const int left = (int)(run - whole);
  for (size_t i = 0; i < count; i++, in += in_stride, out += out_stride) {
    for (size_t r = 0; r < whole; r += VEC_LANES)
      vec_store (out + r, vec_load (in + r));
    if (left > 0)
      vec_store_partial (out + whole, vec_load_partial (in + whole, left), left);
  }
}
