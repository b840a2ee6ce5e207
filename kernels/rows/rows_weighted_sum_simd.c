/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/rows_weighted_sum.h"
#include "simd/vec.h"

CnnRowsWeightedSumFunc CNN_SYMBOL (rows_weighted_sum);

void
CNN_SYMBOL (rows_weighted_sum) (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out)
{
  for (size_t i = 0; i < count; i += VEC_LANES) {
    int lanes = count - i < VEC_LANES ? (int)(count - i) : VEC_LANES;
    if (lanes == VEC_LANES) {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load (rows[0] + i));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load (rows[r] + i), sum);
      vec_store (out + i, sum);
    } else {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load_partial (rows[0] + i, lanes));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load_partial (rows[r] + i, lanes), sum);
      vec_store_partial (out + i, sum, lanes);
    }
  }
}
