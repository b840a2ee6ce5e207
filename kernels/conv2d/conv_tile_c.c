/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_tile.h"

static float
clamp (float value, float low, float high)
{
  value = value < low ? low : value;
  return value > high ? high : value;
}

void
cnn_conv_tile_c (const CnnConvTile *tile)
{
  for (int p = 0; p < tile->count; p++) {
    for (int o = 0; o < tile->outputs; o++) {
      const float *weight = tile->weights + o;
      float sum = tile->bias[o];
      for (int t = 0; t < tile->n_taps; t++) {
        const float *in = tile->taps[t] + p * tile->pixel_stride;
        for (int i = 0; i < tile->run; i++, weight += tile->panel)
          sum += in[i] * *weight;
      }
      tile->out[p * tile->out_stride + o] = clamp (sum, tile->low, tile->high);
    }
  }
}
