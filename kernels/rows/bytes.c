/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/rows.h"

#include <string.h>

ptrdiff_t
cnn_image_bytes_before (const CnnImage *image)
{
  const ptrdiff_t last = (image->shape.c - 1) * image->channel_stride;
  ptrdiff_t lowest = last < 0 ? last : 0;
  if (image->padding_bytes > 0 && image->padding_offset < lowest)
    lowest = image->padding_offset;
  return -lowest;
}

bool
cnn_image_has_byte_pixels (const CnnImage *image)
{
  const int channels = image->shape.c, bytes = channels + image->padding_bytes;
  return image->type == CNN_SAMPLE_UINT8 && !image->planes[0] && bytes <= CNN_MAX_PIXEL_BYTES &&
         image->pixel_stride == bytes &&
         (channels == 1 || image->channel_stride == 1 || image->channel_stride == -1);
}

bool
cnn_image_same_pixels (const CnnImage *a, const CnnImage *b)
{
  return a->pixel_stride == b->pixel_stride &&
         cnn_image_bytes_before (a) == cnn_image_bytes_before (b) &&
         (a->shape.c == 1 || a->channel_stride == b->channel_stride) &&
         a->padding_bytes == b->padding_bytes &&
         (a->padding_bytes == 0 || a->padding_offset == b->padding_offset);
}

void
cnn_image_copy_bytes (const CnnImage *from, int n, int y, const CnnImage *to, int to_n, int to_y)
{
  for (int c = 0; c < to->shape.c; c++) {
    const unsigned char *in = cnn_image_row (from, n, y, c);
    unsigned char *out = cnn_image_row (to, to_n, to_y, c);
    for (ptrdiff_t x = 0; x < to->shape.w; x++)
      out[x * to->pixel_stride] = in[x * from->pixel_stride];
  }
}

/* Pixels of four adjacent bytes are changed as one. */
static void
fill_four_bytes (const CnnImage *image, unsigned char *row)
{
  unsigned char opaque[CNN_MAX_PIXEL_BYTES] = {0};
  memset (opaque + image->padding_offset + cnn_image_bytes_before (image), 255,
      (size_t)image->padding_bytes);
  uint32_t mask, pixel;
  memcpy (&mask, opaque, sizeof mask);
  row -= cnn_image_bytes_before (image);
  for (int x = 0; x < image->shape.w; x++, row += sizeof pixel) {
    memcpy (&pixel, row, sizeof pixel);
    pixel |= mask;
    memcpy (row, &pixel, sizeof pixel);
  }
}

void
cnn_image_fill_padding (const CnnImage *image, int n, int y)
{
  unsigned char *row = cnn_image_row (image, n, y, 0);
  if (image->padding_bytes > 0 && cnn_image_has_byte_pixels (image) &&
      image->pixel_stride == sizeof (uint32_t)) {
    fill_four_bytes (image, row);
    return;
  }
  row += image->padding_offset;
  for (int x = 0; x < image->shape.w && image->padding_bytes > 0; x++, row += image->pixel_stride)
    memset (row, 255, (size_t)image->padding_bytes);
}
