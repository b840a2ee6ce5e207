/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_CONV_TILE_H
#define CNN_CONV_TILE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* The sum starts at the bias and adds its products in the order of the taps, whatever the place in a
 * row: results do not depend on how a frame is split. Then it is clamped to [low, high], which is RELU,
 * RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* Output channels in lanes, over interleaved rows:
 *
 *     out[p * out_stride + o] = bias[o] + sum over t < n_taps, i < run of
 *         taps[t][p * pixel_stride + i] * weights[(t * run + i) * panel + o]
 *
 * for p < count and o < outputs. */
typedef struct {
  const float *const *taps;
  int n_taps, run;
  ptrdiff_t pixel_stride, out_stride;
  const float *weights; /* zeros where outputs <= o < panel; 64-byte aligned, as is `bias` */
  const float *bias;    /* panel values */
  int panel;            /* a multiple of the variant's lanes, at most cnn_isa_panel () */
  int outputs;          /* in (panel - lanes, panel] */
  int count;            /* output pixels, at least 0 */
  float low, high;
  float *out;
} CnnConvTile;

typedef void CnnConvTileFunc (const CnnConvTile *tile);

CnnConvTileFunc cnn_conv_tile_c;

#endif
