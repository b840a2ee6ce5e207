/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demo-output.h"
#include "demo-chapters.h"

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

struct DemoOutput {
  GstElement *pipeline;
  GstAppSrc *pictures;
  guint64 count;
  DemoNavigation navigation;
  gpointer data;
  guint watch;
};

typedef struct {
  DemoOutput *output;
  GstEvent *event;
} Delivery;

static gboolean
deliver (gpointer data)
{
  Delivery *delivery = data;
  delivery->output->navigation (delivery->event, delivery->output->data);
  return G_SOURCE_REMOVE;
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;
  gst_event_unref (delivery->event);
  g_free (delivery);
}

/* In the window's thread: what the hand does goes to the main context. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = gst_pad_probe_info_get_event (info);
  if (GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION) {
    Delivery *delivery = g_new (Delivery, 1);
    *delivery = (Delivery){data, gst_event_ref (event)};
    g_idle_add_full (G_PRIORITY_DEFAULT, deliver, delivery, delivery_free);
  }
  return GST_PAD_PROBE_OK;
}

static gboolean
on_window_message (GstBus *bus, GstMessage *message, gpointer data)
{
  DemoOutput *output = data;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    output->navigation (NULL, output->data);
  return G_SOURCE_CONTINUE;
}

static DemoOutput *
output_new (const gchar *sink, GError **error)
{
  gchar *line = g_strdup_printf (
      "appsrc name=pictures format=time block=true max-buffers=2 "
      "caps=video/x-raw,format=BGRx,width=%d,height=%d,framerate=%d/1,pixel-aspect-ratio=1/1 ! "
      "videoconvert ! %s",
      DEMO_WIDTH, DEMO_HEIGHT, DEMO_FRAMES_PER_SECOND, sink);
  GstElement *pipeline = gst_parse_launch (line, error);
  g_free (line);
  if (!pipeline)
    return NULL;
  DemoOutput *output = g_new0 (DemoOutput, 1);
  output->pipeline = pipeline;
  output->pictures = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (pipeline), "pictures"));
  return output;
}

static void
output_free (DemoOutput *output)
{
  if (output->watch)
    g_source_remove (output->watch);
  gst_element_set_state (output->pipeline, GST_STATE_NULL);
  /* Events that are still on their way name this output. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  gst_object_unref (output->pictures);
  gst_object_unref (output->pipeline);
  g_free (output);
}

/* Waits for the end or an error of the pipeline, or only looks for an error. */
static gboolean
pipeline_fault (GstElement *pipeline, gboolean wait, GError **error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  const GstMessageType types = wait ? GST_MESSAGE_ERROR | GST_MESSAGE_EOS : GST_MESSAGE_ERROR;
  GstMessage *message = gst_bus_timed_pop_filtered (bus, wait ? 60 * GST_SECOND : 0, types);
  const gboolean fault = message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  if (fault)
    gst_message_parse_error (message, error, NULL);
  if (message)
    gst_message_unref (message);
  gst_object_unref (bus);
  return fault;
}

static gboolean
output_start (DemoOutput *output, GError **error)
{
  if (gst_element_set_state (output->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  if (!pipeline_fault (output->pipeline, FALSE, error))
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE, "nothing can be shown here");
  output_free (output);
  return FALSE;
}

/* autovideosink takes a sink that shows nothing where there is no display. */
static gboolean
shows_something (DemoOutput *output)
{
  GValue item = G_VALUE_INIT;
  GstIterator *sinks =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (output->pipeline), "fakesink");
  const gboolean nothing = gst_iterator_next (sinks, &item) == GST_ITERATOR_OK;
  if (nothing)
    g_value_unset (&item);
  gst_iterator_free (sinks);
  return !nothing;
}

DemoOutput *
demo_output_new_window (DemoNavigation navigation, gpointer data, GError **error)
{
  /* videoscale: a window may be resized, and the mouse is told in pixels of the picture. */
  DemoOutput *output = output_new ("videoscale ! autovideosink sync=false", error);
  if (!output)
    return NULL;
  output->navigation = navigation;
  output->data = data;
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (output->pictures), "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_event, output, NULL);
  gst_object_unref (pad);
  if (!output_start (output, error))
    return NULL;
  if (!shows_something (output)) {
    g_set_error_literal (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "no window can be opened on this display");
    output_free (output);
    return NULL;
  }
  GstBus *bus = gst_element_get_bus (output->pipeline);
  output->watch = gst_bus_add_watch (bus, on_window_message, output);
  gst_object_unref (bus);
  return output;
}

DemoOutput *
demo_output_new_film (const gchar *path, GError **error)
{
  DemoOutput *output =
      output_new ("video/x-raw,format=I420 ! vp8enc deadline=1 cpu-used=4 threads=2 "
                  "target-bitrate=3000000 ! webmmux ! filesink name=file",
          error);
  if (!output)
    return NULL;
  GstElement *file = gst_bin_get_by_name (GST_BIN (output->pipeline), "file");
  g_object_set (file, "location", path, NULL);
  gst_object_unref (file);
  return output_start (output, error) ? output : NULL;
}

gboolean
demo_output_take (DemoOutput *output, GstSample *picture)
{
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (picture));
  GST_BUFFER_PTS (buffer) =
      gst_util_uint64_scale (output->count, GST_SECOND, DEMO_FRAMES_PER_SECOND);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / DEMO_FRAMES_PER_SECOND;
  output->count++;
  return gst_app_src_push_buffer (output->pictures, buffer) == GST_FLOW_OK;
}

gboolean
demo_output_finish (DemoOutput *output, GError **error)
{
  gboolean fault = FALSE;
  if (!output->navigation) {
    gst_app_src_end_of_stream (output->pictures);
    fault = pipeline_fault (output->pipeline, TRUE, error);
  }
  output_free (output);
  return !fault;
}

gboolean
demo_write_still (GstSample *picture, const gchar *path, GError **error)
{
  GstCaps *caps = gst_caps_new_empty_simple ("image/png");
  GstSample *png = gst_video_convert_sample (picture, caps, 10 * GST_SECOND, error);
  gst_caps_unref (caps);
  gboolean written = FALSE;
  GstMapInfo map;
  if (png && gst_buffer_map (gst_sample_get_buffer (png), &map, GST_MAP_READ)) {
    written = g_file_set_contents (path, (const gchar *)map.data, (gssize)map.size, error);
    gst_buffer_unmap (gst_sample_get_buffer (png), &map);
  }
  if (png)
    gst_sample_unref (png);
  return written;
}
