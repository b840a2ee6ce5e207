/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

#include "simd/vec.h"

#include <float.h>
#include <math.h>

/* Widens n <= VEC_LANES ranges; true when all values are finite. */
VEC_INLINE Vec
widen (Vec values, float *min, float *max)
{
  /* 0 where finite, else NaN, which vec_min and vec_max drop as their first argument. */
  Vec fault = vec_sub (values, values);
  values = vec_add (values, fault);
  vec_store (min, vec_min (values, vec_load (min)));
  vec_store (max, vec_max (values, vec_load (max)));
  return fault;
}

VEC_INLINE bool
widen_block (const float *values, size_t count, float *min, float *max)
{
  Vec fault = vec_zero ();
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    fault = vec_add (fault, widen (vec_load (values + i), min + i, max + i));
  bool finite = true;
  if (i < count && count >= VEC_LANES) {
    /* Widening twice by the same value changes nothing. */
    i = count - VEC_LANES;
    fault = vec_add (fault, widen (vec_load (values + i), min + i, max + i));
  } else if (i < count) {
    finite = cnn_view_range_c (values + i, count - i, count - i, min + i, max + i);
  }
  return finite && vec_sum (fault) == 0;
}

bool
CNN_SYMBOL (view_range) (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (; count > period; count -= period, values += period)
    finite &= widen_block (values, period, min, max);
  return finite & widen_block (values, count, min, max);
}

void
CNN_SYMBOL (view_blend) (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out)
{
  for (size_t i = 0; i < count; i += VEC_LANES) {
    int lanes = count - i < VEC_LANES ? (int)(count - i) : VEC_LANES;
    if (lanes == VEC_LANES) {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load (rows[0] + i));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load (rows[r] + i), sum);
      vec_store (out + i, sum);
    } else {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load_partial (rows[0] + i, lanes));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load_partial (rows[r] + i, lanes), sum);
      vec_store_partial (out + i, sum, lanes);
    }
  }
}

void
CNN_SYMBOL (view_average) (const float *row, int channels, const CnnViewSpans *spans, float *out)
{
  const size_t wide = (size_t)channels, size = (size_t)spans->size;
  for (size_t o = 0; o < size; o++, out += wide) {
    const float *taps = row + (size_t)spans->first[o] * wide, *weights = spans->weights + o;
    const size_t n_taps = (size_t)spans->n_taps[o];
    size_t c = 0;
    for (; c + VEC_LANES <= wide; c += VEC_LANES) {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load (taps + c));
      for (size_t t = 1; t < n_taps; t++)
        sum = vec_fma (vec_set1 (weights[t * size]), vec_load (taps + t * wide + c), sum);
      vec_store (out + c, sum);
    }
    if (c < wide) {
      int lanes = (int)(wide - c);
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load_partial (taps + c, lanes));
      for (size_t t = 1; t < n_taps; t++)
        sum = vec_fma (
            vec_set1 (weights[t * size]), vec_load_partial (taps + t * wide + c, lanes), sum);
      vec_store_partial (out + c, sum, lanes);
    }
  }
}
