/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vec.h for AVX2 and FMA. */
#include <immintrin.h>

typedef __m256 Vec;
typedef __m256i VecInt;
typedef __m256 VecMask;

VEC_INLINE __m256i
vec_first_lanes (int n)
{
  return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n), _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

VEC_INLINE Vec
vec_set1 (float x)
{
  return _mm256_set1_ps (x);
}

VEC_INLINE Vec
vec_load (const float *p)
{
  return _mm256_loadu_ps (p);
}

VEC_INLINE void
vec_store (float *p, Vec v)
{
  _mm256_storeu_ps (p, v);
}

VEC_INLINE Vec
vec_load_partial (const float *p, int n)
{
  return _mm256_maskload_ps (p, vec_first_lanes (n));
}

VEC_INLINE void
vec_store_partial (float *p, Vec v, int n)
{
  _mm256_maskstore_ps (p, vec_first_lanes (n), v);
}

VEC_INLINE Vec
vec_add (Vec a, Vec b)
{
  return _mm256_add_ps (a, b);
}

VEC_INLINE Vec
vec_sub (Vec a, Vec b)
{
  return _mm256_sub_ps (a, b);
}

VEC_INLINE Vec
vec_mul (Vec a, Vec b)
{
  return _mm256_mul_ps (a, b);
}

VEC_INLINE Vec
vec_div (Vec a, Vec b)
{
  return _mm256_div_ps (a, b);
}

VEC_INLINE Vec
vec_fma (Vec a, Vec b, Vec c)
{
  return _mm256_fmadd_ps (a, b, c);
}

VEC_INLINE Vec
vec_fnma (Vec a, Vec b, Vec c)
{
  return _mm256_fnmadd_ps (a, b, c);
}

VEC_INLINE Vec
vec_max (Vec a, Vec b)
{
  return _mm256_max_ps (a, b);
}

VEC_INLINE Vec
vec_min (Vec a, Vec b)
{
  return _mm256_min_ps (a, b);
}

VEC_INLINE Vec
vec_abs (Vec v)
{
  return _mm256_andnot_ps (_mm256_set1_ps (-0.0f), v);
}

VEC_INLINE Vec
vec_sqrt (Vec v)
{
  return _mm256_sqrt_ps (v);
}

VEC_INLINE Vec
vec_neg (Vec v)
{
  return _mm256_xor_ps (v, _mm256_set1_ps (-0.0f));
}

VEC_INLINE Vec
vec_even (Vec a, Vec b)
{
  __m256d pairs = _mm256_castps_pd (_mm256_shuffle_ps (a, b, _MM_SHUFFLE (2, 0, 2, 0)));
  return _mm256_castpd_ps (_mm256_permute4x64_pd (pairs, _MM_SHUFFLE (3, 1, 2, 0)));
}

VEC_INLINE Vec
vec_odd (Vec a, Vec b)
{
  __m256d pairs = _mm256_castps_pd (_mm256_shuffle_ps (a, b, _MM_SHUFFLE (3, 1, 3, 1)));
  return _mm256_castpd_ps (_mm256_permute4x64_pd (pairs, _MM_SHUFFLE (3, 1, 2, 0)));
}

VEC_INLINE Vec
vec_round (Vec v)
{
  return _mm256_round_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

VEC_INLINE VecMask
vec_less (Vec a, Vec b)
{
  return _mm256_cmp_ps (a, b, _CMP_LT_OQ);
}

VEC_INLINE VecMask
vec_is_nan (Vec v)
{
  return _mm256_cmp_ps (v, v, _CMP_UNORD_Q);
}

/* mask ? a : b */
VEC_INLINE Vec
vec_select (VecMask mask, Vec a, Vec b)
{
  return _mm256_blendv_ps (b, a, mask);
}

VEC_INLINE Vec
vec_permute (Vec v, const int32_t *lanes)
{
  return _mm256_permutevar8x32_ps (v, _mm256_loadu_si256 ((const __m256i *)lanes));
}

VEC_INLINE VecInt
vec_to_int (Vec v)
{
  return _mm256_cvtps_epi32 (v);
}

VEC_INLINE VecInt
vec_to_int_toward_zero (Vec v)
{
  return _mm256_cvttps_epi32 (v);
}

VEC_INLINE Vec
vec_from_int (VecInt i)
{
  return _mm256_cvtepi32_ps (i);
}

VEC_INLINE Vec
vec_pow2 (VecInt i)
{
  return _mm256_castsi256_ps (
      _mm256_slli_epi32 (_mm256_add_epi32 (i, _mm256_set1_epi32 (127)), 23));
}

VEC_INLINE Vec
vec_load_u8 (const uint8_t *p)
{
  return _mm256_cvtepi32_ps (_mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *)p)));
}

VEC_INLINE Vec
vec_load_u8_partial (const uint8_t *p, int n)
{
  uint8_t samples[VEC_LANES] = {0};
  memcpy (samples, p, (size_t)n);
  return vec_load_u8 (samples);
}

VEC_INLINE Vec
vec_load_u16 (const uint16_t *p)
{
  return _mm256_cvtepi32_ps (_mm256_cvtepu16_epi32 (_mm_loadu_si128 ((const __m128i *)p)));
}

VEC_INLINE Vec
vec_load_u16_partial (const uint16_t *p, int n)
{
  uint16_t samples[VEC_LANES] = {0};
  memcpy (samples, p, (size_t)n * sizeof *samples);
  return vec_load_u16 (samples);
}

VEC_INLINE void
vec_store_u8 (uint8_t *p, Vec v)
{
  v = _mm256_min_ps (_mm256_max_ps (v, _mm256_setzero_ps ()), _mm256_set1_ps (255.0f));
  __m256i i = _mm256_cvtps_epi32 (v);
  __m128i words = _mm_packs_epi32 (_mm256_castsi256_si128 (i), _mm256_extracti128_si256 (i, 1));
  _mm_storel_epi64 ((__m128i *)p, _mm_packus_epi16 (words, words));
}

VEC_INLINE void
vec_store_u8_partial (uint8_t *p, Vec v, int n)
{
  uint8_t samples[VEC_LANES];
  vec_store_u8 (samples, v);
  memcpy (p, samples, (size_t)n);
}

VEC_INLINE float
vec_sum (Vec v)
{
  __m128 quad = _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
  __m128 pair = _mm_add_ps (quad, _mm_movehl_ps (quad, quad));
  return _mm_cvtss_f32 (_mm_add_ss (pair, _mm_shuffle_ps (pair, pair, 1)));
}

VEC_INLINE __m128
vec_halve (Vec v)
{
  return _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
}

/* The sums of the lanes of four vectors, each in the same order. */
VEC_INLINE void
vec_sum4 (Vec a, Vec b, Vec c, Vec d, float sums[4])
{
  __m128 qa = vec_halve (a), qb = vec_halve (b), qc = vec_halve (c), qd = vec_halve (d);
  _MM_TRANSPOSE4_PS (qa, qb, qc, qd);
  _mm_storeu_ps (sums, _mm_add_ps (_mm_add_ps (qa, qb), _mm_add_ps (qc, qd)));
}

/* See transpose.h. */
VEC_INLINE void
transpose_quads (const Vec in[4], Vec out[4])
{
  const Vec a = _mm256_unpacklo_ps (in[0], in[1]), b = _mm256_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm256_unpacklo_ps (in[2], in[3]), d = _mm256_unpackhi_ps (in[2], in[3]);
  out[0] = _mm256_shuffle_ps (a, c, 0x44);
  out[1] = _mm256_shuffle_ps (a, c, 0xee);
  out[2] = _mm256_shuffle_ps (b, d, 0x44);
  out[3] = _mm256_shuffle_ps (b, d, 0xee);
}

typedef __m256i SumsBytes;
#define sums_load(p) _mm256_loadu_si256 ((const __m256i *)(p))
#define sums_store(p, v) _mm256_storeu_si256 ((__m256i *)(p), v)
#define SUMS_OP(name) _mm256_##name
#define SUMS_AND(a, b) _mm256_and_si256 (a, b)

#include "simd/x86.h"
