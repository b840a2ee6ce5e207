/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/gstcnnchain.h"

#include <math.h>

void
gst_cnn_chain_init (GstCnnChain *chain, CnnShape input)
{
  chain->source_rows = input.h;
  chain->source_columns = input.w;
  chain->output = input;
  chain->field = cnn_receptive_field_identity ();
}

static void
init_ints (GValue *array, const gint *values, guint count)
{
  GValue item = G_VALUE_INIT;
  g_value_init (array, GST_TYPE_ARRAY);
  for (guint i = 0; i < count; i++) {
    g_value_init (&item, G_TYPE_INT);
    g_value_set_int (&item, values[i]);
    gst_value_array_append_and_take_value (array, &item);
  }
}

void
gst_cnn_structure_set_ints (
    GstStructure *structure, const gchar *field, const gint *values, guint count)
{
  GValue array = G_VALUE_INIT;
  init_ints (&array, values, count);
  gst_structure_take_value (structure, field, &array);
}

void
gst_cnn_structure_set_shape (GstStructure *structure, const gchar *field, CnnShape shape)
{
  const gint dims[] = {shape.n, shape.h, shape.w, shape.c};
  gst_cnn_structure_set_ints (structure, field, dims, 4);
}

static void
set_doubles (GstStructure *structure, const gchar *field, gdouble first, gdouble second)
{
  const gdouble values[] = {first, second};
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;
  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < 2; i++) {
    g_value_init (&item, G_TYPE_DOUBLE);
    g_value_set_double (&item, values[i]);
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_take_value (structure, field, &array);
}

static gboolean
get_ints (const GstStructure *structure, const gchar *field, gint *values, guint count)
{
  const GValue *array = gst_structure_get_value (structure, field);
  if (!array || !GST_VALUE_HOLDS_ARRAY (array) || gst_value_array_get_size (array) != count)
    return FALSE;
  for (guint i = 0; i < count; i++) {
    const GValue *item = gst_value_array_get_value (array, i);
    if (!G_VALUE_HOLDS_INT (item))
      return FALSE;
    values[i] = g_value_get_int (item);
  }
  return TRUE;
}

static gboolean
get_doubles (const GstStructure *structure, const gchar *field, gdouble *first, gdouble *second)
{
  const GValue *array = gst_structure_get_value (structure, field);
  if (!array || !GST_VALUE_HOLDS_ARRAY (array) || gst_value_array_get_size (array) != 2)
    return FALSE;
  const GValue *items[] = {
      gst_value_array_get_value (array, 0), gst_value_array_get_value (array, 1)};
  if (!G_VALUE_HOLDS_DOUBLE (items[0]) || !G_VALUE_HOLDS_DOUBLE (items[1]))
    return FALSE;
  *first = g_value_get_double (items[0]);
  *second = g_value_get_double (items[1]);
  return TRUE;
}

GstEvent *
gst_cnn_chain_event_new (const GstCnnChain *chain, const gchar *element, CnnShape input,
    const GstStructure *layer_info, const GstStructure *weights)
{
  const gint source[] = {chain->source_rows, chain->source_columns};
  const CnnReceptiveAxis *rows = &chain->field.rows, *columns = &chain->field.columns;
  GstStructure *structure = gst_structure_new (GST_CNN_CHAIN_EVENT, "element", G_TYPE_STRING,
      element, "layer-info", GST_TYPE_STRUCTURE, layer_info, NULL);
  gst_cnn_structure_set_ints (structure, "source-size", source, 2);
  gst_cnn_structure_set_shape (structure, "input-size", input);
  gst_cnn_structure_set_shape (structure, "output-size", chain->output);
  set_doubles (structure, "receptive-field", rows->size, columns->size);
  set_doubles (structure, "receptive-jump", rows->jump, columns->jump);
  set_doubles (structure, "receptive-offset", rows->offset, columns->offset);
  if (weights)
    gst_structure_set (structure, "weights", GST_TYPE_STRUCTURE, weights, NULL);
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, structure);
}

gboolean
gst_cnn_chain_event_parse (GstEvent *event, GstCnnChain *chain)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_CUSTOM_DOWNSTREAM_STICKY ||
      !gst_event_has_name (event, GST_CNN_CHAIN_EVENT))
    return FALSE;
  const GstStructure *structure = gst_event_get_structure (event);
  CnnReceptiveAxis *rows = &chain->field.rows, *columns = &chain->field.columns;
  gint source[2], output[4];
  if (!get_ints (structure, "source-size", source, 2) ||
      !get_ints (structure, "output-size", output, 4) ||
      !get_doubles (structure, "receptive-field", &rows->size, &columns->size) ||
      !get_doubles (structure, "receptive-jump", &rows->jump, &columns->jump) ||
      !get_doubles (structure, "receptive-offset", &rows->offset, &columns->offset))
    return FALSE;
  chain->source_rows = source[0];
  chain->source_columns = source[1];
  chain->output = (CnnShape){output[0], output[1], output[2], output[3]};
  return TRUE;
}

const gchar *
gst_cnn_chain_event_element (GstEvent *event)
{
  return gst_structure_get_string (gst_event_get_structure (event), "element");
}

const GstStructure *
gst_cnn_chain_event_weights (GstEvent *event)
{
  const GValue *weights = gst_structure_get_value (gst_event_get_structure (event), "weights");
  return weights && GST_VALUE_HOLDS_STRUCTURE (weights) ? gst_value_get_structure (weights) : NULL;
}

GstStructure *
gst_cnn_weights_to_structure (const GstCnnWeights *weights, const gchar *element, gboolean first)
{
  const gint size[] = {
      weights->out_channels, weights->in_channels, weights->rows, weights->columns};
  GstStructure *structure = gst_structure_new ("cnn-weights", "element", G_TYPE_STRING, element,
      "first", G_TYPE_BOOLEAN, first, "values", GST_TYPE_BUFFER, weights->values, NULL);
  gst_cnn_structure_set_ints (structure, "size", size, 4);
  return structure;
}

gboolean
gst_cnn_weights_from_structure (
    GstCnnWeights *weights, const gchar **element, gboolean *first, const GstStructure *structure)
{
  gint size[4];
  if (!structure || !gst_structure_has_name (structure, "cnn-weights") ||
      !get_ints (structure, "size", size, 4) ||
      !gst_structure_has_field_typed (structure, "values", GST_TYPE_BUFFER) ||
      !gst_structure_get_boolean (structure, "first", first) ||
      !(*element = gst_structure_get_string (structure, "element")))
    return FALSE;
  guint64 bytes = sizeof (gfloat);
  for (gint i = 0; i < 4; i++) {
    if (size[i] < 1 || bytes > GST_CNN_MAX_CARRIED_WEIGHTS)
      return FALSE;
    bytes *= (guint64)size[i];
  }
  const GValue *values = gst_structure_get_value (structure, "values");
  *weights = (GstCnnWeights){size[0], size[1], size[2], size[3], gst_value_get_buffer (values)};
  return weights->values && gst_buffer_get_size (weights->values) == bytes;
}

static void
set_whole_pixels (GstStructure *structure, const gchar *field, gdouble rows, gdouble columns)
{
  /* Only adaptive and enlarging windows make fractions; what they touch is the next whole pixel. */
  const gint pixels[] = {(gint)MIN (ceil (rows), G_MAXINT), (gint)MIN (ceil (columns), G_MAXINT)};
  gst_cnn_structure_set_ints (structure, field, pixels, 2);
}

static GstStructure *
make_info (CnnLayerInfo info, CnnShape input, CnnShape output, const GstCnnChain *chain)
{
  const CnnReceptiveAxis *rows = &chain->field.rows, *columns = &chain->field.columns;
  GstStructure *structure = gst_structure_new_empty ("cnn-layer-info");
  gst_cnn_structure_set_shape (structure, "input", input);
  gst_cnn_structure_set_shape (structure, "output", output);
  gst_structure_set (structure, "parameters", G_TYPE_INT64, info.parameters, "dense-parameters",
      G_TYPE_INT64, info.dense_parameters, "macs", G_TYPE_INT64, info.macs, NULL);
  set_whole_pixels (structure, "receptive-field", rows->size, columns->size);
  set_whole_pixels (structure, "receptive-jump", rows->jump, columns->jump);
  set_doubles (structure, "receptive-offset", rows->offset, columns->offset);
  gst_structure_set (structure, "isa", G_TYPE_STRING, info.isa, "kernel-name", G_TYPE_STRING,
      info.kernel_name, NULL);
  return structure;
}

GstStructure *
gst_cnn_layer_info_new (const CnnLayer *layer, const GstCnnChain *chain)
{
  return make_info (cnn_layer_info (layer), cnn_layer_input_shape (layer, 0),
      cnn_layer_output_shape (layer), chain);
}

GstStructure *
gst_cnn_merge_info_new (
    const CnnLayer *merge, const CnnShape *branches, guint n_branches, const GstCnnChain *chain)
{
  GstStructure *structure =
      make_info (cnn_layer_info (merge), branches[0], cnn_layer_output_shape (merge), chain);
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;
  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < n_branches; i++) {
    init_ints (
        &item, (const gint[]){branches[i].n, branches[i].h, branches[i].w, branches[i].c}, 4);
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_take_value (structure, "inputs", &array);
  return structure;
}

void
gst_cnn_layer_info_set_window (GstStructure *info, const CnnWindow *window, CnnShape input)
{
  const CnnAxis rows = cnn_axis_resolve (&window->rows, input.h);
  const CnnAxis columns = cnn_axis_resolve (&window->columns, input.w);
  if (rows.rule != CNN_SIZE_EXPLICIT || columns.rule != CNN_SIZE_EXPLICIT)
    return;
  gst_cnn_structure_set_ints (info, "kernel", (const gint[]){rows.kernel, columns.kernel}, 2);
  gst_cnn_structure_set_ints (info, "stride", (const gint[]){rows.stride, columns.stride}, 2);
  gst_cnn_structure_set_ints (info, "padding",
      (const gint[]){
          rows.padding_before, columns.padding_before, rows.padding_after, columns.padding_after},
      4);
  gst_cnn_structure_set_ints (info, "dilation", (const gint[]){rows.dilation, columns.dilation}, 2);
}

void
gst_cnn_layer_info_set_previous (GstStructure *info, const gchar *const *names, guint count)
{
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;
  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < count; i++) {
    g_value_init (&item, G_TYPE_STRING);
    g_value_set_string (&item, names[i] ? names[i] : "");
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_take_value (info, "previous", &array);
}
