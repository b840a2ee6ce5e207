/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnn-summary: runs one frame through a launch line and prints what its layers are. */
#include "layertable.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_TO_WAIT 20

typedef struct {
  gint rows, columns, channels;
} Size;

/* "HxW" or "HxWxC". */
static gboolean
parse_size (const gchar *text, Size *size, GError **error)
{
  gchar rest;
  size->channels = 3;
  const gint n = sscanf (text, "%dx%dx%d%c", &size->rows, &size->columns, &size->channels, &rest);
  const gboolean plain = n == 2 && sscanf (text, "%*dx%*d%c", &rest) != 1;
  if ((plain || n == 3) && size->rows > 0 && size->columns > 0 && size->channels > 0 &&
      (gint64)size->rows * size->columns <= G_MAXINT32 / 4 / size->channels)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--input %s is no size: it takes rows x columns, as 240x320, or with channels, as 14x14x64 "
      "(at most 2048 MiB of floats)",
      text);
  return FALSE;
}

/* What stands before a line that begins with a layer: a frame of this size. */
static gchar *
source_for (const Size *size)
{
  if (size->channels == 1 || size->channels == 3)
    return g_strdup_printf (
        "videotestsrc num-buffers=1 ! video/x-raw,format=%s,width=%d,height=%d ! identity",
        size->channels == 1 ? "GRAY8" : "RGB", size->columns, size->rows);
  return g_strdup_printf (
      "fakesrc num-buffers=1 format=time sizetype=fixed filltype=zero sizemax=%" G_GINT64_FORMAT
      " ! tensor/strided,type=float32,dims=(int)<1,%d,%d,%d>,dims-order=row-major,layout=nhwc,"
      "framerate=0/1 ! identity",
      (gint64)sizeof (gfloat) * size->rows * size->columns * size->channels, size->rows,
      size->columns, size->channels);
}

static gboolean
has_pad (GstElement *bin, GstPadDirection direction)
{
  gboolean found = FALSE;
  for (GList *item = bin->pads; item; item = item->next)
    found |= GST_PAD_DIRECTION (item->data) == direction;
  return found;
}

/* A network gives its outputs on request: the line's last element is asked for its first one. */
static void
request_output (GstElement *line)
{
  for (GList *item = GST_BIN_CHILDREN (line); item; item = item->next) {
    GstElement *element = item->data;
    GstPadTemplate *template = gst_element_get_pad_template (element, "src_%u");
    if (!template || GST_PAD_TEMPLATE_PRESENCE (template) != GST_PAD_REQUEST || element->srcpads)
      continue;
    GstPad *pad = gst_element_request_pad_simple (element, "src_%u");
    if (pad)
      gst_element_add_pad (line, gst_ghost_pad_new ("src", pad));
    g_clear_object (&pad);
    return;
  }
}

/* Ends the line where it does not end by itself: an element is made of `text` and linked on that side. */
static gboolean
complete (
    GstElement *pipeline, GstElement *line, const gchar *text, GstPadDirection side, GError **error)
{
  GstElement *end = gst_parse_bin_from_description (text, TRUE, error);
  if (!end)
    return FALSE;
  gst_bin_add (GST_BIN (pipeline), end);
  if (side == GST_PAD_SINK ? gst_element_link (end, line) : gst_element_link (line, end))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "the line does not take frames like those of --input (%s)", text);
  return FALSE;
}

/* The line as a pipeline; a source and a sink are added where it has none. */
static gboolean
fill_pipeline (GstElement *pipeline, const gchar *text, const gchar *input, GError **error)
{
  GstElement *line =
      gst_parse_bin_from_description_full (text, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!line)
    return FALSE;
  gst_bin_add (GST_BIN (pipeline), line);
  if (!has_pad (line, GST_PAD_SRC))
    request_output (line);
  const gboolean open = has_pad (line, GST_PAD_SINK);
  Size size;
  if (open && !input) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "the line begins with a layer: say the size of its input by --input HxW or --input HxWxC");
    return FALSE;
  }
  if (!open && input) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "the line has a source of its own: --input is for lines that begin with a layer");
    return FALSE;
  }
  if (open && !parse_size (input, &size, error))
    return FALSE;
  gchar *source = open ? source_for (&size) : NULL;
  const gboolean filled =
      (!open || complete (pipeline, line, source, GST_PAD_SINK, error)) &&
      (!has_pad (line, GST_PAD_SRC) || complete (pipeline, line, "fakesink", GST_PAD_SRC, error));
  g_free (source);
  return filled;
}

static void
print_error (GstMessage *message)
{
  GError *error;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("cnn-summary: %s\n", error->message);
  g_error_free (error);
}

static guint
count_layers (GstElement *pipeline)
{
  guint n_layers = 0;
  GValue item = G_VALUE_INIT;
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (pipeline));
  while (gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    n_layers += g_object_class_find_property (
                    G_OBJECT_GET_CLASS (g_value_get_object (&item)), "layer-info") != NULL;
    g_value_unset (&item);
  }
  gst_iterator_free (elements);
  return n_layers;
}

/* Until a frame arrived at the sinks, the stream ended, or something went wrong. */
static gboolean
collect (GstElement *pipeline, CnnLayerTable *table)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  const gint64 end = g_get_monotonic_time () + SECONDS_TO_WAIT * G_TIME_SPAN_SECOND;
  const GstStateChangeReturn change = gst_element_set_state (pipeline, GST_STATE_PAUSED);
  /* A live source sends nothing while it is paused, and nothing says when a first frame has arrived. */
  const gboolean live = change == GST_STATE_CHANGE_NO_PREROLL;
  const guint n_layers = count_layers (pipeline);
  if (live)
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gboolean done = FALSE, failed = FALSE;
  while (!done && !failed) {
    const gint64 left = end - g_get_monotonic_time ();
    GstMessage *message =
        left > 0 ? gst_bus_timed_pop (bus, (GstClockTime)left * GST_USECOND) : NULL;
    if (!message)
      break;
    cnn_layer_table_take (table, message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      print_error (message);
      failed = TRUE;
    }
    done = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
           GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE ||
           (live && cnn_layer_table_length (table) == n_layers);
    gst_message_unref (message);
  }
  if (!done && !failed && cnn_layer_table_length (table) == 0) {
    g_printerr ("cnn-summary: no frame came within %d seconds\n", SECONDS_TO_WAIT);
    failed = TRUE;
  } else if (!failed && cnn_layer_table_length (table) == 0) {
    g_printerr ("cnn-summary: there is no layer in this line\n");
    failed = TRUE;
  }
  gst_object_unref (bus);
  return !failed;
}

static gboolean
summarize (const gchar *line, const gchar *input, gboolean json)
{
  GError *error = NULL;
  GstElement *pipeline = gst_pipeline_new (NULL);
  if (!fill_pipeline (pipeline, line, input, &error)) {
    g_printerr ("cnn-summary: %s\n", error->message);
    g_error_free (error);
    gst_object_unref (pipeline);
    return FALSE;
  }
  CnnLayerTable *table = cnn_layer_table_new ();
  const gboolean collected = collect (pipeline, table);
  if (collected) {
    gchar *text = json ? cnn_layer_table_json (table) : cnn_layer_table_text (table);
    g_print ("%s%s", text, json ? "\n" : "");
    g_free (text);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  cnn_layer_table_free (table);
  return collected;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Numbers with a point, whatever the locale: tables are read by programs too. */
  setlocale (LC_NUMERIC, "C");
  gchar *input = NULL, **words = NULL;
  gboolean json = FALSE, version = FALSE;
  const GOptionEntry options[] = {
      {"input", 0, 0, G_OPTION_ARG_STRING, &input,
          "Size of the first layer's input, for a line without a source", "HxW[xC]"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON instead of a table", NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, "LINE"},
      {0},
  };
  GOptionContext *context = g_option_context_new ("- what the layers of a launch line are");
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  g_option_context_set_summary (context,
      "LINE is what gst-launch-1.0 takes, with or without a source and a sink. One frame runs "
      "through "
      "it;\nthen each layer's shapes, parameters, multiply-accumulates and receptive field are "
      "printed, and totals.\n\n  cnn-summary --input 224x224 \"cnnconv kernel=random "
      "out-channels=64 "
      "stride=2 ! cnnpool\"");
  GError *error = NULL;
  int result = 0;
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("cnn-summary: %s\n", error->message);
    g_error_free (error);
    result = 2;
  } else if (version) {
    g_print ("cnn-summary %s\n", CNN_VERSION);
  } else if (!words) {
    g_printerr ("cnn-summary: a launch line is needed; cnn-summary --help says more\n");
    result = 2;
  } else {
    gchar *line = g_strjoinv (" ", words);
    result = summarize (line, input, json) ? 0 : 1;
    g_free (line);
  }
  g_strfreev (words);
  g_free (input);
  g_option_context_free (context);
  return result;
}
