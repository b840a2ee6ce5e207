/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

bool
cnn_image_shape (const CnnDims *dims, CnnShape *shape)
{
  size_t count;
  if (dims->rank != 4)
    return false;
  for (int i = 0; i < 4; i++)
    if (dims->size[i] < 1 || dims->size[i] > INT32_MAX)
      return false;
  *shape = (CnnShape){.n = (int)dims->size[0],
      .h = (int)dims->size[2],
      .w = (int)dims->size[3],
      .c = (int)dims->size[1]};
  return cnn_shape_count (*shape, sizeof (float), &count, NULL);
}

/* Whether the elements lie in ONNX's order without gaps; the stride of a dimension of 1 does not matter. */
static bool
is_dense (const CnnImage *image)
{
  const CnnShape s = image->shape;
  const ptrdiff_t size = sizeof (float), row = size * s.w, plane = row * s.h;
  return (s.w == 1 || image->pixel_stride == size) && (s.h == 1 || image->row_stride == row) &&
         (s.c == 1 || image->channel_stride == plane) &&
         (s.n == 1 || image->batch_stride == plane * s.c);
}

static CnnPlace
place_with_layout (int value, const CnnValue *of, CnnLayout layout)
{
  CnnPlace place = {.root = value, .is_plain = layout == CNN_LAYOUT_NCHW};
  CnnShape shape;
  if (of->elements == CNN_ELEMENTS_FLOAT && cnn_image_shape (&of->dims, &shape)) {
    place.is_image = true;
    place.image = cnn_image_from_tensor (NULL, CNN_SAMPLE_FLOAT32, layout, shape);
    place.is_plain = place.is_plain || is_dense (&place.image);
  } else {
    place.is_plain = true;
  }
  return place;
}

CnnPlace
cnn_place_plain (int value, const CnnValue *of)
{
  return place_with_layout (value, of, CNN_LAYOUT_NCHW);
}

CnnPlace
cnn_place_channels_last (int value, const CnnValue *of)
{
  return place_with_layout (value, of, CNN_LAYOUT_NHWC);
}

CnnPlace
cnn_place_reshaped (const CnnPlace *from, const CnnValue *of)
{
  CnnPlace place = cnn_place_plain (from->root, of);
  place.offset = from->offset;
  return place;
}

CnnPlace
cnn_place_vectors (const CnnPlace *plain, const CnnDims *dims)
{
  const int last = dims->rank - 1;
  const int64_t width = last > 0 ? dims->size[last - 1] : 1;
  const CnnValue pixels = {.elements = CNN_ELEMENTS_FLOAT,
      .dims = {
          4, {1, dims->size[last], last > 1 ? cnn_dims_product (dims, 0, last - 1) : 1, width}}};
  CnnPlace place = cnn_place_channels_last (plain->root, &pixels);
  place.offset = plain->offset;
  return place;
}

CnnPlace
cnn_place_view (const CnnPlace *from, const CnnValue *of, const int order[4],
    const int64_t start[4], const int64_t step[4])
{
  const ptrdiff_t strides[] = {from->image.batch_stride, from->image.channel_stride,
      from->image.row_stride, from->image.pixel_stride};
  CnnPlace place = *from;
  ptrdiff_t *const targets[] = {&place.image.batch_stride, &place.image.channel_stride,
      &place.image.row_stride, &place.image.pixel_stride};
  cnn_image_shape (&of->dims, &place.image.shape);
  for (int i = 0; i < 4; i++) {
    *targets[i] = strides[order[i]] * (ptrdiff_t)step[i];
    place.offset += (size_t)(strides[order[i]] * (ptrdiff_t)start[i]);
  }
  place.is_plain = is_dense (&place.image);
  return place;
}

CnnFormat
cnn_place_format (const CnnImage *image)
{
  const bool last = image->shape.c == 1 || image->channel_stride == sizeof (float);
  return (CnnFormat){CNN_SAMPLE_FLOAT32, last ? CNN_LAYOUT_NHWC : CNN_LAYOUT_NCHW};
}

void
cnn_image_copy_row (const CnnImage *from, const CnnImage *to, int n, int y)
{
  for (int c = 0; c < from->shape.c; c++) {
    const unsigned char *source = cnn_image_row (from, n, y, c);
    unsigned char *target = cnn_image_row (to, n, y, c);
    for (int x = 0; x < from->shape.w; x++)
      *(float *)(void *)(target + x * to->pixel_stride) =
          *(const float *)(const void *)(source + x * from->pixel_stride);
  }
}

void
cnn_image_copy (const CnnImage *from, const CnnImage *to)
{
  for (int n = 0; n < from->shape.n; n++)
    for (int y = 0; y < from->shape.h; y++)
      cnn_image_copy_row (from, to, n, y);
}
