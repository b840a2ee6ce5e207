/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays, said to people and programs. The numbers are those of `cnn-weights net.onnx`. */
#include "model/gstcnnmodel-private.h"

#include <math.h>

/* Left out where a tensor is no frame. */
static void
set_tensor (
    GstStructure *structure, const gchar *field, const CnnModelTensor *tensor, gboolean last)
{
  CnnShape shape;
  CnnLayout layout;
  if (tensor->rank >= 0 && gst_cnn_model_shape (tensor, last, &shape, &layout, NULL))
    gst_cnn_structure_set_shape (structure, field, shape);
}

static gint
whole_pixels (gdouble pixels)
{
  return (gint)CLAMP (ceil (pixels), 0, G_MAXINT);
}

/* `source` is the name of the network's input, `last` whether it has its channels last, `output_last` whether what
 * the layer makes does. */
static GstStructure *
layer_info_new (
    const CnnModelLayer *layer, const gchar *source, gboolean last, gboolean output_last)
{
  const CnnReceptiveAxis *rows = &layer->field.rows, *columns = &layer->field.columns;
  GstStructure *info = gst_structure_new ("cnn-layer-info", "name", G_TYPE_STRING, layer->name,
      "operator", G_TYPE_STRING, layer->title, "tensor", G_TYPE_STRING, layer->output.name, NULL);
  for (gint i = 0; i < layer->n_inputs && i < 1; i++)
    set_tensor (
        info, "input", &layer->inputs[i], last && g_strcmp0 (layer->inputs[i].name, source) == 0);
  set_tensor (info, "output", &layer->output, output_last);
  gst_structure_set (info, "parameters", G_TYPE_INT64, layer->parameters, "dense-parameters",
      G_TYPE_INT64, layer->dense_parameters, "macs", G_TYPE_INT64, layer->macs, NULL);
  gst_cnn_structure_set_ints (info, "receptive-field",
      (const gint[]){whole_pixels (rows->size), whole_pixels (columns->size)}, 2);
  gst_cnn_structure_set_ints (info, "receptive-jump",
      (const gint[]){whole_pixels (rows->jump), whole_pixels (columns->jump)}, 2);
  gst_structure_set (info, "isa", G_TYPE_STRING, layer->isa, "kernel-name", G_TYPE_STRING,
      layer->kernel_name, NULL);
  return info;
}

static GPtrArray *
describe_layers (const CnnModelPlan *plan, const CnnModel *model)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_structure_free);
  const gchar *source = cnn_model_input (model, 0).name;
  const gboolean last = cnn_model_is_channels_last (model, 0);
  for (gint i = 0; i < cnn_model_plan_n_layers (plan); i++) {
    const CnnModelLayer layer = cnn_model_plan_layer (plan, i);
    g_ptr_array_add (layers, layer_info_new (&layer, source, last,
                                 layer.network_output >= 0 && cnn_model_output_is_channels_last (
                                                                  model, layer.network_output)));
  }
  return layers;
}

static void
set_outputs (GstStructure *info, const GstCnnModelRunner *runner, const CnnModel *model)
{
  GValue outputs = G_VALUE_INIT, item = G_VALUE_INIT;
  g_value_init (&outputs, GST_TYPE_ARRAY);
  for (guint i = 0; i < gst_cnn_model_runner_n_outputs (runner); i++) {
    GstStructure *output = gst_structure_new (
        "output", "name", G_TYPE_STRING, cnn_model_output (model, (gint)i).name, NULL);
    CnnShape shape;
    if (gst_cnn_model_runner_output (runner, i, &shape, NULL))
      gst_cnn_structure_set_shape (output, "shape", shape);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, output);
    gst_value_array_append_and_take_value (&outputs, &item);
  }
  gst_structure_take_value (info, "outputs", &outputs);
}

static GstStructure *
describe_network (GstCnnModel *self)
{
  const CnnModelPlan *plan = gst_cnn_model_runner_plan (self->runner);
  const CnnModel *model = self->running->model;
  const CnnModelInfo counts = cnn_model_plan_info (plan);
  GstStructure *info = gst_structure_new ("cnn-model-info", "layers", G_TYPE_INT, counts.layers,
      "parameters", G_TYPE_INT64, counts.parameters, "macs", G_TYPE_INT64, counts.macs,
      "input-name", G_TYPE_STRING, cnn_model_input (model, 0).name, NULL);
  gst_cnn_structure_set_shape (info, "input", self->in_info.shape);
  set_outputs (info, self->runner, model);
  return info;
}

void
gst_cnn_model_publish_info (GstCnnModel *self)
{
  GstElement *element = GST_ELEMENT (self);
  GstStructure *info = describe_network (self);
  GPtrArray *layers =
      describe_layers (gst_cnn_model_runner_plan (self->runner), self->running->model);
  GST_DEBUG_OBJECT (self, "plays %" GST_PTR_FORMAT, info);
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->model_info, gst_structure_free);
  g_clear_pointer (&self->layers, g_ptr_array_unref);
  self->model_info = gst_structure_copy (info);
  self->layers = g_ptr_array_ref (layers);
  GST_OBJECT_UNLOCK (self);
  for (guint i = 0; i < layers->len; i++)
    gst_element_post_message (element,
        gst_message_new_element (GST_OBJECT (self), gst_structure_copy (layers->pdata[i])));
  g_ptr_array_unref (layers);
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (self), info));
  g_object_notify (G_OBJECT (self), "model-info");
  g_object_notify (G_OBJECT (self), "layers");
}

void
gst_cnn_model_get_layers (GstCnnModel *self, GValue *value)
{
  GValue item = G_VALUE_INIT;
  for (guint i = 0; self->layers && i < self->layers->len; i++) {
    g_value_init (&item, GST_TYPE_STRUCTURE);
    gst_value_set_structure (&item, self->layers->pdata[i]);
    gst_value_array_append_and_take_value (value, &item);
  }
}
