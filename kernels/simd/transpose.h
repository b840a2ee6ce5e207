/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transposes, of what each level's header has:
 *
 * transpose_4x4 (in, in_stride, out, out_stride)   out[0..3][0..3] = in[0..3][0..3] transposed, rows
 *                                                  `in_stride` and `out_stride` floats apart
 * transpose_8x8                                    the same, where VEC_HAS_TRANSPOSE_8X8
 * transpose_quads (in, out)                        out[p] has in its 128-bit lane j what the four
 *                                                  vectors have at 4 j + p
 * store_eight_columns (column, out, stride)        out[i * stride + c] = column[c][i] for c < 8, where
 *                                                  VEC_HAS_STORE_EIGHT_COLUMNS */
#ifndef CNN_SIMD_TRANSPOSE_H
#define CNN_SIMD_TRANSPOSE_H

#include "simd/vec.h"

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

/* Rows of a tile whose cache lines stay in the first level while all their columns are moved. */
#define TRANSPOSE_TILE 16

/* Few columns of rows [row, end). */
VEC_INLINE void
transpose_columns (const float *in, size_t in_stride, size_t row, size_t end, size_t column,
    size_t columns, float *out, size_t out_stride)
{
#if defined VEC_HAS_TRANSPOSE_8X8
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
