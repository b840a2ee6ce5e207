/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_WINOGRAD_H
#define CNN_WINOGRAD_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Winograd F(4x4, 3x3) and F(2x2, 3x3).
 *
 * A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016: the outputs of a
 * 3x3 window in tiles of 4x4 from 36 products instead of 144, with the interpolation points 0, 1, -1,
 * 2, -2 and infinity, or in tiles of 2x2 from 16 instead of 36, with 0, 1, -1 and infinity. An output
 * is At (G w Gt * Bt d B) A, the inner product by elements. A tile of `tile` rows and columns sees a
 * window of tile + 2. The last rows of the transposed B and A are (0, -1, 0, 1) and (0, 1, -1, 1) for 2x2,
 * (0, 4, 0, -5, 0, 1) and (0, 1, -1, 8, -8, 1) for 4x4. */
#define CNN_WINOGRAD_MAX_TILE 4
#define CNN_WINOGRAD_MAX_WINDOW 6

/* One window of input pixels, B transposed times window times B: element (i, j) of channel c goes to
 * out[(window * i + j) * matrix_stride + c]. Columns from `columns` on are taken as zeros and not
 * read; the cache may be asked for those of the window to the right, which need not be there. */
typedef struct {
  int tile;                                   /* 2 or 4 */
  const float *rows[CNN_WINOGRAD_MAX_WINDOW]; /* tile + 2 rows */
  ptrdiff_t pixel_stride;                     /* floats */
  int columns;                                /* in [1, tile + 2] */
  int channels;
  float *out;
  size_t matrix_stride; /* floats */
} CnnWinogradInput;

typedef void CnnWinogradInputFunc (const CnnWinogradInput *input);

/* One tile of output pixels, A transposed times products times A, plus bias, clamped to [low, high]
 * with NaN staying NaN. Only `columns` pixels of `n_rows` rows are written. */
typedef struct {
  int tile;             /* 2 or 4 */
  const float *in;      /* element (i, j) of channel c at (window * i + j) * matrix_stride + c */
  size_t matrix_stride; /* floats */
  const float *bias;
  int channels;
  int n_rows, columns; /* in [1, tile] */
  float low, high;
  float *out[CNN_WINOGRAD_MAX_TILE]; /* n_rows rows */
  ptrdiff_t pixel_stride;            /* floats */
} CnnWinogradOutput;

typedef void CnnWinogradOutputFunc (const CnnWinogradOutput *output);

CnnWinogradInputFunc cnn_winograd_input_c;
CnnWinogradOutputFunc cnn_winograd_output_c;

#endif
