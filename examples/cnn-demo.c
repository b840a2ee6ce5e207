/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A walk through the ideas of convolutional networks: with a window, a chapter after another on a key, on a camera
 * or a file; without, the same as a film (WebM) and a picture (PNG) a chapter. */
#include "demo-chapters.h"
#include "demo-output.h"
#include "demo-source.h"
#include "layertable.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#define CAPTION                                                                                    \
  " ! videoconvert ! videobox bottom=-%d fill=black ! queue max-size-buffers=2 ! "                 \
  "textoverlay name=caption auto-resize=false wrap-mode=none font-desc=\"Sans 20\" "               \
  "valignment=bottom line-alignment=center "                                                       \
  "draw-outline=false draw-shadow=false wait-text=false ypad=14 ! "                                \
  "videoconvert ! video/x-raw,format=BGRx,width=%d,height=%d ! "                                   \
  "appsink name=pictures sync=%s max-buffers=2 enable-last-sample=true"

typedef struct {
  GMainLoop *loop;
  DemoOutput *output;
  const gchar *folder;
  DemoSource *source;
  gboolean window, named; /* named: by the user */
  gint seconds;           /* of each chapter of a film, 0 = its own */
  gboolean stopped, failed;
  gint step; /* to the next chapter, or back */

  /* The chapter that is shown. */
  const DemoChapter *chapter;
  const DemoSource *shown;
  GstElement *pipeline, *pictures;
  CnnLayerTable *layers;
  guint frames;
  gboolean mouse_seen;
} Demo;

/* --- The mouse and the keys ----------------------------------------------------------------------- */

static void
leave_chapter (Demo *demo, gint step)
{
  demo->step = step;
  g_main_loop_quit (demo->loop);
}

static void
on_navigation (GstEvent *event, gpointer data)
{
  Demo *demo = data;
  const gchar *key = "";
  if (event && gst_navigation_event_get_type (event) == GST_NAVIGATION_EVENT_KEY_PRESS)
    gst_navigation_event_parse_key_event (event, &key);
  if (!event || strcmp (key, "q") == 0) {
    demo->stopped = TRUE;
    leave_chapter (demo, 1);
  } else if (strcmp (key, "Tab") == 0) {
    leave_chapter (demo, 1);
  } else if (strcmp (key, "BackSpace") == 0) {
    leave_chapter (demo, -1);
  } else if (demo->pictures) {
    demo->mouse_seen |= !*key;
    gst_element_send_event (demo->pictures, gst_event_ref (event));
  }
}

/* Where no hand is, a pointer wanders over the maps, so that the box walks over the picture. */
static void
move_pointer (const Demo *demo)
{
  if (!demo->chapter->pointer || demo->mouse_seen)
    return;
  const gdouble t = (gdouble)demo->frames / (demo->chapter->seconds * DEMO_FRAMES_PER_SECOND);
  const gdouble x = DEMO_WIDTH * (0.66 - 0.24 * cos (2 * G_PI * t));
  const gdouble y = DEMO_PICTURE_HEIGHT * (0.3 + 0.15 * sin (4 * G_PI * t));
  gst_element_send_event (
      demo->pictures, gst_navigation_event_new_mouse_move (x, y, GST_NAVIGATION_MODIFIER_NONE));
}

/* --- One chapter ---------------------------------------------------------------------------------- */

/* The first chapter shows the whole of a file that the user named. */
static guint
frames_wanted (const Demo *demo)
{
  const gboolean all =
      demo->named && demo->chapter == demo_chapters && demo->source->kind == DEMO_SOURCE_FILM;
  const guint seconds = demo->seconds > 0 ? (guint)demo->seconds : demo->chapter->seconds;
  return demo->window || (all && demo->seconds <= 0) ? G_MAXUINT : seconds * DEMO_FRAMES_PER_SECOND;
}

static gboolean
take_picture (gpointer data)
{
  Demo *demo = data;
  GstSample *sample =
      gst_app_sink_try_pull_sample (GST_APP_SINK (demo->pictures), 20 * GST_MSECOND);
  if (!sample)
    return G_SOURCE_CONTINUE;
  move_pointer (demo);
  demo->frames++;
  if (!demo_output_take (demo->output, sample) || demo->frames >= frames_wanted (demo))
    g_main_loop_quit (demo->loop);
  gst_sample_unref (sample);
  return G_SOURCE_CONTINUE;
}

static gboolean
seek_to_start (const Demo *demo, gboolean start_is_meant)
{
  const guint start = start_is_meant ? demo->chapter->start : 0;
  gst_element_get_state (demo->pipeline, NULL, NULL, 10 * GST_SECOND);
  return gst_element_seek_simple (demo->pipeline, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, start * GST_SECOND);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Demo *demo = data;
  GError *error = NULL;
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    gst_message_parse_error (message, &error, NULL);
    if (!demo->failed)
      g_printerr ("\n%s, chapter %s: %s\n", demo->shown->path, demo->chapter->name, error->message);
    g_clear_error (&error);
    demo->failed = TRUE;
    g_main_loop_quit (demo->loop);
    break;
  case GST_MESSAGE_EOS:
    /* In a window a film begins again. */
    if (!demo->window || !seek_to_start (demo, !demo->named))
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
make_pipeline (Demo *demo, const DemoSource *source, GError **error)
{
  gchar *begin = demo_source_pipeline (source);
  gchar *middle = demo_chapter_pipeline (demo->chapter, EXAMPLES_FOLDER);
  gchar *end = g_strdup_printf (CAPTION, DEMO_HEIGHT - DEMO_PICTURE_HEIGHT, DEMO_WIDTH, DEMO_HEIGHT,
      demo->window ? "true" : "false");
  gchar *line = g_strconcat (begin, " ! ", middle, end, NULL);
  demo->pipeline = gst_parse_launch (line, error);
  g_free (line);
  g_free (end);
  g_free (middle);
  g_free (begin);
  if (!demo->pipeline)
    return FALSE;
  demo_source_set_path (source, demo->pipeline);
  demo->pictures = gst_bin_get_by_name (GST_BIN (demo->pipeline), "pictures");
  GstElement *caption = gst_bin_get_by_name (GST_BIN (demo->pipeline), "caption");
  g_object_set (caption, "text", demo->chapter->caption, NULL);
  gst_object_unref (caption);
  return TRUE;
}

static gboolean
run_pipeline (Demo *demo, gboolean start_is_meant)
{
  GstBus *bus = gst_element_get_bus (demo->pipeline);
  gst_bus_add_watch (bus, on_message, demo);
  if (start_is_meant && demo->chapter->start > 0) {
    gst_element_set_state (demo->pipeline, GST_STATE_PAUSED);
    seek_to_start (demo, TRUE);
  }
  const guint pictures = g_idle_add (take_picture, demo);
  gst_element_set_state (demo->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (demo->loop);
  g_source_remove (pictures);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  return !demo->failed;
}

static gboolean
write_still (const Demo *demo, GError **error)
{
  GstSample *last = NULL;
  g_object_get (demo->pictures, "last-sample", &last, NULL);
  if (!last) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "%s: no picture came of chapter %s", demo->shown->path, demo->chapter->name);
    return FALSE;
  }
  gchar *path = g_strdup_printf ("%s/%" G_GSIZE_FORMAT "-%s.png", demo->folder,
      (gsize)(demo->chapter - demo_chapters) + 1, demo->chapter->name);
  const gboolean written = demo_write_still (last, path, error);
  if (written)
    g_print ("%s\n", path);
  g_free (path);
  gst_sample_unref (last);
  return written;
}

static void
explain (const Demo *demo)
{
  gchar *table = cnn_layer_table_text (demo->layers);
  g_print ("\n%s\n", table);
  g_free (table);
}

static gboolean
show_chapter (Demo *demo, const DemoSource *source, gboolean start_is_meant, GError **error)
{
  demo->layers = cnn_layer_table_new ();
  demo->shown = source;
  demo->frames = 0;
  demo->step = 1;
  gboolean shown = make_pipeline (demo, source, error) && run_pipeline (demo, start_is_meant);
  if (shown && !demo->window)
    shown = write_still (demo, error);
  if (shown && demo->chapter->explain)
    explain (demo);
  if (demo->pipeline) {
    gst_element_set_state (demo->pipeline, GST_STATE_NULL);
    gst_clear_object (&demo->pictures);
    gst_clear_object (&demo->pipeline);
  }
  cnn_layer_table_free (demo->layers);
  return shown;
}

/* --- The walk ------------------------------------------------------------------------------------- */

/* A chapter with a source of its own shows that, unless it also takes the one that the user named. */
static gboolean
show_on_its_source (Demo *demo, GError **error)
{
  const gchar *own = demo->chapter->own_source;
  if (!own || (demo->named && demo->chapter->takes_any_source))
    return show_chapter (demo, demo->source, FALSE, error);
  gchar *path = g_build_filename (EXAMPLES_FOLDER, own, NULL);
  DemoSource *source = demo_source_new (path, error);
  g_free (path);
  const gboolean shown = source && show_chapter (demo, source, TRUE, error);
  if (source)
    demo_source_free (source);
  return shown;
}

static gboolean
walk (Demo *demo, GError **error)
{
  gboolean shown = TRUE;
  for (guint i = 0; shown && !demo->stopped && i < demo_chapter_count;) {
    demo->chapter = &demo_chapters[i];
    shown = show_on_its_source (demo, error);
    const gint next = (gint)i + demo->step;
    /* In a window the last chapter is followed by the first. */
    i = demo->window ? (guint)(next + (gint)demo_chapter_count) % demo_chapter_count : (guint)next;
  }
  return shown;
}

static gboolean
on_interrupt (gpointer data)
{
  Demo *demo = data;
  demo->stopped = TRUE;
  g_main_loop_quit (demo->loop);
  return G_SOURCE_CONTINUE;
}

/* Where there is none to be had, the walk becomes a film. */
static void
open_window (Demo *demo)
{
  GError *error = NULL;
  demo->output = demo_output_new_window (on_navigation, demo, &error);
  demo->window = demo->output != NULL;
  if (error)
    g_print ("%s: a film and pictures are written to %s instead\n", error->message, demo->folder);
  g_clear_error (&error);
}

static gboolean
show (Demo *demo, GError **error)
{
  gchar *film = g_build_filename (demo->folder, "walk.webm", NULL);
  if (demo->window)
    open_window (demo);
  if (!demo->window && g_mkdir_with_parents (demo->folder, 0755) != 0)
    g_set_error (
        error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "The folder %s cannot be made", demo->folder);
  else if (!demo->window)
    demo->output = demo_output_new_film (film, error);
  gboolean shown = FALSE;
  if (demo->output) {
    if (demo->window)
      g_print ("Tab: the next chapter, BackSpace: the one before, h: what else, q: the end\n");
    demo->loop = g_main_loop_new (NULL, FALSE);
    const guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, demo);
    shown = walk (demo, error);
    g_source_remove (interrupt);
    shown &= demo_output_finish (demo->output, *error ? NULL : error);
    g_main_loop_unref (demo->loop);
  }
  if (shown && !demo->window)
    g_print ("%s\n", film);
  g_free (film);
  return shown;
}

int
main (int argc, char **argv)
{
  Demo demo = {0};
  gchar *folder = NULL, **sources = NULL;
  gboolean window = FALSE;
  const GOptionEntry entries[] = {
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &folder, "Folder for the results (.)", "DIR"},
      {"window", 'w', 0, G_OPTION_ARG_NONE, &window, "Show them in a window instead", NULL},
      {"seconds", 's', 0, G_OPTION_ARG_INT, &demo.seconds, "Length of each chapter of the film",
          "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &sources, NULL, "[SOURCE]"},
      {0},
  };
  GError *error = NULL;
  GOptionContext *context =
      g_option_context_new ("- convolutional networks on a photo, a film or a camera");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  gboolean done = FALSE;
  if (!g_option_context_parse (context, &argc, &argv, &error))
    ;
  else if (sources && sources[1])
    g_printerr ("One SOURCE at most: a file, or a camera such as /dev/video0\n");
  else if ((demo.source = demo_source_new (
                sources ? sources[0] : EXAMPLES_FOLDER "/media/chelsea.png", &error))) {
    demo.folder = folder ? folder : ".";
    demo.window = window;
    demo.named = sources != NULL;
    done = show (&demo, &error);
    demo_source_free (demo.source);
  }
  if (error)
    g_printerr ("%s\n", error->message);
  g_clear_error (&error);
  g_option_context_free (context);
  g_strfreev (sources);
  g_free (folder);
  return done ? 0 : 1;
}
