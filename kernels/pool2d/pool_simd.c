/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels-last windows are pooled along their channels, planes along their columns. Everything is
 * inlined with constant arguments, so that each size of window that matters has loops of its own. */
#include "pool2d/pool.h"

#include "simd/vec.h"

#include <math.h>

#define POOL_INLINE static inline __attribute__ ((always_inline))

/* Loops over rows and columns of windows of constant size unroll, so that each load walks memory at
 * one stride, which prefetchers follow. */
#if defined __clang__
#define POOL_UNROLL
#else
#define POOL_UNROLL VEC_UNROLL (3)
#endif

/* How far ahead of itself a plane is fetched, in floats: its few rows lie so close together that
 * prefetchers see one stream, which alone does not fill the memory's bandwidth. */
#define POOL_AHEAD 2048

/* The same along channels, where every column of a window is adjacent floats already. */
#define PIXELS_AHEAD 1024
#define OUTPUTS_AHEAD 512

/* Vectors that one pass over a window accumulates. */
#define POOL_BLOCK 4

/* A float sum of this many values is added to the total with a correction: so the error of an
 * average does not grow with its window. */
#define POOL_CHUNK 64

/* Channels of a large window that are summed together: few enough for their sums to stay in the
 * first-level cache, many enough to read memory in long runs. */
#define SUM_CHANNELS 512
#define SUM_PIXELS 4

typedef struct {
  bool is_max;
  size_t n_rows, columns;
} PoolShape;

POOL_INLINE Vec
pool_start (bool is_max)
{
  return vec_set1 (is_max ? -INFINITY : 0.0f);
}

POOL_INLINE Vec
pool_add (bool is_max, Vec total, Vec v)
{
  return is_max ? vec_max_nan (total, v) : vec_add (total, v);
}

/* W. Kahan, "Further remarks on reducing truncation errors", 1965. An infinite total has no
 * correction. */
POOL_INLINE void
add_corrected (Vec *total, Vec *correction, Vec chunk)
{
  const Vec value = vec_sub (chunk, *correction);
  const Vec sum = vec_add (*total, value);
  const Vec lost = vec_sub (vec_sub (sum, *total), value);
  *correction = vec_select (vec_is_nan (lost), vec_zero (), lost);
  *total = sum;
}

POOL_INLINE Vec
load_lanes (const float *p, int lanes)
{
  return lanes == VEC_LANES ? vec_load (p) : vec_load_partial (p, lanes);
}

POOL_INLINE void
store_lanes (float *p, Vec v, int lanes)
{
  if (lanes == VEC_LANES)
    vec_store (p, v);
  else
    vec_store_partial (p, v, lanes);
}

/* Asks for vector k of a few from an address that may lie outside the rows, once a cache line. */
POOL_INLINE void
prefetch_vector (const float *p, int k, size_t ahead)
{
  if (k * VEC_LANES % LINE_FLOATS == 0)
    __builtin_prefetch (
        (const char *)((uintptr_t)p + ((size_t)k * VEC_LANES + ahead) * sizeof (float)), 0, 3);
}

/* Asks for where outputs go, which nobody has read. */
POOL_INLINE void
prefetch_output (const float *out, int k)
{
  if (k * VEC_LANES % LINE_FLOATS == 0)
    __builtin_prefetch (
        (const char *)((uintptr_t)out + ((size_t)k * VEC_LANES + OUTPUTS_AHEAD) * sizeof (float)),
        1, 3);
}

/* Asks for two vectors from an address that may lie outside the plane: a hint never faults. */
POOL_INLINE void
prefetch_vectors (const float *p)
{
  const char *line = (const char *)p;
  __builtin_prefetch (line, 0, 3);
  if (VEC_LANES > 8)
    __builtin_prefetch (line + 64, 0, 3);
}

/* ---- Along channels -------------------------------------------------------------------------- */

/* `n` vectors of channels, the last of `lanes`, of one window that is small enough to sum plainly. */
POOL_INLINE void
pool_block (PoolShape shape, const float *const *rows, size_t offset, size_t dilation, int n,
    int lanes, float scale, float *out)
{
  Vec total[POOL_BLOCK];
  VEC_UNROLL (4)
  for (int k = 0; k < n; k++)
    total[k] = pool_start (shape.is_max);
  POOL_UNROLL
  for (size_t y = 0; y < shape.n_rows; y++) {
    const float *in = rows[y] + offset;
    for (size_t x = 0; x < shape.columns; x++, in += dilation) {
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++)
        prefetch_vector (in, k, PIXELS_AHEAD);
      VEC_UNROLL (4)
      for (int k = 0; k < n; k++)
        total[k] = pool_add (shape.is_max, total[k],
            load_lanes (in + k * VEC_LANES, k == n - 1 ? lanes : VEC_LANES));
    }
  }
  VEC_UNROLL (4)
  for (int k = 0; k < n; k++)
    prefetch_output (out, k);
  VEC_UNROLL (4)
  for (int k = 0; k < n; k++)
    store_lanes (out + k * VEC_LANES,
        shape.is_max ? total[k] : vec_mul (total[k], vec_set1 (scale)),
        k == n - 1 ? lanes : VEC_LANES);
}

/* Sums of a large window that are not finished, of neighbouring channels. */
typedef struct {
  float total[SUM_CHANNELS], correction[SUM_CHANNELS], chunk[SUM_CHANNELS];
} PoolSums;

/* The chunk of each of the `n` channels is added to its total, and begins anew. */
POOL_INLINE void
close_chunk (PoolSums *sums, size_t n)
{
  for (size_t c = 0; c < n; c += VEC_LANES) {
    Vec total = vec_load (sums->total + c), correction = vec_load (sums->correction + c);
    add_corrected (&total, &correction, vec_load (sums->chunk + c));
    vec_store (sums->total + c, total);
    vec_store (sums->correction + c, correction);
    vec_store (sums->chunk + c, vec_zero ());
  }
}

/* `pixels` columns of `n` channels: each is a stream of its own, so that memory has several to fetch
 * at a time, and the sums are touched once for all of them. */
POOL_INLINE void
sum_pixels (PoolSums *sums, const float *in, size_t dilation, const int pixels, size_t n)
{
  for (size_t c = 0; c < n; c += VEC_LANES) {
    const int lanes = n - c < VEC_LANES ? (int)(n - c) : VEC_LANES;
    for (int p = 0; p < pixels && c % LINE_FLOATS == 0; p++)
      prefetch_vector (in + c, 0, (size_t)(p + 2 * SUM_PIXELS) * dilation);
    Vec sum = load_lanes (in + c, lanes);
    for (int p = 1; p < pixels; p++)
      sum = vec_add (sum, load_lanes (in + (size_t)p * dilation + c, lanes));
    vec_store (sums->chunk + c, vec_add (vec_load (sums->chunk + c), sum));
  }
}

/* The average of one large window, for at most SUM_CHANNELS channels. */
POOL_INLINE void
average_large (const float *const *rows, size_t n_rows, size_t columns, size_t offset,
    size_t dilation, size_t n, float scale, float *out)
{
  PoolSums sums;
  for (size_t c = 0; c < n; c += VEC_LANES) {
    vec_store (sums.total + c, vec_zero ());
    vec_store (sums.correction + c, vec_zero ());
    vec_store (sums.chunk + c, vec_zero ());
  }
  size_t in_chunk = 0;
  for (size_t y = 0; y < n_rows; y++) {
    const float *in = rows[y] + offset;
    for (size_t x = 0; x < columns;) {
      const size_t pixels = columns - x >= SUM_PIXELS ? SUM_PIXELS : 1;
      if (pixels == SUM_PIXELS)
        sum_pixels (&sums, in + x * dilation, dilation, SUM_PIXELS, n);
      else
        sum_pixels (&sums, in + x * dilation, dilation, 1, n);
      x += pixels;
      in_chunk += pixels;
      if (in_chunk < POOL_CHUNK)
        continue;
      close_chunk (&sums, n);
      in_chunk = 0;
    }
  }
  close_chunk (&sums, n);
  for (size_t c = 0; c < n; c += VEC_LANES)
    store_lanes (out + c, vec_mul (vec_load (sums.total + c), vec_set1 (scale)),
        n - c < VEC_LANES ? (int)(n - c) : VEC_LANES);
}

POOL_INLINE void
average_channels (size_t n_rows, const float *const *rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  for (size_t i = 0; i < count; i++, out += windows->output_stride) {
    for (size_t c = 0; c < windows->channels; c += SUM_CHANNELS) {
      const size_t left = windows->channels - c;
      average_large (rows, n_rows, windows->columns, windows->first + i * windows->stride + c,
          windows->dilation, left < SUM_CHANNELS ? left : SUM_CHANNELS, windows->scale, out + c);
    }
  }
}

POOL_INLINE void
pool_channels (PoolShape shape, const float *const *rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  const size_t channels = windows->channels, dilation = windows->dilation;
  const float scale = windows->scale;
  for (size_t i = 0; i < count; i++, out += windows->output_stride) {
    const size_t first = windows->first + i * windows->stride;
    size_t c = 0;
    for (; c + POOL_BLOCK * VEC_LANES <= channels; c += POOL_BLOCK * VEC_LANES)
      pool_block (shape, rows, first + c, dilation, POOL_BLOCK, VEC_LANES, scale, out + c);
    for (; c + VEC_LANES <= channels; c += VEC_LANES)
      pool_block (shape, rows, first + c, dilation, 1, VEC_LANES, scale, out + c);
    if (c < channels)
      pool_block (shape, rows, first + c, dilation, 1, (int)(channels - c), scale, out + c);
  }
}

/* ---- Along columns --------------------------------------------------------------------------- */

/* Values p[0], p[stride] ...: `lanes` of them. */
POOL_INLINE Vec
load_strided (const float *p, size_t stride, int lanes)
{
  if (stride == 1)
    return load_lanes (p, lanes);
  float values[VEC_LANES] = {0};
  for (int i = 0; i < lanes; i++)
    values[i] = p[(size_t)i * stride];
  return vec_load (values);
}

/* One row's columns for `lanes` windows two apart: two loads give two columns. */
POOL_INLINE Vec
pool_pairs (bool is_max, Vec total, const float *in, size_t columns, int lanes)
{
  const int low = vec_lanes_left (0, 2 * lanes), high = 2 * lanes - low;
  size_t x = 0;
  for (; x + 2 <= columns; x += 2) {
    const Vec a = load_lanes (in + x, low), b = load_lanes (in + x + VEC_LANES, high);
    total = pool_add (is_max, total, vec_even (a, b));
    total = pool_add (is_max, total, vec_odd (a, b));
  }
  if (x < columns) { /* beginning one column earlier reads nothing behind the last window */
    const Vec a = load_lanes (in + x - 1, low), b = load_lanes (in + x - 1 + VEC_LANES, high);
    total = pool_add (is_max, total, vec_odd (a, b));
  }
  return total;
}

POOL_INLINE void
pool_plane (PoolShape shape, const float *const *rows, const CnnPoolWindows *windows, size_t i,
    int lanes, bool pairs, float *out)
{
  Vec total = pool_start (shape.is_max);
  const size_t first = windows->first + i * windows->stride;
  POOL_UNROLL
  for (size_t y = 0; y < shape.n_rows; y++) {
    const float *in = rows[y] + first;
    if (pairs) {
      prefetch_vectors ((const float *)((uintptr_t)in + POOL_AHEAD * sizeof (float)));
      total = pool_pairs (shape.is_max, total, in, shape.columns, lanes);
      continue;
    }
    for (size_t x = 0; x < shape.columns; x++)
      total = pool_add (
          shape.is_max, total, load_strided (in + x * windows->dilation, windows->stride, lanes));
  }
  if (!shape.is_max)
    total = vec_mul (total, vec_set1 (windows->scale));
  if (windows->output_stride == 1) {
    store_lanes (out + i, total, lanes);
    return;
  }
  float values[VEC_LANES];
  vec_store (values, total);
  for (int k = 0; k < lanes; k++)
    out[(i + (size_t)k) * windows->output_stride] = values[k];
}

POOL_INLINE void
pool_planes (PoolShape shape, const float *const *rows, const CnnPoolWindows *windows, size_t count,
    bool pairs, float *out)
{
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    pool_plane (shape, rows, windows, i, VEC_LANES, pairs, out);
  if (i < count)
    pool_plane (shape, rows, windows, i, (int)(count - i), pairs, out);
}

/* ---- One window along its own columns -------------------------------------------------------- */

static float
greatest_lane (Vec v)
{
  float values[VEC_LANES];
  vec_store (values, v);
  float best = values[0];
  for (int i = 1; i < VEC_LANES; i++)
    if (values[i] > best || isnan (values[i]))
      best = values[i];
  return best;
}

static float
max_window (const float *const *rows, size_t n_rows, size_t first, size_t columns)
{
  Vec total = pool_start (true);
  for (size_t y = 0; y < n_rows; y++) {
    const float *in = rows[y] + first;
    size_t x = 0;
    for (; x + VEC_LANES <= columns; x += VEC_LANES)
      total = vec_max_nan (total, vec_load (in + x));
    for (; x < columns; x++)
      total = vec_max_nan (total, vec_set1 (in[x]));
  }
  return greatest_lane (total);
}

static float
sum_window (const float *const *rows, size_t n_rows, size_t first, size_t columns)
{
  Vec total = vec_zero (), correction = vec_zero ();
  for (size_t y = 0; y < n_rows; y++) {
    const float *in = rows[y] + first;
    size_t x = 0;
    while (x < columns) {
      Vec chunk[4] = {vec_zero (), vec_zero (), vec_zero (), vec_zero ()};
      const size_t end =
          x + POOL_CHUNK * VEC_LANES < columns ? x + POOL_CHUNK * VEC_LANES : columns;
      for (; x + 4 * VEC_LANES <= end; x += 4 * VEC_LANES) {
        VEC_UNROLL (4)
        for (int k = 0; k < 4; k++)
          chunk[k] = vec_add (chunk[k], vec_load (in + x + k * VEC_LANES));
      }
      for (; x < end; x += VEC_LANES)
        chunk[0] = vec_add (chunk[0], vec_load_partial (in + x, vec_lanes_left ((int)x, (int)end)));
      add_corrected (&total, &correction,
          vec_add (vec_add (chunk[0], chunk[1]), vec_add (chunk[2], chunk[3])));
      x = end;
    }
  }
  return vec_sum (total);
}

/* ---- The kernels ----------------------------------------------------------------------------- */

POOL_INLINE void
pool (bool is_max, const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  const size_t columns = windows->columns;
  const PoolShape shape = {is_max, n_rows, columns};
  if (windows->channels == 1 && count == 1 && windows->dilation == 1 && columns >= VEC_LANES) {
    out[0] = is_max ? max_window (rows, n_rows, windows->first, columns)
                    : windows->scale * sum_window (rows, n_rows, windows->first, columns);
  } else if (!is_max && n_rows * columns > POOL_CHUNK) {
    average_channels (n_rows, rows, windows, count, out);
  } else if (windows->channels == 1) {
    const bool pairs = windows->stride == 2 && windows->dilation == 1 && columns >= 2;
    if (pairs && n_rows == 2 && columns == 2)
      pool_planes ((PoolShape){is_max, 2, 2}, rows, windows, count, true, out);
    else if (pairs && n_rows == 3 && columns == 3)
      pool_planes ((PoolShape){is_max, 3, 3}, rows, windows, count, true, out);
    else if (pairs && n_rows == 1 && columns == 2)
      pool_planes ((PoolShape){is_max, 1, 2}, rows, windows, count, true, out);
    else if (pairs && n_rows == 1 && columns == 3)
      pool_planes ((PoolShape){is_max, 1, 3}, rows, windows, count, true, out);
    else
      pool_planes (shape, rows, windows, count, pairs, out);
  } else if (n_rows == 2 && columns == 1) {
    pool_channels ((PoolShape){is_max, 2, 1}, rows, windows, count, out);
  } else if (n_rows == 3 && columns == 1) {
    pool_channels ((PoolShape){is_max, 3, 1}, rows, windows, count, out);
  } else if (n_rows == 2 && columns == 2) {
    pool_channels ((PoolShape){is_max, 2, 2}, rows, windows, count, out);
  } else if (n_rows == 3 && columns == 3) {
    pool_channels ((PoolShape){is_max, 3, 3}, rows, windows, count, out);
  } else {
    pool_channels (shape, rows, windows, count, out);
  }
}

CnnPoolFunc CNN_SYMBOL (pool_max);

void
CNN_SYMBOL (pool_max) (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  pool (true, rows, n_rows, windows, count, out);
}

CnnPoolFunc CNN_SYMBOL (pool_average);

void
CNN_SYMBOL (pool_average) (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out)
{
  pool (false, rows, n_rows, windows, count, out);
}
