/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "viewtest.h"

ViewTest *
view_test_new (const gchar *properties, const gchar *video)
{
  return view_test_new_behind ("", properties, video);
}

ViewTest *
view_test_new_behind (const gchar *layers, const gchar *properties, const gchar *video)
{
  ViewTest *test = g_new0 (ViewTest, 1);
  gchar *line = g_strdup_printf ("%s cnnview name=view %s", layers, properties ? properties : "");
  test->harness = gst_harness_new_parse (line);
  g_free (line);
  test->view = gst_bin_get_by_name (GST_BIN (test->harness->element), "view");
  if (!test->view)
    test->view = gst_object_ref (test->harness->element);
  test->bus = gst_bus_new ();
  gst_element_set_bus (test->view, test->bus);
  if (video)
    gst_harness_set_sink_caps_str (test->harness, video);
  return test;
}

void
view_test_free (ViewTest *test)
{
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  if (message) {
    GError *error;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    else
      gst_message_parse_warning (message, &error, NULL);
    fail ("unexpected message: %s", error->message);
  }
  gst_element_set_bus (test->view, NULL);
  gst_object_unref (test->bus);
  gst_object_unref (test->view);
  gst_harness_teardown (test->harness);
  g_free (test);
}

void
view_test_start (ViewTest *test, const Tensor *tensor, const TensorFormat *format)
{
  gchar *caps = tensor_caps (tensor, format);
  gst_harness_set_src_caps_str (test->harness, caps);
  g_free (caps);
}

static Picture *
picture_from_buffer (GstBuffer *buffer, GstCaps *caps)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  Picture *picture = g_new (Picture, 1);
  picture->width = info.width;
  picture->height = info.height;
  picture->colors = g_new (guint32, (gsize)info.width * (gsize)info.height);
  for (gint y = 0; y < info.height; y++)
    for (gint x = 0; x < info.width; x++) {
      guint32 color = 0;
      for (gint component = 0; component < 3; component++) {
        const guint8 *data = GST_VIDEO_FRAME_COMP_DATA (&frame, component);
        color = color << 8 | data[y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, component) +
                                  x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, component)];
      }
      picture->colors[y * info.width + x] = color;
      if (GST_VIDEO_INFO_N_COMPONENTS (&info) == 4)
        fail_unless_equals_int (
            GST_VIDEO_FRAME_COMP_DATA (&frame, 3)[y * info.stride[0] + 4 * x], 255);
    }
  gst_video_frame_unmap (&frame);
  return picture;
}

Picture *
view_test_picture (ViewTest *test, GstBuffer *buffer)
{
  GstCaps *caps = gst_pad_get_current_caps (test->harness->sinkpad);
  Picture *picture = picture_from_buffer (buffer, caps);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  return picture;
}

Picture *
view_test_push (ViewTest *test, const Tensor *tensor, const TensorFormat *format)
{
  GstFlowReturn flow = gst_harness_push (test->harness, tensor_to_buffer (tensor, format));
  fail_unless (flow == GST_FLOW_OK, "push gives %s", gst_flow_get_name (flow));
  return view_test_picture (test, gst_harness_pull (test->harness));
}

Picture *
view_picture (const gchar *properties, const gchar *video, const Tensor *tensor)
{
  ViewTest *test = view_test_new (properties, video);
  view_test_start (test, tensor, &native_float);
  Picture *picture = view_test_push (test, tensor, &native_float);
  view_test_free (test);
  return picture;
}

void
view_test_expect (ViewTest *test, GstMessageType type, const gchar *text)
{
  GstMessage *message = gst_bus_timed_pop_filtered (test->bus, 0, type);
  fail_unless (message != NULL, "no message with \"%s\"", text);
  GError *error = NULL;
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, text) != NULL, "\"%s\" lacks \"%s\"", error->message, text);
  g_error_free (error);
  gst_message_unref (message);
}

gboolean
view_test_send (ViewTest *test, GstEvent *event)
{
  return gst_harness_push_upstream_event (test->harness, event);
}

guint32
picture_at (const Picture *picture, gint x, gint y)
{
  fail_unless (x >= 0 && x < picture->width && y >= 0 && y < picture->height);
  return picture->colors[y * picture->width + x];
}

void
picture_free (Picture *picture)
{
  g_free (picture->colors);
  g_free (picture);
}

void
assert_pictures_equal (const Picture *a, const Picture *b, const gchar *what)
{
  fail_unless (a->width == b->width && a->height == b->height, "%s: %dx%d and %dx%d", what,
      a->width, a->height, b->width, b->height);
  for (gint y = 0; y < a->height; y++)
    for (gint x = 0; x < a->width; x++)
      fail_unless (picture_at (a, x, y) == picture_at (b, x, y), "%s: %06x and %06x at x %d y %d",
          what, picture_at (a, x, y), picture_at (b, x, y), x, y);
}

Tensor *
ramp (gint h, gint w)
{
  Tensor *tensor = tensor_new (1, h, w, 1);
  for (gint i = 0; i < h * w; i++)
    tensor->values[i] = (gfloat)i;
  return tensor;
}
