/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unary/unary.h"

#include <math.h>

/* Comparisons are written so that NaN stays NaN. */
static float
clamp (float x, float low, float high)
{
  x = x < low ? low : x;
  return x > high ? high : x;
}

static float
apply (CnnUnary function, float a, float b, float x)
{
  switch (function) {
  case CNN_UNARY_EXP:
    return expf (x);
  case CNN_UNARY_SQRT:
    return sqrtf (x);
  case CNN_UNARY_SQUARE:
    return x * x;
  case CNN_UNARY_POWER:
    return powf (x, a);
  case CNN_UNARY_CLIP:
    return clamp (x, a, b);
  case CNN_UNARY_HARD_SIGMOID:
    return clamp (a * x + b, 0, 1);
  case CNN_UNARY_SOFTMAX:
    break;
  }
  return x;
}

void
cnn_unary_c (CnnUnary function, float a, float b, const float *in, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = apply (function, a, b, in[i]);
}
