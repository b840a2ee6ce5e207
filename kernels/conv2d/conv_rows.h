/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_ROWS_H
#define CNN_CONV_ROWS_H

#include "cpu/kernel.h"

#include <stddef.h>

/* The sum starts at the bias and adds its products in the order of the taps, whatever the place in a
 * row: results do not depend on how a frame is split. Then it is clamped to [low, high], which is RELU,
 * RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* The most output rows that CnnConvRows computes together. */
#define CNN_CONV_ROWS 4

/* Pixels in lanes, several rows of one output plane, which share the input rows they see:
 *
 *     out[r][x] = bias + sum over i < inputs, ky < kernel_rows, kx < kernel_columns of
 *         taps[(i * (kernel_rows + rows - 1) + r + ky) * kernel_columns + kx][x] *
 *         weights[(i * kernel_rows + ky) * kernel_columns + kx]
 *
 * for x < count and r < rows. */
typedef struct {
  const float *const *taps;
  int inputs, kernel_rows, kernel_columns;
  const float *weights;
  float bias;
  int rows; /* in [1, CNN_CONV_ROWS] */
  int count;
  float low, high;
  float *out[CNN_CONV_ROWS];
} CnnConvRows;

typedef void CnnConvRowsFunc (const CnnConvRows *rows);

CnnConvRowsFunc cnn_conv_rows_c;

#endif
