/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exponential function on vectors. */
#ifndef CNN_SIMD_EXPONENTIAL_H
#define CNN_SIMD_EXPONENTIAL_H

#include "simd/vec.h"

/* A polynomial, highest power first. */
VEC_INLINE Vec
polynomial (Vec x, const float *coefficients, int count)
{
  Vec value = vec_set1 (coefficients[0]);
  VEC_UNROLL (16)
  for (int i = 1; i < count; i++)
    value = vec_fma (value, x, vec_set1 (coefficients[i]));
  return value;
}

/* x = n * ln 2 + rest with |rest| <= ln 2 / 2. ln 2 is split so that the product with its upper part
 * is exact. */
VEC_INLINE Vec
reduce_exponent (Vec x, Vec *rest)
{
  const Vec n = vec_round (vec_mul (x, vec_set1 (1.44269504f)));
  *rest = vec_fnma (n, vec_set1 (0.693359375f), x);
  *rest = vec_fnma (n, vec_set1 (-2.12194440e-4f), *rest);
  return n;
}

/* (exp (x) - 1) for |x| <= ln 2 / 2: the Taylor series, whose first dropped term is below 6e-9 x. */
VEC_INLINE Vec
small_expm1 (Vec x)
{
  static const float factorials[] = {
      1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f};
  return vec_fma (vec_mul (x, x), polynomial (x, factorials, 6), x);
}

/* Infinite from 88.73 on, denormal below -87.34, 0 below -104. */
VEC_INLINE Vec
vec_exp (Vec x)
{
  Vec rest;
  const Vec n = reduce_exponent (vec_clamp (x, vec_set1 (-105.0f), vec_set1 (90.0f)), &rest);
  const Vec half = vec_round (vec_mul (n, vec_set1 (0.5f)));
  const Vec value = vec_add (small_expm1 (rest), vec_set1 (1.0f));
  /* 2^n in two factors, each a normal number. */
  return vec_mul (
      vec_mul (value, vec_pow2 (vec_to_int (half))), vec_pow2 (vec_to_int (vec_sub (n, half))));
}

#endif
