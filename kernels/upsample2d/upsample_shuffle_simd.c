/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upsample2d/upsample_shuffle.h"
#include "rows/copy_runs.h"
#include "simd/weave.h"

CnnCopyRunsFunc CNN_SYMBOL (copy_runs);
CnnUpsampleShuffleFunc CNN_SYMBOL (upsample_shuffle);

void
CNN_SYMBOL (upsample_shuffle) (
    const float *row, size_t count, size_t channels, int factor, float *out)
{
  const size_t f = (size_t)factor, outputs = f * channels, inputs = f * outputs;
  Source sources[MAX_OUTPUTS];
  Pattern pattern;
  size_t x = 0;
  /* Larger factors leave too little of a vector that is used. */
  if (factor == 2 && outputs <= MAX_OUTPUTS) {
    for (size_t k = 0; k < outputs; k++)
      sources[k].place = sources[k].reach = (ptrdiff_t)(k % channels * f * f + k / channels);
    /* What follows the row's last float is not the row's. */
    const ptrdiff_t room = (ptrdiff_t)(count * inputs - f * (f - 1));
    if (find_pattern (&pattern, sources, outputs, inputs))
      x = weave_row (&pattern, row, room, out) * pattern.inputs / inputs;
  }
  if (channels == 1)
    CNN_SYMBOL (copy_runs) (row + x * inputs, inputs, f, count - x, out + x * outputs, f);
  else
    cnn_upsample_shuffle_c (row + x * inputs, count - x, channels, factor, out + x * outputs);
}
