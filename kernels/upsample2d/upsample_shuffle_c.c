/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upsample2d/upsample_shuffle.h"

void
cnn_upsample_shuffle_c (const float *row, size_t count, size_t channels, int factor, float *out)
{
  const size_t f = (size_t)factor;
  for (size_t x = 0; x < count; x++, row += channels * f * f)
    for (size_t i = 0; i < f; i++)
      for (size_t c = 0; c < channels; c++)
        *out++ = row[c * f * f + i];
}
