/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_pack.h"

#include <immintrin.h>

CnnViewPackFunc cnn_view_pack_avx2;

void
cnn_view_pack_avx2 (const uint32_t *pixels, size_t count, unsigned char *out)
{
  /* The first three bytes of four pixels to the front of their 128-bit lane, then the two lanes
   * next to each other: 24 bytes. */
  const __m256i gather = _mm256_setr_epi8 (0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
      0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const __m256i join = _mm256_setr_epi32 (0, 1, 2, 4, 5, 6, 3, 7);
  size_t i = 0;
  for (; i + 8 <= count; i += 8, out += 24) {
    __m256i v = _mm256_shuffle_epi8 (_mm256_loadu_si256 ((const __m256i *)(pixels + i)), gather);
    v = _mm256_permutevar8x32_epi32 (v, join);
    _mm_storeu_si128 ((__m128i *)out, _mm256_castsi256_si128 (v));
    _mm_storel_epi64 ((__m128i *)(out + 16), _mm256_extracti128_si256 (v, 1));
  }
  cnn_view_pack_c (pixels + i, count - i, out);
}
