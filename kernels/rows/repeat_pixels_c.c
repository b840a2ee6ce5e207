/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/repeat_pixels.h"

void
cnn_repeat_pixels_c (const float *row, size_t count, size_t channels, int times, float *out)
{
  for (size_t x = 0; x < count; x++)
    for (int i = 0; i < times; i++)
      for (size_t c = 0; c < channels; c++)
        *out++ = row[x * channels + c];
}
