/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "convert/store.h"

#include <math.h>
#include <string.h>

/* rintf () rounds ties to even in the rounding mode every process starts with. */
static unsigned char
byte_from_float (float value)
{
  const float scaled = 255.0f * value;
  if (!(scaled > 0)) /* NaN too */
    return 0;
  return scaled >= 255.0f ? 255 : (unsigned char)rintf (scaled);
}

/* Channel c of `count` pixels from floats that are `step` apart. */
static void
store_channel (
    const float *in, size_t step, const CnnImage *image, int n, int y, int x0, int count, int c)
{
  unsigned char *sample = cnn_image_row (image, n, y, c) + x0 * image->pixel_stride;
  for (int x = 0; x < count; x++, sample += image->pixel_stride) {
    const float value = in[(size_t)x * step];
    if (image->type == CNN_SAMPLE_FLOAT32)
      memcpy (sample, &value, sizeof value);
    else
      *sample = byte_from_float (value);
  }
}

static void
store_padding (const CnnImage *image, int n, int y, int x0, int count)
{
  unsigned char *pixel =
      cnn_image_row (image, n, y, 0) + x0 * image->pixel_stride + image->padding_offset;
  for (int x = 0; x < count; x++, pixel += image->pixel_stride)
    memset (pixel, 255, (size_t)image->padding_bytes);
}

void
cnn_store_interleaved_c (const float *row, const CnnImage *image, int n, int y, int x0, int count)
{
  for (int c = 0; c < image->shape.c; c++)
    store_channel (row + c, (size_t)image->shape.c, image, n, y, x0, count, c);
  if (image->padding_bytes > 0)
    store_padding (image, n, y, x0, count);
}

void
cnn_store_planar_c (const float *planes, size_t plane_stride, const CnnImage *image, int n, int y,
    int x0, int count)
{
  for (int c = 0; c < image->shape.c; c++)
    store_channel (planes + (size_t)c * plane_stride, 1, image, n, y, x0, count, c);
  if (image->padding_bytes > 0)
    store_padding (image, n, y, x0, count);
}
