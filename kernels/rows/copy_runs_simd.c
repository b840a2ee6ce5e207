/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/copy_runs.h"
#include "simd/vec.h"

#include <string.h>

/* Runs of a few floats: their length is known where this is compiled. */
VEC_INLINE void
copy_short_runs (const float *in, size_t in_stride, const size_t run, size_t count, float *out,
    size_t out_stride)
{
  for (size_t i = 0; i < count; i++, in += in_stride, out += out_stride)
    memcpy (out, in, run * sizeof (float));
}

CnnCopyRunsFunc CNN_SYMBOL (copy_runs);

void
CNN_SYMBOL (copy_runs) (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride)
{
  switch (run) {
  case 1:
    copy_short_runs (in, in_stride, 1, count, out, out_stride);
    return;
  case 2:
    copy_short_runs (in, in_stride, 2, count, out, out_stride);
    return;
  case 3:
    copy_short_runs (in, in_stride, 3, count, out, out_stride);
    return;
  case 4:
    copy_short_runs (in, in_stride, 4, count, out, out_stride);
    return;
  }
  const size_t whole = run / VEC_LANES * VEC_LANES;
  const int left = (int)(run - whole);
  for (size_t i = 0; i < count; i++, in += in_stride, out += out_stride) {
    for (size_t r = 0; r < whole; r += VEC_LANES)
      vec_store (out + r, vec_load (in + r));
    if (left > 0)
      vec_store_partial (out + whole, vec_load_partial (in + whole, left), left);
  }
}
