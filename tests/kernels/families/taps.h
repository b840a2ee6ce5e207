/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of the convolution kernels share: rows of input, each in guarded memory of its own and no
 * longer than the kernel may read, and sums by definition in double precision. */
#ifndef TAPS_H
#define TAPS_H

#include "check.h"

#define MAX_TAPS 160

typedef struct {
  int n;
  size_t floats; /* of each */
  float *rows[MAX_TAPS];
  const float *pointers[MAX_TAPS]; /* the same, as kernels take them */
} Taps;

Taps taps_new (int n, size_t floats, CheckGuard guard);
void taps_free (Taps *taps);

/* Nothing to clamp, RELU, RELU6, or random bounds. */
typedef struct {
  float low, high;
} Bounds;

Bounds random_bounds (void);

/* A sum as a kernel must give it: clamped, NaN staying NaN. */
float clamped (double sum, Bounds bounds);

/* How far a sum of n products of values in [-1, 1) may be off in single precision. */
double sum_tolerance (int n_products);

#endif
