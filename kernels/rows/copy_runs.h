/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_COPY_RUNS_H
#define CNN_COPY_RUNS_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Runs of adjacent floats moved: out[i * out_stride + r] = in[i * in_stride + r] for i < count and
 * r < run; nothing between the runs is written. */
typedef void CnnCopyRunsFunc (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride);

CnnCopyRunsFunc cnn_copy_runs_c;

#endif
