/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/rows_weighted_sum.h"

void
cnn_rows_weighted_sum_c (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++) {
    float sum = weights[0] * rows[0][i];
    for (int r = 1; r < n_rows; r++)
      sum += weights[r] * rows[r][i];
    out[i] = sum;
  }
}
