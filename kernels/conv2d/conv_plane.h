/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_PLANE_H
#define CNN_CONV_PLANE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* The sum starts at the bias and adds its products in the order of the taps, whatever the place in a
 * row: results do not depend on how a frame is split. Then it is clamped to [low, high], which is RELU,
 * RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* Pixels in lanes, over rows of planes:
 *
 *     out[o * plane_stride + x * pixel_stride] =
 *         bias[o] + sum over t < n_taps of taps[t][x] * weights[t * outputs + o]
 *
 * for x < count and o < outputs. Either pixel_stride is 1; or plane_stride is, pixel_stride is at least
 * `outputs`, and `outputs` is 4 or 8. */
typedef struct {
  const float *const *taps;
  int n_taps;
  const float *weights;
  const float *bias;
  int outputs; /* 1, 2, 4 or 8 */
  int count;
  float low, high;
  float *out;
  ptrdiff_t plane_stride, pixel_stride;
} CnnConvPlane;

typedef void CnnConvPlaneFunc (const CnnConvPlane *plane);

CnnConvPlaneFunc cnn_conv_plane_c;

#endif
