/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each accumulator is one vector of output channels of one pixel: a tile of PIXELS x VECTORS of
 * them. Per weight vector loaded there are PIXELS multiply-adds, per input float broadcast VECTORS. */
#include "dispatch.h"
#include "simd/vec.h"

#if VEC_REGISTERS == 32
#define PIXELS_1 12
#define PIXELS_2 12
#define PIXELS_3 8
#define PIXELS_4 6
#else
#define PIXELS_1 12
#define PIXELS_2 6
#endif
#define MAX_PIXELS 12
#define MAX_VECTORS 4

/* Output pixels [first, first + pixels). `pixels` and `vectors` are constants wherever this is
 * called. */
VEC_INLINE void
compute_tile (const CnnConvTile *tile, int first, const int pixels, const int vectors)
{
  const ptrdiff_t stride = tile->pixel_stride;
  const float *weights = tile->weights;
  Vec sum[MAX_PIXELS][MAX_VECTORS];

  for (int p = 0; p < pixels; p++) {
    for (int v = 0; v < vectors; v++)
      sum[p][v] = vec_load (tile->bias + v * VEC_LANES);
  }
  for (int t = 0; t < tile->n_taps; t++) {
    /* One pointer for three pixels: the rest is in the addressing mode. */
    const float *in[(MAX_PIXELS + 2) / 3];
    for (int p = 0; p < pixels; p += 3)
      in[p / 3] = tile->taps[t] + (first + p) * stride;
    for (int i = 0; i < tile->run; i++) {
      Vec weight[MAX_VECTORS];
      for (int v = 0; v < vectors; v++) {
        weight[v] = vec_load (weights + v * VEC_LANES);
        VEC_PIN (weight[v]);
      }
      weights += vectors * VEC_LANES;
      VEC_UNROLL (12)
      for (int p = 0; p < pixels; p++) {
        Vec x = vec_set1 (in[p / 3][i + p % 3 * stride]);
        if (vectors > 1)
          VEC_PIN (x);
        for (int v = 0; v < vectors; v++)
          sum[p][v] = vec_fma (x, weight[v], sum[p][v]);
      }
    }
  }

  const Vec low = vec_set1 (tile->low), high = vec_set1 (tile->high);
  const int last_lanes = tile->outputs - (vectors - 1) * VEC_LANES;
  for (int p = 0; p < pixels; p++) {
    float *out = tile->out + (first + p) * tile->out_stride;
    for (int v = 0; v < vectors; v++) {
      Vec result = vec_clamp (sum[p][v], low, high);
      if (v < vectors - 1 || last_lanes == VEC_LANES)
        vec_store (out + v * VEC_LANES, result);
      else
        vec_store_partial (out + v * VEC_LANES, result, last_lanes);
    }
  }
}

VEC_INLINE void
compute_row (const CnnConvTile *tile, const int pixels, const int vectors)
{
  int p = 0;
  for (; p + pixels <= tile->count; p += pixels)
    compute_tile (tile, p, pixels, vectors);
  for (; p + pixels / 2 <= tile->count; p += pixels / 2)
    compute_tile (tile, p, pixels / 2, vectors);
  for (; p + 2 <= tile->count; p += 2)
    compute_tile (tile, p, 2, vectors);
  for (; p < tile->count; p++)
    compute_tile (tile, p, 1, vectors);
}

void
CNN_SYMBOL (conv_tile) (const CnnConvTile *tile)
{
  switch (tile->panel / VEC_LANES) {
  case 1:
    compute_row (tile, PIXELS_1, 1);
    break;
  case 2:
    compute_row (tile, PIXELS_2, 2);
    break;
#if VEC_REGISTERS == 32
  case 3:
    compute_row (tile, PIXELS_3, 3);
    break;
  case 4:
    compute_row (tile, PIXELS_4, 4);
    break;
#endif
  }
}
