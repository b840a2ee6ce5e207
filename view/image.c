/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/image.h"

#include <string.h>

static gdouble
value_at (const guint8 *sample, CnnSampleType type)
{
  gfloat value;
  switch (type) {
  case CNN_SAMPLE_UINT8:
    return *sample;
  case CNN_SAMPLE_UINT16_LE:
    return sample[0] | sample[1] << 8;
  case CNN_SAMPLE_FLOAT32:
    break;
  }
  memcpy (&value, sample, sizeof value);
  return value;
}

gdouble
cnn_view_image_value (const CnnImage *image, gint n, gint y, gint x, gint c)
{
  return value_at (cnn_image_row (image, n, y, c) + x * image->pixel_stride, image->type);
}

static gboolean
is_tensor (const CnnImage *image, CnnLayout layout)
{
  const CnnShape shape = image->shape;
  const CnnImage tensor = cnn_image_from_tensor (image->data, image->type, layout, shape);
  return (shape.c == 1 || image->channel_stride == tensor.channel_stride) &&
         (shape.w == 1 || image->pixel_stride == tensor.pixel_stride) &&
         (shape.h == 1 || image->row_stride == tensor.row_stride) &&
         (shape.n == 1 || image->batch_stride == tensor.batch_stride);
}

gboolean
cnn_view_image_is_dense (const CnnImage *image, CnnLayout *layout)
{
  *layout = CNN_LAYOUT_NHWC;
  if (image->planes[0] || image->type == CNN_SAMPLE_UINT16_LE)
    return FALSE;
  if (is_tensor (image, CNN_LAYOUT_NHWC))
    return TRUE;
  if (!is_tensor (image, CNN_LAYOUT_NCHW))
    return FALSE;
  *layout = CNN_LAYOUT_NCHW;
  return TRUE;
}

CnnSampleType
cnn_view_image_packed_type (const CnnImage *image)
{
  return image->type == CNN_SAMPLE_UINT8 ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32;
}

/* Bytes of video, a channel at a time: what a pixel has beside them is left out. */
static void
pack_bytes (const CnnImage *image, gint n, gint y, guint8 *out)
{
  const CnnShape shape = image->shape;
  for (gint c = 0; c < shape.c; c++) {
    const guint8 *in = cnn_image_row (image, n, y, c);
    for (gint x = 0; x < shape.w; x++)
      out[(gsize)x * (gsize)shape.c + (gsize)c] = in[x * image->pixel_stride];
  }
}

static void
pack_floats (const CnnImage *image, gint n, gint y, gfloat *out)
{
  const CnnShape shape = image->shape;
  for (gint c = 0; c < shape.c; c++) {
    const guint8 *in = cnn_image_row (image, n, y, c);
    for (gint x = 0; x < shape.w; x++)
      out[(gsize)x * (gsize)shape.c + (gsize)c] =
          (gfloat)value_at (in + x * image->pixel_stride, image->type);
  }
}

void
cnn_view_image_pack (const CnnImage *image, guint8 *tensor)
{
  const CnnShape shape = image->shape;
  const gsize row = (gsize)shape.w * (gsize)shape.c;
  for (gint n = 0; n < shape.n; n++)
    for (gint y = 0; y < shape.h; y++) {
      if (image->type == CNN_SAMPLE_UINT8)
        pack_bytes (image, n, y, tensor);
      else
        pack_floats (image, n, y, (gfloat *)(gpointer)tensor);
      tensor += row * cnn_sample_bytes (cnn_view_image_packed_type (image));
    }
}
