/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_range.h"
#include "simd/vec.h"

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

CnnViewRangeFunc CNN_SYMBOL (view_range);

bool
CNN_SYMBOL (view_range) (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (; count > period; count -= period, values += period)
    finite &= widen_block (values, period, min, max);
  return finite & widen_block (values, count, min, max);
}
