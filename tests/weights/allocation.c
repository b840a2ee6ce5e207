/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation that may fail does, one after the other: reading then ends in an error; nothing crashes
 * and nothing leaks, be the file good or hostile. And no file, however hostile, makes reading it allocate
 * more than weights.h says, nor do many layers of a large one.
 *
 *   allocation REFERENCE CASES   the folders that write-reference.py and make-cases.py wrote
 *
 * What fails are the blocks of g_try_malloc(), which zlib has its own from, too. GLib and json-glib abort
 * when their own fail, as in every GLib program. This needs glibc and a linker with --wrap.
 */
#include "weights.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The allocator below this one: glibc's, or that of the address sanitizer, which then finds leaks, too. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define below(function) __interceptor_##function
#define COUNTS_BLOCKS FALSE /* it allocates for strdup() unseen, and looks for leaks at the end */
#else
#define below(function) __libc_##function
#define COUNTS_BLOCKS TRUE
#endif

/* The sanitizer itself allocates before it can check anything. */
#define UNCHECKED __attribute__ ((no_sanitize ("address", "undefined")))

static gboolean counting; /* from main() on: before, the sanitizer is not ready */
static gboolean armed;
static gint64 countdown;  /* allocations until one fails */
static gboolean for_good; /* and all after it */
static gboolean failed;
static gint64 live_blocks, live_bytes, peak_bytes;

void *below (malloc) (size_t size);
void *below (calloc) (size_t count, size_t size);
void *below (realloc) (void *block, size_t size);
void below (free) (void *block);
gpointer __real_g_try_malloc (gsize size);
gpointer __real_g_try_malloc0 (gsize size);
gpointer __real_g_try_malloc_n (gsize count, gsize size);
gpointer __real_g_try_malloc0_n (gsize count, gsize size);
gpointer __wrap_g_try_malloc (gsize size);
gpointer __wrap_g_try_malloc0 (gsize size);
gpointer __wrap_g_try_malloc_n (gsize count, gsize size);
gpointer __wrap_g_try_malloc0_n (gsize count, gsize size);

UNCHECKED static void *
count_block (void *block)
{
  if (!block || !counting)
    return block;
  live_blocks++;
  live_bytes += (gint64)malloc_usable_size (block);
  peak_bytes = MAX (peak_bytes, live_bytes);
  return block;
}

UNCHECKED static void
forget_block (void *block)
{
  if (!block || !counting)
    return;
  live_blocks--;
  live_bytes -= (gint64)malloc_usable_size (block);
}

static gboolean
fails_now (void)
{
  if (!armed)
    return FALSE;
  const gint64 left = countdown--;
  if (left > 0 || (left < 0 && !for_good))
    return FALSE;
  failed = TRUE;
  return TRUE;
}

UNCHECKED void *
malloc (size_t size)
{
  return count_block (below (malloc) (size));
}

UNCHECKED void *
calloc (size_t count, size_t size)
{
  return count_block (below (calloc) (count, size));
}

UNCHECKED void *
realloc (void *block, size_t size)
{
  forget_block (block);
  void *moved = below (realloc) (block, size);
  if (!moved && size > 0)
    count_block (block);
  return count_block (moved);
}

UNCHECKED void
free (void *block)
{
  forget_block (block);
  below (free) (block);
}

gpointer
__wrap_g_try_malloc (gsize size)
{
  return fails_now () ? NULL : __real_g_try_malloc (size);
}

gpointer
__wrap_g_try_malloc0 (gsize size)
{
  return fails_now () ? NULL : __real_g_try_malloc0 (size);
}

gpointer
__wrap_g_try_malloc_n (gsize count, gsize size)
{
  return fails_now () ? NULL : __real_g_try_malloc_n (count, size);
}

gpointer
__wrap_g_try_malloc0_n (gsize count, gsize size)
{
  return fails_now () ? NULL : __real_g_try_malloc0_n (count, size);
}

/* Reads a file and a layer of it. The error's code, or -1 if all went well. */
static gint
run (const gchar *path, const CnnLayerQuery *query)
{
  GError *error = NULL;
  CnnLayerWeights layer = {0};
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  if (file && cnn_weights_load_layer (file, query, &layer, &error))
    cnn_layer_weights_clear (&layer);
  cnn_weights_close (file);
  gint code = error ? error->code : -1;
  g_clear_error (&error);
  return code;
}

static gint
run_failing (const gchar *path, const CnnLayerQuery *query, gint64 n)
{
  countdown = n;
  failed = FALSE;
  armed = TRUE;
  gint code = run (path, query);
  armed = FALSE;
  return code;
}

/* Reading with allocation `n` failing, and before that with all from it on. Each twice: what GLib and the C
 * library allocate for good the first time, such as a quark, is no leak. */
static gint
run_without_leak (const gchar *path, const CnnLayerQuery *query, gint64 n)
{
  gint code = -1;
  for (gint round = 0; round < 4; round++) {
    const gint64 before = live_blocks;
    for_good = round < 2;
    code = run_failing (path, query, n);
    if (COUNTS_BLOCKS && round % 2 == 1 && live_blocks != before)
      g_error ("%s: with allocation %d failing%s, %d blocks leak", path, (int)n,
          for_good ? " and all after it" : "", (int)(live_blocks - before));
  }
  return code;
}

/* How many allocations of reading a good file failed in turn. */
static guint
fail_each (const gchar *path, const CnnLayerQuery *query)
{
  g_assert_cmpint (run (path, query), ==, -1);
  for (gint64 n = 0;; n++) {
    gint code = run_without_leak (path, query, n);
    if (!failed) {
      g_assert_cmpint (code, ==, -1);
      return (guint)n;
    }
    if (code != CNN_WEIGHTS_ERROR_MEMORY)
      g_error ("%s: with allocation %d failing, error code %d", path, (int)n, code);
  }
}

/* The same for whatever the file holds: a refusal may come on top. Of many allocations not each, but each of
 * the first few and then ever fewer. */
static guint
fail_some (const gchar *path)
{
  const CnnLayerQuery any = {.layer = NULL};
  guint count = 0;
  for (gint64 n = 0;; n += 1 + n / 64) {
    run_without_leak (path, &any, n);
    if (!failed)
      return count;
    count++;
  }
}

/* How much more than twice its size a file may take, whatever it says: GLib's and zlib's own blocks. */
#define MAX_OVERHEAD (1 << 20)

/* Opens every file below `path`. How many there were, and how many allocations of theirs failed in turn. */
static guint
check_files (const gchar *path, guint *n_failed)
{
  GDir *folder = g_dir_open (path, 0, NULL);
  if (!folder) {
    gchar *contents;
    gsize size;
    g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
    g_free (contents);
    peak_bytes = live_bytes;
    gint64 before = live_bytes;
    cnn_weights_close (cnn_weights_open (path, NULL));
    if (peak_bytes - before > 2 * (gint64)size + MAX_OVERHEAD)
      g_error (
          "%s: has %d bytes, and reading it takes %d", path, (int)size, (int)(peak_bytes - before));
    *n_failed += fail_some (path);
    return 1;
  }
  guint count = 0;
  for (const gchar *name; (name = g_dir_read_name (folder));) {
    gchar *child = g_build_filename (path, name, NULL);
    count += check_files (child, n_failed);
    g_free (child);
  }
  g_dir_close (folder);
  return count;
}

#define N_LAYERS 50
#define LARGE_BYTES (100 << 20)

/* A file of 100 MB, mostly a hole, of which each of 50 layers uses 6,400 bytes. */
static gchar *
write_large (void)
{
  GString *header = g_string_new ("12345678{");
  for (guint i = 0; i < N_LAYERS; i++)
    g_string_append_printf (header,
        "\"conv%u.weight\":{\"dtype\":\"F32\",\"shape\":[16,4,5,5],\"data_offsets\":[%u,%u]},", i,
        6400 * i, 6400 * (i + 1));
  g_string_append_printf (header,
      "\"large\":{\"dtype\":\"U8\",\"shape\":[%u],\"data_offsets\":[%u,%u]}}",
      LARGE_BYTES - 6400 * N_LAYERS, 6400 * N_LAYERS, LARGE_BYTES);
  const guint64 length = GUINT64_TO_LE ((guint64)header->len - 8);
  memcpy (header->str, &length, sizeof length);
  GError *error = NULL;
  gchar *path = NULL;
  int fd = g_file_open_tmp ("large-XXXXXX.safetensors", &path, &error);
  g_assert_no_error (error);
  g_assert_true (write (fd, header->str, header->len) == (gssize)header->len);
  g_assert_cmpint (ftruncate (fd, (off_t)header->len + LARGE_BYTES), ==, 0);
  close (fd);
  g_string_free (header, TRUE);
  return path;
}

/* What a pipeline of many layers of one file does: all ask for it before the first takes its weights. */
static void
check_many_layers (void)
{
  gchar *path = write_large ();
  CnnWeightsFile *files[N_LAYERS];
  CnnLayerWeights layers[N_LAYERS];
  peak_bytes = live_bytes;
  const gint64 before = live_bytes;
  for (guint i = 0; i < N_LAYERS; i++)
    g_assert_nonnull (files[i] = cnn_weights_open (path, NULL));
  for (guint i = 0; i < N_LAYERS; i++) {
    gchar *name = g_strdup_printf ("conv%u", i);
    const CnnLayerQuery query = {.layer = name, .in_channels = 4};
    g_assert_true (cnn_weights_load_layer (files[i], &query, &layers[i], NULL));
    g_free (name);
  }
  const gint64 taken = peak_bytes - before;
  g_print ("%d layers of a file of %d bytes take %d bytes\n", N_LAYERS, LARGE_BYTES, (int)taken);
  g_assert_cmpint (taken, <, N_LAYERS * 6400 + MAX_OVERHEAD);
  for (guint i = 0; i < N_LAYERS; i++) {
    cnn_layer_weights_clear (&layers[i]);
    cnn_weights_close (files[i]);
  }
  g_assert_cmpint (g_remove (path), ==, 0);
  g_free (path);
}

int
main (int argc, char **argv)
{
  static const struct {
    const gchar *path;
    CnnLayerQuery query;
    guint least;
  } rows[] = {
      {"cases/numpy/f4_little_c.npy", {.layer = NULL}, 2},
      {"cases/numpy/f8_big_fortran.npy", {.layer = NULL}, 3},
      {"cases/numpy/savez.npz", {.layer = "conv1"}, 10},
      {"cases/numpy/savez_compressed.npz", {.layer = "conv1"}, 18},
      {"batch_norm.safetensors",
          {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-3, .alpha_layer = "1"}, 8},
      {"batch_norm_plain.safetensors", {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-5},
          5},
  };
  if (argc != 3)
    return 2;
  counting = TRUE;
  check_many_layers ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *path = g_build_filename (argv[1], rows[i].path, NULL);
    guint count = fail_each (path, &rows[i].query);
    g_print ("%s: %u allocations failed in turn\n", rows[i].path, count);
    g_assert_cmpuint (count, >=, rows[i].least);
    g_free (path);
  }
  guint n_failed = 0, count = check_files (argv[2], &n_failed);
  g_print ("%u files took no more memory than they may; %u allocations of theirs failed in turn\n",
      count, n_failed);
  g_assert_cmpuint (count, >, 300);
  g_assert_cmpuint (n_failed, >, 400);
  return 0;
}
