/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_SIMD_TRANSPOSE_H
#define CNN_SIMD_TRANSPOSE_H

#include "simd/vec.h"

/* out[0..3][0..3] = in[0..3][0..3] transposed, rows `in_stride` and `out_stride` floats apart. */
VEC_INLINE void
transpose_4x4 (const float *in, size_t in_stride, float *out, size_t out_stride)
{
#if defined __aarch64__
  const float32x4x2_t low = vtrnq_f32 (vld1q_f32 (in), vld1q_f32 (in + in_stride));
  const float32x4x2_t high =
      vtrnq_f32 (vld1q_f32 (in + 2 * in_stride), vld1q_f32 (in + 3 * in_stride));
  for (int i = 0; i < 2; i++) {
    const float32x4_t a = low.val[i], b = high.val[i];
    vst1q_f32 (out + (size_t)i * out_stride, vcombine_f32 (vget_low_f32 (a), vget_low_f32 (b)));
    vst1q_f32 (
        out + (size_t)(i + 2) * out_stride, vcombine_f32 (vget_high_f32 (a), vget_high_f32 (b)));
  }
#else
  __m128 a = _mm_loadu_ps (in), b = _mm_loadu_ps (in + in_stride);
  __m128 c = _mm_loadu_ps (in + 2 * in_stride), d = _mm_loadu_ps (in + 3 * in_stride);
  _MM_TRANSPOSE4_PS (a, b, c, d);
  _mm_storeu_ps (out, a);
  _mm_storeu_ps (out + out_stride, b);
  _mm_storeu_ps (out + 2 * out_stride, c);
  _mm_storeu_ps (out + 3 * out_stride, d);
#endif
}

#if defined __AVX2__
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

/* out[p] has in its 128-bit lane j what the four vectors have at 4 j + p. */
VEC_INLINE void
transpose_quads (const Vec in[4], Vec out[4])
{
#if defined __aarch64__
  const float32x4x2_t low = vtrnq_f32 (in[0], in[1]), high = vtrnq_f32 (in[2], in[3]);
  for (int i = 0; i < 2; i++) {
    out[i] = vcombine_f32 (vget_low_f32 (low.val[i]), vget_low_f32 (high.val[i]));
    out[i + 2] = vcombine_f32 (vget_high_f32 (low.val[i]), vget_high_f32 (high.val[i]));
  }
#elif defined __AVX512F__
  const Vec a = _mm512_unpacklo_ps (in[0], in[1]), b = _mm512_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm512_unpacklo_ps (in[2], in[3]), d = _mm512_unpackhi_ps (in[2], in[3]);
  out[0] = _mm512_shuffle_ps (a, c, 0x44);
  out[1] = _mm512_shuffle_ps (a, c, 0xee);
  out[2] = _mm512_shuffle_ps (b, d, 0x44);
  out[3] = _mm512_shuffle_ps (b, d, 0xee);
#elif defined __AVX2__
  const Vec a = _mm256_unpacklo_ps (in[0], in[1]), b = _mm256_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm256_unpacklo_ps (in[2], in[3]), d = _mm256_unpackhi_ps (in[2], in[3]);
  out[0] = _mm256_shuffle_ps (a, c, 0x44);
  out[1] = _mm256_shuffle_ps (a, c, 0xee);
  out[2] = _mm256_shuffle_ps (b, d, 0x44);
  out[3] = _mm256_shuffle_ps (b, d, 0xee);
#else
  const Vec a = _mm_unpacklo_ps (in[0], in[1]), b = _mm_unpackhi_ps (in[0], in[1]);
  const Vec c = _mm_unpacklo_ps (in[2], in[3]), d = _mm_unpackhi_ps (in[2], in[3]);
  out[0] = _mm_movelh_ps (a, c);
  out[1] = _mm_movehl_ps (c, a);
  out[2] = _mm_movelh_ps (b, d);
  out[3] = _mm_movehl_ps (d, b);
#endif
}

/* out[i * stride + c] = column[c][i] for c < 4. */
VEC_INLINE void
store_four_columns (const Vec column[4], float *out, ptrdiff_t stride)
{
  Vec quad[4];
  transpose_quads (column, quad);
  for (int p = 0; p < 4; p++) {
    float lanes[VEC_LANES];
    vec_store (lanes, quad[p]);
    for (int j = 0; j < VEC_LANES / 4; j++)
      memcpy (out + (4 * j + p) * stride, lanes + 4 * j, 4 * sizeof (float));
  }
}

#if defined __AVX512F__
/* The same for c < 8. */
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
#endif

/* Rows of a tile whose cache lines stay in the first level while all their columns are moved. */
#define TRANSPOSE_TILE 16

/* Few columns of rows [row, end). */
VEC_INLINE void
transpose_columns (const float *in, size_t in_stride, size_t row, size_t end, size_t column,
    size_t columns, float *out, size_t out_stride)
{
#if defined __AVX2__
  for (; columns == 8 && row + 8 <= end; row += 8)
    transpose_8x8 (
        in + row * in_stride + column, in_stride, out + column * out_stride + row, out_stride);
#endif
  for (; row + 4 <= end && columns % 4 == 0; row += 4) {
    for (size_t i = column; i < column + columns; i += 4)
      transpose_4x4 (in + row * in_stride + i, in_stride, out + i * out_stride + row, out_stride);
  }
  for (; row < end; row++) {
    for (size_t i = column; i < column + columns; i++)
      out[i * out_stride + row] = in[row * in_stride + i];
  }
}

/* out[column][row] = in[row][column], rows `in_stride` and `out_stride` floats apart. */
static inline void
transpose (
    const float *in, size_t in_stride, size_t rows, size_t columns, float *out, size_t out_stride)
{
  for (size_t tile = 0; tile < rows; tile += TRANSPOSE_TILE) {
    const size_t end = tile + TRANSPOSE_TILE < rows ? tile + TRANSPOSE_TILE : rows;
    size_t column = 0;
    for (; column + 8 <= columns; column += 8)
      transpose_columns (in, in_stride, tile, end, column, 8, out, out_stride);
    for (; column + 4 <= columns; column += 4)
      transpose_columns (in, in_stride, tile, end, column, 4, out, out_stride);
    for (; column < columns; column++)
      transpose_columns (in, in_stride, tile, end, column, 1, out, out_stride);
  }
}

#endif
