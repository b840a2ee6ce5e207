/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unary/unary.h"

#include "simd/exponential.h"

#include <math.h>

VEC_INLINE Vec
apply (CnnUnary function, Vec a, Vec b, Vec x)
{
  switch (function) {
  case CNN_UNARY_EXP:
    return vec_select (vec_is_nan (x), x, vec_exp (x));
  case CNN_UNARY_SQRT:
    return vec_sqrt (x);
  case CNN_UNARY_SQUARE:
    return vec_mul (x, x);
  case CNN_UNARY_CLIP:
    return vec_clamp (x, a, b);
  case CNN_UNARY_HARD_SIGMOID:
    return vec_clamp (vec_add (vec_mul (a, x), b), vec_zero (), vec_set1 (1.0f));
  case CNN_UNARY_POWER:
  case CNN_UNARY_SOFTMAX:
    break;
  }
  return x;
}

/* `function` is known where this is compiled. */
VEC_INLINE void
apply_row (CnnUnary function, float a, float b, const float *in, size_t count, float *out)
{
  const Vec first = vec_set1 (a), second = vec_set1 (b);
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, apply (function, first, second, vec_load (in + i)));
  const int left = (int)(count - i);
  if (left > 0)
    vec_store_partial (
        out + i, apply (function, first, second, vec_load_partial (in + i, left)), left);
}

CnnUnaryFunc CNN_SYMBOL (unary);

void
CNN_SYMBOL (unary) (CnnUnary function, float a, float b, const float *in, size_t count, float *out)
{
  switch (function) {
  case CNN_UNARY_EXP:
    apply_row (CNN_UNARY_EXP, a, b, in, count, out);
    return;
  case CNN_UNARY_SQRT:
    apply_row (CNN_UNARY_SQRT, a, b, in, count, out);
    return;
  case CNN_UNARY_SQUARE:
    apply_row (CNN_UNARY_SQUARE, a, b, in, count, out);
    return;
  case CNN_UNARY_CLIP:
    apply_row (CNN_UNARY_CLIP, a, b, in, count, out);
    return;
  case CNN_UNARY_HARD_SIGMOID:
    apply_row (CNN_UNARY_HARD_SIGMOID, a, b, in, count, out);
    return;
  case CNN_UNARY_POWER: /* the C library's, whose cases are many */
    for (size_t i = 0; i < count; i++)
      out[i] = powf (in[i], a);
    return;
  case CNN_UNARY_SOFTMAX:
    break;
  }
}
