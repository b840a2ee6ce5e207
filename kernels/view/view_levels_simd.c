/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_levels.h"
#include "simd/vec.h"

#include <float.h>
#include <string.h>

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

CnnViewPaintFunc CNN_SYMBOL (view_paint);

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

CnnViewCountFunc CNN_SYMBOL (view_count);

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
