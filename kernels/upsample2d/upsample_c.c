/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"

void
cnn_upsample_repeat_c (const float *row, size_t count, size_t channels, int times, float *out)
{
  for (size_t x = 0; x < count; x++)
    for (int i = 0; i < times; i++)
      for (size_t c = 0; c < channels; c++)
        *out++ = row[x * channels + c];
}

void
cnn_upsample_between_c (const float *row, size_t count, size_t channels,
    const CnnUpsamplePhase *phases, int n_phases, float *out)
{
  for (size_t x = 0; x < count; x++, row += channels)
    for (int i = 0; i < n_phases; i++) {
      const float *left = phases[i].from_left ? row - channels : row;
      for (size_t c = 0; c < channels; c++)
        *out++ = phases[i].before * left[c] + phases[i].after * left[channels + c];
    }
}

void
cnn_upsample_shuffle_c (const float *row, size_t count, size_t channels, int factor, float *out)
{
  const size_t f = (size_t)factor;
  for (size_t x = 0; x < count; x++, row += channels * f * f)
    for (size_t i = 0; i < f; i++)
      for (size_t c = 0; c < channels; c++)
        *out++ = row[c * f * f + i];
}

void
cnn_upsample_zip_c (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out)
{
  for (size_t x = 0; x < count; x++)
    for (int i = 0; i < n_planes; i++)
      *out++ = planes[i * plane_stride + (ptrdiff_t)x];
}
