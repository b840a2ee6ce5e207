/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_DEPTHWISE_H
#define CNN_CONV_DEPTHWISE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Each channel by itself, channels in lanes, over interleaved rows:
 *
 *     out[p * channels + c] = bias[c] + sum over ky < kernel_rows, kx < kernel_columns with
 *         0 <= x < columns, x being p * stride + kx * dilation - padding, of
 *         rows[ky][x * channels + c] * weights[(ky * kernel_columns + kx) * channels + c]
 *
 * for p < count and c < channels: what lies beside the rows counts as zero, whatever the weights, and is not
 * read. The sum starts at the bias and adds its products in the order of
 * the weights, whatever the place in a row: results do not depend on how a frame is split. Then it is clamped
 * to [low, high], which is RELU, RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */
typedef struct {
  const float *const *rows;        /* kernel_rows of them, from their first column on */
  int kernel_rows, kernel_columns; /* at least 0 and 1 */
  int stride, dilation, padding;   /* of columns */
  int columns;
  const float *weights;
  const float *bias;
  int channels;
  int count; /* output pixels, at least 0 */
  float low, high;
  float *out;
} CnnConvDepthwise;

typedef void CnnConvDepthwiseFunc (const CnnConvDepthwise *depthwise);

CnnConvDepthwiseFunc cnn_conv_depthwise_c;

#endif
