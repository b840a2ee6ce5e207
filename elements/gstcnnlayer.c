/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstcnnlayer.h"

#include "doublearray.h"
#include "gstcnnchain.h"
#include "gstcnncontext.h"
#include "normalizer.h"
#include "streambuffer.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (cnn_layer_debug);
#define GST_CAT_DEFAULT cnn_layer_debug

enum {
  PROP_0,
  PROP_N_THREADS,
  PROP_SCALE,
  PROP_MEAN,
  PROP_STD,
  PROP_LAYER_INFO,
};

#define DEFAULT_N_THREADS 0

typedef struct {
  /* Properties, under the object lock. */
  guint n_threads;
  GstCnnNormalizer normalizer;
  GHashTable *faults; /* property name -> sentence, for values refused before the element started */

  /* Under the object lock, written by the streaming thread. */
  GstStructure *layer_info;

  /* Atomic. */
  gint started;
  gint changed; /* a property changed since `layer` was made */

  /* Streaming thread only. */
  CnnLayer *layer;
  GstCnnStreamInfo in_info, out_info;
  gboolean has_upstream_chain;
  GstCnnChain upstream_chain;
  gboolean error_posted; /* for the caps being negotiated */
} GstCnnLayerPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstCnnLayer, gst_cnn_layer, GST_TYPE_BASE_TRANSFORM)

#define PRIVATE(self) ((GstCnnLayerPrivate *)gst_cnn_layer_get_instance_private (self))

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_FORMATS
                                                            ", " GST_CNN_GRAY_FORMATS " }")));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("float32") "; " GST_CNN_NNSTREAMER_CAPS (
            "float32") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_OUT_FORMATS
                                                 ", " GST_CNN_GRAY_OUT_FORMATS " }")));

/* --- What the user is told ------------------------------------------------------------------------ */

static void
post_error (GstCnnLayer *self, const CnnError *error)
{
  PRIVATE (self)->error_posted = TRUE;
  GST_ELEMENT_ERROR (
      self, STREAM, FORMAT, ("%s: %s", GST_OBJECT_NAME (self), error->message), (NULL));
}

static void
post_settings_error (GstCnnLayer *self, const gchar *sentence)
{
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s: %s", GST_OBJECT_NAME (self), sentence), (NULL));
}

static void
post_settings_warning (GstCnnLayer *self, const gchar *sentence)
{
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("%s: %s; the old setting stays", GST_OBJECT_NAME (self), sentence), (NULL));
}

void
gst_cnn_layer_property_set (GstCnnLayer *self, GParamSpec *pspec, const CnnError *fault)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  const gboolean started = g_atomic_int_get (&priv->started);
  if (fault && started) {
    post_settings_warning (self, fault->message);
    return;
  }
  GST_OBJECT_LOCK (self);
  if (fault)
    g_hash_table_insert (priv->faults, (gpointer)pspec->name, g_strdup (fault->message));
  else
    g_hash_table_remove (priv->faults, pspec->name);
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&priv->changed, TRUE);
}

/* --- Caps ----------------------------------------------------------------------------------------- */

static gboolean
get_geometry (GstCnnLayer *self, GstCnnGeometry *geometry, CnnError *error)
{
  gst_cnn_geometry_init (geometry);
  return GST_CNN_LAYER_GET_CLASS (self)->get_geometry (self, geometry, error);
}

static GstCaps *
other_template_caps (GstBaseTransform *transform, GstPadDirection direction)
{
  return gst_pad_get_pad_template_caps (
      direction == GST_PAD_SINK ? transform->srcpad : transform->sinkpad);
}

/* What can stand on the other pad; empty when nothing can. With contradictory properties everything: the
 * start of the element or the arrival of caps tells. */
static GstCaps *
gst_cnn_layer_transform_caps (
    GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCnnGeometry geometry;
  GstCaps *result;
  if (get_geometry (GST_CNN_LAYER (transform), &geometry, NULL)) {
    GstCaps *own = gst_caps_is_any (caps)
                       ? gst_pad_get_pad_template_caps (
                             direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad)
                       : gst_caps_ref (caps);
    result = gst_cnn_geometry_transform_caps (&geometry, direction, own);
    gst_caps_unref (own);
  } else {
    result = other_template_caps (transform, direction);
  }
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (result, filter, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  GST_LOG_OBJECT (transform, "%" GST_PTR_FORMAT " leads to %" GST_PTR_FORMAT, caps, result);
  return result;
}

/* Answers what a pad can take or give. The base class would hand the filter on to the peer and then hold
 * the answer against it with GStreamer's subset test, which does not look into arrays of ranges.
 *
 * Impossible shapes are let through so that they arrive as caps, where they are refused with a sentence:
 * an empty answer would end in a bare "not negotiated" or "could not link" elsewhere. While elements are
 * being linked the other side may still change, so then everything is let through. */
static GstCaps *
query_caps (GstBaseTransform *transform, GstPad *pad, GstCaps *filter)
{
  GstPad *otherpad = pad == transform->sinkpad ? transform->srcpad : transform->sinkpad;
  GstCaps *everything = gst_pad_get_pad_template_caps (pad);
  GstCaps *other_template = gst_pad_get_pad_template_caps (otherpad);
  GstCaps *peer = gst_pad_peer_query_caps (otherpad, NULL);
  GstCaps *other = gst_caps_intersect_full (peer, other_template, GST_CAPS_INTERSECT_FIRST);
  GstCaps *result =
      gst_cnn_layer_transform_caps (transform, GST_PAD_DIRECTION (otherpad), other, filter);
  const gboolean linking = !g_atomic_int_get (&PRIVATE (GST_CNN_LAYER (transform))->started);
  if (linking || gst_caps_is_empty (result)) {
    result = gst_caps_make_writable (result);
    gst_caps_append (
        result, filter ? gst_caps_intersect_full (everything, filter, GST_CAPS_INTERSECT_FIRST)
                       : gst_caps_ref (everything));
  }
  gst_caps_unref (other);
  gst_caps_unref (peer);
  gst_caps_unref (other_template);
  gst_caps_unref (everything);
  return result;
}

static gboolean
gst_cnn_layer_query (GstBaseTransform *transform, GstPadDirection direction, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)
        ->query (transform, direction, query);
  GstCaps *filter;
  gst_query_parse_caps (query, &filter);
  GstCaps *caps = query_caps (
      transform, direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad, filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  return TRUE;
}

static gboolean
gst_cnn_layer_accept_caps (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps)
{
  GstCaps *template_caps = gst_pad_get_pad_template_caps (
      direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad);
  const gboolean accepted = gst_caps_can_intersect (caps, template_caps);
  gst_caps_unref (template_caps);
  return accepted;
}

static gboolean
gst_cnn_layer_get_unit_size (GstBaseTransform *transform, GstCaps *caps, gsize *size)
{
  GstCnnStreamInfo info;
  if (!gst_cnn_stream_info_from_caps (&info, caps, NULL))
    return FALSE;
  *size = info.bytes;
  return TRUE;
}

static gboolean
gst_cnn_layer_transform_size (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps,
    gsize size, GstCaps *othercaps, gsize *othersize)
{
  return gst_cnn_layer_get_unit_size (transform, othercaps, othersize);
}

/* The output shape for an input shape with the properties as they are now. */
static gboolean
output_shape (GstCnnLayer *self, CnnShape input, CnnShape *output, CnnError *error)
{
  GstCnnGeometry geometry;
  return get_geometry (self, &geometry, error) &&
         gst_cnn_geometry_output (&geometry, input, output, error);
}

/* --- layer-info ----------------------------------------------------------------------------------- */

/* Says what the layer is now: as property, as message, and downstream as the chain so far. */
static void
publish_layer_info (GstCnnLayer *self, const GstCnnGeometry *geometry)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  const CnnShape input = cnn_layer_input_shape (priv->layer);
  GstCnnChain chain;
  /* An upstream chain counts only where its picture arrives unscaled. */
  if (priv->has_upstream_chain && priv->upstream_chain.output.h == input.h &&
      priv->upstream_chain.output.w == input.w)
    chain = priv->upstream_chain;
  else
    gst_cnn_chain_init (&chain, input);
  chain.field = cnn_receptive_field_extend (&chain.field, &geometry->window, input);
  chain.output = cnn_layer_output_shape (priv->layer);

  GstStructure *info = gst_cnn_layer_info_new (priv->layer, &chain);
  GstEvent *event = gst_cnn_chain_event_new (&chain, GST_OBJECT_NAME (self), input, info);
  gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self), event);
  GST_OBJECT_LOCK (self);
  if (priv->layer_info)
    gst_structure_free (priv->layer_info);
  priv->layer_info = gst_structure_copy (info);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), info));
  g_object_notify (G_OBJECT (self), "layer-info");
}

/* --- Making the layer ----------------------------------------------------------------------------- */

static CnnLayer *
make_layer (
    GstCnnLayer *self, const GstCnnStreamInfo *in, const GstCnnStreamInfo *out, CnnError *error)
{
  gfloat *scale = NULL, *offset = NULL;
  CnnLayer *layer = NULL;
  const CnnContext *context = gst_cnn_context_get (error);
  GST_OBJECT_LOCK (self);
  const gboolean normalized =
      gst_cnn_normalizer_make (&PRIVATE (self)->normalizer, in, &scale, &offset, error);
  GST_OBJECT_UNLOCK (self);
  if (context && normalized) {
    const GstCnnLayerSetup setup = {
        .context = context,
        .input = in->shape,
        .input_format = {in->type, in->layout},
        .output_format = {out->type, out->layout},
        .normalization = {scale, offset},
    };
    layer = GST_CNN_LAYER_GET_CLASS (self)->create_layer (self, &setup, error);
  }
  g_free (scale);
  g_free (offset);
  return layer;
}

static gboolean
same_shape (CnnShape a, CnnShape b)
{
  return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

static gboolean
gst_cnn_layer_set_caps (GstBaseTransform *transform, GstCaps *incaps, GstCaps *outcaps)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnStreamInfo in, out;
  GstCnnGeometry geometry;
  CnnError error;
  g_atomic_int_set (&priv->changed, FALSE);
  CnnLayer *layer = NULL;
  if (get_geometry (self, &geometry, &error) &&
      gst_cnn_stream_info_from_caps (&in, incaps, &error) &&
      gst_cnn_stream_info_from_caps (&out, outcaps, &error))
    layer = make_layer (self, &in, &out, &error);
  if (layer && !same_shape (cnn_layer_output_shape (layer), out.shape)) {
    /* Only when a property changed between the two questions. */
    g_atomic_int_set (&priv->changed, TRUE);
    cnn_error_set (&error, "the properties changed while the caps were being set");
    g_clear_pointer (&layer, cnn_layer_free);
  }
  if (!layer) {
    post_error (self, &error);
    return FALSE;
  }
  if (priv->layer)
    cnn_layer_free (priv->layer);
  priv->layer = layer;
  priv->in_info = in;
  priv->out_info = out;
  publish_layer_info (self, &geometry);
  return TRUE;
}

/* --- Events --------------------------------------------------------------------------------------- */

static gboolean
receive_caps (GstBaseTransform *transform, GstEvent *event)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnStreamInfo info;
  CnnShape output;
  CnnError error;
  GstCaps *caps;
  gst_event_parse_caps (event, &caps);
  PRIVATE (self)->error_posted = FALSE;
  if (!gst_cnn_stream_info_from_caps (&info, caps, &error) ||
      !output_shape (self, info.shape, &output, &error)) {
    post_error (self, &error);
    gst_event_unref (event);
    return FALSE;
  }
  const gboolean taken =
      GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)->sink_event (transform, event);
  if (!taken && !PRIVATE (self)->error_posted &&
      !GST_PAD_IS_FLUSHING (GST_BASE_TRANSFORM_SRC_PAD (transform))) {
    GstCaps *wanted = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (transform), NULL);
    gst_cnn_explain_refusal (info.shape, output, wanted, &error);
    post_error (self, &error);
    gst_caps_unref (wanted);
  }
  return taken;
}

static gboolean
gst_cnn_layer_sink_event (GstBaseTransform *transform, GstEvent *event)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnChain chain;
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    return receive_caps (transform, event);
  if (gst_cnn_chain_event_parse (event, &chain)) {
    priv->upstream_chain = chain;
    priv->has_upstream_chain = TRUE;
    GstCnnGeometry geometry;
    /* Otherwise new caps follow, and with them this layer's own event. */
    if (priv->layer && same_shape (chain.output, priv->in_info.shape) &&
        get_geometry (self, &geometry, NULL))
      publish_layer_info (self, &geometry);
    gst_event_unref (event);
    return TRUE;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)->sink_event (transform, event);
}

/* --- Live changes --------------------------------------------------------------------------------- */

/* TRUE when the new output shape for the frames that arrive now suits downstream. */
static gboolean
downstream_takes (GstBaseTransform *transform)
{
  GstCaps *incaps = gst_pad_get_current_caps (transform->sinkpad);
  GstCaps *outcaps = gst_cnn_layer_transform_caps (transform, GST_PAD_SINK, incaps, NULL);
  GstCaps *taken = gst_pad_peer_query_caps (transform->srcpad, NULL);
  const gboolean takes = gst_caps_can_intersect (outcaps, taken);
  gst_caps_unref (taken);
  gst_caps_unref (outcaps);
  gst_caps_unref (incaps);
  return takes;
}

/* TRUE when upstream can send other frames whose output suits downstream. */
static gboolean
upstream_can_follow (GstBaseTransform *transform)
{
  GstCaps *taken = gst_pad_peer_query_caps (transform->srcpad, NULL);
  GstCaps *needed = gst_cnn_layer_transform_caps (transform, GST_PAD_SRC, taken, NULL);
  GstCaps *given = gst_pad_peer_query_caps (transform->sinkpad, NULL);
  const gboolean can = gst_caps_can_intersect (needed, given);
  gst_caps_unref (given);
  gst_caps_unref (needed);
  gst_caps_unref (taken);
  return can;
}

/* A new output shape: downstream takes it, or insists on its own so that upstream has to send another
 * size, or neither. */
static void
renegotiate (GstCnnLayer *self, CnnShape output)
{
  GstBaseTransform *transform = GST_BASE_TRANSFORM (self);
  if (downstream_takes (transform)) {
    gst_base_transform_reconfigure_src (transform);
  } else if (upstream_can_follow (transform)) {
    gst_base_transform_reconfigure_sink (transform);
  } else {
    CnnError error;
    GstCaps *wanted = gst_pad_peer_query_caps (transform->srcpad, NULL);
    gst_cnn_explain_refusal (PRIVATE (self)->in_info.shape, output, wanted, &error);
    gst_caps_unref (wanted);
    post_settings_warning (self, error.message);
  }
}

/* Brings changed properties into effect before the next frame. What cannot work with the frames that
 * arrive now leaves the old layer running, so that no frame is lost. */
static void
apply_changes (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  CnnShape output;
  CnnError error;
  if (!output_shape (self, priv->in_info.shape, &output, &error)) {
    post_settings_warning (self, error.message);
    return;
  }
  if (!same_shape (output, priv->out_info.shape)) {
    renegotiate (self, output);
    return;
  }
  GstCnnGeometry geometry;
  CnnLayer *layer = make_layer (self, &priv->in_info, &priv->out_info, &error);
  if (!layer || !get_geometry (self, &geometry, &error)) {
    post_settings_warning (self, error.message);
    return;
  }
  if (!same_shape (cnn_layer_output_shape (layer), priv->out_info.shape)) {
    /* Changed again meanwhile: the next frame sees to it. */
    cnn_layer_free (layer);
    g_atomic_int_set (&priv->changed, TRUE);
    return;
  }
  cnn_layer_free (priv->layer);
  priv->layer = layer;
  publish_layer_info (self, &geometry);
}

static GstFlowReturn
gst_cnn_layer_submit_input_buffer (
    GstBaseTransform *transform, gboolean is_discont, GstBuffer *input)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  gst_object_sync_values (GST_OBJECT (self), GST_BUFFER_PTS (input));
  if (PRIVATE (self)->layer &&
      g_atomic_int_compare_and_exchange (&PRIVATE (self)->changed, TRUE, FALSE))
    apply_changes (self);
  return GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)
      ->submit_input_buffer (transform, is_discont, input);
}

/* --- Buffers -------------------------------------------------------------------------------------- */

static GstFlowReturn
gst_cnn_layer_transform (GstBaseTransform *transform, GstBuffer *input, GstBuffer *output)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnMappedFrame in, out;
  CnnError error;
  if (!priv->layer)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_cnn_frame_map (&in, &priv->in_info, input, GST_MAP_READ, &error)) {
    post_error (self, &error);
    return GST_FLOW_ERROR;
  }
  if (!gst_cnn_frame_map (&out, &priv->out_info, output, GST_MAP_WRITE, &error)) {
    gst_cnn_frame_unmap (&in);
    post_error (self, &error);
    return GST_FLOW_ERROR;
  }
  GST_OBJECT_LOCK (self);
  const guint n_threads = priv->n_threads;
  GST_OBJECT_UNLOCK (self);
  cnn_layer_run (priv->layer, &in.image, &out.image, (int)n_threads);
  gst_cnn_frame_unmap (&out);
  gst_cnn_frame_unmap (&in);
  return GST_FLOW_OK;
}

static gboolean
gst_cnn_layer_propose_allocation (
    GstBaseTransform *transform, GstQuery *decide_query, GstQuery *query)
{
  return gst_cnn_allocation_propose (query);
}

static gboolean
gst_cnn_layer_decide_allocation (GstBaseTransform *transform, GstQuery *query)
{
  return gst_cnn_allocation_decide (query) && GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)
                                                  ->decide_allocation (transform, query);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
gst_cnn_layer_start (GstBaseTransform *transform)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnGeometry geometry;
  CnnError error = {""};
  GST_OBJECT_LOCK (self);
  GHashTableIter faults;
  gpointer sentence;
  g_hash_table_iter_init (&faults, priv->faults);
  if (g_hash_table_iter_next (&faults, NULL, &sentence))
    cnn_error_set (&error, "%s", (const gchar *)sentence);
  GST_OBJECT_UNLOCK (self);
  if (error.message[0] || !gst_cnn_context_get (&error) ||
      !get_geometry (self, &geometry, &error)) {
    post_settings_error (self, error.message);
    return FALSE;
  }
  g_atomic_int_set (&priv->started, TRUE);
  return TRUE;
}

static gboolean
gst_cnn_layer_stop (GstBaseTransform *transform)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (transform));
  g_atomic_int_set (&priv->started, FALSE);
  g_clear_pointer (&priv->layer, cnn_layer_free);
  priv->has_upstream_chain = FALSE;
  GST_OBJECT_LOCK (transform);
  g_clear_pointer (&priv->layer_info, gst_structure_free);
  GST_OBJECT_UNLOCK (transform);
  return TRUE;
}

static void
gst_cnn_layer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnLayer *self = GST_CNN_LAYER (object);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  CnnError error;
  gboolean valid = TRUE;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_N_THREADS:
    priv->n_threads = g_value_get_uint (value);
    break;
  case PROP_SCALE:
    priv->normalizer.scale = g_value_get_double (value);
    priv->normalizer.scale_is_set = TRUE;
    break;
  case PROP_MEAN:
    valid = gst_cnn_double_array_set (&priv->normalizer.mean, pspec->name, value, &error);
    break;
  case PROP_STD:
    valid = gst_cnn_double_array_set (&priv->normalizer.std, pspec->name, value, &error);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (self, pspec, valid ? NULL : &error);
}

static void
gst_cnn_layer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (object));
  GST_OBJECT_LOCK (object);
  switch (id) {
  case PROP_N_THREADS:
    g_value_set_uint (value, priv->n_threads);
    break;
  case PROP_SCALE:
    g_value_set_double (value, priv->normalizer.scale);
    break;
  case PROP_MEAN:
    gst_cnn_double_array_get (&priv->normalizer.mean, value);
    break;
  case PROP_STD:
    gst_cnn_double_array_get (&priv->normalizer.std, value);
    break;
  case PROP_LAYER_INFO:
    gst_value_set_structure (value, priv->layer_info);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_cnn_layer_finalize (GObject *object)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (object));
  gst_cnn_double_array_clear (&priv->normalizer.mean);
  gst_cnn_double_array_clear (&priv->normalizer.std);
  g_hash_table_unref (priv->faults);
  G_OBJECT_CLASS (gst_cnn_layer_parent_class)->finalize (object);
}

static void
gst_cnn_layer_init (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  priv->n_threads = DEFAULT_N_THREADS;
  priv->normalizer.scale = GST_CNN_DEFAULT_SCALE;
  priv->faults = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
  GST_PAD_SET_ACCEPT_INTERSECT (GST_BASE_TRANSFORM_SINK_PAD (self));
  GST_PAD_SET_ACCEPT_INTERSECT (GST_BASE_TRANSFORM_SRC_PAD (self));
}

static void
install_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Number of threads",
          "Worker threads, 0 = one per CPU; results are the same for every value", 0, 1024,
          DEFAULT_N_THREADS, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_SCALE,
      g_param_spec_double ("scale", "Scale",
          "Integer samples are multiplied by this; until it is set, 1/255, or 1/65535 for 16-bit "
          "video",
          -G_MAXDOUBLE, G_MAXDOUBLE, GST_CNN_DEFAULT_SCALE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_MEAN,
      gst_cnn_param_spec_double_array ("mean", "Mean",
          "Subtracted from scaled integer samples: one value, or one per channel (empty = 0)"));
  g_object_class_install_property (object_class, PROP_STD,
      gst_cnn_param_spec_double_array ("std", "Standard deviation",
          "Divides scaled integer samples after the mean: one value, or one per channel "
          "(empty = 1)"));
  g_object_class_install_property (object_class, PROP_LAYER_INFO,
      g_param_spec_boxed ("layer-info", "Layer info",
          "Structure cnn-layer-info: shapes, parameters, multiply-accumulates and receptive field; "
          "NULL before the caps are known",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_cnn_layer_class_init (GstCnnLayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (cnn_layer_debug, "cnnlayer", 0, "convolutional layers");
  object_class->set_property = gst_cnn_layer_set_property;
  object_class->get_property = gst_cnn_layer_get_property;
  object_class->finalize = gst_cnn_layer_finalize;
  install_properties (object_class);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  transform_class->start = gst_cnn_layer_start;
  transform_class->stop = gst_cnn_layer_stop;
  transform_class->transform_caps = gst_cnn_layer_transform_caps;
  transform_class->query = gst_cnn_layer_query;
  transform_class->accept_caps = gst_cnn_layer_accept_caps;
  transform_class->get_unit_size = gst_cnn_layer_get_unit_size;
  transform_class->transform_size = gst_cnn_layer_transform_size;
  transform_class->set_caps = gst_cnn_layer_set_caps;
  transform_class->sink_event = gst_cnn_layer_sink_event;
  transform_class->submit_input_buffer = gst_cnn_layer_submit_input_buffer;
  transform_class->propose_allocation = gst_cnn_layer_propose_allocation;
  transform_class->decide_allocation = gst_cnn_layer_decide_allocation;
  transform_class->transform = gst_cnn_layer_transform;
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_LAYER, 0);
}
