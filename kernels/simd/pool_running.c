/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With channels for whole vectors, windows are the end of one block of columns and the beginning of the
 * next (see pool2d-running.h). With fewer, sums of 1, 2, 4 ... neighbours are made of each other, and a
 * window of those that its length in binary has. */
#include "dispatch.h"

#include "vec.h"

#include <math.h>
#include <string.h>

#define POOL_INLINE static inline __attribute__ ((always_inline))

/* Vectors of channels that are worked on together. */
#define BLOCK 4

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

/* `n` vectors of channels, the only one of `lanes` when they are not whole. */
POOL_INLINE void
run_channels (const bool is_max, const float *row, const CnnPoolRunning *windows, size_t count,
    const int n, const bool whole, int lanes, float *out)
{
  const size_t columns = windows->columns, channels = windows->channels;
  const size_t total = (count - 1) * windows->stride + columns;
  size_t i = 0;
  for (size_t first = 0; i < count; first += columns) {
    const size_t next = first + columns;
    Vec end[BLOCK], begun[BLOCK];
    VEC_UNROLL (4)
    for (int k = 0; k < n; k++)
      end[k] = begun[k] = neutral (is_max);
    for (size_t x = next < total ? next : total; x-- > first;) {
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++) {
        end[k] =
            combine (is_max, end[k], load_lanes (row + x * channels + k * VEC_LANES, whole, lanes));
        vec_store (windows->scratch + ((x - first) * (size_t)n + (size_t)k) * VEC_LANES, end[k]);
      }
    }
    size_t reached = next;
    for (; i < count && i * windows->stride < next; i++) {
      const size_t x = i * windows->stride;
      for (; reached < x + columns; reached++) {
        VEC_UNROLL (4)
        for (int k = 0; k < n; k++)
          begun[k] = combine (is_max, begun[k],
              load_lanes (row + reached * channels + k * VEC_LANES, whole, lanes));
      }
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++) {
        Vec value = combine (is_max,
            vec_load (windows->scratch + ((x - first) * (size_t)n + (size_t)k) * VEC_LANES),
            begun[k]);
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
    const bool is_max, const float *row, const CnnPoolRunning *windows, size_t count, float *out)
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

/* out[i] = a[i] and b[i]; `out` may be `a`, and `b` may be further on in it. */
POOL_INLINE void
combine_floats (const bool is_max, const float *a, const float *b, size_t n, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= n; i += VEC_LANES)
    vec_store (out + i, combine (is_max, vec_load (a + i), vec_load (b + i)));
  if (i < n) {
    const int lanes = (int)(n - i);
    vec_store_partial (out + i,
        combine (is_max, vec_load_partial (a + i, lanes), vec_load_partial (b + i, lanes)), lanes);
  }
}

/* Every column's window, whatever the stride, in one of the halves of the scratch or the row itself. */
POOL_INLINE const float *
double_up (const bool is_max, const float *row, const CnnPoolRunning *windows, size_t floats)
{
  const size_t channels = windows->channels, columns = windows->columns;
  float *power = windows->scratch, *sums = windows->scratch + floats;
  const float *powers = row, *done = NULL;
  size_t reach = 0; /* columns that `done` combines */
  for (size_t width = 1;; width *= 2) {
    if (columns & width) {
      const size_t n = floats - (reach + width - 1) * channels;
      if (done)
        combine_floats (is_max, done, powers + reach * channels, n, sums);
      else if (2 * width <= columns)
        memcpy (sums, powers, n * sizeof (float));
      done = (done || 2 * width <= columns) ? sums : powers;
      reach += width;
    }
    if (2 * width > columns)
      return done;
    combine_floats (
        is_max, powers, powers + width * channels, floats - (2 * width - 1) * channels, power);
    powers = power;
  }
}

POOL_INLINE void
run_neighbours (
    const bool is_max, const float *row, const CnnPoolRunning *windows, size_t count, float *out)
{
  const size_t channels = windows->channels, step = windows->stride * channels;
  const size_t floats = (count - 1) * step + windows->columns * channels;
  const float *in = double_up (is_max, row, windows, floats);
  for (size_t i = 0; i < count; i++, in += step)
    for (size_t c = 0; c < channels; c++)
      *out++ = is_max ? in[c] : in[c] * (windows->scale[i] * windows->factor);
}

POOL_INLINE void
run (const bool is_max, const float *row, const CnnPoolRunning *windows, size_t count, float *out)
{
  if (windows->channels >= VEC_LANES)
    run_pixels (is_max, row, windows, count, out);
  else
    run_neighbours (is_max, row, windows, count, out);
}

void
CNN_SYMBOL (pool_running_max) (
    const float *row, const CnnPoolRunning *windows, size_t count, float *out)
{
  run (true, row, windows, count, out);
}

void
CNN_SYMBOL (pool_running_sum) (
    const float *row, const CnnPoolRunning *windows, size_t count, float *out)
{
  run (false, row, windows, count, out);
}
