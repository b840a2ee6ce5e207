/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each accumulator is one vector of output channels of one pixel: a tile of PIXELS x VECTORS of
 * them. Per weight vector loaded there are PIXELS multiply-adds, per input float broadcast VECTORS. */
#include "conv2d/conv_tile.h"
#include "simd/vec.h"

#include <math.h>

#if VEC_REGISTERS == 32
#define PIXELS_1 12
#define PIXELS_2 12
#define PIXELS_3 8
#define PIXELS_4 6
#else
#define PIXELS_1 12
#define PIXELS_2 6
#endif
#define MAX_PIXELS 24
#define MAX_VECTORS 4

/* Where rows are few and windows hardly overlap, the next tile's samples come from memory, not from a
 * cache that the tiles before filled: they are asked for while this one is computed, a cache line a
 * pixel at a time, since a burst of them would hold up the tile's own loads. */
#define MAX_PREFETCHED_TAPS 3

/* Asks for where the next tile goes, for layers that write far more than they read. */
VEC_INLINE void
prefetch_outputs (const CnnConvTile *tile, int first, const int pixels, const int vectors)
{
  VEC_UNROLL (24)
  for (int p = 0; p < pixels; p++) {
    const float *out = tile->out + (first + p) * tile->out_stride;
    for (int v = 0; v < vectors; v++)
      __builtin_prefetch (out + v * VEC_LANES, 1);
  }
}

VEC_INLINE void
store_tile (const CnnConvTile *tile, int first, const int pixels, const int vectors,
    Vec sum[MAX_PIXELS][MAX_VECTORS])
{
  if (tile->low > -INFINITY) {
    const Vec low = vec_set1 (tile->low), high = vec_set1 (tile->high);
    VEC_UNROLL (24)
    for (int p = 0; p < pixels; p++) {
      for (int v = 0; v < vectors; v++)
        sum[p][v] = vec_clamp (sum[p][v], low, high);
    }
  }
  const int last_lanes = tile->outputs - (vectors - 1) * VEC_LANES;
  VEC_UNROLL (24)
  for (int p = 0; p < pixels; p++) {
    float *out = tile->out + (first + p) * tile->out_stride;
    for (int v = 0; v < vectors; v++) {
      if (v < vectors - 1 || last_lanes == VEC_LANES)
        vec_store (out + v * VEC_LANES, sum[p][v]);
      else
        vec_store_partial (out + v * VEC_LANES, sum[p][v], last_lanes);
    }
  }
}

/* One step of a tile: the next weights, times one input float of each pixel. */
VEC_INLINE void
multiply_add (const float *weights, const float *const in[], const int pixels, const int vectors,
    const ptrdiff_t stride, Vec sum[MAX_PIXELS][MAX_VECTORS])
{
  Vec weight[MAX_VECTORS];
  for (int v = 0; v < vectors; v++) {
    weight[v] = vec_load (weights + v * VEC_LANES);
    VEC_PIN (weight[v]);
  }
  VEC_UNROLL (24)
  for (int p = 0; p < pixels; p++) {
    Vec x = vec_set1 (in[p / 3][p % 3 * stride]);
    if (vectors > 1)
      VEC_PIN (x);
    for (int v = 0; v < vectors; v++)
      sum[p][v] = vec_fma (x, weight[v], sum[p][v]);
  }
}

/* Output pixels [first, first + pixels). `pixels` and `vectors` are constants wherever this is
 * called, and so is `stride` where the pixels are too many for their addresses to stay in
 * registers. */
VEC_INLINE void
compute_tile (
    const CnnConvTile *tile, int first, const int pixels, const int vectors, const ptrdiff_t stride)
{
  const float *weights = tile->weights;
  Vec sum[MAX_PIXELS][MAX_VECTORS];

  VEC_UNROLL (24)
  for (int p = 0; p < pixels; p++) {
    for (int v = 0; v < vectors; v++)
      sum[p][v] = vec_load (tile->bias + v * VEC_LANES);
  }
  const bool prefetches = tile->n_taps <= MAX_PREFETCHED_TAPS && tile->run <= 2 * stride;
  if (pixels > 12)
    prefetch_outputs (tile, first + pixels, pixels, vectors);
  /* Never empty: loops that might be would move all sums at their ends. */
  const float *const *taps = tile->taps, *const *const last = taps + tile->n_taps;
  do {
    const float *next = *taps + (first + pixels) * stride;
    const float *tap = *taps + first * stride, *const end = tap + tile->run;
    do {
      const float *const line_end = end - tap > LINE_FLOATS ? tap + LINE_FLOATS : end;
      if (prefetches) {
        VEC_UNROLL (24)
        for (int p = 0; p < pixels; p++)
          __builtin_prefetch (next + p * LINE_FLOATS);
        next += pixels * LINE_FLOATS;
      }
      do {
        VEC_OPAQUE (tap);
        /* One pointer for three pixels, the rest is in the addressing mode. */
        const float *in[(MAX_PIXELS + 2) / 3];
        VEC_UNROLL (24)
        for (int p = 0; p < pixels; p += 3)
          in[p / 3] = tap + p * stride;
        multiply_add (weights, in, pixels, vectors, stride, sum);
        weights += vectors * VEC_LANES;
      } while (++tap < line_end);
    } while (tap < end);
  } while (++taps < last);
  store_tile (tile, first, pixels, vectors, sum);
}

/* Whole tiles, then what is left in tiles as large as possible. */
VEC_INLINE void
compute_row (const CnnConvTile *tile, const int pixels, const int vectors, const ptrdiff_t stride)
{
  int p = 0;
  for (; p + pixels <= tile->count; p += pixels)
    compute_tile (tile, p, pixels, vectors, stride);
  for (; pixels > 12 && p + 12 <= tile->count; p += 12)
    compute_tile (tile, p, 12, vectors, stride);
  for (; pixels > 8 && p + 8 <= tile->count; p += 8)
    compute_tile (tile, p, 8, vectors, stride);
  for (; p + 4 <= tile->count; p += 4)
    compute_tile (tile, p, 4, vectors, stride);
  for (; p + 2 <= tile->count; p += 2)
    compute_tile (tile, p, 2, vectors, stride);
  for (; p < tile->count; p++)
    compute_tile (tile, p, 1, vectors, stride);
}

CnnConvTileFunc CNN_SYMBOL (conv_tile);

void
CNN_SYMBOL (conv_tile) (const CnnConvTile *tile)
{
  switch (tile->panel / VEC_LANES) {
  case 1:
#if VEC_REGISTERS == 32
    /* Color pictures: the first layer of most networks. */
    if (tile->pixel_stride == 3)
      compute_row (tile, 24, 1, 3);
    else
#endif
      compute_row (tile, PIXELS_1, 1, tile->pixel_stride);
    break;
  case 2:
    compute_row (tile, PIXELS_2, 2, tile->pixel_stride);
    break;
#if VEC_REGISTERS == 32
  case 3:
    compute_row (tile, PIXELS_3, 3, tile->pixel_stride);
    break;
  case 4:
    compute_row (tile, PIXELS_4, 4, tile->pixel_stride);
    break;
#endif
  }
}
