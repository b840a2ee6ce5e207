/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_POOL_SLIDING_H
#define CNN_POOL_SLIDING_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Windows that follow each other along one row of pixels, `channels` adjacent floats each, from its
 * first column on. */
typedef struct {
  size_t columns;     /* of a window, at least 1 */
  size_t stride;      /* columns from a window to the next, at least 1 */
  size_t channels;    /* at least 1 */
  const float *scale; /* one a window; maxima ignore it, and `factor` */
  float factor;
  float *scratch; /* ((count - 1) * stride + columns) * channels floats, aligned to 64 bytes */
} CnnPoolSliding;

/* out[i * channels + c] = maximum, or scale[i] * factor * sum, of window i's columns, for i in
 * [0, count): in a time for each output that hardly grows with the window. A NaN in a window makes its
 * maximum NaN. `out` and scratch overlap nothing. */
typedef void
CnnPoolSlidingFunc (const float *row, const CnnPoolSliding *windows, size_t count, float *out);

CnnPoolSlidingFunc cnn_pool_sliding_max_c;
CnnPoolSlidingFunc cnn_pool_sliding_sum_c;

#endif
