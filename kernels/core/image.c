/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/image.h"

size_t
cnn_sample_bytes (CnnSampleType type)
{
  switch (type) {
  case CNN_SAMPLE_UINT8:
    return 1;
  case CNN_SAMPLE_UINT16_LE:
    return 2;
  case CNN_SAMPLE_FLOAT32:
    break;
  }
  return 4;
}

CnnImage
cnn_image_from_tensor (void *data, CnnSampleType type, CnnLayout layout, CnnShape shape)
{
  const ptrdiff_t sample = (ptrdiff_t)cnn_sample_bytes (type);
  CnnImage image = {.type = type, .shape = shape, .data = data};
  if (layout == CNN_LAYOUT_NHWC) {
    image.channel_stride = sample;
    image.pixel_stride = sample * shape.c;
    image.row_stride = image.pixel_stride * shape.w;
    image.batch_stride = image.row_stride * shape.h;
  } else {
    image.pixel_stride = sample;
    image.row_stride = sample * shape.w;
    image.channel_stride = image.row_stride * shape.h;
    image.batch_stride = image.channel_stride * shape.c;
  }
  return image;
}

bool
cnn_image_has_float_rows (const CnnImage *image)
{
  const ptrdiff_t sample = (ptrdiff_t)sizeof (float);
  return image->type == CNN_SAMPLE_FLOAT32 && !image->planes[0] &&
         (image->channel_stride == sample || image->shape.c == 1) &&
         (image->pixel_stride == sample * image->shape.c || image->shape.w == 1) &&
         (uintptr_t)image->data % sizeof (float) == 0 && image->row_stride % sample == 0;
}
