/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_UNARY_KERNEL_H
#define CNN_UNARY_KERNEL_H

#include "cnn/unary.h"
#include "cpu/kernel.h"

#include <stddef.h>

/* out[i] = function (in[i]), with `a` and `b` as in CnnUnaryDesc; not for SOFTMAX. `out` may be `in`. NaN gives
 * NaN. */
typedef void
CnnUnaryFunc (CnnUnary function, float a, float b, const float *in, size_t count, float *out);

CnnUnaryFunc cnn_unary_c;

#endif
