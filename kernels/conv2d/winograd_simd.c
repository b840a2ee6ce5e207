/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transforms of Winograd F(4x4, 3x3) and F(2x2, 3x3), channels in lanes. `tile`, `whole` and what
 * follows from them are constants wherever these functions are inlined. */
#include "conv2d/winograd.h"
#include "simd/vec.h"

#define TILE CNN_WINOGRAD_MAX_TILE
#define WINDOW CNN_WINOGRAD_MAX_WINDOW

/* out = B transposed times a column of the window, see c/winograd.c. */
VEC_INLINE void
transform_window (const int tile, const Vec d[WINDOW], Vec out[WINDOW])
{
  if (tile == 2) {
    out[0] = vec_sub (d[0], d[2]);
    out[1] = vec_add (d[1], d[2]);
    out[2] = vec_sub (d[2], d[1]);
    out[3] = vec_sub (d[3], d[1]);
    return;
  }
  const Vec two = vec_set1 (2), four = vec_set1 (4), five = vec_set1 (5);
  const Vec even = vec_fnma (four, d[2], d[4]), odd = vec_fnma (four, d[1], d[3]);
  const Vec even2 = vec_sub (d[4], d[2]), odd2 = vec_mul (two, vec_sub (d[3], d[1]));
  out[0] = vec_fma (four, d[0], vec_fnma (five, d[2], d[4]));
  out[1] = vec_add (even, odd);
  out[2] = vec_sub (even, odd);
  out[3] = vec_add (even2, odd2);
  out[4] = vec_sub (even2, odd2);
  out[5] = vec_fma (four, d[1], vec_fnma (five, d[3], d[5]));
}

/* out = A transposed times a column of products. */
VEC_INLINE void
transform_products (const int tile, const Vec m[WINDOW], Vec out[TILE])
{
  const Vec sum = vec_add (m[1], m[2]), difference = vec_sub (m[1], m[2]);
  if (tile == 2) {
    out[0] = vec_add (m[0], sum);
    out[1] = vec_add (difference, m[3]);
    return;
  }
  const Vec two = vec_set1 (2), four = vec_set1 (4), eight = vec_set1 (8);
  const Vec sum2 = vec_add (m[3], m[4]), difference2 = vec_sub (m[3], m[4]);
  out[0] = vec_add (m[0], vec_add (sum, sum2));
  out[1] = vec_fma (two, difference2, difference);
  out[2] = vec_fma (four, sum2, sum);
  out[3] = vec_add (vec_fma (eight, difference2, difference), m[5]);
}

VEC_INLINE Vec
load (const float *p, const bool whole, int lanes)
{
  return whole ? vec_load (p) : vec_load_partial (p, lanes);
}

VEC_INLINE void
store (float *p, Vec v, const bool whole, int lanes)
{
  if (whole)
    vec_store (p, v);
  else
    vec_store_partial (p, v, lanes);
}

/* Asks for a column of the window that follows to the right, unless this one has it too: rows of large
 * maps come from memory. */
VEC_INLINE void
prefetch_column (const CnnWinogradInput *input, const int tile, const int column, int channel)
{
  if (column < tile + 2 || channel % LINE_FLOATS != 0)
    return;
  VEC_UNROLL (6)
  for (int y = 0; y < tile + 2; y++)
    __builtin_prefetch (input->rows[y] + column * input->pixel_stride + channel);
}

VEC_INLINE void
transform_input (
    const CnnWinogradInput *input, const int tile, int channel, const bool whole, int lanes)
{
  const int window = tile + 2;
  Vec half[WINDOW][WINDOW]; /* [column][row of the product] */
  VEC_UNROLL (6)
  for (int x = 0; x < window; x++) {
    Vec d[WINDOW];
    VEC_UNROLL (6)
    for (int y = 0; y < window; y++)
      d[y] = x < input->columns
                 ? load (input->rows[y] + x * input->pixel_stride + channel, whole, lanes)
                 : vec_zero ();
    prefetch_column (input, tile, x + tile, channel);
    transform_window (tile, d, half[x]);
  }
  float *out = input->out + channel;
  VEC_UNROLL (6)
  for (int i = 0; i < window; i++) {
    Vec d[WINDOW], product[WINDOW];
    VEC_UNROLL (6)
    for (int x = 0; x < window; x++)
      d[x] = half[x][i];
    transform_window (tile, d, product);
    VEC_UNROLL (6)
    for (int j = 0; j < window; j++)
      store (out + (size_t)(window * i + j) * input->matrix_stride, product[j], whole, lanes);
  }
}

VEC_INLINE void
transform_inputs (const CnnWinogradInput *input, const int tile)
{
  int channel = 0;
  for (; channel + VEC_LANES <= input->channels; channel += VEC_LANES)
    transform_input (input, tile, channel, true, VEC_LANES);
  if (channel < input->channels)
    transform_input (input, tile, channel, false, input->channels - channel);
}

CnnWinogradInputFunc CNN_SYMBOL (winograd_input);

void
CNN_SYMBOL (winograd_input) (const CnnWinogradInput *input)
{
  if (input->tile == 2)
    transform_inputs (input, 2);
  else
    transform_inputs (input, 4);
}

VEC_INLINE void
transform_output (
    const CnnWinogradOutput *output, const int tile, int channel, const bool whole, int lanes)
{
  const int window = tile + 2;
  const float *in = output->in + channel;
  const Vec bias = load (output->bias + channel, whole, lanes);
  const Vec low = vec_set1 (output->low), high = vec_set1 (output->high);
  Vec half[WINDOW][TILE]; /* [column][row of the product] */
  VEC_UNROLL (6)
  for (int j = 0; j < window; j++) {
    Vec m[WINDOW];
    VEC_UNROLL (6)
    for (int i = 0; i < window; i++)
      m[i] = load (in + (size_t)(window * i + j) * output->matrix_stride, whole, lanes);
    transform_products (tile, m, half[j]);
  }
  VEC_UNROLL (4)
  for (int y = 0; y < tile; y++) {
    if (y == output->n_rows)
      break;
    Vec m[WINDOW], pixel[TILE];
    VEC_UNROLL (6)
    for (int j = 0; j < window; j++)
      m[j] = half[j][y];
    transform_products (tile, m, pixel);
    VEC_UNROLL (4)
    for (int x = 0; x < tile; x++) {
      if (x == output->columns)
        break;
      store (output->out[y] + x * output->pixel_stride + channel,
          vec_clamp (vec_add (pixel[x], bias), low, high), whole, lanes);
    }
  }
}

VEC_INLINE void
transform_outputs (const CnnWinogradOutput *output, const int tile)
{
  int channel = 0;
  for (; channel + VEC_LANES <= output->channels; channel += VEC_LANES)
    transform_output (output, tile, channel, true, VEC_LANES);
  if (channel < output->channels)
    transform_output (output, tile, channel, false, output->channels - channel);
}

CnnWinogradOutputFunc CNN_SYMBOL (winograd_output);

void
CNN_SYMBOL (winograd_output) (const CnnWinogradOutput *output)
{
  if (output->tile == 2)
    transform_outputs (output, 2);
  else
    transform_outputs (output, 4);
}
