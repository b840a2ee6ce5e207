/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_SIMD_TRANSPOSE_H
#define CNN_SIMD_TRANSPOSE_H

#include "vec.h"

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
