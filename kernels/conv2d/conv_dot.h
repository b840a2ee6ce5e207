/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_DOT_H
#define CNN_CONV_DOT_H

#include "cpu/kernel.h"

#include <stddef.h>

/* The sum starts at the bias and adds its products in the order of the taps, whatever the place in a
 * row: results do not depend on how a frame is split. Then it is clamped to [low, high], which is RELU,
 * RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* Input channels in lanes, for few outputs: as CnnConvTile with another order of weights,
 *
 *     out[p * out_stride + o] = bias[o] + sum over t, i of
 *         taps[t][p * pixel_stride + i] * weights[(o * n_taps + t) * run_floats + i]
 *
 * and another order of sums: products are added in each lane, then the lanes. */
typedef struct {
  const float *const *taps;
  int n_taps, run;
  ptrdiff_t pixel_stride, out_stride;
  const float *weights; /* zeros where run <= i < run_floats; 64-byte aligned */
  size_t run_floats;    /* run rounded up to 16 */
  const float *bias;
  int outputs;
  int count;
  float low, high;
  float *out;
} CnnConvDot;

typedef void CnnConvDotFunc (const CnnConvDot *dot);

CnnConvDotFunc cnn_conv_dot_c;

#endif
