/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upsample2d/upsample_between.h"

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
