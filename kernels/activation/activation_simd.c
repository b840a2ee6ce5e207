/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "activation/activation.h"

#include "simd/exponential.h"

/* exp (x) - 1 for x <= 40, without cancellation around 0. */
VEC_INLINE Vec
vec_expm1 (Vec x)
{
  Vec rest;
  const Vec n = reduce_exponent (vec_clamp (x, vec_set1 (-40.0f), vec_set1 (40.0f)), &rest);
  const Vec power = vec_pow2 (vec_to_int (n));
  return vec_fma (power, small_expm1 (rest), vec_sub (power, vec_set1 (1.0f)));
}

/* x / (1 + exp (-x)) with x or 1 above. */
VEC_INLINE Vec
over_sigmoid (Vec numerator, Vec x)
{
  return vec_div (numerator, vec_add (vec_set1 (1.0f), vec_exp (vec_neg (x))));
}

/* tanh x = (e - 1) / (e + 1) with e = exp (2 x). */
VEC_INLINE Vec
vec_tanh (Vec x)
{
  const Vec e = vec_expm1 (vec_add (x, x));
  return vec_div (e, vec_add (e, vec_set1 (2.0f)));
}

/* Up to 1 the Maclaurin series, whose first dropped term is below 2e-9; beyond, 1 - exp (-p (x)) with
 * p a least-squares fit of -log (erfc (x)) over [1, 4] at Chebyshev nodes, around 2.5, which is off
 * by 2e-9. */
VEC_INLINE Vec
vec_erf (Vec x)
{
  static const float series[] = {1.4807193e-08f, -1.6365845e-07f, 1.6462114e-06f, -1.492565e-05f,
      0.00012055333f, -0.0008548327f, 0.0052239776f, -0.026866171f, 0.11283792f, -0.37612639f,
      1.1283792f};
  static const float tail[] = {1.828450818672109e-05f, -7.663357004017024e-05f,
      0.0004096726324743516f, -0.0021738144941511744f, 0.010861214186702923f, 0.9438978016041608f,
      5.352681253656356f, 7.806815142468789f};
  const Vec size = vec_clamp (vec_abs (x), vec_zero (), vec_set1 (4.0f));
  const Vec near = vec_mul (x, polynomial (vec_mul (size, size), series, 11));
  const Vec far = vec_sub (
      vec_set1 (1.0f), vec_exp (vec_neg (polynomial (vec_sub (size, vec_set1 (2.5f)), tail, 8))));
  const Vec signed_far = vec_select (vec_less (x, vec_zero ()), vec_neg (far), far);
  return vec_select (vec_less (vec_set1 (1.0f), size), signed_far, near);
}

VEC_INLINE Vec
relu (Vec x)
{
  return vec_max (vec_zero (), x);
}

VEC_INLINE Vec
hard_sigmoid (Vec x)
{
  const Vec shifted = vec_add (x, vec_set1 (3.0f));
  return vec_mul (vec_clamp (shifted, vec_zero (), vec_set1 (6.0f)), vec_set1 (1.0f / 6));
}

VEC_INLINE Vec
activate (CnnActivation activation, Vec alpha, Vec x)
{
  switch (activation) {
  case CNN_ACTIVATION_RELU:
  case CNN_ACTIVATION_CRELU:
    return relu (x);
  case CNN_ACTIVATION_RELU6:
    return vec_clamp (x, vec_zero (), vec_set1 (6.0f));
  case CNN_ACTIVATION_LEAKY_RELU:
  case CNN_ACTIVATION_PRELU:
    return vec_select (vec_less (x, vec_zero ()), vec_mul (alpha, x), x);
  case CNN_ACTIVATION_ELU:
    return vec_select (vec_less (x, vec_zero ()), vec_mul (alpha, vec_expm1 (x)), x);
  case CNN_ACTIVATION_SIGMOID:
    return over_sigmoid (vec_set1 (1.0f), x);
  case CNN_ACTIVATION_TANH:
    return vec_tanh (x);
  case CNN_ACTIVATION_SILU:
    return over_sigmoid (x, x);
  case CNN_ACTIVATION_HARD_SIGMOID:
    return hard_sigmoid (x);
  case CNN_ACTIVATION_HARD_SWISH:
    return vec_mul (x, hard_sigmoid (x));
  case CNN_ACTIVATION_GELU:
    return vec_mul (vec_mul (x, vec_set1 (0.5f)),
        vec_add (vec_set1 (1.0f), vec_erf (vec_mul (x, vec_set1 (0.70710678f)))));
  case CNN_ACTIVATION_ABS:
    return vec_abs (x);
  case CNN_ACTIVATION_NONE:
    break;
  }
  return x;
}

/* Inlined with each activation, so that no loop chooses. */
VEC_INLINE void
activate_row (CnnActivation activation, float alpha, const float *in, size_t count, float *out)
{
  const Vec slope = vec_set1 (alpha);
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i, activate (activation, slope, vec_load (in + i)));
  if (i < count) {
    const int lanes = (int)(count - i);
    const Vec x = vec_load_partial (in + i, lanes);
    vec_store_partial (out + i, activate (activation, slope, x), lanes);
  }
}

static void
prelu_pixels (const float *alpha, const float *in, int count, int channels, float *out)
{
  for (int i = 0; i < count; i++, in += channels, out += channels)
    for (int c = 0; c < channels; c += VEC_LANES) {
      const int lanes = vec_lanes_left (c, channels);
      const Vec x = vec_load_partial (in + c, lanes);
      const Vec slope = vec_load_partial (alpha + c, lanes);
      vec_store_partial (out + c, activate (CNN_ACTIVATION_PRELU, slope, x), lanes);
    }
}

/* How far ahead of itself CRELU asks for memory: nobody has read where its outputs go. */
#define AHEAD_FLOATS 256

VEC_INLINE void
crelu_pixels (const float *in, int count, const int channels, float *out)
{
  const int line_pixels = channels < LINE_FLOATS ? LINE_FLOATS / channels : 1;
  for (int first = 0; first < count; first += line_pixels) {
    const int end = first + line_pixels < count ? first + line_pixels : count;
    for (int i = 0; i < line_pixels * channels; i += LINE_FLOATS) {
      __builtin_prefetch (in + AHEAD_FLOATS / 2 + i);
      __builtin_prefetch (out + AHEAD_FLOATS + 2 * i, 1);
      __builtin_prefetch (out + AHEAD_FLOATS + 2 * i + LINE_FLOATS, 1);
    }
    for (int i = first; i < end; i++, in += channels, out += 2 * channels)
      for (int c = 0; c < channels; c += VEC_LANES) {
        const int lanes = vec_lanes_left (c, channels);
        const Vec x = vec_load_partial (in + c, lanes);
        vec_store_partial (out + c, relu (x), lanes);
        vec_store_partial (out + channels + c, relu (vec_neg (x)), lanes);
      }
  }
}

#define ACTIVATE_ROW(name)                                                                         \
  case CNN_ACTIVATION_##name:                                                                      \
    activate_row (CNN_ACTIVATION_##name, alpha[0], in, floats, out);                               \
    break;

CnnActivationFunc CNN_SYMBOL (activation);

void
CNN_SYMBOL (activation) (CnnActivation activation, const float *alpha, int n_alpha, const float *in,
    int count, int channels, float *out)
{
  const size_t floats = (size_t)count * (size_t)channels;
  if (activation == CNN_ACTIVATION_CRELU) {
    switch (channels) { /* constants, so that parts of a vector cost no more than a whole one */
    case 4:
      crelu_pixels (in, count, 4, out);
      return;
    case 8:
      crelu_pixels (in, count, 8, out);
      return;
    default:
      crelu_pixels (in, count, channels, out);
      return;
    }
  }
  if (activation == CNN_ACTIVATION_PRELU && n_alpha > 1) {
    prelu_pixels (alpha, in, count, channels, out);
    return;
  }
  switch (activation) {
    ACTIVATE_ROW (NONE)
    ACTIVATE_ROW (RELU)
    ACTIVATE_ROW (RELU6)
    ACTIVATE_ROW (LEAKY_RELU)
    ACTIVATE_ROW (PRELU)
    ACTIVATE_ROW (ELU)
    ACTIVATE_ROW (SIGMOID)
    ACTIVATE_ROW (TANH)
    ACTIVATE_ROW (SILU)
    ACTIVATE_ROW (HARD_SIGMOID)
    ACTIVATE_ROW (HARD_SWISH)
    ACTIVATE_ROW (GELU)
    ACTIVATE_ROW (ABS)
  case CNN_ACTIVATION_CRELU:
    break;
  }
}
