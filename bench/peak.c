/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of one thread, compiled once for each instruction set. */
#include "peak.h"
#include "simd/vec.h"

#define CHAINS 12

double
CNN_PEAK (multiply_adds) (long count)
{
  Vec sum[CHAINS], factor = vec_set1 (0.9999f), term = vec_set1 (1e-4f);
  VEC_PIN (factor);
  VEC_PIN (term);
  VEC_UNROLL (12)
  for (int i = 0; i < CHAINS; i++)
    sum[i] = vec_set1 ((float)i);
  for (long n = 0; n < count; n += CHAINS) {
    VEC_UNROLL (12)
    for (int i = 0; i < CHAINS; i++) {
      sum[i] = vec_fma (sum[i], factor, term);
      VEC_PIN (sum[i]);
    }
  }
  Vec all = sum[0];
  VEC_UNROLL (12)
  for (int i = 1; i < CHAINS; i++)
    all = vec_add (all, sum[i]);
  return (double)vec_sum (all);
}

double
CNN_PEAK (read) (const float *values, size_t count)
{
  Vec sum[4] = {vec_zero (), vec_zero (), vec_zero (), vec_zero ()};
  for (size_t i = 0; i + 4 * VEC_LANES <= count; i += 4 * VEC_LANES) {
    VEC_UNROLL (4)
    for (int k = 0; k < 4; k++)
      sum[k] = vec_add (sum[k], vec_load (values + i + k * VEC_LANES));
  }
  return (double)vec_sum (vec_add (vec_add (sum[0], sum[1]), vec_add (sum[2], sum[3])));
}
