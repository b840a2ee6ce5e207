/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view of samples in memory that somebody else owns: a tensor of either layout, or a video frame.
 */
#ifndef CNN_IMAGE_H
#define CNN_IMAGE_H

#include "cnn/api.h"
#include "cnn/geometry.h"

CNN_BEGIN_DECLARATIONS

typedef enum {
  CNN_SAMPLE_FLOAT32, /* native-endian */
  CNN_SAMPLE_UINT8,
  CNN_SAMPLE_UINT16_LE,
} CnnSampleType;

typedef enum {
  CNN_LAYOUT_NHWC,
  CNN_LAYOUT_NCHW,
} CnnLayout;

/* Strides are in bytes and may be negative (BGR read as R,G,B). Sample (n, y, x, c) is at
 *     data + n * batch_stride + y * row_stride + x * pixel_stride + c * channel_stride
 * or, where `planes` is set, at planes[c] + n * batch_stride + y * row_stride + x * pixel_stride:
 * for pictures whose channels are not evenly spaced. Any alignment is valid. `padding_bytes` is the
 * number of bytes a pixel has beside its channels (the x of RGBx, the A of RGBA); an output sets
 * them to 255 at padding_offset from channel 0. */
typedef struct {
  CnnSampleType type;
  CnnShape shape;
  unsigned char *data;
  unsigned char *planes[3];
  ptrdiff_t batch_stride, row_stride, pixel_stride, channel_stride;
  int padding_bytes;
  ptrdiff_t padding_offset;
  int ring_rows; /* when above 0, memory holds only that many rows of one frame: row y is where row
                    y % ring_rows is, until another one takes its place */
} CnnImage;

CNN_API size_t cnn_sample_bytes (CnnSampleType type);

/* A dense tensor. */
CNN_API CnnImage cnn_image_from_tensor (
    void *data, CnnSampleType type, CnnLayout layout, CnnShape shape);

/* Address of sample (n, y, 0, c). */
static inline unsigned char *
cnn_image_row (const CnnImage *image, int n, int y, int c)
{
  unsigned char *origin =
      image->planes[0] ? image->planes[c] : image->data + c * image->channel_stride;
  if (image->ring_rows > 0)
    y %= image->ring_rows;
  return origin + n * image->batch_stride + y * image->row_stride;
}

/* True when each row is w * c adjacent floats, channel innermost: kernels read and write it in
 * place. */
CNN_API bool cnn_image_has_float_rows (const CnnImage *image);

CNN_END_DECLARATIONS

#endif
