/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_VIEW_AVERAGE_H
#define CNN_VIEW_AVERAGE_H

#include "cpu/kernel.h"

#include <stdint.h>

/* One axis of an area average: output o is the sum over taps t in [0, n_taps[o]) of
 * weights[t * size + o] * input[first[o] + t]. n_taps[o] is in [1, max_taps]. */
typedef struct {
  int size, max_taps;
  int32_t *first, *n_taps;
  float *weights; /* 0 beyond n_taps */
} CnnViewSpans;

/* The average along a row of pixels, for each of their channels. */
typedef void
CnnViewAverageFunc (const float *row, int channels, const CnnViewSpans *spans, float *out);

CnnViewAverageFunc cnn_view_average_c;

#endif
