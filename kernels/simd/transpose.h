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

/* Rows of a tile whose cache lines stay in the first level while all their columns are moved. */
#define TRANSPOSE_TILE 16

/* out[column][row] = in[row][column], rows `in_stride` and `out_stride` floats apart. */
static inline void
transpose (
    const float *in, size_t in_stride, size_t rows, size_t columns, float *out, size_t out_stride)
{
  for (size_t tile = 0; tile < rows; tile += TRANSPOSE_TILE) {
    const size_t end = tile + TRANSPOSE_TILE < rows ? tile + TRANSPOSE_TILE : rows;
    size_t column = 0;
    for (; column + 4 <= columns; column += 4) {
      size_t row = tile;
      for (; row + 4 <= end; row += 4)
        transpose_4x4 (
            in + row * in_stride + column, in_stride, out + column * out_stride + row, out_stride);
      for (; row < end; row++)
        for (size_t i = column; i < column + 4; i++)
          out[i * out_stride + row] = in[row * in_stride + i];
    }
    for (; column < columns; column++)
      for (size_t row = tile; row < end; row++)
        out[column * out_stride + row] = in[row * in_stride + column];
  }
}

#endif
