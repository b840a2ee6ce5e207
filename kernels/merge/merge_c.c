/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"

#include <math.h>

void
cnn_merge_add_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] + b[i];
}

void
cnn_merge_multiply_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] * b[i];
}

void
cnn_merge_subtract_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] - b[i];
}

void
cnn_merge_divide_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] / b[i];
}

void
cnn_merge_maximum_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] > b[i] || isnan (a[i]) ? a[i] : b[i];
}

void
cnn_merge_minimum_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] < b[i] || isnan (a[i]) ? a[i] : b[i];
}

void
cnn_copy_runs_c (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride)
{
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < run; r++)
      out[i * out_stride + r] = in[i * in_stride + r];
}
