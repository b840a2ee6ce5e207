/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each accumulator is one vector of adjacent pixels of one output plane: OUTPUTS x VECTORS of them.
 * Per input vector loaded there are OUTPUTS multiply-adds, per weight broadcast VECTORS. */
#include "dispatch.h"
#include "simd/vec.h"

#if VEC_REGISTERS == 32
#define VECTORS_8 3
#define VECTORS_4 6
#define VECTORS_2 8
#define VECTORS_1 8
#else
#define VECTORS_4 3
#define VECTORS_2 5
#define VECTORS_1 8
#endif
#define MAX_OUTPUTS 8
#define MAX_VECTORS 8

/* `outputs` planes beginning at `o`, pixels [x, x + vectors * VEC_LANES), of which only the first
 * `lanes` exist when vectors is 1. */
VEC_INLINE void
compute_block (const CnnConvPlane *plane, int o, int x, const int outputs, const int vectors,
    const bool whole, int lanes)
{
  Vec sum[MAX_OUTPUTS][MAX_VECTORS];
  for (int i = 0; i < outputs; i++) {
    for (int v = 0; v < vectors; v++)
      sum[i][v] = vec_set1 (plane->bias[o + i]);
  }
  const float *weights = plane->weights + o;
  for (int t = 0; t < plane->n_taps; t++, weights += plane->outputs) {
    const float *tap = plane->taps[t] + x;
    Vec in[MAX_VECTORS];
    for (int v = 0; v < vectors; v++) {
      in[v] = whole ? vec_load (tap + v * VEC_LANES) : vec_load_partial (tap, lanes);
      if (outputs > 1)
        VEC_PIN (in[v]);
    }
    VEC_UNROLL (8)
    for (int i = 0; i < outputs; i++) {
      Vec weight = vec_set1 (weights[i]);
      if (vectors > 1)
        VEC_PIN (weight);
      for (int v = 0; v < vectors; v++)
        sum[i][v] = vec_fma (in[v], weight, sum[i][v]);
    }
  }
  const Vec low = vec_set1 (plane->low), high = vec_set1 (plane->high);
  for (int i = 0; i < outputs; i++) {
    float *out = plane->out + (o + i) * plane->plane_stride + x;
    for (int v = 0; v < vectors; v++) {
      Vec result = vec_clamp (sum[i][v], low, high);
      if (whole)
        vec_store (out + v * VEC_LANES, result);
      else
        vec_store_partial (out, result, lanes);
    }
  }
}

VEC_INLINE void
compute_planes (const CnnConvPlane *plane, int o, const int outputs, const int vectors)
{
  int x = 0;
  for (; x + vectors * VEC_LANES <= plane->count; x += vectors * VEC_LANES)
    compute_block (plane, o, x, outputs, vectors, true, VEC_LANES);
  for (; x + VEC_LANES <= plane->count; x += VEC_LANES)
    compute_block (plane, o, x, outputs, 1, true, VEC_LANES);
  if (x < plane->count)
    compute_block (plane, o, x, outputs, 1, false, plane->count - x);
}

void
CNN_SYMBOL (conv_plane) (const CnnConvPlane *plane)
{
  switch (plane->outputs) {
  case 8:
#if VEC_REGISTERS == 32
    compute_planes (plane, 0, 8, VECTORS_8);
#else
    compute_planes (plane, 0, 4, VECTORS_4);
    compute_planes (plane, 4, 4, VECTORS_4);
#endif
    break;
  case 4:
    compute_planes (plane, 0, 4, VECTORS_4);
    break;
  case 2:
    compute_planes (plane, 0, 2, VECTORS_2);
    break;
  case 1:
    compute_planes (plane, 0, 1, VECTORS_1);
    break;
  }
}
