/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

#include <float.h>
#include <immintrin.h>

/* Gathers of 8 are at least as fast as those of 16 on the machines we know: no AVX-512 twins of
 * this and of view_paint. */
void
cnn_view_average_plane_avx2 (const float *row, const CnnViewSpans *spans, float *out)
{
  const size_t size = (size_t)spans->size;
  size_t o = 0;
  for (; o + 8 <= size; o += 8) {
    __m256i index = _mm256_loadu_si256 ((const __m256i *)(spans->first + o));
    __m256i n_taps = _mm256_loadu_si256 ((const __m256i *)(spans->n_taps + o));
    __m256 sum = _mm256_setzero_ps ();
    for (int t = 0; t < spans->max_taps; t++) {
      __m256 active = _mm256_castsi256_ps (_mm256_cmpgt_epi32 (n_taps, _mm256_set1_epi32 (t)));
      __m256 values = _mm256_mask_i32gather_ps (_mm256_setzero_ps (), row + t, index, active, 4);
      sum = _mm256_fmadd_ps (_mm256_loadu_ps (spans->weights + (size_t)t * size + o), values, sum);
    }
    _mm256_storeu_ps (out + o, sum);
  }
  for (; o < size; o++) {
    out[o] = 0;
    for (size_t t = 0; t < (size_t)spans->n_taps[o]; t++)
      out[o] += spans->weights[t * size + o] * row[(size_t)spans->first[o] + t];
  }
}

/* Transposes 8 pixels x 8 channels; rows of `in` are `channels` floats apart. */
static inline __attribute__ ((always_inline)) void
transpose_block (const float *in, size_t channels, float *out, size_t plane_stride)
{
  __m256 r[8], t[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++)
    r[i] = _mm256_loadu_ps (in + (size_t)i * channels);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps (r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps (r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps (t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps (t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps (t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps (t[i + 1], t[i + 3], 0xee);
  }
  /* r[4 g + k] holds, in 128-bit lane l, channel 4 l + k of pixels 4 g to 4 g + 3. */
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    _mm256_storeu_ps (
        out + (size_t)k * plane_stride, _mm256_permute2f128_ps (r[k], r[4 + k], 0x20));
    _mm256_storeu_ps (
        out + (size_t)(4 + k) * plane_stride, _mm256_permute2f128_ps (r[k], r[4 + k], 0x31));
  }
}

/* The channels that fill no block. */
static void
transpose_rest (const float *pixels, int n_pixels, size_t channels, int first_channel,
    float *planes, size_t plane_stride)
{
  for (size_t c = (size_t)first_channel; c < channels; c++)
    for (int p = 0; p < n_pixels; p++)
      planes[c * plane_stride + (size_t)p] = pixels[(size_t)p * channels + c];
}

void
cnn_view_transpose_avx2 (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  size_t wide = (size_t)channels;
  int p = 0;
  for (; p + 8 <= n_pixels; p += 8) {
    const float *in = pixels + (size_t)p * wide;
    int c = 0;
    for (; c + 8 <= channels; c += 8)
      transpose_block (in + c, wide, planes + (size_t)c * plane_stride + p, plane_stride);
    transpose_rest (in, 8, wide, c, planes + p, plane_stride);
  }
  transpose_rest (pixels + (size_t)p * wide, n_pixels - p, wide, 0, planes + p, plane_stride);
}

void
cnn_view_paint_avx2 (
    const float *values, size_t count, CnnViewScale scale, const uint32_t *table, uint32_t *pixels)
{
  const __m256 centre = _mm256_set1_ps (scale.centre), steepness = _mm256_set1_ps (scale.scale);
  const __m256 offset = _mm256_set1_ps (scale.offset), sign = _mm256_set1_ps (-0.0f);
  const __m256 highest = _mm256_set1_ps (CNN_VIEW_LEVELS - 1), infinity = _mm256_set1_ps (FLT_MAX);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 v = _mm256_loadu_ps (values + i);
    __m256 special = _mm256_cmp_ps (_mm256_andnot_ps (sign, v), infinity, _CMP_NLE_UQ);
    if (_mm256_movemask_ps (special)) {
      cnn_view_paint_c (values + i, 8, scale, table, pixels + i);
      continue;
    }
    __m256 level = _mm256_add_ps (_mm256_mul_ps (_mm256_sub_ps (v, centre), steepness), offset);
    level = _mm256_min_ps (_mm256_max_ps (level, _mm256_setzero_ps ()), highest);
    __m256i colours = _mm256_i32gather_epi32 ((const int *)table, _mm256_cvttps_epi32 (level), 4);
    _mm256_storeu_si256 ((__m256i *)(pixels + i), colours);
  }
  cnn_view_paint_c (values + i, count - i, scale, table, pixels + i);
}

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
