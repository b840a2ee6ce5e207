/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main job in one program: a camera, a clip or a photo goes through four layers, and their feature
 * maps are shown in a window or written as a video (WebM) and a picture (PNG). At the end it explains the
 * layers: shapes, parameters, multiply-accumulates and receptive fields. */
#include "layertable.h"

#include <gst/gst.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include <string.h>
#include <unistd.h>

#define LAYERS                                                                                     \
  "cnnconv name=edges kernel=gabor kernel-size=7 padding=same padding-mode=replicate "             \
  "activation=relu ! cnnpool name=halve ! "                                                        \
  "cnn1x1 name=mix kernel=random out-channels=12 seed=7 activation=relu ! "                        \
  "cnnconv name=shapes kernel=random out-channels=12 seed=4 padding=same "                         \
  "padding-mode=replicate activation=relu"
#define VIEW "cnnview colormap=inferno gamma=0.6 gap=4 labels=true title=true smoothing=0.8"

typedef struct {
  GMainLoop *loop;
  GstElement *pipeline;
  CnnLayerTable *layers;
  gboolean is_picture; /* one frame: no video to write */
  gboolean failed;
  gboolean on_terminal;
  gint percent_shown;
} Demo;

/* --- Running -------------------------------------------------------------------------------------- */

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Demo *demo = data;
  GError *error = NULL;
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    gst_message_parse_error (message, &error, NULL);
    if (!demo->failed)
      g_printerr ("\n%s\n", error->message);
    g_clear_error (&error);
    demo->failed = TRUE;
    g_main_loop_quit (demo->loop);
    break;
  case GST_MESSAGE_EOS:
    g_main_loop_quit (demo->loop);
    break;
  case GST_MESSAGE_ELEMENT:
    cnn_layer_table_take (demo->layers, message);
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
show_progress (gpointer data)
{
  Demo *demo = data;
  gint64 position = 0, duration = 0;
  if (!gst_element_query_position (demo->pipeline, GST_FORMAT_TIME, &position) ||
      !gst_element_query_duration (demo->pipeline, GST_FORMAT_TIME, &duration) || duration <= 0)
    return G_SOURCE_CONTINUE;
  const gint percent = (gint)MIN (100 * position / duration, 100);
  /* One line that is written over on a terminal, a few lines in a log. */
  if (demo->on_terminal || percent >= demo->percent_shown + 25 ||
      (percent == 100 && demo->percent_shown < 100)) {
    g_print ("%s  %4.1f of %.1f s  %3d %%%s", demo->on_terminal ? "\r" : "",
        (gdouble)position / GST_SECOND, (gdouble)duration / GST_SECOND, percent,
        demo->on_terminal ? "" : "\n");
    demo->percent_shown = percent;
  }
  return G_SOURCE_CONTINUE;
}

/* The last picture that went through the element named "still". */
static gboolean
write_still (Demo *demo, const gchar *path)
{
  GError *error = NULL;
  GstSample *sample = NULL, *png = NULL;
  GstElement *still = gst_bin_get_by_name (GST_BIN (demo->pipeline), "still");
  g_object_get (still, "last-sample", &sample, NULL);
  gst_object_unref (still);
  if (sample) {
    GstCaps *caps = gst_caps_new_empty_simple ("image/png");
    png = gst_video_convert_sample (sample, caps, 10 * GST_SECOND, &error);
    gst_caps_unref (caps);
    gst_sample_unref (sample);
  }
  gboolean written = FALSE;
  GstMapInfo map;
  if (png && gst_buffer_map (gst_sample_get_buffer (png), &map, GST_MAP_READ)) {
    written = g_file_set_contents (path, (const gchar *)map.data, (gssize)map.size, &error);
    gst_buffer_unmap (gst_sample_get_buffer (png), &map);
  }
  if (png)
    gst_sample_unref (png);
  if (!written)
    g_printerr ("%s could not be written: %s\n", path, error ? error->message : "no picture came");
  g_clear_error (&error);
  return written;
}

/* Stops the pipeline properly, so that the video file gets its end. */
static gboolean
on_interrupt (gpointer data)
{
  Demo *demo = data;
  gst_element_send_event (demo->pipeline, gst_event_new_eos ());
  return G_SOURCE_CONTINUE;
}

static gboolean
run (Demo *demo)
{
  demo->loop = g_main_loop_new (NULL, FALSE);
  GstBus *bus = gst_element_get_bus (demo->pipeline);
  gst_bus_add_watch (bus, on_message, demo);
  demo->on_terminal = isatty (STDOUT_FILENO);
  const guint progress = g_timeout_add (250, show_progress, demo);
  if (gst_element_set_state (demo->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    g_main_loop_run (demo->loop);
  else
    while (!demo->failed && g_main_context_iteration (NULL, TRUE))
      ;
  if (!demo->failed)
    show_progress (demo);
  if (demo->on_terminal)
    g_print ("\n");
  g_source_remove (progress);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (demo->loop);
  return !demo->failed;
}

/* --- The pipeline --------------------------------------------------------------------------------- */

/* Anything but a camera is a file; one with pictures but no length is a photo. */
static gboolean
file_is_picture (const gchar *path, GError **error)
{
  gchar *absolute = g_canonicalize_filename (path, NULL);
  gchar *uri = g_filename_to_uri (absolute, NULL, error);
  g_free (absolute);
  GstDiscoverer *discoverer = uri ? gst_discoverer_new (10 * GST_SECOND, error) : NULL;
  gboolean is_picture = FALSE;
  if (discoverer) {
    GstDiscovererInfo *info = gst_discoverer_discover_uri (discoverer, uri, error);
    GList *streams = info ? gst_discoverer_info_get_video_streams (info) : NULL;
    if (streams)
      is_picture = gst_discoverer_video_info_is_image (streams->data);
    else if (error && !*error)
      g_set_error (
          error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "%s has no pictures in it", path);
    gst_discoverer_stream_info_list_free (streams);
    if (info)
      gst_discoverer_info_unref (info);
    g_object_unref (discoverer);
  }
  g_free (uri);
  return is_picture;
}

static GstElement *
make_pipeline (const Demo *demo, const gchar *source, gboolean camera, gboolean window,
    const gchar *video_path, GError **error)
{
  GString *text = g_string_new (camera ? "v4l2src name=source ! videoconvert ! "
                                       : "filesrc name=source ! decodebin ! videoconvert ! ");
  g_string_append (
      text, LAYERS " ! " VIEW " ! videoconvert ! video/x-raw,width=1280,height=720 ! ");
  if (window)
    g_string_append (text, "autovideosink");
  else
    g_string_append (text, "tee name=pictures ! "
                           "queue ! fakesink name=still enable-last-sample=true");
  if (!window && !demo->is_picture)
    g_string_append (text, " pictures. ! queue ! videoconvert ! vp8enc deadline=1 cpu-used=4 "
                           "threads=2 target-bitrate=3000000 ! webmmux ! filesink name=video");
  GstElement *pipeline = gst_parse_launch (text->str, error);
  g_string_free (text, TRUE);
  if (!pipeline)
    return NULL;
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (element, camera ? "device" : "location", source, NULL);
  gst_object_unref (element);
  element = gst_bin_get_by_name (GST_BIN (pipeline), "video");
  if (element) {
    g_object_set (element, "location", video_path, NULL);
    gst_object_unref (element);
  }
  return pipeline;
}

static gboolean
show (const gchar *source, const gchar *output, gboolean window)
{
  Demo demo = {.layers = cnn_layer_table_new ()};
  GError *error = NULL;
  const gboolean camera = g_str_has_prefix (source, "/dev/video");
  if (!camera)
    demo.is_picture = file_is_picture (source, &error);
  gchar *stem = g_path_get_basename (source);
  gchar *dot = strrchr (stem, '.');
  if (dot && dot != stem)
    *dot = '\0';
  gchar *video = g_strdup_printf ("%s/%s-feature-maps.webm", output, stem);
  gchar *still = g_strdup_printf ("%s/%s-feature-maps.png", output, stem);
  gboolean shown = FALSE;
  if (!error)
    demo.pipeline = make_pipeline (&demo, source, camera, window, video, &error);
  if (demo.pipeline) {
    g_print ("Feature maps of %s\n", source);
    const guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, &demo);
    shown = run (&demo);
    g_source_remove (interrupt);
    if (shown && !window)
      shown = write_still (&demo, still);
    gst_element_set_state (demo.pipeline, GST_STATE_NULL);
    gst_object_unref (demo.pipeline);
  }
  if (shown) {
    gchar *table = cnn_layer_table_text (demo.layers);
    g_print ("\n%s", table);
    g_free (table);
    if (!window)
      g_print ("\nWritten: %s%s%s\n\n", still, demo.is_picture ? "" : " and ",
          demo.is_picture ? "" : video);
  } else if (error) {
    g_printerr ("%s\n", error->message);
  }
  g_clear_error (&error);
  g_free (still);
  g_free (video);
  g_free (stem);
  cnn_layer_table_free (demo.layers);
  return shown;
}

int
main (int argc, char **argv)
{
  gchar *output = NULL, **sources = NULL;
  gboolean window = FALSE;
  const GOptionEntry entries[] = {
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Folder for the results (.)", "DIR"},
      {"window", 'w', 0, G_OPTION_ARG_NONE, &window, "Show them in a window instead", NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &sources, NULL, "SOURCE"},
      {0},
  };
  GError *error = NULL;
  GOptionContext *context = g_option_context_new ("- feature maps of a camera, a clip or a photo");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  gboolean done = FALSE;
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_printerr ("%s\n", error->message);
  else if (!sources || sources[1])
    g_printerr ("One SOURCE is needed: a file, or a camera such as /dev/video0\n");
  else if (!window && g_mkdir_with_parents (output ? output : ".", 0755) != 0)
    g_printerr ("The folder %s cannot be made\n", output);
  else
    done = show (sources[0], output ? output : ".", window);
  g_clear_error (&error);
  g_option_context_free (context);
  g_strfreev (sources);
  g_free (output);
  return done ? 0 : 1;
}
