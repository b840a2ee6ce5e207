/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transforms of Winograd F(4x4, 3x3), channels in lanes. */
#include "dispatch.h"
#include "simd/vec.h"

/* out = input_matrix times six values, see c/winograd.c. */
VEC_INLINE void
transform_six (const Vec d[6], Vec out[6])
{
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

/* out = output_matrix times six values. */
VEC_INLINE void
transform_four (const Vec m[6], Vec out[4])
{
  const Vec two = vec_set1 (2), four = vec_set1 (4), eight = vec_set1 (8);
  const Vec sum = vec_add (m[1], m[2]), difference = vec_sub (m[1], m[2]);
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

VEC_INLINE void
transform_input (const CnnWinogradInput *input, int channel, const bool whole, int lanes)
{
  Vec half[6][6]; /* [column][row of the product] */
  VEC_UNROLL (6)
  for (int x = 0; x < 6; x++) {
    Vec d[6];
    VEC_UNROLL (6)
    for (int y = 0; y < 6; y++)
      d[y] = x < input->columns
                 ? load (input->rows[y] + x * input->pixel_stride + channel, whole, lanes)
                 : vec_zero ();
    transform_six (d, half[x]);
  }
  float *out = input->out + channel;
  VEC_UNROLL (6)
  for (int i = 0; i < 6; i++) {
    const Vec d[6] = {half[0][i], half[1][i], half[2][i], half[3][i], half[4][i], half[5][i]};
    Vec product[6];
    transform_six (d, product);
    VEC_UNROLL (6)
    for (int j = 0; j < 6; j++)
      store (out + (size_t)(6 * i + j) * input->matrix_stride, product[j], whole, lanes);
  }
}

void
CNN_SYMBOL (winograd_input) (const CnnWinogradInput *input)
{
  int channel = 0;
  for (; channel + VEC_LANES <= input->channels; channel += VEC_LANES)
    transform_input (input, channel, true, VEC_LANES);
  if (channel < input->channels)
    transform_input (input, channel, false, input->channels - channel);
}

VEC_INLINE void
transform_output (const CnnWinogradOutput *output, int channel, const bool whole, int lanes)
{
  const float *in = output->in + channel;
  const Vec bias = load (output->bias + channel, whole, lanes);
  const Vec low = vec_set1 (output->low), high = vec_set1 (output->high);
  Vec half[6][4]; /* [column][row of the product] */
  VEC_UNROLL (6)
  for (int j = 0; j < 6; j++) {
    Vec m[6];
    VEC_UNROLL (6)
    for (int i = 0; i < 6; i++)
      m[i] = load (in + (size_t)(6 * i + j) * output->matrix_stride, whole, lanes);
    transform_four (m, half[j]);
  }
  VEC_UNROLL (4)
  for (int y = 0; y < 4; y++) {
    if (y == output->n_rows)
      break;
    const Vec m[6] = {half[0][y], half[1][y], half[2][y], half[3][y], half[4][y], half[5][y]};
    Vec pixel[4];
    transform_four (m, pixel);
    VEC_UNROLL (4)
    for (int x = 0; x < 4; x++) {
      if (x == output->columns)
        break;
      store (output->out[y] + x * output->pixel_stride + channel,
          vec_clamp (vec_add (pixel[x], bias), low, high), whole, lanes);
    }
  }
}

void
CNN_SYMBOL (winograd_output) (const CnnWinogradOutput *output)
{
  int channel = 0;
  for (; channel + VEC_LANES <= output->channels; channel += VEC_LANES)
    transform_output (output, channel, true, VEC_LANES);
  if (channel < output->channels)
    transform_output (output, channel, false, output->channels - channel);
}
