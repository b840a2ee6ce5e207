/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_average.h"
#include "simd/vec.h"

CnnViewAverageFunc CNN_SYMBOL (view_average);

void
CNN_SYMBOL (view_average) (const float *row, int channels, const CnnViewSpans *spans, float *out)
{
  const size_t wide = (size_t)channels, size = (size_t)spans->size;
  for (size_t o = 0; o < size; o++, out += wide) {
    const float *taps = row + (size_t)spans->first[o] * wide, *weights = spans->weights + o;
    const size_t n_taps = (size_t)spans->n_taps[o];
    size_t c = 0;
    for (; c + VEC_LANES <= wide; c += VEC_LANES) {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load (taps + c));
      for (size_t t = 1; t < n_taps; t++)
        sum = vec_fma (vec_set1 (weights[t * size]), vec_load (taps + t * wide + c), sum);
      vec_store (out + c, sum);
    }
    if (c < wide) {
      int lanes = (int)(wide - c);
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load_partial (taps + c, lanes));
      for (size_t t = 1; t < n_taps; t++)
        sum = vec_fma (
            vec_set1 (weights[t * size]), vec_load_partial (taps + t * wide + c, lanes), sum);
      vec_store_partial (out + c, sum, lanes);
    }
  }
}
