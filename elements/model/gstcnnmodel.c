/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnmodel
 * @title: cnnmodel
 * @short_description: A network from an .onnx file
 *
 * Reads a network (ONNX, opset 7 and later) and runs it on every frame: video or tensors in, a source pad src_0,
 * src_1 ... for each output. A network of fixed size asks upstream for that size, so a videoscale before it does the
 * fitting; one of open size follows the stream. #GstCnnModel:outputs names the tensors or nodes that become the
 * source pads, so any inner feature map can be looked at, and what none of them needs is left out.
 *
 * Tensors of four dimensions are frames of N,H,W,C. [N,L,K] becomes N,1,L,K and [N,K] becomes N,1,1,K, with the
 * bytes that ONNX has. #GstCnnModel:mean and #GstCnnModel:std count channels in the order of
 * #GstCnnModel:channel-order.
 *
 * #GstCnnModel:layers says of every layer what it is, what comes in and out, and what it costs; cnn-summary prints that
 * as a table. The same structures are posted as element messages.
 *
 * The location may change while frames flow: the old network plays until the new one has been read, and a file
 * that cannot be read changes nothing.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=5 ! videoconvert ! videoscale ! cnnmodel location=tests/model/networks/mobile/model.onnx ! fakesink
 * ]| A network on a test picture.
 */
#include "model/gstcnnmodel-private.h"

#include "common/enumwords.h"
#include "common/streambuffer.h"

#include <string.h>

GST_DEBUG_CATEGORY (cnn_model_debug);

enum {
  PROP_LOCATION = GST_CNN_LAYER_N_PROPERTIES,
  PROP_OUTPUTS,
  PROP_CHANNEL_ORDER,
  PROP_MODEL_INFO,
  PROP_LAYERS,
};

#define DEFAULT_CHANNEL_ORDER GST_CNN_CHANNEL_ORDER_RGB

G_DEFINE_TYPE (GstCnnModel, gst_cnn_model, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (cnnmodel, "cnnmodel", GST_RANK_NONE, GST_TYPE_CNN_MODEL)

#define PARENT_CLASS GST_ELEMENT_CLASS (gst_cnn_model_parent_class)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_FORMATS
                                                            ", " GST_CNN_GRAY_FORMATS " }")));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src_%u", GST_PAD_SRC, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("float32") "; " GST_CNN_NNSTREAMER_CAPS (
            "float32") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_OUT_FORMATS
                                                 ", " GST_CNN_GRAY_OUT_FORMATS " }")));

#define GST_TYPE_CNN_CHANNEL_ORDER (channel_order_get_type ())

static GType
channel_order_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {GST_CNN_CHANNEL_ORDER_RGB, "Red, green, blue", "rgb"},
      {GST_CNN_CHANNEL_ORDER_BGR, "Blue, green, red", "bgr"},
      {0, NULL, NULL},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnChannelOrder", values, NULL));
  return type;
}

/* --- Queries and events --------------------------------------------------------------------------- */

static gboolean
gst_cnn_model_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCnnModel *self = GST_CNN_MODEL (parent);
  GstCaps *filter;
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS: {
    gst_query_parse_caps (query, &filter);
    GstCaps *caps = gst_cnn_model_sink_caps (self, pad);
    if (filter)
      gst_caps_take (&caps, gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST));
    /* What cannot be is let through, to be refused with a sentence when it arrives. */
    if (filter && gst_caps_is_empty (caps)) {
      g_autoptr (GstCaps) template_caps = gst_pad_get_pad_template_caps (pad);
      gst_caps_take (
          &caps, gst_caps_intersect_full (filter, template_caps, GST_CAPS_INTERSECT_FIRST));
    }
    gst_query_set_caps_result (query, caps);
    gst_caps_unref (caps);
    return TRUE;
  }
  case GST_QUERY_ACCEPT_CAPS: /* what does not fit is refused with a sentence when it arrives */
    return gst_pad_query_default (pad, parent, query);
  case GST_QUERY_ALLOCATION:
    return gst_cnn_allocation_propose (query);
  default:
    return gst_pad_query_default (pad, parent, query);
  }
}

static gboolean
gst_cnn_model_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCnnModel *self = GST_CNN_MODEL (parent);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    GstCaps *caps;
    gst_event_parse_caps (event, &caps);
    const gboolean taken = gst_cnn_model_receive_caps (self, caps);
    gst_event_unref (event);
    return taken;
  }
  /* What a chain of layers has seen of the source ends here. */
  if (gst_event_has_name (event, GST_CNN_CHAIN_EVENT)) {
    gst_event_unref (event);
    return TRUE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    GST_OBJECT_LOCK (self);
    gst_flow_combiner_reset (self->flows);
    GST_OBJECT_UNLOCK (self);
  }
  return gst_pad_event_default (pad, parent, event);
}

/* --- Pads ----------------------------------------------------------------------------------------- */

static GstPad *
gst_cnn_model_request_new_pad (
    GstElement *element, GstPadTemplate *template, const gchar *name, const GstCaps *caps)
{
  GstCnnModel *self = GST_CNN_MODEL (element);
  /* Two elements that both give pads on request are linked by the templates' own names. */
  g_autofree gchar *chosen = name && !strchr (name, '%') ? g_strdup (name) : NULL;
  for (guint number = 0; !chosen; number++) {
    g_autofree gchar *candidate = g_strdup_printf ("src_%u", number);
    g_autoptr (GstPad) taken = gst_element_get_static_pad (element, candidate);
    if (!taken)
      chosen = g_steal_pointer (&candidate);
  }
  GstPad *pad = gst_pad_new_from_template (template, chosen);
  gst_pad_set_active (pad, TRUE);
  if (!gst_element_add_pad (element, pad))
    return NULL;
  GST_OBJECT_LOCK (self);
  gst_flow_combiner_add_pad (self->flows, pad);
  GST_OBJECT_UNLOCK (self);
  return pad;
}

static void
gst_cnn_model_release_pad (GstElement *element, GstPad *pad)
{
  GstCnnModel *self = GST_CNN_MODEL (element);
  GST_OBJECT_LOCK (self);
  gst_flow_combiner_remove_pad (self->flows, pad);
  GST_OBJECT_UNLOCK (self);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
start (GstCnnModel *self)
{
  CnnError error;
  if (gst_cnn_layer_common_start (&self->common, &error)) {
    if (gst_cnn_model_read (self, &error))
      return TRUE;
    gst_cnn_layer_common_stop (&self->common);
  }
  gst_cnn_layer_common_post_settings_error (&self->common, &error);
  return FALSE;
}

static void
stop (GstCnnModel *self)
{
  gst_cnn_layer_common_stop (&self->common);
  gst_cnn_model_stop_reading (self);
  gst_cnn_model_forget_streams (self);
  g_clear_pointer (&self->runner, gst_cnn_model_runner_free);
  g_clear_pointer (&self->running, gst_cnn_network_unref);
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->network, gst_cnn_network_unref);
  g_clear_pointer (&self->model_info, gst_structure_free);
  g_clear_pointer (&self->layers, g_ptr_array_unref);
  gst_flow_combiner_reset (self->flows);
  GST_OBJECT_UNLOCK (self);
}

static GstStateChangeReturn
gst_cnn_model_change_state (GstElement *element, GstStateChange transition)
{
  GstCnnModel *self = GST_CNN_MODEL (element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result = PARENT_CLASS->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return result;
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
gst_cnn_model_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnModel *self = GST_CNN_MODEL (object);
  CnnError error;
  gboolean valid = TRUE, file = FALSE;
  gint word;
  if (id < GST_CNN_LAYER_N_PROPERTIES) {
    gst_cnn_layer_common_set_property (&self->common, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    file = TRUE;
    break;
  case PROP_OUTPUTS:
    g_free (self->outputs);
    self->outputs = g_value_dup_string (value);
    file = TRUE;
    break;
  case PROP_CHANNEL_ORDER:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->channel_order = (GstCnnChannelOrder)word;
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  if (!file)
    gst_cnn_layer_common_property_set (&self->common, pspec, valid ? NULL : &error);
  else if (g_atomic_int_get (&self->common.started))
    gst_cnn_model_read_beside (self);
}

static void
gst_cnn_model_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnModel *self = GST_CNN_MODEL (object);
  if (id < GST_CNN_LAYER_N_PROPERTIES) {
    gst_cnn_layer_common_get_property (&self->common, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_OUTPUTS:
    g_value_set_string (value, self->outputs);
    break;
  case PROP_CHANNEL_ORDER:
    g_value_set_enum (value, (gint)self->channel_order);
    break;
  case PROP_MODEL_INFO:
    gst_value_set_structure (value, self->model_info);
    break;
  case PROP_LAYERS:
    gst_cnn_model_get_layers (self, value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_model_finalize (GObject *object)
{
  GstCnnModel *self = GST_CNN_MODEL (object);
  g_free (self->location);
  g_free (self->outputs);
  gst_flow_combiner_free (self->flows);
  gst_cnn_layer_common_clear (&self->common);
  G_OBJECT_CLASS (gst_cnn_model_parent_class)->finalize (object);
}

static void
gst_cnn_model_init (GstCnnModel *self)
{
  gst_cnn_layer_common_init (&self->common, GST_ELEMENT (self));
  self->channel_order = DEFAULT_CHANNEL_ORDER;
  self->flows = gst_flow_combiner_new ();
  self->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sinkpad, GST_DEBUG_FUNCPTR (gst_cnn_model_chain));
  gst_pad_set_event_function (self->sinkpad, GST_DEBUG_FUNCPTR (gst_cnn_model_sink_event));
  gst_pad_set_query_function (self->sinkpad, GST_DEBUG_FUNCPTR (gst_cnn_model_sink_query));
  GST_PAD_SET_ACCEPT_TEMPLATE (self->sinkpad);
  GST_PAD_SET_ACCEPT_INTERSECT (self->sinkpad);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);
}

static void
install_properties (GObjectClass *object_class)
{
  gst_cnn_layer_common_install_properties (object_class);
  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string (
          "location", "Location", "The .onnx file", NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_OUTPUTS,
      g_param_spec_string ("outputs", "Outputs",
          "Names of tensors or nodes, separated by commas, that become src_0, src_1 ...; unset: "
          "the "
          "network's own outputs",
          NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_CHANNEL_ORDER,
      gst_cnn_param_spec_enum ("channel-order", "Channel order",
          "What the network was trained on; colors always arrive as red, green, blue",
          GST_TYPE_CNN_CHANNEL_ORDER, DEFAULT_CHANNEL_ORDER, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_MODEL_INFO,
      g_param_spec_boxed ("model-info", "Model info",
          "Structure cnn-model-info: layers, parameters, macs (multiply-accumulates of a frame), "
          "and "
          "name and shape of the input and the outputs; NULL before the caps are known",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_LAYERS,
      gst_param_spec_array ("layers", "Layers",
          "A structure cnn-layer-info for each layer as it runs: name, operator, input, output, "
          "parameters, macs, receptive-field; empty before the caps are known",
          g_param_spec_boxed ("layer", "Layer", "A structure cnn-layer-info", GST_TYPE_STRUCTURE,
              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_cnn_model_class_init (GstCnnModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GST_DEBUG_CATEGORY_INIT (cnn_model_debug, "cnnmodel", 0, "network from a file");
  object_class->set_property = gst_cnn_model_set_property;
  object_class->get_property = gst_cnn_model_get_property;
  object_class->finalize = gst_cnn_model_finalize;
  install_properties (object_class);
  element_class->request_new_pad = GST_DEBUG_FUNCPTR (gst_cnn_model_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_cnn_model_release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_cnn_model_change_state);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Network from a file", "Filter/Analyzer",
      "Runs a neural network from an .onnx file on video or tensors", "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_CHANNEL_ORDER, 0);
}
