/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge/merge_pairs.h"

#include <math.h>

void
cnn_merge_add_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] + b[i];
}

void
cnn_merge_subtract_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] - b[i];
}

void
cnn_merge_multiply_c (const float *a, const float *b, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++)
    out[i] = a[i] * b[i];
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
