/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_ROWS_WEIGHTED_SUM_H
#define CNN_ROWS_WEIGHTED_SUM_H

#include "cpu/kernel.h"

#include <stddef.h>

/* out[i] = sum of weights[r] * rows[r][i], r in [0, n_rows), n_rows >= 1. */
typedef void CnnRowsWeightedSumFunc (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out);

CnnRowsWeightedSumFunc cnn_rows_weighted_sum_c;

#endif
