/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/images.h"

CnnShape
images_random_shape (int lanes)
{
  const bool few = check_random_int (0, 2) > 0;
  return (CnnShape){check_random_int (1, 2), check_random_int (1, 2),
      check_random_int (1, check_random_int (0, 3) ? 2 * lanes + 1 : 150),
      few ? check_random_int (1, 5) : check_random_int (1, 2 * lanes + 1)};
}

/* Three planes at odd distances, as a decoder may give them. */
static void
scatter_planes (LayerImage *image)
{
  CnnImage *i = &image->image;
  for (int c = 0; c < i->shape.c; c++)
    i->planes[c] = i->data + (i->shape.c - 1 - c) * i->channel_stride;
}

LayerImage
images_random (CnnSampleType type, CnnShape shape, CheckGuard guard)
{
  const CnnLayout layout = (CnnLayout)check_random_int (0, 1);
  LayerImage image =
      layer_image (type, layout, (LayerImageKind)check_random_int (0, 3), shape, guard);
  if (layout == CNN_LAYOUT_NCHW && shape.c <= 3 && check_random_int (0, 1))
    scatter_planes (&image);
  return image;
}

void
images_describe (const CnnImage *i, int x0, int count)
{
  check_context ("type %d, %dx%dx%dx%d, strides %td %td, planes %d, padding %d, columns %d+%d",
      i->type, i->shape.n, i->shape.h, i->shape.w, i->shape.c, i->pixel_stride, i->channel_stride,
      i->planes[0] != NULL, i->padding_bytes, x0, count);
}
