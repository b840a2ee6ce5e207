/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vec.h for AVX-512 F, BW, DQ, VL. */
#include <immintrin.h>

typedef __m512 Vec;
typedef __m512i VecInt;
typedef __mmask16 VecMask;

VEC_INLINE __mmask16
vec_first_lanes (int n)
{
  return (__mmask16)((1u << n) - 1);
}

VEC_INLINE Vec
vec_set1 (float x)
{
  return _mm512_set1_ps (x);
}

VEC_INLINE Vec
vec_load (const float *p)
{
  return _mm512_loadu_ps (p);
}

VEC_INLINE void
vec_store (float *p, Vec v)
{
  _mm512_storeu_ps (p, v);
}

VEC_INLINE Vec
vec_load_partial (const float *p, int n)
{
  return _mm512_maskz_loadu_ps (vec_first_lanes (n), p);
}

VEC_INLINE void
vec_store_partial (float *p, Vec v, int n)
{
  _mm512_mask_storeu_ps (p, vec_first_lanes (n), v);
}

VEC_INLINE Vec
vec_add (Vec a, Vec b)
{
  return _mm512_add_ps (a, b);
}

VEC_INLINE Vec
vec_sub (Vec a, Vec b)
{
  return _mm512_sub_ps (a, b);
}

VEC_INLINE Vec
vec_mul (Vec a, Vec b)
{
  return _mm512_mul_ps (a, b);
}

VEC_INLINE Vec
vec_div (Vec a, Vec b)
{
  return _mm512_div_ps (a, b);
}

VEC_INLINE Vec
vec_fma (Vec a, Vec b, Vec c)
{
  return _mm512_fmadd_ps (a, b, c);
}

VEC_INLINE Vec
vec_fnma (Vec a, Vec b, Vec c)
{
  return _mm512_fnmadd_ps (a, b, c);
}

VEC_INLINE Vec
vec_max (Vec a, Vec b)
{
  return _mm512_max_ps (a, b);
}

VEC_INLINE Vec
vec_min (Vec a, Vec b)
{
  return _mm512_min_ps (a, b);
}

VEC_INLINE Vec
vec_abs (Vec v)
{
  return _mm512_abs_ps (v);
}

VEC_INLINE Vec
vec_sqrt (Vec v)
{
  return _mm512_sqrt_ps (v);
}

VEC_INLINE Vec
vec_neg (Vec v)
{
  return _mm512_xor_ps (v, _mm512_set1_ps (-0.0f));
}

VEC_INLINE Vec
vec_even (Vec a, Vec b)
{
  return _mm512_permutex2var_ps (
      a, _mm512_setr_epi32 (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b);
}

VEC_INLINE Vec
vec_odd (Vec a, Vec b)
{
  return _mm512_permutex2var_ps (
      a, _mm512_setr_epi32 (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b);
}

VEC_INLINE Vec
vec_round (Vec v)
{
  return _mm512_roundscale_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

VEC_INLINE VecMask
vec_less (Vec a, Vec b)
{
  return _mm512_cmp_ps_mask (a, b, _CMP_LT_OQ);
}

VEC_INLINE VecMask
vec_is_nan (Vec v)
{
  return _mm512_cmp_ps_mask (v, v, _CMP_UNORD_Q);
}

/* mask ? a : b */
VEC_INLINE Vec
vec_select (VecMask mask, Vec a, Vec b)
{
  return _mm512_mask_blend_ps (mask, b, a);
}

VEC_INLINE Vec
vec_permute (Vec v, const int32_t *lanes)
{
  return _mm512_permutexvar_ps (_mm512_loadu_si512 (lanes), v);
}

VEC_INLINE VecInt
vec_to_int (Vec v)
{
  return _mm512_cvtps_epi32 (v);
}

VEC_INLINE VecInt
vec_to_int_toward_zero (Vec v)
{
  return _mm512_cvttps_epi32 (v);
}

VEC_INLINE Vec
vec_from_int (VecInt i)
{
  return _mm512_cvtepi32_ps (i);
}

VEC_INLINE Vec
vec_pow2 (VecInt i)
{
  return _mm512_castsi512_ps (
      _mm512_slli_epi32 (_mm512_add_epi32 (i, _mm512_set1_epi32 (127)), 23));
}

VEC_INLINE Vec
vec_load_u8 (const uint8_t *p)
{
  return _mm512_cvtepi32_ps (_mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *)p)));
}

VEC_INLINE Vec
vec_load_u8_partial (const uint8_t *p, int n)
{
  return _mm512_cvtepi32_ps (_mm512_cvtepu8_epi32 (_mm_maskz_loadu_epi8 (vec_first_lanes (n), p)));
}

VEC_INLINE Vec
vec_load_u16 (const uint16_t *p)
{
  return _mm512_cvtepi32_ps (_mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *)p)));
}

VEC_INLINE Vec
vec_load_u16_partial (const uint16_t *p, int n)
{
  return _mm512_cvtepi32_ps (
      _mm512_cvtepu16_epi32 (_mm256_maskz_loadu_epi16 (vec_first_lanes (n), p)));
}

VEC_INLINE void
vec_store_u8_partial (uint8_t *p, Vec v, int n)
{
  v = _mm512_min_ps (_mm512_max_ps (v, _mm512_setzero_ps ()), _mm512_set1_ps (255.0f));
  _mm_mask_storeu_epi8 (p, vec_first_lanes (n), _mm512_cvtusepi32_epi8 (_mm512_cvtps_epi32 (v)));
}

VEC_INLINE void
vec_store_u8 (uint8_t *p, Vec v)
{
  v = _mm512_min_ps (_mm512_max_ps (v, _mm512_setzero_ps ()), _mm512_set1_ps (255.0f));
  _mm_storeu_si128 ((__m128i *)p, _mm512_cvtusepi32_epi8 (_mm512_cvtps_epi32 (v)));
}

VEC_INLINE float
vec_sum (Vec v)
{
  return _mm512_reduce_add_ps (v);
}

/* Lanes i, i + 4, i + 8 and i + 12 of one vector each added up to one 128-bit lane: a, b, c, d. */
VEC_INLINE Vec
vec_quarter (Vec a, Vec b, Vec c, Vec d)
{
  Vec ab = _mm512_add_ps (_mm512_shuffle_f32x4 (a, b, 0x44), _mm512_shuffle_f32x4 (a, b, 0xee));
  Vec cd = _mm512_add_ps (_mm512_shuffle_f32x4 (c, d, 0x44), _mm512_shuffle_f32x4 (c, d, 0xee));
  return _mm512_add_ps (_mm512_shuffle_f32x4 (ab, cd, 0x88), _mm512_shuffle_f32x4 (ab, cd, 0xdd));
}

/* The sums of the lanes of four vectors, each in the same order. */
VEC_INLINE void
vec_sum4 (Vec a, Vec b, Vec c, Vec d, float sums[4])
{
  Vec v = vec_quarter (a, b, c, d);
  v = _mm512_add_ps (v, _mm512_permute_ps (v, 0x4e));
  v = _mm512_add_ps (v, _mm512_permute_ps (v, 0xb1));
  _mm_storeu_ps (sums, _mm512_castps512_ps128 (_mm512_maskz_compress_ps (0x1111, v)));
}

/* See transpose.h. */
VEC_INLINE void
transpose_quads (const Vec in[4], Vec out[4])
{
  const Vec a = _mm512_unpacklo_ps (in[0], in[1]), b = _mm512_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm512_unpacklo_ps (in[2], in[3]), d = _mm512_unpackhi_ps (in[2], in[3]);
  out[0] = _mm512_shuffle_ps (a, c, 0x44);
  out[1] = _mm512_shuffle_ps (a, c, 0xee);
  out[2] = _mm512_shuffle_ps (b, d, 0x44);
  out[3] = _mm512_shuffle_ps (b, d, 0xee);
}

typedef __m512i SumsBytes;
#define sums_load(p) _mm512_loadu_si512 (p)
#define sums_store(p, v) _mm512_storeu_si512 (p, v)
#define SUMS_OP(name) _mm512_##name
#define SUMS_AND(a, b) _mm512_and_si512 (a, b)

#include "simd/x86.h"

#define VEC_HAS_STORE_EIGHT_COLUMNS
/* See transpose.h. */
VEC_INLINE void
store_eight_columns (const Vec column[8], float *out, ptrdiff_t stride)
{
  const __m512i even = _mm512_setr_epi64 (0, 1, 8, 9, 4, 5, 12, 13);
  const __m512i odd = _mm512_setr_epi64 (2, 3, 10, 11, 6, 7, 14, 15);
  Vec low[4], high[4];
  transpose_quads (column, low);
  transpose_quads (column + 4, high);
  for (int p = 0; p < 4; p += 2) {
    for (int half = 0; half < 2; half++) {
      const __m512d a = _mm512_castps_pd (half ? _mm512_shuffle_f32x4 (low[p], low[p + 1], 0xee)
                                               : _mm512_shuffle_f32x4 (low[p], low[p + 1], 0x44));
      const __m512d b = _mm512_castps_pd (half ? _mm512_shuffle_f32x4 (high[p], high[p + 1], 0xee)
                                               : _mm512_shuffle_f32x4 (high[p], high[p + 1], 0x44));
      for (int j = 0; j < 2; j++) {
        const Vec two = _mm512_castpd_ps (_mm512_permutex2var_pd (a, j ? odd : even, b));
        float *pixel = out + (8 * half + 4 * j + p) * stride;
        if (stride == 8) {
          vec_store (pixel, two);
          continue;
        }
        _mm256_storeu_ps (pixel, _mm512_castps512_ps256 (two));
        _mm256_storeu_ps (pixel + stride, _mm512_extractf32x8_ps (two, 1));
      }
    }
  }
}
