/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each accumulator is one vector of adjacent pixels of one output plane: OUTPUTS x VECTORS of them.
 * Per input vector loaded there are OUTPUTS multiply-adds, per weight broadcast VECTORS. */
#include "conv2d/conv_plane.h"
#include "simd/transpose.h"

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

/* One vector of pixels of `outputs` adjacent channels, of which only the first `lanes` exist. */
VEC_INLINE void
store_pixels (const CnnConvPlane *plane, const int outputs, const Vec *sum, int lanes, float *out)
{
  float few[VEC_LANES * MAX_OUTPUTS];
  const bool whole = lanes == VEC_LANES;
  float *const to = whole ? out : few;
  const ptrdiff_t stride = whole ? plane->pixel_stride : outputs;
#if defined VEC_HAS_STORE_EIGHT_COLUMNS
  if (outputs == 8)
    store_eight_columns (sum, to, stride);
  else
#endif
    store_four_columns (sum, to, stride);
  for (int p = 0; p < lanes && !whole; p++)
    memcpy (out + p * plane->pixel_stride, few + p * outputs, (size_t)outputs * sizeof *few);
}

VEC_INLINE void
store_block (const CnnConvPlane *plane, int o, int x, const int outputs, const int vectors,
    const bool interleaved, int lanes, Vec sum[MAX_OUTPUTS][MAX_VECTORS])
{
  const Vec low = vec_set1 (plane->low), high = vec_set1 (plane->high);
  float *out = plane->out + o * plane->plane_stride + x * plane->pixel_stride;
  VEC_UNROLL (8)
  for (int v = 0; v < vectors; v++) {
    Vec result[MAX_OUTPUTS];
    VEC_UNROLL (8)
    for (int i = 0; i < outputs; i++)
      result[i] = vec_clamp (sum[i][v], low, high);
    if (interleaved)
      store_pixels (plane, outputs, result, lanes, out + v * VEC_LANES * plane->pixel_stride);
    VEC_UNROLL (8)
    for (int i = 0; i < outputs && !interleaved; i++) {
      if (lanes == VEC_LANES)
        vec_store (out + i * plane->plane_stride + v * VEC_LANES, result[i]);
      else
        vec_store_partial (out + i * plane->plane_stride, result[i], lanes);
    }
  }
}

/* `outputs` planes beginning at `o`, pixels [x, x + vectors * VEC_LANES), of which only the first
 * `lanes` exist when vectors is 1. */
VEC_INLINE void
compute_block (const CnnConvPlane *plane, int o, int x, const int outputs, const int vectors,
    const bool interleaved, int lanes)
{
  const bool whole = lanes == VEC_LANES;
  Vec sum[MAX_OUTPUTS][MAX_VECTORS];
  VEC_UNROLL (8)
  for (int i = 0; i < outputs; i++) {
    VEC_UNROLL (8)
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
  store_block (plane, o, x, outputs, vectors, interleaved, lanes, sum);
}

VEC_INLINE void
compute_planes (
    const CnnConvPlane *plane, int o, const int outputs, const int vectors, const bool interleaved)
{
  int x = 0;
  for (; x + vectors * VEC_LANES <= plane->count; x += vectors * VEC_LANES)
    compute_block (plane, o, x, outputs, vectors, interleaved, VEC_LANES);
  for (; x + VEC_LANES <= plane->count; x += VEC_LANES)
    compute_block (plane, o, x, outputs, 1, interleaved, VEC_LANES);
  if (x < plane->count)
    compute_block (plane, o, x, outputs, 1, interleaved, plane->count - x);
}

VEC_INLINE void
compute_outputs (const CnnConvPlane *plane, const bool interleaved)
{
  switch (plane->outputs) {
  case 8:
#if VEC_REGISTERS == 32 && defined VEC_HAS_STORE_EIGHT_COLUMNS
    compute_planes (plane, 0, 8, VECTORS_8, interleaved);
#else
    compute_planes (plane, 0, 4, VECTORS_4, interleaved);
    compute_planes (plane, 4, 4, VECTORS_4, interleaved);
#endif
    break;
  case 4:
    compute_planes (plane, 0, 4, VECTORS_4, interleaved);
    break;
  case 2:
    compute_planes (plane, 0, 2, VECTORS_2, false);
    break;
  case 1:
    compute_planes (plane, 0, 1, VECTORS_1, false);
    break;
  }
}

CnnConvPlaneFunc CNN_SYMBOL (conv_plane);

void
CNN_SYMBOL (conv_plane) (const CnnConvPlane *plane)
{
  if (plane->pixel_stride == 1)
    compute_outputs (plane, false);
  else
    compute_outputs (plane, true);
}
