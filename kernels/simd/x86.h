/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the levels of x86 share: 128-bit vectors of bytes, transposes of floats, and sums.h by the names of
 * the level's own instructions, SUMS_OP and the like. */
#ifndef CNN_SIMD_X86_H
#define CNN_SIMD_X86_H

#define VEC_PIN(v) __asm__("" : "+v"(v))

/* ---- Bytes, for samples.h -------------------------------------------------------------------- */

typedef __m128i Bytes;

VEC_INLINE Bytes
bytes_load (const uint8_t *p)
{
  return _mm_loadu_si128 ((const __m128i *)p);
}

VEC_INLINE void
bytes_store (uint8_t *p, Bytes v)
{
  _mm_storeu_si128 ((__m128i *)p, v);
}

VEC_INLINE Bytes
bytes_or (Bytes a, Bytes b)
{
  return _mm_or_si128 (a, b);
}

VEC_INLINE Bytes
bytes_shuffle (Bytes v, Bytes order)
{
  return _mm_shuffle_epi8 (v, order);
}

/* ---- Transposes, for transpose.h ------------------------------------------------------------- */

VEC_INLINE void
transpose_4x4 (const float *in, size_t in_stride, float *out, size_t out_stride)
{
  __m128 a = _mm_loadu_ps (in), b = _mm_loadu_ps (in + in_stride);
  __m128 c = _mm_loadu_ps (in + 2 * in_stride), d = _mm_loadu_ps (in + 3 * in_stride);
  _MM_TRANSPOSE4_PS (a, b, c, d);
  _mm_storeu_ps (out, a);
  _mm_storeu_ps (out + out_stride, b);
  _mm_storeu_ps (out + 2 * out_stride, c);
  _mm_storeu_ps (out + 3 * out_stride, d);
}

#if VEC_LANES >= 8
#define VEC_HAS_TRANSPOSE_8X8
/* The same for 8x8: halves of two rows are loaded as one vector, so that no lane has to cross. */
VEC_INLINE void
transpose_8x8 (const float *in, size_t in_stride, float *out, size_t out_stride)
{
  __m256 row[8], pair[8];
  for (size_t i = 0; i < 4; i++) {
    const float *upper = in + i * in_stride, *lower = in + (i + 4) * in_stride;
    row[i] = _mm256_insertf128_ps (
        _mm256_castps128_ps256 (_mm_loadu_ps (upper)), _mm_loadu_ps (lower), 1);
    row[i + 4] = _mm256_insertf128_ps (
        _mm256_castps128_ps256 (_mm_loadu_ps (upper + 4)), _mm_loadu_ps (lower + 4), 1);
  }
  for (size_t i = 0; i < 8; i += 4) {
    pair[i] = _mm256_unpacklo_ps (row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps (row[i], row[i + 1]);
    pair[i + 2] = _mm256_unpacklo_ps (row[i + 2], row[i + 3]);
    pair[i + 3] = _mm256_unpackhi_ps (row[i + 2], row[i + 3]);
  }
  for (size_t i = 0; i < 8; i += 4) {
    float *column = out + i * out_stride;
    _mm256_storeu_ps (column, _mm256_shuffle_ps (pair[i], pair[i + 2], 0x44));
    _mm256_storeu_ps (column + out_stride, _mm256_shuffle_ps (pair[i], pair[i + 2], 0xee));
    _mm256_storeu_ps (column + 2 * out_stride, _mm256_shuffle_ps (pair[i + 1], pair[i + 3], 0x44));
    _mm256_storeu_ps (column + 3 * out_stride, _mm256_shuffle_ps (pair[i + 1], pair[i + 3], 0xee));
  }
}
#endif

/* ---- Sums ------------------------------------------------------------------------------------ */

typedef SumsBytes SumsLanes;

typedef struct {
  SumsBytes low, high; /* the bytes of a and b in turn */
} SumsPair;

typedef struct {
  SumsLanes low, high;
} Sums;

VEC_INLINE int
sums_first (int bias, const signed char *weights, int n)
{
  return bias;
}

VEC_INLINE SumsPair
sums_pair (SumsBytes a, SumsBytes b)
{
  return (SumsPair){SUMS_OP (unpacklo_epi8) (a, b), SUMS_OP (unpackhi_epi8) (a, b)};
}

VEC_INLINE Sums
sums_add_products (Sums sums, SumsPair pair, const signed char *weights)
{
  short both;
  memcpy (&both, weights, sizeof both);
  const SumsLanes lanes = SUMS_OP (set1_epi16) (both);
  sums.low = SUMS_OP (add_epi16) (sums.low, SUMS_OP (maddubs_epi16) (pair.low, lanes));
  sums.high = SUMS_OP (add_epi16) (sums.high, SUMS_OP (maddubs_epi16) (pair.high, lanes));
  return sums;
}

VEC_INLINE SumsLanes
sums_set1 (int value)
{
  return SUMS_OP (set1_epi16) ((short)value);
}

VEC_INLINE SumsLanes
sums_add (SumsLanes a, SumsLanes b)
{
  return SUMS_OP (add_epi16) (a, b);
}

VEC_INLINE SumsLanes
sums_and (SumsLanes a, SumsLanes b)
{
  return SUMS_AND (a, b);
}

VEC_INLINE SumsLanes
sums_max (SumsLanes a, SumsLanes b)
{
  return SUMS_OP (max_epi16) (a, b);
}

VEC_INLINE SumsLanes
sums_multiply_high (SumsLanes a, SumsLanes b)
{
  return SUMS_OP (mulhi_epu16) (a, b);
}

VEC_INLINE SumsLanes
sums_shift (SumsLanes a, int n)
{
  return SUMS_OP (sra_epi16) (a, _mm_cvtsi32_si128 (n));
}

VEC_INLINE SumsBytes
sums_pack (Sums sums)
{
  return SUMS_OP (packus_epi16) (sums.low, sums.high);
}

#endif
