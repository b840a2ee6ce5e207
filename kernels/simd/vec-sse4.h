/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vec.h for SSE4.1. */
#include <smmintrin.h>

typedef __m128 Vec;
typedef __m128i VecInt;
typedef __m128 VecMask;

VEC_INLINE Vec
vec_set1 (float x)
{
  return _mm_set1_ps (x);
}

VEC_INLINE Vec
vec_load (const float *p)
{
  return _mm_loadu_ps (p);
}

VEC_INLINE void
vec_store (float *p, Vec v)
{
  _mm_storeu_ps (p, v);
}

VEC_INLINE Vec
vec_load_partial (const float *p, int n)
{
  float lanes[VEC_LANES] = {0};
  memcpy (lanes, p, (size_t)n * sizeof *lanes);
  return vec_load (lanes);
}

VEC_INLINE void
vec_store_partial (float *p, Vec v, int n)
{
  float lanes[VEC_LANES];
  vec_store (lanes, v);
  memcpy (p, lanes, (size_t)n * sizeof *lanes);
}

VEC_INLINE Vec
vec_add (Vec a, Vec b)
{
  return _mm_add_ps (a, b);
}

VEC_INLINE Vec
vec_sub (Vec a, Vec b)
{
  return _mm_sub_ps (a, b);
}

VEC_INLINE Vec
vec_mul (Vec a, Vec b)
{
  return _mm_mul_ps (a, b);
}

VEC_INLINE Vec
vec_div (Vec a, Vec b)
{
  return _mm_div_ps (a, b);
}

VEC_INLINE Vec
vec_fma (Vec a, Vec b, Vec c)
{
  return _mm_add_ps (_mm_mul_ps (a, b), c);
}

VEC_INLINE Vec
vec_fnma (Vec a, Vec b, Vec c)
{
  return _mm_sub_ps (c, _mm_mul_ps (a, b));
}

VEC_INLINE Vec
vec_max (Vec a, Vec b)
{
  return _mm_max_ps (a, b);
}

VEC_INLINE Vec
vec_min (Vec a, Vec b)
{
  return _mm_min_ps (a, b);
}

VEC_INLINE Vec
vec_abs (Vec v)
{
  return _mm_andnot_ps (_mm_set1_ps (-0.0f), v);
}

VEC_INLINE Vec
vec_sqrt (Vec v)
{
  return _mm_sqrt_ps (v);
}

VEC_INLINE Vec
vec_neg (Vec v)
{
  return _mm_xor_ps (v, _mm_set1_ps (-0.0f));
}

VEC_INLINE Vec
vec_even (Vec a, Vec b)
{
  return _mm_shuffle_ps (a, b, _MM_SHUFFLE (2, 0, 2, 0));
}

VEC_INLINE Vec
vec_odd (Vec a, Vec b)
{
  return _mm_shuffle_ps (a, b, _MM_SHUFFLE (3, 1, 3, 1));
}

VEC_INLINE Vec
vec_round (Vec v)
{
  return _mm_round_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

VEC_INLINE VecMask
vec_less (Vec a, Vec b)
{
  return _mm_cmplt_ps (a, b);
}

VEC_INLINE VecMask
vec_is_nan (Vec v)
{
  return _mm_cmpunord_ps (v, v);
}

/* mask ? a : b */
VEC_INLINE Vec
vec_select (VecMask mask, Vec a, Vec b)
{
  return _mm_blendv_ps (b, a, mask);
}

VEC_INLINE Vec
vec_permute (Vec v, const int32_t *lanes)
{
  const __m128i first = _mm_slli_epi32 (_mm_loadu_si128 ((const __m128i *)lanes), 2);
  const __m128i bytes = _mm_or_si128 (first, _mm_slli_epi32 (first, 8));
  const __m128i order = _mm_or_si128 (bytes, _mm_slli_epi32 (bytes, 16));
  return _mm_castsi128_ps (
      _mm_shuffle_epi8 (_mm_castps_si128 (v), _mm_add_epi8 (order, _mm_set1_epi32 (0x03020100))));
}

VEC_INLINE VecInt
vec_to_int (Vec v)
{
  return _mm_cvtps_epi32 (v);
}

VEC_INLINE VecInt
vec_to_int_toward_zero (Vec v)
{
  return _mm_cvttps_epi32 (v);
}

VEC_INLINE Vec
vec_from_int (VecInt i)
{
  return _mm_cvtepi32_ps (i);
}

VEC_INLINE Vec
vec_pow2 (VecInt i)
{
  return _mm_castsi128_ps (_mm_slli_epi32 (_mm_add_epi32 (i, _mm_set1_epi32 (127)), 23));
}

VEC_INLINE Vec
vec_load_u8_partial (const uint8_t *p, int n)
{
  int32_t samples = 0;
  memcpy (&samples, p, (size_t)n);
  return _mm_cvtepi32_ps (_mm_cvtepu8_epi32 (_mm_cvtsi32_si128 (samples)));
}

VEC_INLINE Vec
vec_load_u8 (const uint8_t *p)
{
  return vec_load_u8_partial (p, VEC_LANES);
}

VEC_INLINE Vec
vec_load_u16 (const uint16_t *p)
{
  return _mm_cvtepi32_ps (_mm_cvtepu16_epi32 (_mm_loadl_epi64 ((const __m128i *)p)));
}

VEC_INLINE Vec
vec_load_u16_partial (const uint16_t *p, int n)
{
  uint16_t samples[VEC_LANES] = {0};
  memcpy (samples, p, (size_t)n * sizeof *samples);
  return vec_load_u16 (samples);
}

VEC_INLINE void
vec_store_u8_partial (uint8_t *p, Vec v, int n)
{
  v = _mm_min_ps (_mm_max_ps (v, _mm_setzero_ps ()), _mm_set1_ps (255.0f));
  __m128i words = _mm_packs_epi32 (_mm_cvtps_epi32 (v), _mm_setzero_si128 ());
  int32_t samples = _mm_cvtsi128_si32 (_mm_packus_epi16 (words, words));
  memcpy (p, &samples, (size_t)n);
}

VEC_INLINE void
vec_store_u8 (uint8_t *p, Vec v)
{
  vec_store_u8_partial (p, v, VEC_LANES);
}

VEC_INLINE float
vec_sum (Vec v)
{
  __m128 pair = _mm_add_ps (v, _mm_movehl_ps (v, v));
  return _mm_cvtss_f32 (_mm_add_ss (pair, _mm_shuffle_ps (pair, pair, 1)));
}

/* The sums of the lanes of four vectors, each in the same order. */
VEC_INLINE void
vec_sum4 (Vec a, Vec b, Vec c, Vec d, float sums[4])
{
  _MM_TRANSPOSE4_PS (a, b, c, d);
  _mm_storeu_ps (sums, _mm_add_ps (_mm_add_ps (a, b), _mm_add_ps (c, d)));
}

/* See transpose.h. */
VEC_INLINE void
transpose_quads (const Vec in[4], Vec out[4])
{
  const Vec a = _mm_unpacklo_ps (in[0], in[1]), b = _mm_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm_unpacklo_ps (in[2], in[3]), d = _mm_unpackhi_ps (in[2], in[3]);
  out[0] = _mm_movelh_ps (a, c);
  out[1] = _mm_movehl_ps (c, a);
  out[2] = _mm_movelh_ps (b, d);
  out[3] = _mm_movehl_ps (d, b);
}

typedef __m128i SumsBytes;
#define sums_load(p) _mm_loadu_si128 ((const __m128i *)(p))
#define sums_store(p, v) _mm_storeu_si128 ((__m128i *)(p), v)
#define SUMS_OP(name) _mm_##name
#define SUMS_AND(a, b) _mm_and_si128 (a, b)

#include "simd/x86.h"
