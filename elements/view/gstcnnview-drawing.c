/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A buffer to a picture. */
#include "view/gstcnnview-private.h"

#include "common/gstcnnoperation.h"
#include "common/streambuffer.h"
#include "view/snapshot.h"

#define GST_CAT_DEFAULT gst_cnn_view_debug

/* One frame's scene, and what it refers to. */
typedef struct {
  CnnViewScene scene;
  GArray *maps;
  gchar notice[CNN_VIEW_NOTICE_SIZE];
  gchar **names;           /* or NULL */
  GstCnnMappedFrame input; /* when scene.input is set */
  GstCnnViewStrip *strip;  /* or NULL */
} Scene;

/* The way back from the buffer that is shown. */
typedef struct {
  guint n;
  GstCnnViewStation all[GST_CNN_VIEW_MAX_STATIONS];
} Stations;

/* Of video the channels have names. */
static const gchar *const *
channel_names (const GstCnnStreamInfo *stream)
{
  static const gchar *const colors[] = {"red", "green", "blue"};
  static const gchar *const gray[] = {"gray"};
  if (stream->kind != GST_CNN_STREAM_VIDEO)
    return NULL;
  return stream->shape.c == 1 ? gray : colors;
}

/* A copy of the names of the last layer's channels, when there is one for each. Object lock held. */
static gchar **
copy_names (const GstCnnView *self)
{
  const GstCnnLabels *names = self->names;
  if (!names || self->back > 0 || names->count != (guint)self->stream.shape.c)
    return NULL;
  gchar **copy = g_new0 (gchar *, names->count + 1);
  for (guint i = 0; i < names->count; i++)
    copy[i] = g_strdup (names->labels[i]);
  return copy;
}

/* Since the start of the stream, or of the element where buffers have no time. */
static GstClockTime
step_time (const GstCnnView *self, GstClockTime running_time)
{
  return GST_CLOCK_TIME_IS_VALID (running_time)
             ? running_time
             : (GstClockTime)(g_get_monotonic_time () - self->started) * GST_USECOND;
}

/* Settings and maps as they are now. */
static void
take_scene (GstCnnView *self, GstClockTime running_time, Scene *taken)
{
  CnnViewScene *scene = &taken->scene;
  GST_OBJECT_LOCK (self);
  taken->maps = g_array_ref (self->maps);
  scene->settings = self->settings;
  /* Of a layer that was walked to there may be fewer. */
  if (scene->settings.channel >= self->interaction.n_maps)
    scene->settings.channel = -1;
  scene->maps = taken->maps;
  if (g_get_monotonic_time () >= self->notice_end)
    *self->interaction.notice = '\0';
  g_strlcpy (taken->notice, self->interaction.notice, sizeof taken->notice);
  scene->notice = taken->notice;
  taken->names = copy_names (self);
  scene->has_pointer = self->interaction.has_pointer;
  scene->pointer_x = self->interaction.pointer_x;
  scene->pointer_y = self->interaction.pointer_y;
  self->drawn_changes = self->changes;
  gboolean has_video = self->video_pad != NULL;
  GST_OBJECT_UNLOCK (self);
  scene->repeats = self->repeats;
  scene->title = self->title;
  scene->names = taken->names ? (const gchar *const *)taken->names : channel_names (&self->stream);
  scene->group = self->shown.group;
  scene->step = scene->settings.step ? (gint64)(step_time (self, running_time) / GST_SECOND) : -1;
  scene->layer = self->shown.name;
  scene->weights = self->weights_panel;
  scene->draw_source = gst_cnn_view_source_draw;
  scene->source = self->source;
  scene->source_width = scene->source_height = 0;
  if (has_video)
    gst_cnn_view_source_choose (
        self->source, running_time, &scene->source_width, &scene->source_height);
  scene->field = self->shown.chain.field;
  scene->field_rows = self->shown.chain.source_rows;
  scene->field_columns = self->shown.chain.source_columns;
}

void
gst_cnn_view_show_last (GstCnnView *self)
{
  const GstCnnViewLayer *last = &self->last;
  gst_cnn_view_layer_set (&self->shown, last->name, &last->chain, last->parameters, last->group);
  cnn_view_weights_panel_set (self->weights_panel, gst_cnn_view_weights_get (self->weights));
  gst_cnn_view_update_title (self);
}

/* A layer that the walk led to, or the first input when no operation made it. */
static void
show_station (GstCnnView *self, const GstCnnViewStation *station)
{
  if (!station->operation) {
    gst_cnn_view_layer_set (&self->shown, "input", NULL, 0, 0);
    cnn_view_weights_panel_set (self->weights_panel, NULL);
    return;
  }
  const GstCnnOperationOrigin *origin = gst_cnn_operation_origin (station->operation);
  const CnnViewOperation *operation = gst_cnn_operation_get (station->operation);
  const gint in_channels = operation->input.c / operation->groups;
  const CnnViewWeights weights = {.out_channels = operation->out_channels,
      .in_channels = in_channels,
      .rows = operation->window.rows.kernel,
      .columns = operation->window.columns.kernel,
      .values = operation->weights,
      .element = origin->name,
      .first = origin->first};
  const gboolean grouped = in_channels == 1 && operation->groups > 1 && operation->weights;
  gst_cnn_view_layer_set (&self->shown, origin->name, &origin->chain, origin->parameters,
      grouped ? operation->out_channels / operation->groups : 0);
  cnn_view_weights_panel_set (self->weights_panel, operation->weights ? &weights : NULL);
}

/* Another layer than that of the last frame, or the same made anew. */
static void
note_station (GstCnnView *self, const GstCnnViewStation *station, guint back)
{
  if (back == self->back && station->operation == self->operation)
    return;
  self->back = back;
  /* The weights on show live as long as the operation. */
  GstCnnOperation *old = self->operation;
  self->operation =
      station->operation ? gst_cnn_operation_ref ((GstCnnOperation *)station->operation) : NULL;
  if (back > 0)
    show_station (self, station);
  else
    gst_cnn_view_show_last (self);
  if (old)
    gst_cnn_operation_unref (old);
  gst_cnn_view_update_title (self);
}

/* How the shown maps were made, when they tell and somebody wants to know. */
static void
take_operation (const GstCnnViewStation *station, Scene *taken)
{
  CnnViewScene *scene = &taken->scene;
  scene->operation = NULL;
  scene->input = NULL;
  if (!station->operation || !(scene->settings.arithmetic || scene->settings.step))
    return;
  const GstCnnOperationMeta *meta = gst_cnn_operation_meta_get (station->buffer);
  if (!gst_cnn_frame_map (&taken->input, gst_cnn_operation_input (station->operation), meta->input,
          GST_MAP_READ, NULL))
    return;
  scene->operation = gst_cnn_operation_get (station->operation);
  scene->input = &taken->input.image;
}

/* All layers, for the strip. */
static void
take_layers (GstCnnView *self, const Stations *stations, Scene *taken)
{
  CnnViewScene *scene = &taken->scene;
  scene->n_layers = 0;
  taken->strip = NULL;
  if (!scene->settings.layers)
    return;
  taken->strip = gst_cnn_view_strip_new (stations->all, stations->n, self->last.name);
  scene->layers = taken->strip->layers;
  scene->n_layers = (gint)taken->strip->n;
  scene->current_layer = scene->n_layers - 1 - (gint)self->back;
}

/* What clicks act on from now on. */
static void
publish_layout (GstCnnView *self, const CnnViewSettings *settings, gint n_layers)
{
  const CnnViewLayout *layout = cnn_view_painter_layout (self->painter);
  GST_OBJECT_LOCK (self);
  self->interaction.layout = *layout;
  self->interaction.n_layers = n_layers;
  if (settings->channel < 0) {
    self->interaction.grid_columns = layout->columns;
    self->interaction.grid_per_page = layout->columns * layout->rows;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Says what a key did, as interaction does. Object lock held. */
static void
notice (GstCnnView *self, const gchar *text)
{
  g_strlcpy (self->interaction.notice, text, CNN_VIEW_NOTICE_SIZE);
  self->notice_end = g_get_monotonic_time () + GST_CNN_VIEW_NOTICE_TIME;
  self->changes++;
}

/* The picture and its maps as files, when somebody asked for them since the last picture. */
static void
save_snapshot (GstCnnView *self, const CnnImage *image, const CnnViewCanvas *canvas)
{
  CnnError error;
  GST_OBJECT_LOCK (self);
  const gboolean wanted = self->snapshot_wanted;
  gchar *folder = g_strdup (self->snapshot_location);
  self->snapshot_wanted = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (wanted && folder) {
    gchar *stem = g_strdup_printf (
        "%s-%04u", self->shown.name ? self->shown.name : "maps", ++self->n_snapshots);
    g_strdelimit (stem, "/\\", '-');
    gchar *base = g_build_filename (folder, stem, NULL);
    gchar *png = g_strconcat (base, ".png", NULL), *npy = g_strconcat (base, ".npy", NULL);
    const gboolean saved =
        cnn_view_snapshot_png (canvas, png, &error) && cnn_view_snapshot_npy (image, npy, &error);
    if (saved)
      gst_element_post_message (
          GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
                                  gst_structure_new ("cnn-snapshot", "picture", G_TYPE_STRING, png,
                                      "maps", G_TYPE_STRING, npy, NULL)));
    else
      GST_ELEMENT_WARNING (
          self, RESOURCE, WRITE, ("%s: %s", GST_OBJECT_NAME (self), error.message), (NULL));
    gchar *text =
        saved ? g_strdup_printf ("saved %s.png and .npy", stem) : g_strdup (error.message);
    GST_OBJECT_LOCK (self);
    notice (self, text);
    GST_OBJECT_UNLOCK (self);
    gst_cnn_view_redraw_wish_later (self, GST_CNN_VIEW_NOTICE_TIME * GST_USECOND);
    g_free (text);
    g_free (npy);
    g_free (png);
    g_free (base);
    g_free (stem);
  }
  g_free (folder);
}

static gboolean
draw (GstCnnView *self, GstClockTime running_time, const Stations *stations, const CnnImage *image,
    const CnnViewCanvas *canvas, CnnError *error)
{
  Scene taken;
  take_scene (self, running_time, &taken);
  take_operation (&stations->all[self->back], &taken);
  take_layers (self, stations, &taken);
  gboolean drawn = cnn_view_painter_draw (self->painter, &taken.scene, image, canvas, error);
  if (drawn) {
    publish_layout (self, &taken.scene.settings, (gint)stations->n);
    save_snapshot (self, image, canvas);
  }
  g_array_unref (taken.maps);
  g_strfreev (taken.names);
  if (taken.scene.input)
    gst_cnn_frame_unmap (&taken.input);
  gst_cnn_view_strip_free (taken.strip);
  return drawn;
}

/* The frame as a canvas: one plane of packed pixels. */
static CnnViewCanvas
canvas_of (const GstVideoFrame *frame)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  CnnViewCanvas canvas = {.pixels = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
      .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
      .width = GST_VIDEO_FRAME_WIDTH (frame),
      .height = GST_VIDEO_FRAME_HEIGHT (frame)};
  CnnPixelFormat *format = &canvas.format;
  format->bytes = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  format->red = GST_VIDEO_FORMAT_INFO_POFFSET (info, 0);
  format->green = GST_VIDEO_FORMAT_INFO_POFFSET (info, 1);
  format->blue = GST_VIDEO_FORMAT_INFO_POFFSET (info, 2);
  /* Of the four places the one that is no color: 0 + 1 + 2 + 3 = 6. */
  format->unused = format->bytes == 4 ? 6 - format->red - format->green - format->blue : -1;
  return canvas;
}

/* The buffer to show: the frozen one while frozen. */
static GstBuffer *
choose_buffer (GstCnnView *self, GstBuffer *in, GstCnnStreamInfo *stream)
{
  GST_OBJECT_LOCK (self);
  gboolean freeze = self->settings.freeze;
  GST_OBJECT_UNLOCK (self);
  self->repeats = self->redraw.again || (freeze && self->frozen);
  if (!freeze) {
    gst_buffer_replace (&self->frozen, NULL);
  } else if (!self->frozen) {
    gst_buffer_replace (&self->frozen, in);
    self->frozen_stream = *stream;
  }
  if (!self->frozen)
    return in;
  *stream = self->frozen_stream;
  return self->frozen;
}

static gboolean
same_maps (const GstCnnStreamInfo *a, const GstCnnStreamInfo *b)
{
  return a->shape.n == b->shape.n && a->shape.h == b->shape.h && a->shape.w == b->shape.w &&
         a->shape.c == b->shape.c && a->layout == b->layout && a->kind == b->kind &&
         a->type == b->type;
}

/* The frame of maps in a buffer, a new reference: NULL with a sentence when it cannot be shown. */
static GstBuffer *
take_maps (GstCnnView *self, GstBuffer *in, GstCnnStreamInfo *stream, CnnError *error)
{
  GST_OBJECT_LOCK (self);
  const CnnLayout layout = self->settings.tensor_layout;
  GST_OBJECT_UNLOCK (self);
  return gst_cnn_view_input_take (self->input, in, layout, stream, error);
}

/* Walks to the layer that is to be shown. FALSE with a sentence when its maps do not suit the settings. */
static gboolean
walk (GstCnnView *self, GstBuffer *maps, const GstCnnStreamInfo *stream, Stations *stations,
    CnnError *error)
{
  stations->n = gst_cnn_view_walk (maps, stream, stations->all);
  GST_OBJECT_LOCK (self);
  const guint wanted = self->settings.layers ? self->settings.layer : 0;
  GST_OBJECT_UNLOCK (self);
  const guint back = MIN (wanted, stations->n - 1), before = self->back;
  const GstCnnViewStation *station = &stations->all[back];
  note_station (self, station, back);
  if (self->has_stream && back == before && same_maps (&station->stream, &self->stream))
    return TRUE;
  return gst_cnn_view_take_stream (self, &station->stream, error);
}

static GstFlowReturn
show (GstBaseTransform *base, const Stations *stations, GstBuffer *out)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  GstCnnMappedFrame in;
  GstBuffer *shown = stations->all[self->back].buffer;
  GstVideoFrame picture;
  CnnError error;
  if (!gst_video_frame_map (&picture, &self->video, out, GST_MAP_WRITE)) {
    GST_CNN_VIEW_ERROR (self, RESOURCE, WRITE, "the picture cannot be written");
    return GST_FLOW_ERROR;
  }
  const gboolean mapped = gst_cnn_frame_map (&in, &self->stream, shown, GST_MAP_READ, &error);
  gboolean drawn = FALSE;
  if (mapped) {
    GstClockTime running_time = GST_CLOCK_TIME_NONE;
    if (base->segment.format == GST_FORMAT_TIME)
      running_time = gst_segment_to_running_time (
          &base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (stations->all[0].buffer));
    const CnnViewCanvas canvas = canvas_of (&picture);
    drawn = draw (self, running_time, stations, &in.image, &canvas, &error);
    gst_cnn_frame_unmap (&in);
  }
  gst_video_frame_unmap (&picture);
  if (!drawn) {
    GST_CNN_VIEW_ERROR (self, STREAM, FORMAT, error.message);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn
transform (GstBaseTransform *base, GstBuffer *in, GstBuffer *out)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  GstCnnStreamInfo stream;
  Stations stations = {.n = 1};
  CnnError error;
  GstFlowReturn flow = GST_FLOW_ERROR;
  GstBuffer *maps = take_maps (self, in, &stream, &error);
  if (maps && walk (self, choose_buffer (self, maps, &stream), &stream, &stations, &error))
    flow = show (base, &stations, out);
  else
    GST_CNN_VIEW_ERROR (self, STREAM, FORMAT, error.message);
  gst_clear_buffer (&maps);
  GST_LOG_OBJECT (self, "%s of %d maps, %u layers before it known", gst_flow_get_name (flow),
      self->stream.shape.n * self->stream.shape.c, stations.n - 1);
  if (flow == GST_FLOW_OK)
    gst_cnn_view_redraw_drawn (self);
  return flow;
}

void
gst_cnn_view_install_drawing (GstBaseTransformClass *base_class)
{
  base_class->transform = transform;
}
