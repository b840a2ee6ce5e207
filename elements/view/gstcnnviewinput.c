/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewinput.h"

#include "common/tensormeta.h"

struct _GstCnnViewInput {
  gboolean is_video;
  GstVideoInfo video;      /* of the caps */
  GstCnnStreamInfo stream; /* of tensors, or of the picture below */
  /* To a picture of samples as the kernels read them; NULL where the video is one. */
  GstVideoConverter *converter;
};

GstCnnViewInput *
gst_cnn_view_input_new (void)
{
  return g_new0 (GstCnnViewInput, 1);
}

static void
forget_converter (GstCnnViewInput *input)
{
  g_clear_pointer (&input->converter, gst_video_converter_free);
}

void
gst_cnn_view_input_free (GstCnnViewInput *input)
{
  if (!input)
    return;
  forget_converter (input);
  g_free (input);
}

gboolean
gst_cnn_view_input_is_video (const GstCnnViewInput *input)
{
  return input->is_video;
}

static gboolean
are_video (const GstCaps *caps)
{
  return gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw");
}

/* Formats whose samples are read where they are. */
static gboolean
is_readable (GstVideoFormat format)
{
  static GstStaticCaps readable = GST_STATIC_CAPS (
      "video/x-raw, format=(string){ " GST_CNN_GRAY_FORMATS ", " GST_CNN_COLOR_FORMATS " }");
  GstCaps *all = gst_static_caps_get (&readable);
  GstCaps *caps = gst_caps_new_simple (
      "video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string (format), NULL);
  const gboolean readable_format = gst_caps_can_intersect (caps, all);
  gst_caps_unref (caps);
  gst_caps_unref (all);
  return readable_format;
}

/* What others are converted to. */
static GstVideoInfo
readable_info (const GstVideoInfo *video)
{
  GstVideoInfo info;
  gst_video_info_set_interlaced_format (&info,
      GST_VIDEO_INFO_IS_GRAY (video) ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_RGB,
      GST_VIDEO_INFO_INTERLACE_MODE (video), (guint)video->width, (guint)video->height);
  /* A converter wants both sides to agree about time. */
  info.fps_n = video->fps_n;
  info.fps_d = video->fps_d;
  return info;
}

gboolean
gst_cnn_view_input_stream (const GstCaps *caps, GstCnnStreamInfo *stream, CnnError *error)
{
  GstVideoInfo video;
  if (!are_video (caps))
    return gst_cnn_stream_info_from_caps (stream, caps, error);
  if (!gst_video_info_from_caps (&video, caps))
    return cnn_error_set (error, "the caps of the video are incomplete");
  if (is_readable (GST_VIDEO_INFO_FORMAT (&video)))
    return gst_cnn_stream_info_from_caps (stream, caps, error);
  GstVideoInfo info = readable_info (&video);
  GstCaps *readable = gst_video_info_to_caps (&info);
  const gboolean taken = gst_cnn_stream_info_from_caps (stream, readable, error);
  gst_caps_unref (readable);
  return taken;
}

gboolean
gst_cnn_view_input_set_caps (GstCnnViewInput *input, const GstCaps *caps, CnnError *error)
{
  forget_converter (input);
  input->is_video = are_video (caps);
  if (!gst_cnn_view_input_stream (caps, &input->stream, error))
    return FALSE;
  if (!input->is_video || !gst_video_info_from_caps (&input->video, caps) ||
      is_readable (GST_VIDEO_INFO_FORMAT (&input->video)))
    return TRUE;
  input->converter = gst_video_converter_new (&input->video, &input->stream.video, NULL);
  if (!input->converter)
    return cnn_error_set (error, "%s video cannot be converted to %s: put videoconvert before it",
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&input->video)),
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&input->stream.video)));
  return TRUE;
}

static GstBuffer *
convert (GstCnnViewInput *input, GstBuffer *buffer, CnnError *error)
{
  GstVideoFrame from, to;
  GstBuffer *picture =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&input->stream.video), NULL);
  if (!picture || !gst_video_frame_map (&from, &input->video, buffer, GST_MAP_READ)) {
    gst_clear_buffer (&picture);
    cnn_error_set (error, "a buffer of %" G_GSIZE_FORMAT " bytes is no frame of its caps",
        gst_buffer_get_size (buffer));
    return NULL;
  }
  if (gst_video_frame_map (&to, &input->stream.video, picture, GST_MAP_WRITE)) {
    gst_video_converter_frame (input->converter, &from, &to);
    gst_video_frame_unmap (&to);
  }
  gst_video_frame_unmap (&from);
  gst_buffer_copy_into (
      picture, buffer, GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_FLAGS, 0, (gsize)-1);
  return picture;
}

GstBuffer *
gst_cnn_view_input_take (GstCnnViewInput *input, GstBuffer *buffer, CnnLayout layout,
    GstCnnStreamInfo *stream, CnnError *error)
{
  if (input->is_video) {
    GstBuffer *riding = gst_cnn_tensor_meta_find (buffer, layout, stream);
    if (riding)
      return riding;
  }
  *stream = input->stream;
  return input->converter ? convert (input, buffer, error) : gst_buffer_ref (buffer);
}
