/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/copy_runs.h"

void
cnn_copy_runs_c (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride)
{
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < run; r++)
      out[i * out_stride + r] = in[i * in_stride + r];
}
