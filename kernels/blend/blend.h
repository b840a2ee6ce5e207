/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_BLEND_KERNEL_H
#define CNN_BLEND_KERNEL_H

#include "cpu/kernel.h"

#include <stddef.h>

typedef struct {
  float a, b, offset;
} CnnBlendWeights;

/* out[i] = (a[i] * weights->a + weights->offset) + b[i] * weights->b, each operation rounded; without the
 * last term when b is NULL. `out` may be `a` or `b`. */
typedef void CnnBlendFunc (
    const float *a, const float *b, const CnnBlendWeights *weights, size_t count, float *out);

CnnBlendFunc cnn_blend_c;

#endif
