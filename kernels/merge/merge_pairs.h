/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_MERGE_PAIRS_H
#define CNN_MERGE_PAIRS_H

#include "cpu/kernel.h"

#include <stddef.h>

/* out[i] = a[i] + b[i], or a[i] - b[i], a[i] * b[i], a[i] / b[i], their maximum or minimum, which is NaN
 * when either is. `out` may be `a` or `b`. */
typedef void CnnMergeFunc (const float *a, const float *b, size_t count, float *out);

CnnMergeFunc cnn_merge_add_c;
CnnMergeFunc cnn_merge_subtract_c;
CnnMergeFunc cnn_merge_multiply_c;
CnnMergeFunc cnn_merge_divide_c;
CnnMergeFunc cnn_merge_maximum_c;
CnnMergeFunc cnn_merge_minimum_c;

#endif
