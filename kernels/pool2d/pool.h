/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_POOL_H
#define CNN_POOL_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Windows that follow each other along a row, over one or several input rows. Distances count
 * floats; column x of window i starts at
 *     rows[...] + first + i * stride + x * dilation.
 * A pixel of channels-last rows is `channels` adjacent floats, each pooled by itself; a row of one
 * plane has channels = 1. */
typedef struct {
  size_t first, stride, dilation;
  size_t columns;       /* of a window, at least 1 */
  size_t channels;      /* at least 1 */
  size_t output_stride; /* from one output to the next, at least `channels` */
  float scale;          /* what the sum of an average is multiplied by; maxima ignore it */
} CnnPoolWindows;

/* out[i * output_stride + c] = maximum, or scale * sum, of the window's columns in n_rows rows, for i
 * in [0, count). Without rows: -infinity, or 0. A NaN in a window makes its maximum NaN. `out` overlaps
 * no row. */
typedef void CnnPoolFunc (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out);

CnnPoolFunc cnn_pool_max_c;
CnnPoolFunc cnn_pool_average_c;

#endif
