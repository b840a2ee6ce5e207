/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs every file below the given folders through a fuzz target, once each: what fuzzing found
 * stays found, with any compiler.
 */
#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* How many files below `path` were run. */
static guint
replay (const gchar *path)
{
  GError *error = NULL;
  gchar *contents;
  gsize size;
  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    if (!g_file_get_contents (path, &contents, &size, &error))
      g_error ("%s", error->message);
    LLVMFuzzerTestOneInput ((const guint8 *)contents, size);
    g_free (contents);
    return 1;
  }
  guint count = 0;
  GDir *folder = g_dir_open (path, 0, &error);
  if (!folder)
    g_error ("%s", error->message);
  for (const gchar *name; (name = g_dir_read_name (folder));) {
    gchar *child = g_build_filename (path, name, NULL);
    count += replay (child);
    g_free (child);
  }
  g_dir_close (folder);
  return count;
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    guint count = replay (argv[i]);
    g_print ("%s: %u files\n", argv[i], count);
    if (count == 0)
      return 1;
  }
  return argc > 1 ? 0 : 1;
}
