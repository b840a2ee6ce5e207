/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tensormeta.h"

#ifdef HAVE_GST_ANALYTICS

#include <gst/analytics/analytics.h>

#include <string.h>

gboolean
gst_cnn_tensor_meta_is_supported (void)
{
  return TRUE;
}

/* A buffer of the same memories. gst_buffer_copy_region () would keep the whole buffer alive by a meta, and
 * the buffer would then hold itself. */
static GstBuffer *
share_memories (GstBuffer *buffer)
{
  GstBuffer *shared = gst_buffer_new ();
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++)
    gst_buffer_append_memory (shared, gst_memory_ref (gst_buffer_peek_memory (buffer, i)));
  return shared;
}

void
gst_cnn_tensor_meta_attach (GstBuffer *buffer, const GstCnnStreamInfo *info)
{
  const CnnShape *shape = &info->shape;
  gsize nhwc[] = {(gsize)shape->n, (gsize)shape->h, (gsize)shape->w, (gsize)shape->c};
  gsize nchw[] = {(gsize)shape->n, (gsize)shape->c, (gsize)shape->h, (gsize)shape->w};
  GstTensor **tensors = g_new (GstTensor *, 1);
  tensors[0] = gst_tensor_new_simple (g_quark_from_static_string ("cnn-feature-maps"),
      info->type == CNN_SAMPLE_FLOAT32 ? GST_TENSOR_DATA_TYPE_FLOAT32 : GST_TENSOR_DATA_TYPE_UINT8,
      share_memories (buffer), GST_TENSOR_DIM_ORDER_ROW_MAJOR, 4,
      info->layout == CNN_LAYOUT_NHWC ? nhwc : nchw);
  gst_tensor_meta_set (gst_buffer_add_tensor_meta (buffer), 1, tensors);
}

static gboolean
shape_from_tensor (const GstTensor *tensor, CnnLayout layout, CnnShape *shape)
{
  gint dims[4] = {1, 1, 1, 1};
  if (tensor->data_type != GST_TENSOR_DATA_TYPE_FLOAT32 ||
      tensor->dims_order != GST_TENSOR_DIM_ORDER_ROW_MAJOR || tensor->num_dims < 1 ||
      tensor->num_dims > 4)
    return FALSE;
  for (gsize i = 0; i < tensor->num_dims; i++) {
    if (tensor->dims[i] < 1 || tensor->dims[i] > G_MAXINT)
      return FALSE;
    dims[4 - tensor->num_dims + i] = (gint)tensor->dims[i];
  }
  *shape = layout == CNN_LAYOUT_NHWC ? (CnnShape){dims[0], dims[1], dims[2], dims[3]}
                                     : (CnnShape){dims[0], dims[2], dims[3], dims[1]};
  return TRUE;
}

GstBuffer *
gst_cnn_tensor_meta_find (GstBuffer *buffer, CnnLayout layout, GstCnnStreamInfo *info)
{
  GstTensorMeta *meta = gst_buffer_get_tensor_meta (buffer);
  for (gsize i = 0; meta && i < meta->num_tensors; i++) {
    const GstTensor *tensor = gst_tensor_meta_get (meta, i);
    gsize count;
    memset (info, 0, sizeof *info);
    if (!shape_from_tensor (tensor, layout, &info->shape) ||
        !cnn_shape_count (info->shape, sizeof (gfloat), &count, NULL) ||
        gst_buffer_get_size (tensor->data) != count * sizeof (gfloat))
      continue;
    info->kind = GST_CNN_STREAM_TENSOR;
    info->type = CNN_SAMPLE_FLOAT32;
    info->layout = layout;
    info->fps_d = 1;
    info->bytes = count * sizeof (gfloat);
    return gst_buffer_ref (tensor->data);
  }
  return NULL;
}

#else

gboolean
gst_cnn_tensor_meta_is_supported (void)
{
  return FALSE;
}

void
gst_cnn_tensor_meta_attach (GstBuffer *buffer, const GstCnnStreamInfo *info)
{
}

GstBuffer *
gst_cnn_tensor_meta_find (GstBuffer *buffer, CnnLayout layout, GstCnnStreamInfo *info)
{
  return NULL;
}

#endif
