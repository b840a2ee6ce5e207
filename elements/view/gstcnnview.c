/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnview
 * @title: cnnview
 *
 * Shows the feature maps of a tensor as a picture: one tile a channel in a grid. A sink that sends
 * navigation events makes it interactive: a click enlarges a tile, `h` lists the keys, and shift
 * reverses what they cycle through.
 *
 * The picture has the size that downstream asks for; without wishes a tile is drawn one pixel a
 * value, enlarged by the smallest whole factor that makes the picture 320 pixels wide. NaN is drawn
 * magenta, infinity green, negative infinity cyan.
 *
 * The request pad `video` takes the frames the maps were made of. They are then drawn on the left, with the
 * receptive field of the value under the pointer (of the middle one without a pointer) as a box, and below
 * them the kernels of the convolution that made the channels: of an enlarged channel its own, one picture
 * for each input channel. Kernels change with the weights. Those of more than 1 MiB, and of joined branches,
 * are not shown.
 *
 * `a` or arithmetic=true shows the sum behind the value under the pointer: the window of the layer's input, the
 * kernel, their products and the equation. step=true slides the window by itself, one value a second. `s` saves
 * the picture as PNG and the maps as .npy (N,C,H,W) where snapshot-location names a folder, and posts an element
 * message "cnn-snapshot" with both paths.
 *
 * `,` or layers=true brings a strip with all layers of the chain before this element, from its first input on; `,`
 * and `.`, or a click, then go to the layer before and after while the stream plays: its maps, kernels and receptive
 * field take the place of the last one's. The layers keep each frame's intermediate maps for it as long as the frame
 * is drawn. A join of branches ends the way back.
 *
 * What keys, clicks and properties change shows with the next frame, and while the pipeline is paused at once:
 * the picture is drawn anew and pushed with its old time behind a flush, after which the bus has an async-done as
 * after a seek. Not so where a queue stands between cnnview and the sink: the flush would drop what it holds. After
 * the end of the stream nothing changes: imagefreeze makes a stream of a still picture, and `space` freezes the maps
 * of one that goes on.
 *
 * Video on the pad `sink` is shown as its channels: red, green and blue, or gray. Built against GStreamer 1.26
 * or later, video whose buffers carry a tensor as GstTensorMeta, as inference elements attach it, shows that
 * tensor; tensor-layout says how its dimensions are ordered.
 *
 * Ranges leave out the values at the edges that see padding (ignore-border): zeros beside a picture make the
 * strongest edge there is, and everything else would be dark.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc ! cnnconv kernel=gabor ! cnnview labels=true ! videoconvert ! autovideosink
 * ]|
 */
#include "view/gstcnnview-private.h"

#include "common/gstcnncontext.h"

GST_DEBUG_CATEGORY (gst_cnn_view_debug);
#define GST_CAT_DEFAULT gst_cnn_view_debug

static GParamSpec *specs[GST_CNN_VIEW_N_PROPS];

#define VIDEO_FORMATS "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA }"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format=(string)" VIDEO_FORMATS
                         ", width=(int)[ 1, 32767 ], height=(int)[ 1, 32767 ], "
                         "framerate=(fraction)[ 0/1, max ], pixel-aspect-ratio=(fraction)1/1"));

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE ("video", GST_PAD_SINK,
    GST_PAD_REQUEST, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

#define gst_cnn_view_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstCnnView, gst_cnn_view, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_cnn_view_debug, "cnnview", 0, "feature maps on a screen"));
GST_ELEMENT_REGISTER_DEFINE (cnnview, "cnnview", GST_RANK_NONE, GST_TYPE_CNN_VIEW);

static void ask_layers (GstCnnView *self);

/* ---- Settings -------------------------------------------------------------------------------- */

/* Takes a new list or a new number (the other is NULL) when the stream has what it asks for; keeps
 * the old ones otherwise. */
static gboolean
set_channels (GstCnnView *self, const gchar *channels, const gint *new_channel, CnnError *error)
{
  gboolean accepted = TRUE;
  GST_OBJECT_LOCK (self);
  gint channel = new_channel ? *new_channel : self->settings.channel;
  if (self->maps) {
    GArray *maps = cnn_view_choose_maps (
        channels ? channels : self->channels, channel, self->interaction.n_maps, error);
    accepted = maps != NULL;
    if (accepted) {
      g_array_unref (self->maps);
      self->maps = maps;
    }
  }
  if (accepted) {
    self->settings.channel = channel;
    self->changes++;
    if (channels) {
      g_free (self->channels);
      g_free (self->snapshot_location);
      g_clear_pointer (&self->operation, gst_cnn_operation_unref);
      self->channels = g_strdup (channels);
    }
  }
  GST_OBJECT_UNLOCK (self);
  return accepted;
}

/* Reads the file outside the lock; an empty path means none. */
static gboolean
set_names (GstCnnView *self, const gchar *path, CnnError *error)
{
  GstCnnLabels *names = NULL;
  if (path && *path && !(names = gst_cnn_labels_read (path, error)))
    return FALSE;
  GST_OBJECT_LOCK (self);
  GstCnnLabels *old = self->names;
  self->names = names;
  g_free (self->names_path);
  self->names_path = names ? g_strdup (path) : NULL;
  self->changes++;
  GST_OBJECT_UNLOCK (self);
  gst_cnn_labels_free (old);
  return TRUE;
}

/* What was refused before the start, when nobody hears a warning, is an error at the start; NULL: the property
 * has been set well. */
static void
remember_fault (GstCnnView *self, GParamSpec *pspec, const CnnError *error)
{
  GST_OBJECT_LOCK (self);
  if (error && !self->painter) {
    self->fault_of = pspec;
    self->fault = *error;
  } else if (self->fault_of == pspec) {
    self->fault_of = NULL;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnView *self = GST_CNN_VIEW (object);
  CnnError error;
  gboolean accepted = TRUE;
  if (id == GST_CNN_VIEW_PROP_CHANNELS) {
    const gchar *channels = g_value_get_string (value);
    accepted = set_channels (self, channels ? channels : CNN_VIEW_DEFAULT_CHANNELS, NULL, &error);
  } else if (id == GST_CNN_VIEW_PROP_CHANNEL) {
    gint channel = g_value_get_int (value);
    accepted = set_channels (self, NULL, &channel, &error);
  } else if (id == GST_CNN_VIEW_PROP_NAMES) {
    accepted = set_names (self, g_value_get_string (value), &error);
  } else if (id == GST_CNN_VIEW_PROP_SNAPSHOT_LOCATION) {
    GST_OBJECT_LOCK (self);
    g_free (self->snapshot_location);
    self->snapshot_location = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (self);
  } else if (id == GST_CNN_VIEW_PROP_REDRAW_PAUSED) {
    gst_cnn_view_redraw_enable (self, g_value_get_boolean (value));
  } else if (id > GST_CNN_VIEW_PROP_0 && id < GST_CNN_VIEW_PROP_CHANNELS) {
    GST_OBJECT_LOCK (self);
    accepted = gst_cnn_view_properties_set (&self->settings, id, value, pspec, &error);
    self->changes++;
    GST_OBJECT_UNLOCK (self);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_DEBUG_OBJECT (self, "%s %s", pspec->name, accepted ? "taken" : "refused");
  remember_fault (self, pspec, accepted ? NULL : &error);
  if (!accepted)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("%s: %s; the old value stays", GST_OBJECT_NAME (self), error.message), (NULL));
  if (id == GST_CNN_VIEW_PROP_LAYERS && self->painter)
    ask_layers (self);
  gst_cnn_view_redraw_wish (self);
}

static void
gst_cnn_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnView *self = GST_CNN_VIEW (object);
  GST_OBJECT_LOCK (self);
  if (id == GST_CNN_VIEW_PROP_CHANNELS)
    g_value_set_string (value, self->channels);
  else if (id == GST_CNN_VIEW_PROP_NAMES)
    g_value_set_string (value, self->names_path);
  else if (id == GST_CNN_VIEW_PROP_SNAPSHOT_LOCATION)
    g_value_set_string (value, self->snapshot_location);
  else if (id == GST_CNN_VIEW_PROP_REDRAW_PAUSED)
    g_value_set_boolean (value, gst_cnn_view_redraw_is_enabled (self));
  else if (id > GST_CNN_VIEW_PROP_0 && id < GST_CNN_VIEW_PROP_CHANNELS)
    gst_cnn_view_properties_get (&self->settings, id, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* 0 when the sender does not tell. */
static gint64
parameters_of (GstEvent *event)
{
  const GValue *info = gst_structure_get_value (gst_event_get_structure (event), "layer-info");
  gint64 parameters = 0;
  if (info && GST_VALUE_HOLDS_STRUCTURE (info))
    gst_structure_get_int64 (gst_value_get_structure (info), "parameters", &parameters);
  return parameters;
}

/* Tells the layers before us whether their inputs are wanted. */
static void
ask_layers (GstCnnView *self)
{
  GST_OBJECT_LOCK (self);
  const gboolean wanted = self->settings.layers;
  const gboolean changed = wanted != self->layers_asked;
  self->layers_asked = wanted;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (self), gst_cnn_operation_event_new (wanted));
}

/* The layer before us tells what it is. */
static void
take_layer (GstCnnView *self, GstEvent *event)
{
  GstCnnChain chain;
  const gchar *layer = gst_structure_get_string (gst_event_get_structure (event), "element");
  gchar *name = layer ? g_utf8_make_valid (layer, -1) : NULL;
  const gboolean known = gst_cnn_chain_event_parse (event, &chain);
  gst_cnn_view_weights_take (self->weights, gst_cnn_chain_event_weights (event));
  gst_cnn_view_layer_set (&self->last, name, known ? &chain : NULL, parameters_of (event),
      gst_cnn_view_weights_group (self->weights, event));
  g_free (name);
  if (self->back == 0)
    gst_cnn_view_show_last (self);
}

static gboolean
gst_cnn_view_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  if (gst_event_has_name (event, GST_CNN_CHAIN_EVENT)) {
    take_layer (self, event);
    GST_DEBUG_OBJECT (self, "maps of %s, %s weights, first input %dx%d",
        self->last.name ? self->last.name : "an unnamed layer",
        gst_cnn_view_weights_get (self->weights) ? "with" : "without", self->last.chain.source_rows,
        self->last.chain.source_columns);
  }
  gst_cnn_view_redraw_note_event (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    ask_layers (self);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (base, event);
}

static void
notify_changes (GstCnnView *self, const CnnViewSettings *old, const CnnViewSettings *new)
{
  for (guint id = GST_CNN_VIEW_PROP_0 + 1; id < GST_CNN_VIEW_PROP_CHANNELS; id++)
    if (gst_cnn_view_properties_differ (old, new, id))
      g_object_notify_by_pspec (G_OBJECT (self), specs[id]);
}

/* The key that saves; it does nothing, and says so, without a folder. Object lock held. */
static void
take_snapshot_wish (GstCnnView *self)
{
  self->interaction.wants_snapshot = FALSE;
  self->snapshot_wanted = self->snapshot_location != NULL;
  if (!self->snapshot_location)
    g_strlcpy (self->interaction.notice, "snapshot-location is not set", CNN_VIEW_NOTICE_SIZE);
}

static gboolean
gst_cnn_view_src_event (GstBaseTransform *base, GstEvent *event)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  gboolean handled = FALSE, noticed = FALSE;
  CnnViewSettings old, new;
  if (GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION) {
    GST_OBJECT_LOCK (self);
    old = new = self->settings;
    if (self->maps)
      handled = gst_cnn_view_navigation_handle (&self->interaction, event, self->maps, &new);
    if (handled) {
      self->settings = new;
      self->changes++;
      if (self->interaction.wants_snapshot)
        take_snapshot_wish (self);
      self->notice_end = g_get_monotonic_time () + GST_CNN_VIEW_NOTICE_TIME;
    }
    noticed = handled && *self->interaction.notice != '\0';
    GST_OBJECT_UNLOCK (self);
  }
  gst_cnn_view_redraw_note_event (self, event);
  if (!handled)
    return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (base, event);
  GST_LOG_OBJECT (self, "taken: %" GST_PTR_FORMAT, event);
  ask_layers (self);
  notify_changes (self, &old, &new);
  gst_cnn_view_redraw_wish (self);
  if (noticed)
    gst_cnn_view_redraw_wish_later (self, GST_CNN_VIEW_NOTICE_TIME * GST_USECOND);
  gst_event_unref (event);
  return TRUE;
}

/* ---- Streaming ------------------------------------------------------------------------------- */

static gboolean
gst_cnn_view_start (GstBaseTransform *base)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  CnnError error;
  GST_OBJECT_LOCK (self);
  GArray *intervals = cnn_view_channels_parse (self->channels, &error);
  gboolean usable = intervals && cnn_view_settings_check (&self->settings, &error);
  if (self->fault_of) {
    usable = FALSE;
    error = self->fault;
  }
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&intervals, g_array_unref);
  const CnnContext *context = usable ? gst_cnn_context_get (&error) : NULL;
  if (!context) {
    GST_CNN_VIEW_ERROR (self, LIBRARY, SETTINGS, error.message);
    return FALSE;
  }
  self->painter = cnn_view_painter_new (context);
  gst_cnn_view_redraw_reset (self);
  self->started = g_get_monotonic_time ();
  return TRUE;
}

static gboolean
gst_cnn_view_stop (GstBaseTransform *base)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  gst_cnn_view_forget_stream (self);
  gst_buffer_replace (&self->frozen, NULL);
  gst_cnn_view_weights_take (self->weights, NULL);
  gst_cnn_view_layer_set (&self->last, NULL, NULL, 0, 0);
  self->back = 0;
  self->layers_asked = FALSE;
  gst_cnn_view_show_last (self);
  g_clear_pointer (&self->operation, gst_cnn_operation_unref);
  gst_cnn_view_source_flush (self->source);
  g_clear_pointer (&self->painter, cnn_view_painter_free);
  return TRUE;
}

static void
gst_cnn_view_before_transform (GstBaseTransform *base, GstBuffer *buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;
  if (base->segment.format == GST_FORMAT_TIME)
    time =
        gst_segment_to_stream_time (&base->segment, GST_FORMAT_TIME, GST_BUFFER_TIMESTAMP (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (base), time);
}

/* ---- The pad of the source ------------------------------------------------------------------- */

static GstPad *
gst_cnn_view_request_new_pad (
    GstElement *element, GstPadTemplate *template, const gchar *name, const GstCaps *caps)
{
  GstCnnView *self = GST_CNN_VIEW (element);
  GstPad *pad = gst_cnn_view_source_pad_new (self->source, template);
  GST_OBJECT_LOCK (self);
  gboolean wanted = self->video_pad == NULL;
  if (wanted)
    self->video_pad = pad;
  GST_OBJECT_UNLOCK (self);
  if (!wanted) {
    gst_object_unref (gst_object_ref_sink (pad));
    return NULL;
  }
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
gst_cnn_view_release_pad (GstElement *element, GstPad *pad)
{
  GstCnnView *self = GST_CNN_VIEW (element);
  GST_OBJECT_LOCK (self);
  self->video_pad = NULL;
  GST_OBJECT_UNLOCK (self);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  gst_cnn_view_source_flush (self->source);
}

/* ---- Object ---------------------------------------------------------------------------------- */

static void
gst_cnn_view_finalize (GObject *object)
{
  GstCnnView *self = GST_CNN_VIEW (object);
  gst_cnn_view_source_free (self->source);
  gst_cnn_view_input_free (self->input);
  cnn_view_weights_panel_free (self->weights_panel);
  gst_cnn_view_weights_free (self->weights);
  g_free (self->channels);
  g_free (self->snapshot_location);
  g_free (self->names_path);
  gst_cnn_labels_free (self->names);
  g_clear_pointer (&self->operation, gst_cnn_operation_unref);
  g_free (self->last.name);
  g_free (self->shown.name);
  g_free (self->title);
  gst_cnn_view_redraw_clear (self);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_cnn_view_init (GstCnnView *self)
{
  self->settings = cnn_view_settings_default;
  self->source = gst_cnn_view_source_new ();
  self->input = gst_cnn_view_input_new ();
  self->weights_panel = cnn_view_weights_panel_new ();
  self->weights = gst_cnn_view_weights_new ();
  self->channels = g_strdup (CNN_VIEW_DEFAULT_CHANNELS);
  /* Shapes are not in the template, and a subset test does not look into their ranges. */
  GST_PAD_SET_ACCEPT_INTERSECT (GST_BASE_TRANSFORM_SINK_PAD (self));
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
  gst_cnn_view_redraw_init (self);
}

static void
gst_cnn_view_class_init (GstCnnViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_cnn_view_set_property;
  object_class->get_property = gst_cnn_view_get_property;
  object_class->finalize = gst_cnn_view_finalize;
  gst_cnn_view_properties_install (object_class, specs);

  gst_cnn_view_redraw_install (element_class);
  element_class->request_new_pad = gst_cnn_view_request_new_pad;
  element_class->release_pad = gst_cnn_view_release_pad;

  gst_cnn_view_install_negotiation (base_class);
  base_class->sink_event = gst_cnn_view_sink_event;
  base_class->src_event = gst_cnn_view_src_event;
  base_class->start = gst_cnn_view_start;
  base_class->stop = gst_cnn_view_stop;
  base_class->before_transform = gst_cnn_view_before_transform;
  gst_cnn_view_install_drawing (base_class);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Feature map viewer",
      "Filter/Converter/Video", "Draws each channel of a tensor as a tile of a picture",
      "The gst-cnn developers");
  gst_type_mark_as_plugin_api (gst_cnn_view_normalize_get_type (), 0);
  gst_type_mark_as_plugin_api (gst_cnn_view_colormap_get_type (), 0);
  gst_type_mark_as_plugin_api (gst_cnn_view_values_get_type (), 0);
  gst_type_mark_as_plugin_api (gst_cnn_view_tensor_layout_get_type (), 0);
}
