/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cnn-weights: what is in a weights file, for somebody at a terminal.
 */
#include "launch-line.h"
#include "tensor-file.h"

#include <locale.h>
#include <math.h>
#include <string.h>

enum {
  COLUMN_NAME,
  COLUMN_DTYPE,
  COLUMN_SHAPE,
  COLUMN_MIN,
  COLUMN_MAX,
  COLUMN_MEAN,
  COLUMN_BYTES,
  N_COLUMNS
};

typedef struct {
  gchar *cells[N_COLUMNS];
} Row;

typedef struct {
  gdouble min, max, mean;
  gsize n_nan;
} Statistics;

static Statistics
measure (const gfloat *values, gsize count)
{
  Statistics statistics = {INFINITY, -INFINITY, 0, 0};
  gdouble sum = 0;
  for (gsize i = 0; i < count; i++) {
    if (isnan (values[i])) {
      statistics.n_nan++;
      continue;
    }
    statistics.min = MIN (statistics.min, values[i]);
    statistics.max = MAX (statistics.max, values[i]);
    sum += values[i];
  }
  statistics.mean = sum / (gdouble)(count - statistics.n_nan);
  return statistics;
}

static Row
describe_tensor (const CnnWeightsFile *file, const CnnTensorInfo *tensor)
{
  Row row = {{
      [COLUMN_NAME] = cnn_weights_printable (tensor->name, strlen (tensor->name)),
      [COLUMN_DTYPE] = g_strdup (cnn_dtype_name (tensor->dtype)),
      [COLUMN_SHAPE] = cnn_tensor_format_shape (tensor),
      [COLUMN_BYTES] = g_strdup_printf ("%" G_GSIZE_FORMAT, tensor->bytes),
  }};
  gfloat *values = g_try_malloc_n (MAX (tensor->n_elements, 1), sizeof *values);
  if (values && tensor->n_elements > 0 && cnn_weights_read_float32 (file, tensor, values, NULL)) {
    Statistics statistics = measure (values, tensor->n_elements);
    row.cells[COLUMN_MIN] = g_strdup_printf ("%.6g", statistics.min);
    row.cells[COLUMN_MAX] = g_strdup_printf ("%.6g", statistics.max);
    row.cells[COLUMN_MEAN] = statistics.n_nan == 0
                                 ? g_strdup_printf ("%.6g", statistics.mean)
                                 : g_strdup_printf ("%" G_GSIZE_FORMAT " NaN", statistics.n_nan);
  }
  g_free (values);
  for (guint i = 0; i < N_COLUMNS; i++)
    if (!row.cells[i])
      row.cells[i] = g_strdup ("-");
  return row;
}

static void
clear_row (gpointer data)
{
  Row *row = data;
  for (guint i = 0; i < N_COLUMNS; i++)
    g_free (row->cells[i]);
}

static void
print_rows (const GArray *rows)
{
  glong widths[N_COLUMNS] = {0};
  for (guint i = 0; i < rows->len; i++)
    for (guint k = 0; k < N_COLUMNS; k++)
      widths[k] = MAX (widths[k], g_utf8_strlen (g_array_index (rows, Row, i).cells[k], -1));
  for (guint i = 0; i < rows->len; i++) {
    GString *line = g_string_new (NULL);
    for (guint k = 0; k < N_COLUMNS; k++) {
      const gchar *cell = g_array_index (rows, Row, i).cells[k];
      gint space = (gint)(widths[k] - g_utf8_strlen (cell, -1));
      /* Words to the left, numbers to the right. */
      if (k > 0)
        g_string_append (line, "  ");
      if (k >= COLUMN_MIN)
        g_string_append_printf (line, "%*s", space, "");
      g_string_append (line, cell);
      if (k < COLUMN_MIN)
        g_string_append_printf (line, "%*s", space, "");
    }
    g_print ("%s\n", line->str);
    g_string_free (line, TRUE);
  }
}

static void
print_tensors (const CnnWeightsFile *file)
{
  static const gchar *const titles[N_COLUMNS] = {
      "tensor", "dtype", "shape", "min", "max", "mean", "bytes"};
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_array_set_clear_func (rows, clear_row);
  Row title;
  for (guint i = 0; i < N_COLUMNS; i++)
    title.cells[i] = g_strdup (titles[i]);
  g_array_append_val (rows, title);
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    Row row = describe_tensor (file, cnn_weights_get_tensor (file, i));
    g_array_append_val (rows, row);
  }
  print_rows (rows);
  g_array_unref (rows);
}

static void
print_module (const CnnModule *module)
{
  const CnnTensorInfo *weight = module->weight;
  gchar *name = cnn_weights_printable (module->name, strlen (module->name));
  g_print ("  %s: %s", name, cnn_module_kind_name (module->kind));
  g_free (name);
  if (module->kind == CNN_MODULE_CONV2D || module->kind == CNN_MODULE_LINEAR) {
    g_print (", %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " channels", weight->shape[1],
        weight->shape[0]);
    if (module->kind == CNN_MODULE_CONV2D)
      g_print (
          ", kernel %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, weight->shape[2], weight->shape[3]);
    g_print (module->bias ? ", bias\n" : ", no bias\n");
  } else if (module->kind == CNN_MODULE_PRELU && weight->shape[0] == 1) {
    g_print (", one slope\n");
  } else {
    g_print (", %" G_GINT64_FORMAT " channels\n", weight->shape[0]);
  }
}

static void
print_layers (const CnnWeightsFile *file, const gchar *path)
{
  GArray *modules = cnn_weights_list_modules (file);
  if (modules->len == 0) {
    g_print ("\nNo layers recognised.\n");
    g_array_unref (modules);
    return;
  }
  g_print ("\nLayers:\n");
  for (guint i = 0; i < modules->len; i++)
    print_module (&g_array_index (modules, CnnModule, i));
  g_array_unref (modules);

  gchar *obstacle;
  gchar *line = cnn_launch_line_new (file, path, &obstacle);
  if (line) {
    g_print ("\nAs a chain, if the padding keeps the size and the activations are as written (the "
             "file says\nneither):\n\n%s\n",
        line);
  } else {
    gchar *printable = cnn_weights_printable (obstacle, strlen (obstacle));
    g_print ("\nNo plain chain: %s.\n", printable);
    g_free (printable);
  }
  g_free (line);
  g_free (obstacle);
}

static gboolean
print_file (const gchar *path)
{
  GError *error = NULL;
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  if (!file) {
    g_printerr ("cnn-weights: %s\n", error->message);
    g_error_free (error);
    return FALSE;
  }
  print_tensors (file);
  print_layers (file, path);
  cnn_weights_close (file);
  return TRUE;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Numbers with a point, whatever the locale: tables are read by programs too. */
  setlocale (LC_NUMERIC, "C");
  gboolean version = FALSE;
  gchar **paths = NULL;
  const GOptionEntry options[] = {
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, "FILE"},
      {0},
  };
  GOptionContext *context =
      g_option_context_new ("- list the tensors and layers of a weights file");
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_set_summary (context,
      "FILE is a .npy, .npz or .safetensors file. For each tensor its name, type, shape, "
      "smallest,\n"
      "largest and mean value and its bytes are printed, then the layers that cnnconv and cnn1x1\n"
      "find by layer=NAME, and, when they form a plain chain, a gst-launch-1.0 command that runs "
      "it.");
  GError *error = NULL;
  int result = 0;
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("cnn-weights: %s\n", error->message);
    g_error_free (error);
    result = 2;
  } else if (version) {
    g_print ("cnn-weights %s\n", CNN_VERSION);
  } else if (!paths || g_strv_length (paths) != 1) {
    g_printerr ("cnn-weights: one file is needed; cnn-weights --help says more\n");
    result = 2;
  } else if (!print_file (paths[0])) {
    result = 1;
  }
  g_strfreev (paths);
  g_option_context_free (context);
  return result;
}
