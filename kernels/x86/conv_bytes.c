/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiled for SSE4.1, AVX2 and AVX-512. Two taps go through one multiply-add of bytes: even and odd
 * bytes of a vector are the two taps of one pixel. Output rows computed together share the loads and the
 * mixing, which take longer than the products. */
#include "dispatch.h"

#include <immintrin.h>
#include <string.h>

#if defined __AVX512BW__
typedef __m512i Bytes;
#define LOAD(p) _mm512_loadu_si512 (p)
#define STORE(p, v) _mm512_storeu_si512 (p, v)
#define OP(name) _mm512_##name
#define AND(a, b) _mm512_and_si512 (a, b)
#elif defined __AVX2__
typedef __m256i Bytes;
#define LOAD(p) _mm256_loadu_si256 ((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256 ((__m256i *)(p), v)
#define OP(name) _mm256_##name
#define AND(a, b) _mm256_and_si256 (a, b)
#else
typedef __m128i Bytes;
#define LOAD(p) _mm_loadu_si128 ((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128 ((__m128i *)(p), v)
#define OP(name) _mm_##name
#define AND(a, b) _mm_and_si128 (a, b)
#endif

#define LANES (int)sizeof (Bytes)

/* Sums of 16 bits, divided; see CnnByteDivision. */
static inline __attribute__ ((always_inline)) Bytes
divide (Bytes sum, CnnByteDivision division)
{
  const __m128i shift = _mm_cvtsi32_si128 (division.shift);
  if (division.multiplier > 0) {
    sum = OP (max_epi16) (sum, OP (set1_epi16) (0));
    sum = OP (add_epi16) (sum, OP (set1_epi16) ((short)division.half));
    sum = OP (mulhi_epu16) (sum, OP (set1_epi16) ((short)division.multiplier));
    return OP (srl_epi16) (sum, shift);
  }
  if (division.shift > 0) {
    Bytes odd = AND (OP (sra_epi16) (sum, shift), OP (set1_epi16) (1));
    sum = OP (add_epi16) (sum, OP (set1_epi16) ((short)(division.half - 1)));
    return OP (sra_epi16) (OP (add_epi16) (sum, odd), shift);
  }
  return sum;
}

#define MAX_VECTORS 2
#define MAX_ROWS CNN_CONV_BYTES_ROWS

static inline __attribute__ ((always_inline)) Bytes
pair_of_weights (const signed char *weights)
{
  short pair;
  memcpy (&pair, weights, sizeof pair);
  return OP (set1_epi16) (pair);
}

static inline __attribute__ ((always_inline)) void
compute_vectors (const CnnConvBytes *bytes, int x, const int rows, const int vectors)
{
  Bytes low[MAX_ROWS][MAX_VECTORS], high[MAX_ROWS][MAX_VECTORS];
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++)
      low[r][v] = high[r][v] = OP (set1_epi16) ((short)bytes->bias);
  }
  for (int t = 0; t < bytes->n_taps; t += 2) {
    const unsigned char *first = bytes->taps[t] + x, *second = bytes->taps[t + 1] + x;
    for (int v = 0; v < vectors; v++) {
      const Bytes a = LOAD (first + v * LANES), b = LOAD (second + v * LANES);
      const Bytes mixed_low = OP (unpacklo_epi8) (a, b), mixed_high = OP (unpackhi_epi8) (a, b);
      for (int r = 0; r < rows; r++) {
        const Bytes weights = pair_of_weights (bytes->weights[r] + t);
        low[r][v] = OP (add_epi16) (low[r][v], OP (maddubs_epi16) (mixed_low, weights));
        high[r][v] = OP (add_epi16) (high[r][v], OP (maddubs_epi16) (mixed_high, weights));
      }
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++)
      STORE (bytes->out[r] + x + v * LANES, OP (packus_epi16) (divide (low[r][v], bytes->division),
                                                divide (high[r][v], bytes->division)));
  }
}

static inline __attribute__ ((always_inline)) void
compute_rows (const CnnConvBytes *bytes, const int rows)
{
  int x = 0;
  for (; x + MAX_VECTORS * LANES <= bytes->count; x += MAX_VECTORS * LANES)
    compute_vectors (bytes, x, rows, MAX_VECTORS);
  for (; x + LANES <= bytes->count; x += LANES)
    compute_vectors (bytes, x, rows, 1);
  if (x < bytes->count) /* again some of the last ones */
    compute_vectors (bytes, bytes->count - LANES, rows, 1);
}

void
CNN_SYMBOL (conv_bytes) (const CnnConvBytes *bytes)
{
  if (bytes->count < LANES)
    cnn_conv_bytes_c (bytes);
  else if (bytes->rows == 2)
    compute_rows (bytes, 2);
  else
    compute_rows (bytes, 1);
}
