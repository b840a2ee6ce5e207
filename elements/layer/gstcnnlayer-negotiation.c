/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a layer comes to its caps, and to new ones while it runs. */
#include "layer/gstcnnlayer-private.h"

#include "common/gstcnncontext.h"

#define PRIVATE(self) gst_cnn_layer_private (self)

/* The vmethods of GstBaseTransform, to chain up to. */
#define PARENT_CLASS GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_BASE_TRANSFORM))

/* All that the other side of a pad's link takes or gives. */
static GstCaps *
peer_caps (GstBaseTransform *transform, GstPad *pad)
{
  if (pad == transform->srcpad)
    return gst_cnn_peer_caps_get (&PRIVATE (GST_CNN_LAYER (transform))->downstream, pad);
  return gst_cnn_caps_complete_layout (gst_pad_peer_query_caps (pad, NULL));
}

/* --- Caps ----------------------------------------------------------------------------------------- */

static GstCaps *
other_template_caps (GstBaseTransform *transform, GstPadDirection direction)
{
  return gst_pad_get_pad_template_caps (
      direction == GST_PAD_SINK ? transform->srcpad : transform->sinkpad);
}

/* What is negotiated in the streaming thread from here on is about these settings (a new reference is taken)
 * and this input, so that the base class gets the same answer to each of its questions, whatever is set
 * meanwhile. */
static void
begin_negotiation (GstCnnLayer *self, GstCnnLayerSettings *settings, CnnShape input)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  gst_cnn_layer_settings_replace (&priv->negotiated, settings);
  if (!settings ||
      gst_cnn_layer_settings_geometry (self, settings, &input, &priv->negotiated_geometry, NULL))
    return;
  gst_cnn_geometry_clear (&priv->negotiated_geometry);
  gst_cnn_geometry_copy (&priv->negotiated_geometry, &settings->geometry);
}

/* The same about the properties as they are now: what is set from here on is for the next time. */
static void
begin_anew (GstCnnLayer *self, CnnShape input)
{
  g_atomic_int_set (&PRIVATE (self)->common.changed, FALSE);
  GstCnnLayerSettings *settings = gst_cnn_layer_ref_settings (self);
  begin_negotiation (self, settings, input);
  gst_cnn_layer_settings_unref (settings);
}

/* What can stand on the other pad; empty when nothing can. With contradictory properties everything: the
 * start of the element or the arrival of caps tells. */
static GstCaps *
transform_caps (GstBaseTransform *transform, const GstCnnGeometry *geometry,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *result;
  if (geometry) {
    GstCaps *own = gst_caps_is_any (caps)
                       ? gst_pad_get_pad_template_caps (
                             direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad)
                       : gst_caps_ref (caps);
    result = gst_cnn_geometry_filter_caps (geometry, direction, own, filter);
    gst_caps_unref (own);
  } else {
    result = other_template_caps (transform, direction);
    if (filter)
      gst_caps_take (&result, gst_caps_intersect_full (result, filter, GST_CAPS_INTERSECT_FIRST));
  }
  GST_CNN_LOG (transform, "%" GST_PTR_FORMAT " leads to %" GST_PTR_FORMAT, caps, result);
  return result;
}

/* The base class asks in the streaming thread only, and about what is negotiated there. */
static GstCaps *
gst_cnn_layer_transform_caps (
    GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  const GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (transform));
  const gboolean possible = priv->negotiated && priv->negotiated->possible;
  return transform_caps (
      transform, possible ? &priv->negotiated_geometry : NULL, direction, caps, filter);
}

/* Answers what a pad can take or give. The base class would hand the filter on to the peer and then hold
 * the answer against it with GStreamer's subset test, which does not look into arrays of ranges. */
static GstCaps *
query_caps (GstBaseTransform *transform, GstPad *pad, GstCaps *filter)
{
  GstPad *otherpad = pad == transform->sinkpad ? transform->srcpad : transform->sinkpad;
  if (gst_cnn_layer_common_is_linking (&PRIVATE (GST_CNN_LAYER (transform))->common, pad))
    return gst_cnn_layer_common_answer_caps (pad, gst_pad_get_pad_template_caps (pad), filter);
  g_autoptr (GstCaps) other_template = gst_pad_get_pad_template_caps (otherpad);
  g_autoptr (GstCaps) peer = peer_caps (transform, otherpad);
  g_autoptr (GstCaps) other =
      gst_caps_intersect_full (peer, other_template, GST_CAPS_INTERSECT_FIRST);
  GstCnnLayerSettings *settings = gst_cnn_layer_ref_settings (GST_CNN_LAYER (transform));
  GstCaps *fitting = transform_caps (transform, settings->possible ? &settings->geometry : NULL,
      GST_PAD_DIRECTION (otherpad), other, filter);
  gst_cnn_layer_settings_unref (settings);
  return gst_cnn_layer_common_answer_caps (pad, fitting, filter);
}

static gboolean
ask_latency (GstElement *element, GstQuery *query)
{
  return PARENT_CLASS->query (GST_BASE_TRANSFORM (element), GST_PAD_SRC, query);
}

static gboolean
gst_cnn_layer_query (GstBaseTransform *transform, GstPadDirection direction, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    return gst_cnn_upstream_latency (&PRIVATE (GST_CNN_LAYER (transform))->upstream,
        GST_ELEMENT (transform), query, ask_latency);
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return PARENT_CLASS->query (transform, direction, query);
  GstCaps *filter;
  gst_query_parse_caps (query, &filter);
  GstCaps *caps = query_caps (
      transform, direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad, filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  return TRUE;
}

/* Video goes out only to a peer that takes no tensors, whichever it lists first. */
static GstCaps *
gst_cnn_layer_fixate_caps (
    GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  for (guint i = 0; direction == GST_PAD_SINK && i < gst_caps_get_size (othercaps); i++) {
    if (!gst_structure_has_name (gst_caps_get_structure (othercaps, i), "video/x-raw")) {
      GstCaps *tensors = gst_caps_copy_nth (othercaps, i);
      gst_caps_unref (othercaps);
      othercaps = tensors;
      break;
    }
  }
  GstCaps *fixed = PARENT_CLASS->fixate_caps (transform, direction, caps, othercaps);
  return direction == GST_PAD_SINK ? gst_cnn_caps_complete_video (fixed) : fixed;
}

static gboolean
gst_cnn_layer_accept_caps (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps)
{
  if (direction == GST_PAD_SINK)
    return TRUE; /* what is not taken is told why */
  GstCaps *template_caps = gst_pad_get_pad_template_caps (transform->srcpad);
  const gboolean accepted = gst_caps_can_intersect (caps, template_caps);
  gst_caps_unref (template_caps);
  return accepted;
}

/* The output shape for an input shape with the settings that are negotiated. */
static gboolean
output_shape (GstCnnLayer *self, CnnShape input, CnnShape *output, CnnError *error)
{
  g_auto (GstCnnGeometry) geometry = {.choices = NULL};
  return gst_cnn_layer_settings_geometry (
             self, PRIVATE (self)->negotiated, &input, &geometry, error) &&
         gst_cnn_geometry_output (&geometry, input, output, error);
}

/* --- layer-info ----------------------------------------------------------------------------------- */

/* What made the channels that leave: this layer's weights, or without any those that arrive, as long as
 * the channels stay what they are. A new structure or NULL. */
static GstStructure *
weights_of_channels (GstCnnLayer *self, gboolean has_upstream)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  const GstCnnLayerClass *klass = GST_CNN_LAYER_GET_CLASS (self);
  GstCnnWeights weights;
  if (klass->get_weights)
    return klass->get_weights (self, &weights)
               ? gst_cnn_weights_to_structure (&weights, GST_OBJECT_NAME (self), !has_upstream)
               : NULL;
  const gboolean keeps_channels =
      cnn_layer_input_shape (priv->layer, 0).c == cnn_layer_output_shape (priv->layer).c;
  return has_upstream && keeps_channels && priv->upstream_weights
             ? gst_structure_copy (priv->upstream_weights)
             : NULL;
}

/* Says what the layer is now: as property, as message, and downstream as the chain so far. */
static void
publish_layer_info (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  const CnnShape input = cnn_layer_input_shape (priv->layer, 0);
  g_auto (GstCnnGeometry) geometry = {.choices = NULL};
  const CnnShapeRule *rule = &geometry.rule;
  if (!gst_cnn_layer_settings_geometry (self, priv->used, &input, &geometry, NULL))
    return;
  GstCnnChain chain;
  /* An upstream chain counts only where its picture arrives unscaled. */
  const gboolean has_upstream = priv->has_upstream_chain &&
                                priv->upstream_chain.output.h == input.h &&
                                priv->upstream_chain.output.w == input.w;
  if (has_upstream)
    chain = priv->upstream_chain;
  else
    gst_cnn_chain_init (&chain, input);
  chain.field = cnn_shape_rule_extend (&chain.field, rule, input);
  chain.output = cnn_layer_output_shape (priv->layer);
  priv->chain = chain;
  priv->is_first = !has_upstream;

  GstStructure *info = gst_cnn_layer_info_new (priv->layer, &chain);
  if (rule->rows.kind == CNN_RULE_WINDOW && rule->columns.kind == CNN_RULE_WINDOW) {
    const CnnWindow window = {rule->rows.window, rule->columns.window};
    gst_cnn_layer_info_set_window (info, &window, input);
  }
  gst_cnn_layer_info_set_previous (info, (const gchar *const[]){priv->previous}, 1);
  if (GST_CNN_LAYER_GET_CLASS (self)->describe)
    GST_CNN_LAYER_GET_CLASS (self)->describe (self, info);
  GstStructure *weights = weights_of_channels (self, has_upstream);
  gst_cnn_layer_common_publish (
      &priv->common, GST_BASE_TRANSFORM_SRC_PAD (self), &chain, input, info, weights);
  g_clear_pointer (&weights, gst_structure_free);
}

/* --- Making the layer ----------------------------------------------------------------------------- */

/* Of the settings that are negotiated. */
static CnnLayer *
make_layer (
    GstCnnLayer *self, const GstCnnStreamInfo *in, const GstCnnStreamInfo *out, CnnError *error)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  gfloat *scale = NULL, *offset = NULL;
  CnnLayer *layer = NULL;
  const gboolean blended = gst_cnn_layer_blend_wanted (self);
  const CnnContext *context = gst_cnn_context_get (error);
  const gboolean normalized =
      gst_cnn_normalizer_make (&priv->negotiated->normalizer, in, &scale, &offset, error);
  GST_OBJECT_LOCK (self);
  const gdouble strength = priv->blend.strength;
  GST_OBJECT_UNLOCK (self);
  if (context && normalized) {
    const GstCnnLayerSetup setup = {
        .context = context,
        .input = in->shape,
        .input_format = {in->type, in->layout},
        .output_format = {blended ? CNN_SAMPLE_FLOAT32 : out->type, out->layout},
        .normalization = {scale, offset},
    };
    layer = GST_CNN_LAYER_GET_CLASS (self)->create_layer (self, priv->negotiated, &setup, error);
    if (blended || priv->blend.float_layer == layer)
      priv->blend.float_layer = blended ? layer : NULL;
  }
  if (layer &&
      !gst_cnn_layer_blend_check (strength, in->shape, cnn_layer_output_shape (layer), error))
    g_clear_pointer (&layer, cnn_layer_free);
  if (layer)
    gst_cnn_layer_common_debug_plan (&priv->common, layer, out);
  g_free (scale);
  g_free (offset);
  return layer;
}

/* From now on frames go through this layer, made of the settings that are negotiated; NULL: through none. */
static void
use_layer (GstCnnLayer *self, CnnLayer *layer)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  g_clear_pointer (&priv->layer, cnn_layer_free);
  gst_cnn_layer_blend_forget (&priv->blend);
  gst_cnn_layer_forget_operation (self);
  priv->layer = layer;
  gst_cnn_layer_settings_replace (&priv->used, layer ? priv->negotiated : NULL);
}

static gboolean
gst_cnn_layer_set_caps (GstBaseTransform *transform, GstCaps *incaps, GstCaps *outcaps)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnStreamInfo in, out;
  CnnError error;
  if (!gst_cnn_stream_info_from_caps (&in, incaps, &error) ||
      !gst_cnn_stream_info_from_caps (&out, outcaps, &error)) {
    gst_cnn_layer_post_error (self, &error);
    return FALSE;
  }
  GST_CNN_DEBUG (self, "caps %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, incaps, outcaps);
  CnnLayer *layer = make_layer (self, &in, &out, &error);
  if (!layer) {
    gst_cnn_layer_post_error (self, &error);
    return FALSE;
  }
  const gboolean fits = cnn_shape_equal (cnn_layer_output_shape (layer), out.shape);
  priv->in_info = in;
  priv->out_info = out;
  use_layer (self, fits ? layer : NULL);
  if (fits) {
    gst_cnn_layer_common_succeeded (&priv->common);
    publish_layer_info (self);
  } else {
    /* A weights file was replaced meanwhile by one of other shapes. These caps are of the past: new ones follow
     * before the next frame, and none goes out with these. Refusing them would put a warning on the bus. */
    cnn_layer_free (layer);
    gst_cnn_layer_settings_changed (self);
  }
  return TRUE;
}

/* --- Events --------------------------------------------------------------------------------------- */

/* Why these caps lead to nothing, unless that has been said. */
static void
explain_failure (GstBaseTransform *transform, CnnShape input, CnnShape output)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (transform));
  CnnError error;
  if (!priv->error_posted) {
    g_autoptr (GstCaps) wanted = peer_caps (transform, transform->srcpad);
    gst_cnn_explain_refusal (input, output, wanted, &error);
    gst_cnn_layer_post_error (GST_CNN_LAYER (transform), &error);
  }
  priv->ended = TRUE;
}

/* Caps that are refused end the stream with the next frame: if they were refused here, upstream would report
 * that once more, as "Internal data stream error". */
static gboolean
receive_caps (GstBaseTransform *transform, GstEvent *event)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnStreamInfo info;
  CnnShape output;
  CnnError error;
  GstCaps *caps;
  gst_event_parse_caps (event, &caps);
  priv->ended = priv->error_posted = FALSE;
  gboolean possible = gst_cnn_stream_info_from_caps (&info, caps, &error);
  if (possible) {
    begin_anew (self, info.shape);
    possible = output_shape (self, info.shape, &output, &error);
  }
  if (!possible) {
    gst_cnn_layer_post_error (self, &error);
    gst_event_unref (event);
    priv->ended = TRUE;
    return TRUE;
  }
  const gboolean taken = PARENT_CLASS->sink_event (transform, event);
  /* The base class does not set caps again that it has set already. */
  if (priv->used != priv->negotiated)
    g_atomic_int_set (&priv->common.changed, TRUE);
  if (taken || GST_PAD_IS_FLUSHING (transform->srcpad))
    return taken;
  explain_failure (transform, info.shape, output);
  return TRUE;
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
    g_free (priv->previous);
    priv->previous = g_strdup (gst_cnn_chain_event_element (event));
    const GstStructure *weights = gst_cnn_chain_event_weights (event);
    g_clear_pointer (&priv->upstream_weights, gst_structure_free);
    priv->upstream_weights = weights ? gst_structure_copy (weights) : NULL;
    /* Otherwise new caps follow, and with them this layer's own event. */
    if (priv->layer && cnn_shape_equal (chain.output, priv->in_info.shape))
      publish_layer_info (self);
    gst_event_unref (event);
    return TRUE;
  }
  return PARENT_CLASS->sink_event (transform, event);
}

static gboolean
pass_event (GstElement *element, GstEvent *event)
{
  return PARENT_CLASS->src_event (GST_BASE_TRANSFORM (element), event);
}

static gboolean
gst_cnn_layer_src_event (GstBaseTransform *transform, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    gst_cnn_peer_caps_forget_all ();
  gst_cnn_layer_note_operation_event (GST_CNN_LAYER (transform), event);
  return gst_cnn_upstream_event (
      &PRIVATE (GST_CNN_LAYER (transform))->upstream, GST_ELEMENT (transform), event, pass_event);
}

/* --- Live changes --------------------------------------------------------------------------------- */

/* TRUE when the new output shape for the frames that arrive now suits downstream. */
static gboolean
downstream_takes (GstBaseTransform *transform)
{
  GstCaps *incaps = gst_pad_get_current_caps (transform->sinkpad);
  GstCaps *outcaps = gst_cnn_layer_transform_caps (transform, GST_PAD_SINK, incaps, NULL);
  GstCaps *taken = peer_caps (transform, transform->srcpad);
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
  GstCaps *taken = peer_caps (transform, transform->srcpad);
  GstCaps *needed = gst_cnn_layer_transform_caps (transform, GST_PAD_SRC, taken, NULL);
  GstCaps *given = peer_caps (transform, transform->sinkpad);
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
    GST_CNN_DEBUG (self, "a property changed: another output shape, which downstream takes");
    gst_base_transform_reconfigure_src (transform);
  } else if (upstream_can_follow (transform)) {
    GST_CNN_DEBUG (self, "a property changed: upstream is asked for another size");
    gst_base_transform_reconfigure_sink (transform);
  } else {
    CnnError error;
    GstCaps *wanted = peer_caps (transform, transform->srcpad);
    gst_cnn_explain_refusal (PRIVATE (self)->in_info.shape, output, wanted, &error);
    gst_caps_unref (wanted);
    gst_cnn_layer_common_post_settings_warning (&PRIVATE (self)->common, &error);
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
    gst_cnn_layer_common_post_settings_warning (&PRIVATE (self)->common, &error);
    return;
  }
  if (!cnn_shape_equal (output, priv->out_info.shape)) {
    renegotiate (self, output);
    return;
  }
  GST_CNN_DEBUG (self, "a property changed: the shape stays");
  CnnLayer *layer = make_layer (self, &priv->in_info, &priv->out_info, &error);
  if (!layer) {
    gst_cnn_layer_common_post_settings_warning (&PRIVATE (self)->common, &error);
  } else if (!cnn_shape_equal (cnn_layer_output_shape (layer), priv->out_info.shape)) {
    /* A weights file was replaced meanwhile: the next frame sees to it. */
    cnn_layer_free (layer);
    gst_cnn_layer_settings_changed (self);
  } else {
    use_layer (self, layer);
    publish_layer_info (self);
  }
}

/* Applies changed properties, and again when they change while new caps are negotiated for them. */
static void
bring_up_to_date (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstBaseTransform *transform = GST_BASE_TRANSFORM (self);
  gboolean negotiated = TRUE;
  /* Nothing to do for nearly every frame. */
  while (
      negotiated && priv->in_info.bytes > 0 &&
      (g_atomic_int_get (&priv->common.changed) || gst_pad_needs_reconfigure (transform->srcpad))) {
    const gboolean changed = g_atomic_int_get (&priv->common.changed);
    GST_CNN_DEBUG (
        self, "negotiating anew: %s", changed ? "a property changed" : "downstream asked");
    /* Without a layer, too: the base class does not set caps again that it has set already. */
    if (changed) {
      begin_anew (self, priv->in_info.shape);
      apply_changes (self);
    }
    priv->error_posted = FALSE;
    negotiated = gst_base_transform_reconfigure (transform);
    /* What was refused, or waits for upstream, is none of those who ask from here on. */
    if (priv->used)
      begin_negotiation (self, priv->used, priv->in_info.shape);
  }
  if (!negotiated && !GST_PAD_IS_FLUSHING (transform->srcpad))
    explain_failure (transform, priv->in_info.shape, priv->out_info.shape);
}

static GstFlowReturn
gst_cnn_layer_submit_input_buffer (
    GstBaseTransform *transform, gboolean is_discont, GstBuffer *input)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  if (transform->segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID (input)) {
    const GstClockTime time =
        gst_segment_to_stream_time (&transform->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (input));
    if (GST_CLOCK_TIME_IS_VALID (time))
      gst_object_sync_values (GST_OBJECT (self), time);
  }
  if (gst_cnn_layer_blend_needs_layer (self))
    g_atomic_int_set (&PRIVATE (self)->common.changed, TRUE);
  if (!PRIVATE (self)->ended)
    bring_up_to_date (self);
  if (PRIVATE (self)->ended) {
    gst_buffer_unref (input);
    return GST_FLOW_EOS;
  }
  return PARENT_CLASS->submit_input_buffer (transform, is_discont, input);
}

void
gst_cnn_layer_install_negotiation (GstBaseTransformClass *klass)
{
  klass->transform_caps = GST_DEBUG_FUNCPTR (gst_cnn_layer_transform_caps);
  klass->query = GST_DEBUG_FUNCPTR (gst_cnn_layer_query);
  klass->accept_caps = GST_DEBUG_FUNCPTR (gst_cnn_layer_accept_caps);
  klass->fixate_caps = GST_DEBUG_FUNCPTR (gst_cnn_layer_fixate_caps);
  klass->set_caps = GST_DEBUG_FUNCPTR (gst_cnn_layer_set_caps);
  klass->sink_event = GST_DEBUG_FUNCPTR (gst_cnn_layer_sink_event);
  klass->src_event = GST_DEBUG_FUNCPTR (gst_cnn_layer_src_event);
  klass->submit_input_buffer = GST_DEBUG_FUNCPTR (gst_cnn_layer_submit_input_buffer);
}
