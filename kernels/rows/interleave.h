/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_INTERLEAVE_H
#define CNN_INTERLEAVE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Planes, plane_stride floats apart, in turn: out[x * n_planes + i] = planes[i * plane_stride + x]. */
typedef void CnnInterleaveFunc (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out);

CnnInterleaveFunc cnn_interleave_c;

#endif
