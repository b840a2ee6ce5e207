/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "convert/load.h"

#include <string.h>

static float
load_sample (const unsigned char *sample, CnnSampleType type)
{
  float value = 0;
  switch (type) {
  case CNN_SAMPLE_UINT8:
    return sample[0];
  case CNN_SAMPLE_UINT16_LE:
    return (float)(sample[0] | sample[1] << 8);
  case CNN_SAMPLE_FLOAT32:
    memcpy (&value, sample, sizeof value);
    break;
  }
  return value;
}

/* Channel c of `count` pixels, `step` floats apart in `out`. */
static void
load_channel (const CnnImage *image, int n, int y, int x0, int count, int c,
    const CnnNormalization *normalization, float *out, size_t step)
{
  const unsigned char *sample = cnn_image_row (image, n, y, c) + x0 * image->pixel_stride;
  const bool is_integer = image->type != CNN_SAMPLE_FLOAT32;
  const float scale = is_integer && normalization->scale ? normalization->scale[c] : 1;
  const float offset = is_integer && normalization->offset ? normalization->offset[c] : 0;
  for (int x = 0; x < count; x++) {
    const float value = load_sample (sample + x * image->pixel_stride, image->type);
    out[(size_t)x * step] = is_integer ? value * scale + offset : value;
  }
}

void
cnn_load_interleaved_c (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *row)
{
  for (int c = 0; c < image->shape.c; c++)
    load_channel (image, n, y, x0, count, c, normalization, row + c, (size_t)image->shape.c);
}

void
cnn_load_planar_c (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride)
{
  for (int c = 0; c < image->shape.c; c++)
    load_channel (image, n, y, x0, count, c, normalization, planes + (size_t)c * plane_stride, 1);
}
