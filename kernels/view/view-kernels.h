/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: the function types of the families that draw feature maps. Arrays do not
 * overlap. */
#ifndef CNN_VIEW_KERNELS_H
#define CNN_VIEW_KERNELS_H

#include "view/view.h"

/* Widens min[i % period] and max[i % period] by each finite values[i]. True when all were finite.
 * period >= 1. */
typedef bool
CnnViewRangeFunc (const float *values, size_t count, size_t period, float *min, float *max);

/* out[i] = sum of weights[r] * rows[r][i], r in [0, n_rows), n_rows >= 1. */
typedef void CnnViewBlendFunc (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out);

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

/* planes[c * plane_stride + p] = pixels[p * channels + c], p in [0, n_pixels), c in [0, channels).
 */
typedef void CnnViewTransposeFunc (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride);

/* pixels[i] = table[level of values[i]], see CnnViewScale; table has CNN_VIEW_TABLE_SIZE entries. */
typedef void CnnViewPaintFunc (
    const float *values, size_t count, CnnViewScale scale, const uint32_t *table, uint32_t *pixels);

/* Equal values follow each other often: that many counters take turns, so that none waits for itself. */
#define CNN_VIEW_COUNTERS 4

/* Adds 1 to counts[i % CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE + level of values[i]] for each of the
 * values. */
typedef void
CnnViewCountFunc (const float *values, size_t count, CnnViewScale scale, uint32_t *counts);

/* out[i] = pixels[i / times], i in [0, count * times); times >= 1. */
typedef void CnnViewRepeatFunc (const uint32_t *pixels, size_t count, int times, uint32_t *out);

/* The first three bytes of each pixel. */
typedef void CnnViewPackFunc (const uint32_t *pixels, size_t count, unsigned char *out);

#endif
