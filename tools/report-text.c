/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch-line.h"
#include "report.h"
#include "tensor-file.h"

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

/* "1 NaN", "2 infinite" or both. */
static gchar *
count_no_numbers (const CnnStatistics *statistics)
{
  gchar *nan = g_strdup_printf ("%" G_GSIZE_FORMAT " NaN", statistics->n_nan);
  gchar *infinite = g_strdup_printf ("%" G_GSIZE_FORMAT " infinite", statistics->n_infinite);
  gchar *text = g_strconcat (statistics->n_nan > 0 ? nan : "",
      statistics->n_nan > 0 && statistics->n_infinite > 0 ? ", " : "",
      statistics->n_infinite > 0 ? infinite : "", NULL);
  g_free (infinite);
  g_free (nan);
  return text;
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
  const CnnStatistics statistics = cnn_report_measure (file, tensor);
  if (statistics.known) {
    row.cells[COLUMN_MIN] = g_strdup_printf ("%.6g", statistics.min);
    row.cells[COLUMN_MAX] = g_strdup_printf ("%.6g", statistics.max);
  }
  if (statistics.n_nan + statistics.n_infinite > 0)
    row.cells[COLUMN_MEAN] = count_no_numbers (&statistics);
  else if (statistics.known)
    row.cells[COLUMN_MEAN] = g_strdup_printf ("%.6g", statistics.mean);
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
print_totals (const CnnReport *report)
{
  const guint n_tensors = cnn_weights_get_n_tensors (report->file);
  g_print ("\n%u tensor%s, %" G_GINT64_FORMAT " parameters, %" G_GINT64_FORMAT " bytes\n",
      n_tensors, n_tensors == 1 ? "" : "s", cnn_report_count_parameters (report->file),
      cnn_report_count_bytes (report->file));
}

static void
print_kernel (const CnnModule *module)
{
  const gboolean grouped =
      module->kind != CNN_MODULE_LINEAR && module->in_channels == 1 && module->out_channels > 1;
  if (module->kind == CNN_MODULE_LINEAR)
    g_print (
        ", %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, module->in_channels, module->out_channels);
  else
    g_print (", %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " channels%s", module->in_channels,
        module->out_channels, grouped ? " or depthwise" : "");
  if (module->kind != CNN_MODULE_LINEAR)
    g_print (", kernel %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, module->weight->shape[2],
        module->weight->shape[3]);
  g_print (module->bias ? ", bias" : ", no bias");
}

static void
print_module (const CnnReport *report, const CnnModule *module)
{
  gchar *name = cnn_weights_printable (module->name, strlen (module->name));
  g_print ("  %s: %s", *name ? name : "(no name)", cnn_module_kind_name (module->kind));
  g_free (name);
  if (module->in_channels > 0)
    print_kernel (module);
  else if (module->kind == CNN_MODULE_PRELU && module->out_channels == 1)
    g_print (", one slope");
  else
    g_print (", %" G_GINT64_FORMAT " channels", module->out_channels);
  g_print (", %" G_GINT64_FORMAT " parameter%s", module->n_parameters,
      module->n_parameters == 1 ? "" : "s");
  if (report->rows > 0 && module->in_channels > 0)
    g_print (", %" G_GINT64_FORMAT " multiply-adds", cnn_report_count_macs (report, module));
  g_print ("\n");
}

static void
print_layers (const CnnReport *report, const GArray *modules)
{
  gint64 macs = 0;
  g_print ("\nLayers:\n");
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    const gint64 more = cnn_report_count_macs (report, module);
    print_module (report, module);
    macs = more > G_MAXINT64 - macs ? G_MAXINT64 : macs + more;
  }
  if (report->rows > 0)
    g_print ("\n%" G_GINT64_FORMAT
             " multiply-adds in all, if each convolution sees %dx%d and keeps "
             "the size\n(the file says neither stride nor pooling).\n",
        macs, report->rows, report->columns);
}

/* A guess is called one. */
static void
print_line (const CnnReport *report, const gchar *line)
{
  const gchar *activation = cnn_launch_line_activation (report->file);
  g_print ("\nAs a chain. The file does not say padding, stride, pooling or skips: they are guesses"
           "\nhere, to be corrected by hand");
  if (activation)
    g_print (". activation=%s is the file's own.", activation);
  else if (strstr (line, "activation=relu"))
    g_print (", and so is activation=relu.");
  else
    g_print (".");
  g_print ("\n\n%s\n", line);
}

static void
print_chain (const CnnReport *report, GArray *modules)
{
  gchar *obstacle;
  gchar *line =
      cnn_launch_line_new (report->file, report->path, modules, report->no_skips, &obstacle);
  /* The names in an obstacle are printable, else they would be the obstacle. */
  if (line)
    print_line (report, line);
  else
    g_print ("\nNo plain chain: %s.\n", obstacle);
  g_free (line);
  g_free (obstacle);
}

void
cnn_report_print_text (const CnnReport *report)
{
  print_tensors (report->file);
  print_totals (report);
  GArray *modules = cnn_weights_list_modules (report->file);
  if (modules->len == 0) {
    g_print ("\nNo layers recognised.\n");
  } else {
    print_layers (report, modules);
    print_chain (report, modules);
  }
  g_array_unref (modules);
}
