/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A buffer to a picture. */
#include "view/gstcnnview-private.h"

#include "common/streambuffer.h"

#define GST_CAT_DEFAULT gst_cnn_view_debug

/* One frame's scene, and what it refers to. */
typedef struct {
  CnnViewScene scene;
  GArray *maps;
  gchar notice[CNN_VIEW_NOTICE_SIZE];
} Scene;

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

/* Settings and maps as they are now. */
static void
take_scene (GstCnnView *self, GstClockTime running_time, Scene *taken)
{
  CnnViewScene *scene = &taken->scene;
  GST_OBJECT_LOCK (self);
  taken->maps = g_array_ref (self->maps);
  scene->settings = self->settings;
  scene->maps = taken->maps;
  if (g_get_monotonic_time () >= self->notice_end)
    *self->interaction.notice = '\0';
  g_strlcpy (taken->notice, self->interaction.notice, sizeof taken->notice);
  scene->notice = taken->notice;
  scene->has_pointer = self->interaction.has_pointer;
  scene->pointer_x = self->interaction.pointer_x;
  scene->pointer_y = self->interaction.pointer_y;
  self->drawn_changes = self->changes;
  gboolean has_video = self->video_pad != NULL;
  GST_OBJECT_UNLOCK (self);
  scene->repeats = self->repeats;
  scene->title = self->title;
  scene->names = channel_names (&self->stream);
  scene->layer = self->layer;
  scene->kernels = self->kernels;
  scene->draw_source = gst_cnn_view_source_draw;
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
publish_layout (GstCnnView *self, const CnnViewSettings *settings)
{
  const CnnViewLayout *layout = cnn_view_painter_layout (self->painter);
  GST_OBJECT_LOCK (self);
  self->interaction.layout = *layout;
  if (settings->channel < 0) {
    self->interaction.grid_columns = layout->columns;
    self->interaction.grid_per_page = layout->columns * layout->rows;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
draw (GstCnnView *self, GstClockTime running_time, const CnnImage *image,
    const CnnViewCanvas *canvas, CnnError *error)
{
  Scene taken;
  take_scene (self, running_time, &taken);
  gboolean drawn = cnn_view_painter_draw (self->painter, &taken.scene, image, canvas, error);
  if (drawn)
    publish_layout (self, &taken.scene.settings);
  g_array_unref (taken.maps);
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
choose_buffer (GstCnnView *self, GstBuffer *in)
{
  GST_OBJECT_LOCK (self);
  gboolean freeze = self->settings.freeze;
  GST_OBJECT_UNLOCK (self);
  self->repeats = self->redraw.again || (freeze && self->frozen);
  if (!freeze)
    gst_buffer_replace (&self->frozen, NULL);
  else if (!self->frozen)
    gst_buffer_replace (&self->frozen, in);
  return self->frozen ? self->frozen : in;
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
take_maps (GstCnnView *self, GstBuffer *in, CnnError *error)
{
  GstCnnStreamInfo stream;
  GST_OBJECT_LOCK (self);
  const CnnLayout layout = self->settings.tensor_layout;
  GST_OBJECT_UNLOCK (self);
  GstBuffer *maps = gst_cnn_view_input_take (self->input, in, layout, &stream, error);
  if (maps && !(self->has_stream && same_maps (&stream, &self->stream)) &&
      !gst_cnn_view_take_stream (self, &stream, error))
    gst_clear_buffer (&maps);
  return maps;
}

static GstFlowReturn
show (GstBaseTransform *base, GstBuffer *shown, GstBuffer *out)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  GstCnnMappedFrame in;
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
      running_time =
          gst_segment_to_running_time (&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (shown));
    const CnnViewCanvas canvas = canvas_of (&picture);
    drawn = draw (self, running_time, &in.image, &canvas, &error);
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
  CnnError error;
  GstBuffer *maps = take_maps (self, in, &error);
  if (!maps) {
    GST_CNN_VIEW_ERROR (self, STREAM, FORMAT, error.message);
    return GST_FLOW_ERROR;
  }
  GstFlowReturn flow = show (base, choose_buffer (self, maps), out);
  gst_buffer_unref (maps);
  if (flow == GST_FLOW_OK)
    gst_cnn_view_redraw_drawn (self);
  return flow;
}

void
gst_cnn_view_install_drawing (GstBaseTransformClass *base_class)
{
  base_class->transform = transform;
}
