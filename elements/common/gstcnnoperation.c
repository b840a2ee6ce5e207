/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/gstcnnoperation.h"

struct _GstCnnOperation {
  CnnViewOperation operation;
  GstCnnStreamInfo input;
  GstCnnOperationOrigin origin;
  gfloat *scale, *offset, *bias; /* owned copies, or NULL */
  GstBuffer *weights;            /* mapped, or NULL */
  GstMapInfo map;
};

static gfloat *
copy_floats (const gfloat *values, gint count)
{
  return values ? g_memdup2 (values, (gsize)count * sizeof *values) : NULL;
}

GstCnnOperation *
gst_cnn_operation_new (const CnnViewOperation *operation, GstBuffer *weights,
    const GstCnnStreamInfo *input, const GstCnnOperationOrigin *origin)
{
  GstCnnOperation *self = g_atomic_rc_box_new0 (GstCnnOperation);
  self->operation = *operation;
  self->input = *input;
  self->origin = *origin;
  self->origin.name = g_utf8_make_valid (origin->name, -1);
  self->operation.scale = self->scale = copy_floats (operation->scale, input->shape.c);
  self->operation.offset = self->offset = copy_floats (operation->offset, input->shape.c);
  self->operation.bias = self->bias = copy_floats (operation->bias, operation->out_channels);
  self->operation.weights = NULL;
  if (weights && gst_buffer_map (weights, &self->map, GST_MAP_READ)) {
    self->weights = gst_buffer_ref (weights);
    self->operation.weights = (const gfloat *)(gconstpointer)self->map.data;
  }
  return self;
}

GstCnnOperation *
gst_cnn_operation_ref (GstCnnOperation *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  GstCnnOperation *self = data;
  g_free (self->origin.name);
  g_free (self->scale);
  g_free (self->offset);
  g_free (self->bias);
  if (self->weights)
    gst_buffer_unmap (self->weights, &self->map);
  gst_clear_buffer (&self->weights);
}

void
gst_cnn_operation_unref (GstCnnOperation *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

const CnnViewOperation *
gst_cnn_operation_get (const GstCnnOperation *self)
{
  return &self->operation;
}

const GstCnnOperationOrigin *
gst_cnn_operation_origin (const GstCnnOperation *self)
{
  return &self->origin;
}

GstEvent *
gst_cnn_operation_event_new (gboolean wanted)
{
  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
      gst_structure_new (GST_CNN_OPERATION_EVENT, "wanted", G_TYPE_BOOLEAN, wanted, NULL));
}

gboolean
gst_cnn_operation_event_parse (GstEvent *event, gboolean *wanted)
{
  return GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_UPSTREAM &&
         gst_event_has_name (event, GST_CNN_OPERATION_EVENT) &&
         gst_structure_get_boolean (gst_event_get_structure (event), "wanted", wanted);
}

const GstCnnStreamInfo *
gst_cnn_operation_input (const GstCnnOperation *self)
{
  return &self->input;
}

/* ---- The meta -------------------------------------------------------------------------------- */

GType
gst_cnn_operation_meta_api_get_type (void)
{
  /* A tag of its own: other elements keep it only where they know that the samples stay. */
  static const gchar *tags[] = {"cnn-operation", NULL};
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_meta_api_type_register ("GstCnnOperationMetaAPI", tags));
  return type;
}

static gboolean
meta_init (GstMeta *meta, gpointer params, GstBuffer *buffer)
{
  GstCnnOperationMeta *self = (GstCnnOperationMeta *)(gpointer)meta;
  self->operation = NULL;
  self->input = NULL;
  self->branches = NULL;
  return TRUE;
}

static void
meta_free (GstMeta *meta, GstBuffer *buffer)
{
  GstCnnOperationMeta *self = (GstCnnOperationMeta *)(gpointer)meta;
  g_clear_pointer (&self->operation, gst_cnn_operation_unref);
  gst_clear_buffer (&self->input);
  g_clear_pointer (&self->branches, g_array_unref);
}

static void
branch_clear (gpointer data)
{
  gst_clear_buffer (&((GstCnnOperationBranch *)data)->input);
}

static gboolean
meta_transform (GstBuffer *copy, GstMeta *meta, GstBuffer *buffer, GQuark type, gpointer data)
{
  GstCnnOperationMeta *self = (GstCnnOperationMeta *)(gpointer)meta;
  const GstMetaTransformCopy *how = data;
  if (!GST_META_TRANSFORM_IS_COPY (type) || how->region)
    return FALSE;
  gst_cnn_operation_meta_add (copy, self->operation, self->input);
  for (guint i = 0; self->branches && i < self->branches->len; i++) {
    const GstCnnOperationBranch *branch = &g_array_index (self->branches, GstCnnOperationBranch, i);
    gst_cnn_operation_meta_add_branch (copy, &branch->stream, branch->input);
  }
  return TRUE;
}

static const GstMetaInfo *
meta_info (void)
{
  static const GstMetaInfo *info = NULL;
  if (g_once_init_enter (&info))
    g_once_init_leave (
        &info, gst_meta_register (GST_CNN_OPERATION_META_API_TYPE, "GstCnnOperationMeta",
                   sizeof (GstCnnOperationMeta), meta_init, meta_free, meta_transform));
  return info;
}

void
gst_cnn_operation_meta_add (GstBuffer *output, GstCnnOperation *operation, GstBuffer *input)
{
  GstCnnOperationMeta *meta =
      (GstCnnOperationMeta *)(gpointer)gst_buffer_add_meta (output, meta_info (), NULL);
  meta->operation = gst_cnn_operation_ref (operation);
  meta->input = gst_buffer_ref (input);
}

void
gst_cnn_operation_meta_add_branch (
    GstBuffer *output, const GstCnnStreamInfo *stream, GstBuffer *input)
{
  GstCnnOperationMeta *meta = gst_cnn_operation_meta_get (output);
  const GstCnnOperationBranch branch = {*stream, gst_buffer_ref (input)};
  if (!meta->branches) {
    meta->branches = g_array_new (FALSE, FALSE, sizeof (GstCnnOperationBranch));
    g_array_set_clear_func (meta->branches, branch_clear);
  }
  g_array_append_val (meta->branches, branch);
}

GstCnnOperationMeta *
gst_cnn_operation_meta_get (GstBuffer *buffer)
{
  return (GstCnnOperationMeta *)(gpointer)gst_buffer_get_meta (
      buffer, GST_CNN_OPERATION_META_API_TYPE);
}
