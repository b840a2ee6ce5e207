/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_DEPTHWISE_H
#define CNN_CONV_DEPTHWISE_H

#include "cpu/kernel.h"

#include <stdbool.h>
#include <stddef.h>

/* The sum starts at the bias and adds its products in the order of the taps, whatever the place in a
 * row: results do not depend on how a frame is split. Then it is clamped to [low, high], which is RELU,
 * RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* Each channel by itself, channels in lanes, over interleaved rows:
 *
 *     out[p * channels + c] = bias[c] + sum over t < n_taps of
 *         taps[t][p * pixel_stride + c] * weights[t * channels + c]
 *
 * for p < count and c < channels. */
typedef struct {
  const float *const *taps;
  int n_taps;
  ptrdiff_t pixel_stride;
  const float *weights;
  const float *bias;
  int channels;
  int count;
  float low, high;
  bool beyond_cache; /* rows come from memory and go there: worth asking for them ahead of time */
  float *out;
} CnnConvDepthwise;

typedef void CnnConvDepthwiseFunc (const CnnConvDepthwise *depthwise);

CnnConvDepthwiseFunc cnn_conv_depthwise_c;

#endif
