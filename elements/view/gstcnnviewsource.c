/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewsource.h"

#include "view/gstcnnview-private.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_cnn_view_debug

/* Pictures that wait for their tensor. More would hold too many buffers of a camera's pool. */
#define MAX_WAITING 16
/* How long the first tensor waits for its picture: of a still there may be no second one. */
#define PATIENCE (G_TIME_SPAN_SECOND / 2)

typedef struct {
  GstBuffer *buffer;
  GstVideoInfo info;
  GstClockTime running_time;
} Picture;

struct _GstCnnViewSource {
  GMutex lock;
  GCond arrived;
  gboolean patient;             /* no tensor has waited yet */
  Picture waiting[MAX_WAITING]; /* n_waiting of them from `oldest` on, around the end */
  guint oldest, n_waiting;
  Picture chosen; /* buffer is NULL when there is none */
  GstVideoInfo info;
  GstSegment segment;
  gboolean has_caps;

  /* Of the drawing thread alone: what turns `from` into `to`, and a picture of the latter. The
   * converter would touch the whole rows of a larger picture. */
  GstVideoConverter *converter;
  GstVideoInfo from, to;
  GstBuffer *scaled;
};

GstCnnViewSource *
gst_cnn_view_source_new (void)
{
  GstCnnViewSource *source = g_new0 (GstCnnViewSource, 1);
  g_mutex_init (&source->lock);
  g_cond_init (&source->arrived);
  source->patient = TRUE;
  gst_segment_init (&source->segment, GST_FORMAT_TIME);
  return source;
}

/* The oldest picture that waits, NULL when there is none. */
static Picture *
peek (GstCnnViewSource *source)
{
  return source->n_waiting > 0 ? &source->waiting[source->oldest] : NULL;
}

/* Moves it out, with its reference. */
static Picture
pop (GstCnnViewSource *source)
{
  Picture picture = source->waiting[source->oldest];
  source->oldest = (source->oldest + 1) % MAX_WAITING;
  source->n_waiting--;
  return picture;
}

void
gst_cnn_view_source_flush (GstCnnViewSource *source)
{
  g_mutex_lock (&source->lock);
  while (source->n_waiting > 0)
    gst_buffer_unref (pop (source).buffer);
  gst_buffer_replace (&source->chosen.buffer, NULL);
  source->patient = TRUE;
  g_mutex_unlock (&source->lock);
}

/* No picture until the next caps. */
static void
end (GstCnnViewSource *source)
{
  g_mutex_lock (&source->lock);
  source->patient = FALSE;
  g_cond_signal (&source->arrived);
  g_mutex_unlock (&source->lock);
}

void
gst_cnn_view_source_free (GstCnnViewSource *source)
{
  if (!source)
    return;
  gst_cnn_view_source_flush (source);
  if (source->converter)
    gst_video_converter_free (source->converter);
  gst_buffer_replace (&source->scaled, NULL);
  g_cond_clear (&source->arrived);
  g_mutex_clear (&source->lock);
  g_free (source);
}

static gboolean
set_caps (GstCnnViewSource *source, GstCaps *caps)
{
  GstVideoInfo info;
  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  g_mutex_lock (&source->lock);
  source->info = info;
  source->has_caps = TRUE;
  g_mutex_unlock (&source->lock);
  return TRUE;
}

static void
set_segment (GstCnnViewSource *source, const GstSegment *segment)
{
  g_mutex_lock (&source->lock);
  gst_segment_copy_into (segment, &source->segment);
  g_mutex_unlock (&source->lock);
}

static void
push (GstCnnViewSource *source, GstBuffer *buffer)
{
  g_mutex_lock (&source->lock);
  if (source->has_caps) {
    if (source->n_waiting == MAX_WAITING) {
      GST_LOG ("a source picture goes: %d wait for maps", MAX_WAITING);
      gst_buffer_unref (pop (source).buffer);
    }
    Picture *picture = &source->waiting[(source->oldest + source->n_waiting++) % MAX_WAITING];
    picture->buffer = buffer;
    picture->info = source->info;
    picture->running_time = GST_CLOCK_TIME_NONE;
    if (source->segment.format == GST_FORMAT_TIME)
      picture->running_time =
          gst_segment_to_running_time (&source->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
    g_cond_signal (&source->arrived);
  } else {
    gst_buffer_unref (buffer);
  }
  g_mutex_unlock (&source->lock);
}

/* Without maps no picture is ever shown: that is told, not waited for. */
static gboolean
maps_will_come (GstObject *parent)
{
  if (gst_pad_is_linked (GST_BASE_TRANSFORM_SINK_PAD (parent)))
    return TRUE;
  GST_CNN_VIEW_ERROR (parent, STREAM, FAILED,
      "video comes on the pad `video`, but nothing is linked to the pad `sink`: link the layer "
      "whose "
      "maps are to be shown, or the video itself, to `sink`");
  return FALSE;
}

static GstFlowReturn
pad_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  if (!maps_will_come (parent)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  push (gst_pad_get_element_private (pad), buffer);
  return GST_FLOW_OK;
}

/* Nothing of this stream goes downstream: the tensors lead. */
static gboolean
pad_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCnnViewSource *source = gst_pad_get_element_private (pad);
  gboolean accepted = TRUE;
  GstCaps *caps;
  const GstSegment *segment;
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    accepted = set_caps (source, caps);
    break;
  case GST_EVENT_SEGMENT:
    gst_event_parse_segment (event, &segment);
    set_segment (source, segment);
    break;
  case GST_EVENT_FLUSH_START:
  case GST_EVENT_EOS:
    end (gst_pad_get_element_private (pad));
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
pad_query (GstPad *pad, GstObject *parent, GstQuery *query)
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

GstPad *
gst_cnn_view_source_pad_new (GstCnnViewSource *source, GstPadTemplate *template)
{
  GstPad *pad = gst_pad_new_from_template (template, "video");
  gst_pad_set_element_private (pad, source);
  gst_pad_set_chain_function (pad, pad_chain);
  gst_pad_set_event_function (pad, pad_event);
  gst_pad_set_query_function (pad, pad_query);
  return pad;
}

static gboolean
is_after (const Picture *picture, GstClockTime running_time)
{
  return GST_CLOCK_TIME_IS_VALID (running_time) &&
         GST_CLOCK_TIME_IS_VALID (picture->running_time) && picture->running_time > running_time;
}

gboolean
gst_cnn_view_source_choose (
    GstCnnViewSource *source, GstClockTime running_time, gint *width, gint *height)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  g_mutex_lock (&source->lock);
  while (source->patient && source->n_waiting == 0 &&
         g_cond_wait_until (&source->arrived, &source->lock, deadline))
    ;
  source->patient = FALSE;
  guint dropped = 0;
  for (Picture *next = peek (source);
       next && (!source->chosen.buffer || !is_after (next, running_time)); next = peek (source)) {
    gst_buffer_replace (&source->chosen.buffer, NULL);
    source->chosen = pop (source);
    dropped++;
  }
  GST_LOG ("maps of %" GST_TIME_FORMAT ": %s of %" GST_TIME_FORMAT ", %u passed by, %u wait",
      GST_TIME_ARGS (running_time), source->chosen.buffer ? "source" : "no source",
      GST_TIME_ARGS (source->chosen.running_time), dropped > 0 ? dropped - 1 : 0,
      source->n_waiting);
  const GstVideoInfo *info = &source->chosen.info;
  gboolean found = source->chosen.buffer != NULL;
  if (found) {
    *width =
        (gint)MAX (1, gst_util_uint64_scale_int ((guint64)info->width, info->par_n, info->par_d));
    *height = info->height;
  }
  g_mutex_unlock (&source->lock);
  return found;
}

static gboolean
prepare_converter (GstCnnViewSource *source, const GstVideoInfo *from, const GstVideoInfo *to)
{
  if (source->converter && gst_video_info_is_equal (&source->from, from) &&
      gst_video_info_is_equal (&source->to, to))
    return TRUE;
  if (source->converter)
    gst_video_converter_free (source->converter);
  gst_buffer_replace (&source->scaled, NULL);
  source->from = *from;
  source->to = *to;
  /* All of a large picture's pixels count in a small one, at two thirds of the cost of a cubic filter; those
   * of a small one are squares in a large one. */
  const gboolean enlarged = to->width >= 2 * from->width && to->height >= 2 * from->height;
  GstStructure *options = gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD,
      enlarged ? GST_VIDEO_RESAMPLER_METHOD_NEAREST : GST_VIDEO_RESAMPLER_METHOD_LINEAR, NULL);
  source->converter = gst_video_converter_new (&source->from, &source->to, options);
  if (source->converter)
    source->scaled = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (to), NULL);
  return source->scaled != NULL;
}

/* The video format with these bytes. */
static GstVideoFormat
format_of (const CnnPixelFormat *format)
{
  static const GstVideoFormat with_red_first[] = {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_RGBx};
  static const GstVideoFormat with_blue_first[] = {GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_BGRx};
  const gint four = format->bytes == 4;
  return format->red < format->blue ? with_red_first[four] : with_blue_first[four];
}

static void
copy_rows (const GstVideoFrame *from, const CnnViewCanvas *canvas, CnnViewBox box)
{
  const guint8 *in = GST_VIDEO_FRAME_PLANE_DATA (from, 0);
  guint8 *out = cnn_view_canvas_at (canvas, box.x, box.y);
  for (gint y = 0; y < box.height; y++) {
    memcpy (out, in, (gsize)(box.width * canvas->format.bytes));
    in += GST_VIDEO_FRAME_PLANE_STRIDE (from, 0);
    out += canvas->stride;
  }
}

void
gst_cnn_view_source_draw (gpointer user_data, const CnnViewCanvas *canvas, CnnViewBox box)
{
  GstCnnViewSource *source = user_data;
  GstVideoFrame picture, scaled;
  GstVideoInfo from, to;
  g_mutex_lock (&source->lock);
  GstBuffer *buffer = source->chosen.buffer ? gst_buffer_ref (source->chosen.buffer) : NULL;
  from = source->chosen.info;
  g_mutex_unlock (&source->lock);
  if (!buffer)
    return;
  gst_video_info_set_interlaced_format (&to, format_of (&canvas->format),
      GST_VIDEO_INFO_INTERLACE_MODE (&from), (guint)box.width, (guint)box.height);
  /* A converter wants both sides to agree about time. */
  to.fps_n = from.fps_n;
  to.fps_d = from.fps_d;
  if (prepare_converter (source, &from, &to) &&
      gst_video_frame_map (&picture, &from, buffer, GST_MAP_READ)) {
    if (gst_video_frame_map (&scaled, &to, source->scaled, GST_MAP_READWRITE)) {
      gst_video_converter_frame (source->converter, &picture, &scaled);
      copy_rows (&scaled, canvas, box);
      gst_video_frame_unmap (&scaled);
    }
    gst_video_frame_unmap (&picture);
  }
  gst_buffer_unref (buffer);
}
