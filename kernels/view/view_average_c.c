/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_average.h"

#include <stddef.h>

void
cnn_view_average_c (const float *row, int channels, const CnnViewSpans *spans, float *out)
{
  size_t wide = (size_t)channels, size = (size_t)spans->size;
  for (size_t o = 0; o < size; o++) {
    const float *taps = row + (size_t)spans->first[o] * wide;
    for (size_t c = 0; c < wide; c++) {
      float sum = spans->weights[o] * taps[c];
      for (size_t t = 1; t < (size_t)spans->n_taps[o]; t++)
        sum += spans->weights[t * size + o] * taps[t * wide + c];
      *out++ = sum;
    }
  }
}
