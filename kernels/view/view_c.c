/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The specification of the kernels that draw feature maps. */
#include "cpu/dispatch.h"

#include <float.h>
#include <math.h>
#include <string.h>

bool
cnn_view_range_c (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (size_t i = 0, j = 0; i < count; i++, j = j + 1 == period ? 0 : j + 1) {
    float value = values[i];
    if (!(fabsf (value) <= FLT_MAX)) {
      finite = false;
      continue;
    }
    min[j] = value < min[j] ? value : min[j];
    max[j] = value > max[j] ? value : max[j];
  }
  return finite;
}

void
cnn_view_blend_c (
    const float *const *rows, const float *weights, int n_rows, size_t count, float *out)
{
  for (size_t i = 0; i < count; i++) {
    float sum = weights[0] * rows[0][i];
    for (int r = 1; r < n_rows; r++)
      sum += weights[r] * rows[r][i];
    out[i] = sum;
  }
}

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

void
cnn_view_transpose_c (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  for (int c = 0; c < channels; c++)
    for (int p = 0; p < n_pixels; p++)
      planes[(size_t)c * plane_stride + (size_t)p] =
          pixels[(size_t)p * (size_t)channels + (size_t)c];
}

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

void
cnn_view_repeat_c (const uint32_t *pixels, size_t count, int times, uint32_t *out)
{
  for (size_t i = 0; i < count; i++)
    for (int t = 0; t < times; t++)
      *out++ = pixels[i];
}

void
cnn_view_pack_c (const uint32_t *pixels, size_t count, unsigned char *out)
{
  for (size_t i = 0; i < count; i++)
    memcpy (out + 3 * i, &pixels[i], 3);
}
