/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With channels for whole vectors, windows are the end of one block of columns and the beginning of the
 * next (see pool2d-running.h). With fewer, windows are made of two of half their length, those of
 * quarters, and so on: a pass over the row each time the window doubles. */
#include "pool2d/pool_sliding.h"

#include "simd/vec.h"

#include <math.h>

#define POOL_INLINE static inline __attribute__ ((always_inline))

/* Vectors of channels that are worked on together. */
#define BLOCK 4

/* Columns that are summed up plainly. */
#define CHUNK 64

/* Columns, times channels, that are worked on together: they and their windows stay in the first-level
 * cache. */
#define STRIP_FLOATS 4096

POOL_INLINE Vec
combine (const bool is_max, Vec a, Vec b)
{
  return is_max ? vec_max_nan (a, b) : vec_add (a, b);
}

POOL_INLINE Vec
neutral (const bool is_max)
{
  return is_max ? vec_set1 (-INFINITY) : vec_zero ();
}

/* ---- Channels in lanes ----------------------------------------------------------------------- */

POOL_INLINE Vec
load_lanes (const float *p, const bool whole, int lanes)
{
  return whole ? vec_load (p) : vec_load_partial (p, lanes);
}

/* Each chunk is added to its total, and begins anew. */
POOL_INLINE void
close_chunks (const bool is_max, Vec *total, Vec *chunk, const int n)
{
  VEC_UNROLL (4)
  for (int k = 0; k < n; k++) {
    total[k] = combine (is_max, total[k], chunk[k]);
    chunk[k] = neutral (is_max);
  }
}

/* `n` vectors of channels, the only one of `lanes` when they are not whole. Sums of CHUNK columns begin
 * anew: so the error of an average does not grow with its window. */
POOL_INLINE void
run_channels (const bool is_max, const float *row, const CnnPoolSliding *windows, size_t count,
    const int n, const bool whole, int lanes, float *out)
{
  const size_t columns = windows->columns, channels = windows->channels;
  const size_t total = (count - 1) * windows->stride + columns;
  size_t i = 0;
  for (size_t first = 0; i < count; first += columns) {
    const size_t next = first + columns;
    Vec end[BLOCK], following[BLOCK], before[BLOCK], begun[BLOCK];
    VEC_UNROLL (4)
    for (int k = 0; k < n; k++)
      end[k] = following[k] = before[k] = begun[k] = neutral (is_max);
    for (size_t x = next < total ? next : total; x-- > first;) {
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++) {
        end[k] =
            combine (is_max, end[k], load_lanes (row + x * channels + k * VEC_LANES, whole, lanes));
        vec_store (windows->scratch + ((x - first) * (size_t)n + (size_t)k) * VEC_LANES,
            combine (is_max, following[k], end[k]));
      }
      if ((x - first) % CHUNK == 0)
        close_chunks (is_max, following, end, n);
    }
    size_t reached = next;
    for (; i < count && i * windows->stride < next; i++) {
      const size_t x = i * windows->stride;
      for (; reached < x + columns; reached++) {
        if ((reached - next) % CHUNK == 0)
          close_chunks (is_max, before, begun, n);
        VEC_UNROLL (4)
        for (int k = 0; k < n; k++)
          begun[k] = combine (is_max, begun[k],
              load_lanes (row + reached * channels + k * VEC_LANES, whole, lanes));
      }
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++) {
        const Vec end_of_block =
            vec_load (windows->scratch + ((x - first) * (size_t)n + (size_t)k) * VEC_LANES);
        Vec value = combine (is_max, combine (is_max, end_of_block, before[k]), begun[k]);
        if (!is_max)
          value = vec_mul (value, vec_set1 (windows->scale[i] * windows->factor));
        if (whole)
          vec_store (out + i * channels + k * VEC_LANES, value);
        else
          vec_store_partial (out + i * channels + k * VEC_LANES, value, lanes);
      }
    }
  }
}

POOL_INLINE void
run_pixels (
    const bool is_max, const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  size_t c = 0;
  for (; c + BLOCK * VEC_LANES <= windows->channels; c += BLOCK * VEC_LANES)
    run_channels (is_max, row + c, windows, count, BLOCK, true, VEC_LANES, out + c);
  for (; c + VEC_LANES <= windows->channels; c += VEC_LANES)
    run_channels (is_max, row + c, windows, count, 1, true, VEC_LANES, out + c);
  if (c < windows->channels)
    run_channels (is_max, row + c, windows, count, 1, false, (int)(windows->channels - c), out + c);
}

/* ---- Neighbours in lanes --------------------------------------------------------------------- */

/* Windows of `halves`, `more` floats apart, make one of `out`; with a third value where there is an
 * `odd` one. `out` may be `halves`, of which only what follows is read again. */
POOL_INLINE void
join (const bool is_max, const float *halves, size_t more, const float *odd, size_t n, float *out)
{
  for (size_t i = 0; i < n; i += VEC_LANES) {
    const bool whole = i + VEC_LANES <= n;
    const int lanes = whole ? VEC_LANES : (int)(n - i);
    Vec value = combine (is_max, load_lanes (halves + i, whole, lanes),
        load_lanes (halves + more + i, whole, lanes));
    if (odd)
      value = combine (is_max, value, load_lanes (odd + i, whole, lanes));
    if (whole)
      vec_store (out + i, value);
    else
      vec_store_partial (out + i, value, lanes);
  }
}

/* The window that begins at each column of a row of `floats`, whatever the stride: in the scratch, or
 * the row itself. */
POOL_INLINE const float *
join_windows (const bool is_max, const float *row, const CnnPoolSliding *windows, size_t floats)
{
  const size_t channels = windows->channels, columns = windows->columns;
  const float *halves = row;
  int bits = 0;
  while (columns >> bits > 1)
    bits++;
  while (bits-- > 0) {
    const size_t width = columns >> bits, half = width / 2 * channels;
    const size_t n = floats - (width - 1) * channels;
    if (width % 2)
      join (is_max, halves, half, row + 2 * half, n, windows->scratch);
    else
      join (is_max, halves, half, NULL, n, windows->scratch);
    halves = windows->scratch;
  }
  return halves;
}

/* Windows that lie next to each other in `in`, or every second one. */
POOL_INLINE size_t
scale_columns (const bool is_max, const float *in, const CnnPoolSliding *windows,
    const float *scale, size_t count, float *out)
{
  if (windows->stride > 2 || windows->stride > windows->columns)
    return 0;
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES) {
    Vec value = vec_load (in + i * windows->stride);
    if (windows->stride == 2)
      value = vec_even (value, vec_load (in + i * 2 + VEC_LANES));
    if (!is_max)
      value = vec_mul (value, vec_mul (vec_load (scale + i), vec_set1 (windows->factor)));
    vec_store (out + i, value);
  }
  return i;
}

/* Pixels one by one: what is written beyond one is written again by the next. */
POOL_INLINE size_t
scale_pixels (const bool is_max, const float *in, const CnnPoolSliding *windows, const float *scale,
    size_t count, float *out)
{
  const size_t channels = windows->channels, step = windows->stride * channels;
  size_t i = 0;
  for (; (count - i) * channels >= VEC_LANES; i++) {
    Vec value = vec_load (in + i * step);
    if (!is_max)
      value = vec_mul (value, vec_set1 (scale[i] * windows->factor));
    vec_store (out + i * channels, value);
  }
  return i;
}

/* As many windows as their columns stay in the first-level cache. */
POOL_INLINE void
run_strip (const bool is_max, const float *row, const CnnPoolSliding *windows, const float *scale,
    size_t count, float *out)
{
  const size_t channels = windows->channels, step = windows->stride * channels;
  const size_t floats = (count - 1) * step + windows->columns * channels;
  const float *in = join_windows (is_max, row, windows, floats);
  size_t i = channels == 1 ? scale_columns (is_max, in, windows, scale, count, out)
                           : scale_pixels (is_max, in, windows, scale, count, out);
  for (; i < count; i++)
    for (size_t c = 0; c < channels; c++) {
      const float value = in[i * step + c];
      out[i * channels + c] = is_max ? value : value * (scale[i] * windows->factor);
    }
}

POOL_INLINE void
run_neighbours (
    const bool is_max, const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  const size_t channels = windows->channels, step = windows->stride * channels;
  const size_t overlap = windows->columns * channels;
  const size_t floats = overlap < STRIP_FLOATS / 4 ? STRIP_FLOATS : 4 * overlap;
  const size_t most = floats / step + 1;
  for (size_t i = 0; i < count; i += most)
    run_strip (is_max, row + i * step, windows, windows->scale + i,
        count - i < most ? count - i : most, out + i * channels);
}

POOL_INLINE void
run (const bool is_max, const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  if (windows->channels >= VEC_LANES)
    run_pixels (is_max, row, windows, count, out);
  else
    run_neighbours (is_max, row, windows, count, out);
}

CnnPoolSlidingFunc CNN_SYMBOL (pool_sliding_max);

void
CNN_SYMBOL (pool_sliding_max) (
    const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  run (true, row, windows, count, out);
}

CnnPoolSlidingFunc CNN_SYMBOL (pool_sliding_sum);

void
CNN_SYMBOL (pool_sliding_sum) (
    const float *row, const CnnPoolSliding *windows, size_t count, float *out)
{
  run (false, row, windows, count, out);
}
