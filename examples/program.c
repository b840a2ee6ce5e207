/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program with layers inside: pixels of its own go in by appsrc, feature maps come out by appsink as an
 * array of floats, and a message says what each layer is.
 *
 *     cc program.c -o program $(pkg-config --cflags --libs gstreamer-app-1.0)
 */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#define WIDTH 8
#define HEIGHT 6

/* A gray picture, dark on the left and bright on the right. */
static GstBuffer *
make_picture (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT, NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = i % WIDTH < WIDTH / 2 ? 0 : 255;
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* Errors are sentences: they go to the user as they are. */
static void
print_messages (GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  while ((message = gst_bus_pop (bus))) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      GError *error;
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s\n", error->message);
      g_error_free (error);
    } else if (gst_message_has_name (message, "cnn-layer-info")) {
      const GstStructure *info = gst_message_get_structure (message);
      gint64 parameters = 0;
      gst_structure_get_int64 (info, "parameters", &parameters);
      g_print ("%s: %" G_GINT64_FORMAT " parameters, computed by %s\n",
          GST_MESSAGE_SRC_NAME (message), parameters,
          gst_structure_get_string (info, "kernel-name"));
    }
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

/* dims are N,H,W,C; the floats follow each other in this order, the channels of a pixel side by side. */
static void
print_maps (GstSample *sample)
{
  const GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  const GValue *dims = gst_structure_get_value (caps, "dims");
  gint shape[4];
  for (guint i = 0; i < 4; i++)
    shape[i] = g_value_get_int (gst_value_array_get_value (dims, i));
  GstMapInfo map;
  gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ);
  const gfloat *values = (const gfloat *)map.data;
  for (gint channel = 0; channel < shape[3]; channel++) {
    g_print ("map %d of %dx%d:\n", channel, shape[1], shape[2]);
    for (gint i = 0; i < shape[1] * shape[2]; i++)
      g_print ("%5.1f%s", values[i * shape[3] + channel], i % shape[2] == shape[2] - 1 ? "\n" : "");
  }
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  GError *error = NULL;
  GstElement *pipeline =
      gst_parse_launch ("appsrc name=in format=time ! cnnconv name=edges kernel=sobel padding=1 "
                        "padding-mode=replicate ! appsink name=out sync=false caps=tensor/strided",
          &error);
  if (!pipeline) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  GstAppSrc *in = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (pipeline), "in"));
  GstAppSink *out = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (pipeline), "out"));
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "GRAY8", "width",
      G_TYPE_INT, WIDTH, "height", G_TYPE_INT, HEIGHT, "framerate", GST_TYPE_FRACTION, 0, 1, NULL);
  gst_app_src_set_caps (in, caps);
  gst_caps_unref (caps);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (in, make_picture ());
  GstSample *sample = gst_app_sink_try_pull_sample (out, 5 * GST_SECOND);
  print_messages (pipeline);
  if (sample) {
    print_maps (sample);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (in);
  gst_object_unref (out);
  gst_object_unref (pipeline);
  return sample ? 0 : 1;
}
