/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer tells of its work to those downstream who ask: see gstcnnoperation.h. */
#include "layer/gstcnnlayer-private.h"

#include "common/gstcnnoperation.h"

#define PRIVATE(self) gst_cnn_layer_private (self)

void
gst_cnn_layer_decide_operation (GstCnnLayer *self, GstQuery *query)
{
  PRIVATE (self)->operation_wanted =
      gst_query_find_allocation_meta (query, GST_CNN_OPERATION_META_API_TYPE, NULL);
}

void
gst_cnn_layer_note_operation_event (GstCnnLayer *self, GstEvent *event)
{
  gboolean wanted;
  if (gst_cnn_operation_event_parse (event, &wanted))
    g_atomic_int_set (&PRIVATE (self)->operations_wanted, wanted);
}

void
gst_cnn_layer_forget_operation (GstCnnLayer *self)
{
  g_clear_pointer (&PRIVATE (self)->operation, gst_cnn_operation_unref);
}

/* Of the layer as it is; NULL when its outputs see no windows. */
static GstCnnOperation *
make_operation (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  const GstCnnLayerClass *klass = GST_CNN_LAYER_GET_CLASS (self);
  g_auto (GstCnnGeometry) geometry = {.choices = NULL};
  GstBuffer *weights = NULL;
  gfloat *scale = NULL, *offset = NULL;
  CnnViewOperation operation = {.kind = CNN_VIEW_OPERATION_OTHER,
      .input = priv->in_info.shape,
      .output = priv->out_info.shape,
      .window = cnn_window_unit (),
      .groups = 1,
      .out_channels = priv->out_info.shape.c};
  if (!priv->layer ||
      !gst_cnn_layer_settings_geometry (self, priv->used, &operation.input, &geometry, NULL))
    return NULL;
  const gboolean slides = klass->get_operation && geometry.rule.rows.kind == CNN_RULE_WINDOW &&
                          geometry.rule.columns.kind == CNN_RULE_WINDOW;
  if (slides) {
    operation.window.rows = cnn_axis_resolve (&geometry.rule.rows.window, operation.input.h);
    operation.window.columns = cnn_axis_resolve (&geometry.rule.columns.window, operation.input.w);
  }
  if (priv->in_info.type != CNN_SAMPLE_FLOAT32) {
    const gboolean made =
        gst_cnn_normalizer_make (&priv->used->normalizer, &priv->in_info, &scale, &offset, NULL);
    operation.scale = made ? scale : NULL;
    operation.offset = made ? offset : NULL;
  }
  if (slides)
    klass->get_operation (self, &operation, &weights);
  const GstCnnOperationOrigin origin = {.name = GST_OBJECT_NAME (self),
      .chain = priv->chain,
      .parameters = cnn_layer_info (priv->layer).parameters,
      .first = priv->is_first};
  GstCnnOperation *made = gst_cnn_operation_new (&operation, weights, &priv->in_info, &origin);
  g_free (scale);
  g_free (offset);
  return made;
}

void
gst_cnn_layer_attach_operation (GstCnnLayer *self, GstBuffer *output, GstBuffer *input)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  if (!priv->operation_wanted && !g_atomic_int_get (&priv->operations_wanted))
    return;
  if (!priv->operation)
    priv->operation = make_operation (self);
  if (priv->operation)
    gst_cnn_operation_meta_add (output, priv->operation, input);
}
