/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors of bytes, and of the 16-bit sums of their products with small weights. A vector has SUMS_BYTES
 * bytes: 64 (AVX-512), 32 (AVX2), 16 (SSE4.1, NEON); its sums are two vectors, `low` and `high`, in an
 * order that only sums_pack needs to know. Sums wrap around; only the last one has to fit.
 *
 * sums_first (bias, weights, n)    what sums of n weighted bytes start at, so that `bias` is in them
 * sums_pair (a, b)                 two vectors of bytes, made ready for sums_add_products
 * sums_add_products                adds a * weights[0] + b * weights[1]; weights in [-127, 127]
 * sums_multiply_high (a, b)        (a * b) >> 16 of unsigned lanes
 * sums_shift (a, n)                a >> n, keeping the sign; n in [0, 15]
 * sums_pack (sums)                 clamped to bytes */
#ifndef CNN_SIMD_SUMS_H
#define CNN_SIMD_SUMS_H

#include "simd/vec.h"

#if defined __aarch64__
typedef uint8x16_t SumsBytes;
typedef int16x8_t SumsLanes;
#define SUMS_LOAD(p) vld1q_u8 (p)
#define SUMS_STORE(p, v) vst1q_u8 (p, v)

typedef struct {
  int8x16_t a, b;
} SumsPair;
#else
#include <immintrin.h>
#if defined __AVX512BW__
typedef __m512i SumsBytes;
#define SUMS_LOAD(p) _mm512_loadu_si512 (p)
#define SUMS_STORE(p, v) _mm512_storeu_si512 (p, v)
#define SUMS_OP(name) _mm512_##name
#define SUMS_AND(a, b) _mm512_and_si512 (a, b)
#elif defined __AVX2__
typedef __m256i SumsBytes;
#define SUMS_LOAD(p) _mm256_loadu_si256 ((const __m256i *)(p))
#define SUMS_STORE(p, v) _mm256_storeu_si256 ((__m256i *)(p), v)
#define SUMS_OP(name) _mm256_##name
#define SUMS_AND(a, b) _mm256_and_si256 (a, b)
#else
typedef __m128i SumsBytes;
#define SUMS_LOAD(p) _mm_loadu_si128 ((const __m128i *)(p))
#define SUMS_STORE(p, v) _mm_storeu_si128 ((__m128i *)(p), v)
#define SUMS_OP(name) _mm_##name
#define SUMS_AND(a, b) _mm_and_si128 (a, b)
#endif
typedef SumsBytes SumsLanes;

typedef struct {
  SumsBytes low, high; /* the bytes of a and b in turn */
} SumsPair;
#endif

#define SUMS_BYTES (int)sizeof (SumsBytes)

typedef struct {
  SumsLanes low, high;
} Sums;

#if defined __aarch64__

/* Products of signed bytes add up without widening first: byte - 128 is one, and what is missing is the
 * same for all pixels. */
VEC_INLINE int
sums_first (int bias, const signed char *weights, int n)
{
  for (int i = 0; i < n; i++)
    bias += 128 * weights[i];
  return bias;
}

VEC_INLINE SumsPair
sums_pair (SumsBytes a, SumsBytes b)
{
  const uint8x16_t sign = vdupq_n_u8 (0x80);
  return (SumsPair){
      vreinterpretq_s8_u8 (veorq_u8 (a, sign)), vreinterpretq_s8_u8 (veorq_u8 (b, sign))};
}

VEC_INLINE Sums
sums_add_products (Sums sums, SumsPair pair, const signed char *weights)
{
  const int8x16_t first = vld1q_dup_s8 (weights), second = vld1q_dup_s8 (weights + 1);
  sums.low = vmlal_s8 (sums.low, vget_low_s8 (pair.a), vget_low_s8 (first));
  sums.high = vmlal_high_s8 (sums.high, pair.a, first);
  sums.low = vmlal_s8 (sums.low, vget_low_s8 (pair.b), vget_low_s8 (second));
  sums.high = vmlal_high_s8 (sums.high, pair.b, second);
  return sums;
}

VEC_INLINE SumsLanes
sums_set1 (int value)
{
  return vdupq_n_s16 ((int16_t)value);
}

VEC_INLINE SumsLanes
sums_add (SumsLanes a, SumsLanes b)
{
  return vaddq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_and (SumsLanes a, SumsLanes b)
{
  return vandq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_max (SumsLanes a, SumsLanes b)
{
  return vmaxq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_multiply_high (SumsLanes a, SumsLanes b)
{
  const uint16x8_t x = vreinterpretq_u16_s16 (a), y = vreinterpretq_u16_s16 (b);
  const uint32x4_t low = vmull_u16 (vget_low_u16 (x), vget_low_u16 (y));
  const uint32x4_t high = vmull_high_u16 (x, y);
  return vreinterpretq_s16_u16 (
      vuzp2q_u16 (vreinterpretq_u16_u32 (low), vreinterpretq_u16_u32 (high)));
}

VEC_INLINE SumsLanes
sums_shift (SumsLanes a, int n)
{
  return vshlq_s16 (a, vdupq_n_s16 ((int16_t)-n));
}

VEC_INLINE SumsBytes
sums_pack (Sums sums)
{
  return vqmovun_high_s16 (vqmovun_s16 (sums.low), sums.high);
}

#else

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

#endif
