/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"

#include "simd/transpose.h"

#include <float.h>
#include <math.h>

/* Widens n <= VEC_LANES ranges; true when all values are finite. */
VEC_INLINE Vec
widen (Vec values, float *min, float *max)
{
  /* 0 where finite, else NaN, which vec_min and vec_max drop as their first argument. */
  Vec fault = vec_sub (values, values);
  values = vec_add (values, fault);
  vec_store (min, vec_min (values, vec_load (min)));
  vec_store (max, vec_max (values, vec_load (max)));
  return fault;
}

VEC_INLINE bool
widen_block (const float *values, size_t count, float *min, float *max)
{
  Vec fault = vec_zero ();
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    fault = vec_add (fault, widen (vec_load (values + i), min + i, max + i));
  bool finite = true;
  if (i < count && count >= VEC_LANES) {
    /* Widening twice by the same value changes nothing. */
    i = count - VEC_LANES;
    fault = vec_add (fault, widen (vec_load (values + i), min + i, max + i));
  } else if (i < count) {
    finite = cnn_view_range_c (values + i, count - i, count - i, min + i, max + i);
  }
  return finite && vec_sum (fault) == 0;
}

bool
CNN_SYMBOL (view_range) (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (; count > period; count -= period, values += period)
    finite &= widen_block (values, period, min, max);
  return finite & widen_block (values, count, min, max);
}

void
CNN_SYMBOL (view_blend) (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out)
{
  for (size_t i = 0; i < count; i += VEC_LANES) {
    int lanes = count - i < VEC_LANES ? (int)(count - i) : VEC_LANES;
    if (lanes == VEC_LANES) {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load (rows[0] + i));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load (rows[r] + i), sum);
      vec_store (out + i, sum);
    } else {
      Vec sum = vec_mul (vec_set1 (weights[0]), vec_load_partial (rows[0] + i, lanes));
      for (int r = 1; r < n_rows; r++)
        sum = vec_fma (vec_set1 (weights[r]), vec_load_partial (rows[r] + i, lanes), sum);
      vec_store_partial (out + i, sum, lanes);
    }
  }
}

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

/* levels[i] = level of value i, or what is no number. */
VEC_INLINE void
find_levels (const float *values, CnnViewScale scale, int32_t *levels)
{
  const Vec v = vec_load (values), infinity = vec_set1 (FLT_MAX);
  Vec level = vec_mul (vec_sub (v, vec_set1 (scale.centre)), vec_set1 (scale.scale));
  level = vec_add (level, vec_set1 (scale.offset));
  level = vec_clamp (level, vec_zero (), vec_set1 (CNN_VIEW_LEVELS - 1));
  level = vec_select (vec_less (infinity, v), vec_set1 (CNN_VIEW_PLUS_INFINITY), level);
  level = vec_select (vec_less (v, vec_neg (infinity)), vec_set1 (CNN_VIEW_MINUS_INFINITY), level);
  level = vec_select (vec_is_nan (v), vec_set1 (CNN_VIEW_NAN), level);
  const VecInt whole = vec_to_int_toward_zero (level);
  memcpy (levels, &whole, sizeof whole);
}

/* Levels are found in blocks, so that no load waits for the vector that was just stored. */
#define LEVELS_BLOCK 256

VEC_INLINE size_t
find_block (const float *values, size_t count, CnnViewScale scale, int32_t *levels)
{
  size_t i = 0;
  for (; i < LEVELS_BLOCK && i + VEC_LANES <= count; i += VEC_LANES)
    find_levels (values + i, scale, levels + i);
  return i;
}

void
CNN_SYMBOL (view_paint) (
    const float *values, size_t count, CnnViewScale scale, const uint32_t *table, uint32_t *pixels)
{
  int32_t levels[LEVELS_BLOCK];
  while (count >= VEC_LANES) {
    const size_t found = find_block (values, count, scale, levels);
    for (size_t i = 0; i < found; i++)
      pixels[i] = table[levels[i]];
    values += found;
    pixels += found;
    count -= found;
  }
  cnn_view_paint_c (values, count, scale, table, pixels);
}

void
CNN_SYMBOL (view_count) (const float *values, size_t count, CnnViewScale scale, uint32_t *counts)
{
  int32_t levels[LEVELS_BLOCK];
  while (count >= VEC_LANES) {
    const size_t found = find_block (values, count, scale, levels);
    for (size_t i = 0; i < found; i += CNN_VIEW_COUNTERS)
      for (size_t counter = 0; counter < CNN_VIEW_COUNTERS; counter++)
        counts[counter * CNN_VIEW_TABLE_SIZE + (size_t)levels[i + counter]]++;
    values += found;
    count -= found;
  }
  cnn_view_count_c (values, count, scale, counts);
}

void
CNN_SYMBOL (view_transpose) (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  transpose (pixels, (size_t)channels, (size_t)n_pixels, (size_t)channels, planes, plane_stride);
}
