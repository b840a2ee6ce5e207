/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the samples of an image lie, as load and store ask for it, and vectors of 16 bytes:
 *
 * bytes_load, bytes_store      any alignment
 * bytes_or (a, b)
 * bytes_shuffle (v, order)     byte i is v[order[i]], or 0 where order[i] is 0x80 */
#ifndef CNN_SIMD_SAMPLES_H
#define CNN_SIMD_SAMPLES_H

#include "cnn/image.h"
#include "simd/transpose.h"

#include <stdbool.h>

/* Pixels that are converted at a time by way of the stack. */
#define SAMPLES_BLOCK 64

/* Each pixel's channels are adjacent, and so are the pixels. */
VEC_INLINE bool
is_interleaved (const CnnImage *image)
{
  const ptrdiff_t sample = (ptrdiff_t)cnn_sample_bytes (image->type);
  return !image->planes[0] && image->padding_bytes == 0 &&
         (image->channel_stride == sample || image->shape.c == 1) &&
         image->pixel_stride == sample * image->shape.c;
}

/* Each channel's pixels are adjacent. */
VEC_INLINE bool
is_planar (const CnnImage *image)
{
  return image->padding_bytes == 0 &&
         image->pixel_stride == (ptrdiff_t)cnn_sample_bytes (image->type);
}

/* Floats that may be read and written as such, at strides that count floats. */
VEC_INLINE bool
has_aligned_floats (const CnnImage *image)
{
  const ptrdiff_t sample = (ptrdiff_t)sizeof (float);
  return image->type == CNN_SAMPLE_FLOAT32 && !image->planes[0] &&
         (uintptr_t)image->data % sizeof (float) == 0 && image->batch_stride % sample == 0 &&
         image->row_stride % sample == 0 && image->pixel_stride % sample == 0 &&
         image->channel_stride % sample == 0;
}

/* Bytes of up to four channels in pixels of three or four bytes, in any order. */
typedef struct {
  int channels, pixel_bytes;
  ptrdiff_t lowest;  /* of a pixel's bytes, from channel 0 */
  int byte_of[4];    /* of each channel, from the lowest */
  int padding_first; /* the padding bytes, from the lowest */
} PackedPixels;

VEC_INLINE bool
find_packed_pixels (const CnnImage *image, PackedPixels *packed)
{
  const int c = image->shape.c;
  if (image->type != CNN_SAMPLE_UINT8 || image->planes[0] || c > 4 ||
      (image->pixel_stride != 3 && image->pixel_stride != 4))
    return false;
  ptrdiff_t low = 0, high = 0;
  for (int i = 0; i < c; i++) {
    const ptrdiff_t offset = i * image->channel_stride;
    low = offset < low ? offset : low;
    high = offset > high ? offset : high;
  }
  if (image->padding_bytes > 0) {
    const ptrdiff_t first = image->padding_offset;
    const ptrdiff_t last = first + image->padding_bytes - 1;
    low = first < low ? first : low;
    high = last > high ? last : high;
  }
  if (high - low >= image->pixel_stride)
    return false;
  *packed = (PackedPixels){.channels = c,
      .pixel_bytes = (int)image->pixel_stride,
      .lowest = low,
      .padding_first = (int)(image->padding_offset - low)};
  for (int i = 0; i < c; i++)
    packed->byte_of[i] = (int)(i * image->channel_stride - low);
  return true;
}

#endif
