/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights files with known verdicts: every good one is read with its values, every bad one is
 * refused in one sentence that names the file and the fault.
 *
 *   cases FOLDER LEAST            FOLDER/cases.tsv as make-cases.py describes it, files in
 *                                 FOLDER/cases
 *   cases --verdicts TABLE LEAST  a table PATH, accept, reject or either, REASON; paths relative to
 *                                 it
 *
 * A table with fewer than LEAST files is a fault, a missing one is skipped.
 */
#include "weights.h"

#include <string.h>

#define EXIT_SKIP 77

static guint n_failed;

static void G_GNUC_PRINTF (2, 3) fail (const gchar *path, const gchar *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  gchar *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("FAIL %s: %s\n", path, text);
  g_free (text);
  n_failed++;
}

/* "a float32 2x2: 1 2 3 4; b ..." */
static gchar *
list_values (const gchar *path, const CnnWeightsFile *file)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    const CnnTensorInfo *tensor = cnn_weights_get_tensor (file, i);
    gchar *shape = cnn_tensor_format_shape (tensor);
    g_string_append_printf (text, "%s%s %s %s:", i > 0 ? "; " : "", tensor->name,
        cnn_dtype_name (tensor->dtype), shape);
    g_free (shape);
    gfloat *values = g_new (gfloat, tensor->n_elements);
    GError *error = NULL;
    if (!cnn_weights_read_float32 (file, tensor, values, &error)) {
      fail (path, "%s", error->message);
      g_clear_error (&error);
    } else {
      for (gsize k = 0; k < tensor->n_elements; k++)
        g_string_append_printf (text, " %.9g", values[k]);
    }
    g_free (values);
  }
  return g_string_free (text, FALSE);
}

/* One sentence about this file: no second line, no control character, no full stop. */
static void
check_sentence (const gchar *path, const GError *error)
{
  gchar *display = g_filename_display_name (path);
  if (error->domain != CNN_WEIGHTS_ERROR || error->code == CNN_WEIGHTS_ERROR_MEMORY)
    fail (path, "refused with domain %u code %d: %s", error->domain, error->code, error->message);
  if (!g_str_has_prefix (error->message, display))
    fail (path, "the message does not start with the file's name: %s", error->message);
  if (!g_utf8_validate (error->message, -1, NULL))
    fail (path, "the message is not UTF-8");
  for (const gchar *at = error->message; *at; at++)
    if (g_ascii_iscntrl (*at))
      fail (path, "the message has a control character");
  if (strlen (error->message) < strlen (display) + 10)
    fail (path, "the message says nothing: %s", error->message);
  g_free (display);
}

/* `expected` is a listing or a part of the message; NULL if only the verdict is known. */
static void
check_file (const gchar *path, const gchar *verdict, const gchar *expected)
{
  GError *error = NULL;
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  gboolean either = strcmp (verdict, "either") == 0;
  if (!file)
    check_sentence (path, error);
  if (!either && (file != NULL) != (strcmp (verdict, "accept") == 0))
    fail (path, "should be %sed, but: %s", verdict, error ? error->message : "it was read");
  else if (!file && expected && !strstr (error->message, expected))
    fail (path, "refused with \"%s\", which does not say \"%s\"", error->message, expected);
  if (file && expected) {
    gchar *listing = list_values (path, file);
    if (strcmp (listing, expected) != 0)
      fail (path, "read as \"%s\" instead of \"%s\"", listing, expected);
    g_free (listing);
  }
  g_clear_error (&error);
  cnn_weights_close (file);
}

static int
check_table (const gchar *table, const gchar *folder, gboolean verdicts_only, guint least)
{
  gchar *contents;
  GError *error = NULL;
  if (!g_file_get_contents (table, &contents, NULL, &error)) {
    g_printerr ("SKIPPED, NOTHING WAS TESTED: %s\n", error->message);
    g_clear_error (&error);
    return EXIT_SKIP;
  }
  gchar **lines = g_strsplit (contents, "\n", -1);
  guint count = 0;
  for (gchar **line = lines; *line; line++) {
    gchar **columns = g_strsplit (*line, "\t", 3);
    if (g_strv_length (columns) == 3 && strcmp (columns[0], "path") != 0) {
      gchar *path = g_build_filename (folder, columns[0], NULL);
      check_file (path, columns[1], verdicts_only ? NULL : columns[2]);
      g_free (path);
      count++;
    }
    g_strfreev (columns);
  }
  g_strfreev (lines);
  g_free (contents);
  g_print ("%u files, %u faults\n", count, n_failed);
  if (count < least)
    fail (table, "has only %u files", count);
  return n_failed > 0;
}

int
main (int argc, char **argv)
{
  gboolean verdicts_only = argc == 4 && strcmp (argv[1], "--verdicts") == 0;
  if (!verdicts_only && argc != 3)
    return 2;
  const gchar *given = argv[argc - 2];
  guint least = (guint)g_ascii_strtoull (argv[argc - 1], NULL, 10);
  gchar *table = verdicts_only ? g_strdup (given) : g_build_filename (given, "cases.tsv", NULL);
  gchar *folder =
      verdicts_only ? g_path_get_dirname (given) : g_build_filename (given, "cases", NULL);
  int result = check_table (table, folder, verdicts_only, least);
  g_free (table);
  g_free (folder);
  return result;
}
