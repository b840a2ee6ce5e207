/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_BYTES_H
#define CNN_CONV_BYTES_H

#include "cpu/kernel.h"

#include <stddef.h>

/* How sums of bytes are divided, rounded to nearest with ties to even: by 2^shift, when multiplier is
 * 0, as (sum + half - 1 + (sum >> shift & 1)) >> shift, half being 2^shift / 2; else as
 * ((max (sum, 0) + half) * multiplier >> 16) >> shift, for divisors and sums that the plan has checked. */
typedef struct {
  int shift;
  int multiplier; /* below 65536 */
  int half;
} CnnByteDivision;

/* The most output rows that CnnConvBytes computes together. */
#define CNN_CONV_BYTES_ROWS 2

/* One filter over rows of bytes, for output rows that see much the same:
 *
 *     out[r][x] = clamp ((bias + sum over t < n_taps of taps[t][x] * weights[r][t]) divided, 0, 255)
 *
 * for r < rows and x < count. n_taps is even; no partial sum leaves 16 bits. */
typedef struct {
  const unsigned char *const *taps;
  const signed char *weights[CNN_CONV_BYTES_ROWS]; /* in [-127, 127] */
  int n_taps;
  int bias;
  CnnByteDivision division;
  int rows; /* in [1, CNN_CONV_BYTES_ROWS] */
  int count;
  unsigned char *out[CNN_CONV_BYTES_ROWS];
} CnnConvBytes;

typedef void CnnConvBytesFunc (const CnnConvBytes *bytes);

CnnConvBytesFunc cnn_conv_bytes_c;

#endif
