/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cnn-weights: what is in a weights file, for somebody at a terminal and for programs.
 */
#include "report-network.h"
#include "report.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 1000000

typedef struct {
  gboolean version, json, no_skips;
  gboolean check, launch; /* of a network */
  gchar *graph;           /* the same: before or after */
  gchar *input;
  gchar **paths;
} Options;

/* "240x320", rows first. */
static gboolean
parse_size (const gchar *text, gint *rows, gint *columns)
{
  guint64 sides[2];
  gchar *end;
  for (guint i = 0; i < 2; i++) {
    sides[i] = g_ascii_strtoull (text, &end, 10);
    if (end == text || !g_ascii_isdigit (*text) || sides[i] < 1 || sides[i] > MAX_SIDE ||
        *end != (i == 0 ? 'x' : '\0'))
      return FALSE;
    text = end + 1;
  }
  *rows = (gint)sides[0];
  *columns = (gint)sides[1];
  return TRUE;
}

static int
report_file (const Options *options, CnnReport *report)
{
  GError *error = NULL;
  CnnWeightsFile *file = cnn_weights_open (options->paths[0], &error);
  if (!file) {
    g_printerr ("cnn-weights: %s\n", error->message);
    g_error_free (error);
    return 1;
  }
  report->file = file;
  report->path = options->paths[0];
  report->no_skips = options->no_skips;
  if (options->json)
    cnn_report_print_json (report);
  else
    cnn_report_print_text (report);
  cnn_weights_close (file);
  return 0;
}

static gboolean
is_network (const gchar *path)
{
  gchar *lower = g_ascii_strdown (path, -1);
  const gboolean found = g_str_has_suffix (lower, ".onnx");
  g_free (lower);
  return found;
}

/* What is asked of a network; FALSE when it is more than one thing, or a graph of neither kind. */
static gboolean
choose_report (const Options *options, CnnNetworkReport *report)
{
  *report = options->check                              ? CNN_NETWORK_CHECK
            : options->launch                           ? CNN_NETWORK_LAUNCH
            : g_strcmp0 (options->graph, "before") == 0 ? CNN_NETWORK_GRAPH_BEFORE
            : options->graph                            ? CNN_NETWORK_GRAPH_AFTER
                                                        : CNN_NETWORK_TABLE;
  if (options->check + options->launch + (options->graph != NULL) > 1) {
    g_printerr ("cnn-weights: only one of --check, --graph and --launch can be asked at once\n");
    return FALSE;
  }
  if (options->graph && *report == CNN_NETWORK_GRAPH_AFTER &&
      strcmp (options->graph, "after") != 0) {
    g_printerr ("cnn-weights: --graph=%s is neither before nor after\n", options->graph);
    return FALSE;
  }
  return TRUE;
}

static int
report_network (const Options *options, const CnnReport *size)
{
  CnnNetworkRequest request = {
      .path = options->paths[0], .rows = size->rows, .columns = size->columns};
  if (options->json || options->no_skips) {
    g_printerr ("cnn-weights: --json and --no-skips are for weights files, and %s is a network\n",
        request.path);
    return 2;
  }
  return choose_report (options, &request.report) ? cnn_network_report (&request) : 2;
}

static int
run (const Options *options)
{
  CnnReport report = {0};
  const guint n_paths = options->paths ? g_strv_length (options->paths) : 0;
  if (options->version) {
    g_print ("cnn-weights %s\n", CNN_VERSION);
    return 0;
  }
  if (options->input && !parse_size (options->input, &report.rows, &report.columns)) {
    g_printerr ("cnn-weights: --input=%s is no size: rows x columns are two numbers from 1 to %d, "
                "as in --input=240x320\n",
        options->input, MAX_SIDE);
    return 2;
  }
  if (n_paths != 1) {
    g_printerr ("cnn-weights: one file is needed, but %u are given; cnn-weights --help says more\n",
        n_paths);
    return 2;
  }
  if (is_network (options->paths[0]))
    return report_network (options, &report);
  if (options->check || options->launch || options->graph) {
    g_printerr (
        "cnn-weights: --check, --graph and --launch are for networks (.onnx), and %s is none\n",
        options->paths[0]);
    return 2;
  }
  return report_file (options, &report);
}

static GOptionContext *
make_context (Options *options)
{
  const GOptionEntry entries[] = {
      {"input", 0, 0, G_OPTION_ARG_STRING, &options->input,
          "Take an input of so many rows and columns, to count multiply-adds", "HxW"},
      {"check", 0, 0, G_OPTION_ARG_NONE, &options->check,
          "Of a network: say everything in it that is not supported", NULL},
      {"graph", 0, 0, G_OPTION_ARG_STRING, &options->graph,
          "Of a network: print the graph, before or after folding, in Graphviz' language", "WHEN"},
      {"launch", 0, 0, G_OPTION_ARG_NONE, &options->launch,
          "Of a network: print a gst-launch-1.0 command that runs it", NULL},
      {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print JSON, for programs", NULL},
      {"no-skips", 0, 0, G_OPTION_ARG_NONE, &options->no_skips,
          "Take layers for a chain that look like a residual block's", NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->paths, NULL, "FILE"},
      {0},
  };
  GOptionContext *context =
      g_option_context_new ("- list the tensors and layers of a weights file or a network");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
      "FILE is a .npy, .npz or .safetensors file. For each tensor its name, type, shape, "
      "smallest,\n"
      "largest and mean value and its bytes are printed, then the layers that cnnconv and cnn1x1\n"
      "find by layer=NAME, and, when they may form a plain chain, a gst-launch-1.0 command that "
      "runs it.\n\n"
      "Or FILE is a network, an .onnx file: its inputs, outputs and layers are printed as they "
      "run,\n"
      "with shapes, parameters, multiply-adds and what each sees of the input.");
  g_option_context_set_description (context,
      "The exit status is 0, 1 if the file cannot be read, 2 if the command line is wrong.");
  return context;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Numbers with a point, whatever the locale: tables are read by programs too. */
  setlocale (LC_NUMERIC, "C");
  Options options = {0};
  GOptionContext *context = make_context (&options);
  GError *error = NULL;
  int result = 2;
  if (g_option_context_parse (context, &argc, &argv, &error))
    result = run (&options);
  else
    g_printerr ("cnn-weights: %s; cnn-weights --help lists the options\n", error->message);
  g_clear_error (&error);
  g_free (options.input);
  g_free (options.graph);
  g_strfreev (options.paths);
  g_option_context_free (context);
  return result;
}
