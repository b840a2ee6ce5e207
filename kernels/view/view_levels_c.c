/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_levels.h"

#include <math.h>

static int
level_of (float value, CnnViewScale scale)
{
  if (isnan (value))
    return CNN_VIEW_NAN;
  if (isinf (value))
    return value > 0 ? CNN_VIEW_PLUS_INFINITY : CNN_VIEW_MINUS_INFINITY;
  float level = (value - scale.centre) * scale.scale + scale.offset;
  if (level >= CNN_VIEW_LEVELS - 1)
    return CNN_VIEW_LEVELS - 1;
  return level > 0 ? (int)level : 0;
}

void
cnn_view_paint_c (
    const float *values, size_t count, CnnViewScale scale, const uint32_t *table, uint32_t *pixels)
{
  for (size_t i = 0; i < count; i++)
    pixels[i] = table[level_of (values[i], scale)];
}

void
cnn_view_count_c (const float *values, size_t count, CnnViewScale scale, uint32_t *counts)
{
  for (size_t i = 0; i < count; i++)
    counts[i % CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE + (size_t)level_of (values[i], scale)]++;
}
