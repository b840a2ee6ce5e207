/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnview
 * @title: cnnview
 *
 * Shows the feature maps of a tensor as a picture: one tile a channel in a grid. A sink that sends
 * navigation events makes it interactive: a click enlarges a tile, `h` lists the keys.
 *
 * The picture has the size that downstream asks for; without wishes a tile is drawn one pixel a
 * value, enlarged by the smallest whole factor that makes the picture 320 pixels wide. NaN is drawn
 * magenta, infinity green, negative infinity cyan.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc ! cnnconv kernel=gabor ! cnnview labels=true ! videoconvert ! autovideosink
 * ]|
 */
#include "gstcnnview.h"

#include "gstcnnchain.h"
#include "gstcnncontext.h"
#include "gstcnnviewinteraction.h"
#include "gstcnnviewpainter.h"
#include "gstcnnviewsettings.h"
#include "streambuffer.h"
#include "tensorcaps.h"

#include <gst/video/video.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (cnnview_debug);
#define GST_CAT_DEFAULT cnnview_debug

static GParamSpec *specs[GST_CNN_VIEW_N_PROPS];

struct _GstCnnView {
  GstBaseTransform parent;

  /* Under the object lock. */
  GstCnnViewSettings settings;
  gchar *channels;
  GArray *maps; /* what `channels` means for the stream; NULL without one */
  GstCnnViewInteraction interaction;
  GstPad *video_pad; /* NULL when not asked for */

  GstCnnViewSource *source; /* locks itself */

  /* Of the streaming thread. */
  GstCnnViewPainter *painter;
  GstCnnStreamInfo stream;
  GstVideoInfo video;
  GstBuffer *frozen; /* shown instead of what comes */
  gchar *layer;      /* name of the layer upstream, or NULL */
  GstCnnChain chain; /* what it sees; source_rows 0 when not known */
  gchar *title;
};

#define VIDEO_FORMATS "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA }"

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }")));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format=(string)" VIDEO_FORMATS
                         ", width=(int)[ 1, 32767 ], height=(int)[ 1, 32767 ], "
                         "framerate=(fraction)[ 0/1, max ], pixel-aspect-ratio=(fraction)1/1"));

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE ("video", GST_PAD_SINK,
    GST_PAD_REQUEST, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL)));

#define gst_cnn_view_parent_class parent_class
G_DEFINE_TYPE_WITH_CODE (GstCnnView, gst_cnn_view, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (cnnview_debug, "cnnview", 0, "feature maps on a screen"));
GST_ELEMENT_REGISTER_DEFINE (cnnview, "cnnview", GST_RANK_NONE, GST_TYPE_CNN_VIEW);

/* ---- Settings -------------------------------------------------------------------------------- */

/* The maps of a stream that `channels` and `channel` choose, or NULL and a sentence. */
static GArray *
resolve_maps (const gchar *channels, gint channel, gint n_maps, CnnError *error)
{
  GArray *intervals = gst_cnn_view_channels_parse (channels, error);
  if (!intervals)
    return NULL;
  GArray *maps = gst_cnn_view_channels_resolve (intervals, n_maps, error);
  g_array_unref (intervals);
  if (maps && channel >= n_maps) {
    cnn_error_set (error,
        "channel=%d asks for a channel that is not there: there are %d, "
        "numbered from 0",
        channel, n_maps);
    g_clear_pointer (&maps, g_array_unref);
  }
  return maps;
}

static gboolean
check_range (const GstCnnViewSettings *settings, CnnError *error)
{
  if (settings->normalize != GST_CNN_VIEW_NORMALIZE_FIXED || settings->minimum < settings->maximum)
    return TRUE;
  return cnn_error_set (error, "normalize=fixed needs a minimum below the maximum, not %g and %g",
      settings->minimum, settings->maximum);
}

/* Takes a new list or a new number (the other is NULL) when the stream has them; keeps the old ones otherwise. */
static gboolean
set_channels (GstCnnView *self, const gchar *channels, const gint *new_channel, CnnError *error)
{
  gboolean accepted = TRUE;
  GST_OBJECT_LOCK (self);
  gint channel = new_channel ? *new_channel : self->settings.channel;
  if (self->maps) {
    GArray *maps = resolve_maps (
        channels ? channels : self->channels, channel, self->interaction.n_maps, error);
    accepted = maps != NULL;
    if (accepted) {
      g_array_unref (self->maps);
      self->maps = maps;
    }
  }
  if (accepted) {
    self->settings.channel = channel;
    if (channels) {
      g_free (self->channels);
      self->channels = g_strdup (channels);
    }
  }
  GST_OBJECT_UNLOCK (self);
  return accepted;
}

static void
gst_cnn_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnView *self = GST_CNN_VIEW (object);
  CnnError error;
  gboolean accepted = TRUE;
  if (id == GST_CNN_VIEW_PROP_CHANNELS) {
    const gchar *channels = g_value_get_string (value);
    accepted =
        set_channels (self, channels ? channels : GST_CNN_VIEW_DEFAULT_CHANNELS, NULL, &error);
  } else if (id == GST_CNN_VIEW_PROP_CHANNEL) {
    gint channel = g_value_get_int (value);
    accepted = set_channels (self, NULL, &channel, &error);
  } else if (id > GST_CNN_VIEW_PROP_0 && id < GST_CNN_VIEW_N_PROPS) {
    GST_OBJECT_LOCK (self);
    gst_cnn_view_settings_set (&self->settings, id, value);
    GST_OBJECT_UNLOCK (self);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  if (!accepted)
    GST_ELEMENT_WARNING (
        self, LIBRARY, SETTINGS, ("%s; the old value stays", error.message), (NULL));
}

static void
gst_cnn_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnView *self = GST_CNN_VIEW (object);
  GST_OBJECT_LOCK (self);
  if (id == GST_CNN_VIEW_PROP_CHANNELS)
    g_value_set_string (value, self->channels);
  else if (id > GST_CNN_VIEW_PROP_0 && id < GST_CNN_VIEW_N_PROPS)
    gst_cnn_view_settings_get (&self->settings, id, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* ---- Negotiation ----------------------------------------------------------------------------- */

static void
copy_framerate (GstCaps *caps, const GstStructure *from)
{
  const GValue *rate = gst_structure_get_value (from, "framerate");
  if (rate)
    gst_caps_set_value (caps, "framerate", rate);
}

/* Any tensor to any picture: only the frame rate stays. */
static GstCaps *
gst_cnn_view_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstPad *other = direction == GST_PAD_SINK ? base->srcpad : base->sinkpad;
  GstCaps *result = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstCaps *part = gst_caps_make_writable (gst_pad_get_pad_template_caps (other));
    copy_framerate (part, gst_caps_get_structure (caps, i));
    result = gst_caps_merge (result, part);
  }
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  return result;
}

static void
natural_size (GstCnnView *self, CnnShape shape, gint *width, gint *height)
{
  GstCnnViewScene scene = {.source_width = 0};
  GST_OBJECT_LOCK (self);
  GArray *maps = resolve_maps (self->channels, self->settings.channel, shape.n * shape.c, NULL);
  scene.settings = self->settings;
  scene.source_width = scene.source_height = self->video_pad != NULL;
  GST_OBJECT_UNLOCK (self);
  if (maps) {
    scene.maps = maps;
    GstCnnViewRequest request = gst_cnn_view_painter_request (shape, &scene, 1, 1);
    gst_cnn_view_layout_natural_size (&request, width, height);
    g_array_unref (maps);
  }
}

/* The natural size where downstream leaves it open. When it asks for one side only, the other
 * follows the natural shape. */
static GstCaps *
gst_cnn_view_fixate_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  GstCnnStreamInfo stream;
  othercaps = gst_caps_make_writable (gst_caps_truncate (othercaps));
  if (direction == GST_PAD_SINK && gst_cnn_stream_info_from_caps (&stream, caps, NULL)) {
    GstStructure *video = gst_caps_get_structure (othercaps, 0);
    gint width = 320, height = 240, wanted;
    natural_size (GST_CNN_VIEW (base), stream.shape, &width, &height);
    if (gst_structure_get_int (video, "width", &wanted))
      height = (gint)MAX (1, gst_util_uint64_scale_int_round ((guint64)height, wanted, width));
    else if (gst_structure_get_int (video, "height", &wanted))
      width = (gint)MAX (1, gst_util_uint64_scale_int_round ((guint64)width, wanted, height));
    gst_structure_fixate_field_nearest_int (video, "width", width);
    gst_structure_fixate_field_nearest_int (video, "height", height);
  }
  return gst_caps_fixate (othercaps);
}

static void
forget_stream (GstCnnView *self)
{
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->maps, g_array_unref);
  memset (&self->interaction, 0, sizeof self->interaction);
  GST_OBJECT_UNLOCK (self);
  gst_buffer_replace (&self->frozen, NULL);
}

static void
update_title (GstCnnView *self)
{
  const CnnShape shape = self->stream.shape;
  g_free (self->title);
  const CnnReceptiveField *field = &self->chain.field;
  gchar *sees = NULL;
  if (self->chain.source_rows > 0 && (field->rows.size > 1 || field->columns.size > 1))
    sees = g_strdup_printf ("   a value sees %g\303\227%g", field->rows.size, field->columns.size);
  self->title = g_strdup_printf ("%s%s%d channel%s of %d\303\227%d%s",
      self->layer ? self->layer : "", self->layer ? "   " : "", shape.c, shape.c == 1 ? "" : "s",
      shape.h, shape.w, sees ? sees : "");
  g_free (sees);
}

/* Takes the maps of a new stream, or says why there are none. */
static gboolean
adopt_stream (GstCnnView *self, CnnShape shape, CnnError *error)
{
  gint n_maps = shape.n * shape.c;
  GST_OBJECT_LOCK (self);
  GArray *maps = resolve_maps (self->channels, self->settings.channel, n_maps, error);
  gboolean usable = maps && check_range (&self->settings, error);
  if (usable) {
    self->maps = g_steal_pointer (&maps);
    self->interaction.n_maps = n_maps;
  }
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&maps, g_array_unref);
  return usable;
}

static gboolean
gst_cnn_view_set_caps (GstBaseTransform *base, GstCaps *incaps, GstCaps *outcaps)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  CnnError error;
  if (!gst_cnn_stream_info_from_caps (&self->stream, incaps, &error)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", error.message), (NULL));
    return FALSE;
  }
  if (!gst_video_info_from_caps (&self->video, outcaps))
    return FALSE;
  forget_stream (self);
  if (!adopt_stream (self, self->stream.shape, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error.message), (NULL));
    return FALSE;
  }
  gst_cnn_view_painter_set_stream (
      self->painter, self->stream.shape, self->stream.layout, self->stream.type);
  update_title (self);
  return TRUE;
}

static gboolean
gst_cnn_view_get_unit_size (GstBaseTransform *base, GstCaps *caps, gsize *size)
{
  GstCnnStreamInfo stream;
  GstVideoInfo video;
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw")) {
    if (!gst_video_info_from_caps (&video, caps))
      return FALSE;
    *size = GST_VIDEO_INFO_SIZE (&video);
    return TRUE;
  }
  if (!gst_cnn_stream_info_from_caps (&stream, caps, NULL))
    return FALSE;
  *size = stream.bytes;
  return TRUE;
}

/* One frame in, one picture out, whatever the size of the input buffer: a wrong one is refused with
 * a sentence when it is drawn. */
static gboolean
gst_cnn_view_transform_size (GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
    gsize size, GstCaps *othercaps, gsize *othersize)
{
  return gst_cnn_view_get_unit_size (base, othercaps, othersize);
}

static gboolean
gst_cnn_view_propose_allocation (GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  return gst_cnn_allocation_propose (query);
}

static gboolean
gst_cnn_view_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  return gst_cnn_allocation_decide (query) &&
         GST_BASE_TRANSFORM_CLASS (parent_class)->decide_allocation (base, query);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static gboolean
gst_cnn_view_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  if (gst_event_has_name (event, GST_CNN_CHAIN_EVENT)) {
    const gchar *layer = gst_structure_get_string (gst_event_get_structure (event), "element");
    g_free (self->layer);
    self->layer = layer ? g_utf8_make_valid (layer, -1) : NULL;
    if (!gst_cnn_chain_event_parse (event, &self->chain))
      self->chain.source_rows = 0;
    update_title (self);
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (base, event);
}

static void
notify_changes (GstCnnView *self, const GstCnnViewSettings *old, const GstCnnViewSettings *new)
{
  for (guint id = GST_CNN_VIEW_PROP_0 + 1; id < GST_CNN_VIEW_PROP_CHANNELS; id++)
    if (gst_cnn_view_settings_differ (old, new, id))
      g_object_notify_by_pspec (G_OBJECT (self), specs[id]);
}

static gboolean
gst_cnn_view_src_event (GstBaseTransform *base, GstEvent *event)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  gboolean handled = FALSE;
  GstCnnViewSettings old, new;
  if (GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION) {
    GST_OBJECT_LOCK (self);
    old = new = self->settings;
    if (self->maps)
      handled = gst_cnn_view_interaction_handle (&self->interaction, event, self->maps, &new);
    if (handled)
      self->settings = new;
    GST_OBJECT_UNLOCK (self);
  }
  if (!handled)
    return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (base, event);
  notify_changes (self, &old, &new);
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
  GArray *intervals = gst_cnn_view_channels_parse (self->channels, &error);
  gboolean usable = intervals && check_range (&self->settings, &error);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&intervals, g_array_unref);
  const CnnContext *context = usable ? gst_cnn_context_get (&error) : NULL;
  if (!context) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error.message), (NULL));
    return FALSE;
  }
  self->painter = gst_cnn_view_painter_new (context->kernels);
  return TRUE;
}

static gboolean
gst_cnn_view_stop (GstBaseTransform *base)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  forget_stream (self);
  g_clear_pointer (&self->layer, g_free);
  self->chain.source_rows = 0;
  gst_cnn_view_source_flush (self->source);
  g_clear_pointer (&self->painter, gst_cnn_view_painter_free);
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

/* Settings and maps as they are now; `maps` is a reference. */
static void
take_scene (GstCnnView *self, GstClockTime running_time, GstCnnViewScene *scene, GArray **maps)
{
  GST_OBJECT_LOCK (self);
  *maps = g_array_ref (self->maps);
  scene->settings = self->settings;
  scene->maps = *maps;
  scene->has_pointer = self->interaction.has_pointer;
  scene->pointer_x = self->interaction.pointer_x;
  scene->pointer_y = self->interaction.pointer_y;
  gboolean has_video = self->video_pad != NULL;
  GST_OBJECT_UNLOCK (self);
  scene->title = self->title;
  scene->source = self->source;
  scene->source_width = scene->source_height = 0;
  if (has_video)
    gst_cnn_view_source_choose (
        self->source, running_time, &scene->source_width, &scene->source_height);
  scene->field = self->chain.field;
  scene->field_rows = self->chain.source_rows;
  scene->field_columns = self->chain.source_columns;
}

/* What clicks act on from now on. */
static void
publish_layout (GstCnnView *self, const GstCnnViewSettings *settings)
{
  const GstCnnViewLayout *layout = gst_cnn_view_painter_layout (self->painter);
  GST_OBJECT_LOCK (self);
  self->interaction.layout = *layout;
  if (settings->channel < 0) {
    self->interaction.grid_columns = layout->columns;
    self->interaction.grid_per_page = layout->columns * layout->rows;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
draw (GstCnnView *self, GstClockTime running_time, const guint8 *tensor, GstVideoFrame *frame,
    CnnError *error)
{
  GstCnnViewScene scene;
  GArray *maps;
  take_scene (self, running_time, &scene, &maps);
  gboolean drawn = gst_cnn_view_painter_draw (self->painter, &scene, tensor, frame, error);
  if (drawn)
    publish_layout (self, &scene.settings);
  g_array_unref (maps);
  return drawn;
}

/* The buffer to show: the frozen one while frozen. */
static GstBuffer *
choose_buffer (GstCnnView *self, GstBuffer *in)
{
  GST_OBJECT_LOCK (self);
  gboolean freeze = self->settings.freeze;
  GST_OBJECT_UNLOCK (self);
  if (!freeze)
    gst_buffer_replace (&self->frozen, NULL);
  else if (!self->frozen)
    gst_buffer_replace (&self->frozen, in);
  return self->frozen ? self->frozen : in;
}

static GstFlowReturn
gst_cnn_view_transform (GstBaseTransform *base, GstBuffer *in, GstBuffer *out)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  GstMapInfo map;
  GstVideoFrame frame;
  CnnError error;
  GstBuffer *shown = choose_buffer (self, in);
  if (gst_buffer_get_size (shown) != self->stream.bytes) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("a buffer of %" G_GSIZE_FORMAT " bytes came where the caps ask for %" G_GSIZE_FORMAT,
            gst_buffer_get_size (shown), self->stream.bytes),
        (NULL));
    return GST_FLOW_ERROR;
  }
  if (!gst_video_frame_map (&frame, &self->video, out, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("the picture cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  gboolean mapped = gst_buffer_map (shown, &map, GST_MAP_READ);
  if (!mapped)
    cnn_error_set (&error, "the tensor cannot be read");
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  if (base->segment.format == GST_FORMAT_TIME)
    running_time =
        gst_segment_to_running_time (&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (shown));
  gboolean drawn = mapped && draw (self, running_time, map.data, &frame, &error);
  if (mapped)
    gst_buffer_unmap (shown, &map);
  gst_video_frame_unmap (&frame);
  if (!drawn) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, ("%s", error.message), (NULL));
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* ---- The pad of the source ------------------------------------------------------------------- */

static GstFlowReturn
video_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_cnn_view_source_push (GST_CNN_VIEW (parent)->source, buffer);
  return GST_FLOW_OK;
}

/* Nothing of this stream goes downstream: the tensors lead. */
static gboolean
video_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCnnViewSource *source = GST_CNN_VIEW (parent)->source;
  gboolean accepted = TRUE;
  GstCaps *caps;
  const GstSegment *segment;
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    accepted = gst_cnn_view_source_set_caps (source, caps);
    break;
  case GST_EVENT_SEGMENT:
    gst_event_parse_segment (event, &segment);
    gst_cnn_view_source_set_segment (source, segment);
    break;
  case GST_EVENT_FLUSH_STOP:
    gst_cnn_view_source_flush (source);
    break;
  default:
    break;
  }
  gst_event_unref (event);
  return accepted;
}

static gboolean
video_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_ALLOCATION:
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
  case GST_QUERY_CAPS:
  case GST_QUERY_ACCEPT_CAPS:
    return gst_pad_query_default (pad, parent, query);
  default:
    return FALSE;
  }
}

static GstPad *
gst_cnn_view_request_new_pad (
    GstElement *element, GstPadTemplate *template, const gchar *name, const GstCaps *caps)
{
  GstCnnView *self = GST_CNN_VIEW (element);
  GstPad *pad = gst_pad_new_from_template (template, "video");
  gst_pad_set_chain_function (pad, video_chain);
  gst_pad_set_event_function (pad, video_event);
  gst_pad_set_query_function (pad, video_query);
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
  g_free (self->channels);
  g_free (self->layer);
  g_free (self->title);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_cnn_view_init (GstCnnView *self)
{
  self->settings = gst_cnn_view_settings_default;
  self->source = gst_cnn_view_source_new ();
  self->channels = g_strdup (GST_CNN_VIEW_DEFAULT_CHANNELS);
  /* Shapes are not in the template, and a subset test does not look into their ranges. */
  GST_PAD_SET_ACCEPT_INTERSECT (GST_BASE_TRANSFORM_SINK_PAD (self));
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
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
  gst_cnn_view_settings_install (object_class, specs);

  element_class->request_new_pad = gst_cnn_view_request_new_pad;
  element_class->release_pad = gst_cnn_view_release_pad;

  base_class->transform_caps = gst_cnn_view_transform_caps;
  base_class->fixate_caps = gst_cnn_view_fixate_caps;
  base_class->set_caps = gst_cnn_view_set_caps;
  base_class->get_unit_size = gst_cnn_view_get_unit_size;
  base_class->transform_size = gst_cnn_view_transform_size;
  base_class->propose_allocation = gst_cnn_view_propose_allocation;
  base_class->decide_allocation = gst_cnn_view_decide_allocation;
  base_class->sink_event = gst_cnn_view_sink_event;
  base_class->src_event = gst_cnn_view_src_event;
  base_class->start = gst_cnn_view_start;
  base_class->stop = gst_cnn_view_stop;
  base_class->before_transform = gst_cnn_view_before_transform;
  base_class->transform = gst_cnn_view_transform;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Feature map viewer",
      "Filter/Converter/Video", "Draws each channel of a tensor as a tile of a picture",
      "The gst-cnn developers");
  gst_type_mark_as_plugin_api (gst_cnn_view_normalize_get_type (), 0);
  gst_type_mark_as_plugin_api (gst_cnn_view_colormap_get_type (), 0);
}
