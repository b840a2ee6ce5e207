/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every allocation that may fail does, one after the other: reading then ends in an error or, where
 * a library can do without, in success; nothing crashes and nothing leaks. And no file, however
 * hostile, makes reading it allocate more than weights.h says.
 *
 *   allocation REFERENCE CASES   the folders that write-reference.py and make-cases.py wrote
 *
 * What may fail are our own blocks, by g_try_malloc(), and the buffers libarchive and zlib
 * allocate. GLib and json-glib abort when a small allocation fails, as in every GLib program, and
 * libarchive's small blocks are exempt by their size. This needs glibc and a linker with --wrap.
 */
#include "weights.h"

#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EXEMPT "the address sanitizer owns malloc"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXEMPT "the address sanitizer owns malloc"
#endif
#endif

#define EXIT_SKIP 77

#ifdef EXEMPT

int
main (void)
{
  g_printerr ("SKIPPED, NOTHING WAS TESTED: %s\n", EXEMPT);
  return EXIT_SKIP;
}

#else

/* libarchive 3.6 does not survive the failure of a small block everywhere. */
#define MIN_BYTES 4096

typedef struct {
  guintptr begin, end;
} Range;

static Range libraries[8];
static guint n_libraries;
static gboolean armed;
static gint64 countdown; /* allocations until one fails */
static gboolean failed;
static gint64 live_blocks, live_bytes, peak_bytes;

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *block, size_t size);
void __libc_free (void *block);
gpointer __real_g_try_malloc (gsize size);
gpointer __real_g_try_malloc0 (gsize size);
gpointer __real_g_try_malloc_n (gsize count, gsize size);
gpointer __real_g_try_malloc0_n (gsize count, gsize size);
gpointer __wrap_g_try_malloc (gsize size);
gpointer __wrap_g_try_malloc0 (gsize size);
gpointer __wrap_g_try_malloc_n (gsize count, gsize size);
gpointer __wrap_g_try_malloc0_n (gsize count, gsize size);

static void *
count_block (void *block)
{
  if (!block)
    return NULL;
  live_blocks++;
  live_bytes += (gint64)malloc_usable_size (block);
  peak_bytes = MAX (peak_bytes, live_bytes);
  return block;
}

static void
forget_block (void *block)
{
  if (!block)
    return;
  live_blocks--;
  live_bytes -= (gint64)malloc_usable_size (block);
}

static gboolean
fails_now (void)
{
  if (!armed || countdown-- != 0)
    return FALSE;
  failed = TRUE;
  return TRUE;
}

static gboolean
library_fails_now (const void *caller, size_t size)
{
  if (!armed || size < MIN_BYTES)
    return FALSE;
  for (guint i = 0; i < n_libraries; i++)
    if ((guintptr)caller >= libraries[i].begin && (guintptr)caller < libraries[i].end)
      return fails_now ();
  return FALSE;
}

void *
malloc (size_t size)
{
  if (library_fails_now (__builtin_return_address (0), size))
    return NULL;
  return count_block (__libc_malloc (size));
}

void *
calloc (size_t count, size_t size)
{
  if (library_fails_now (__builtin_return_address (0), count * size))
    return NULL;
  return count_block (__libc_calloc (count, size));
}

void *
realloc (void *block, size_t size)
{
  if (library_fails_now (__builtin_return_address (0), size))
    return NULL;
  forget_block (block);
  void *moved = __libc_realloc (block, size);
  if (!moved && size > 0)
    count_block (block);
  return count_block (moved);
}

void
free (void *block)
{
  forget_block (block);
  __libc_free (block);
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

static int
note_library (struct dl_phdr_info *info, size_t size, void *data)
{
  if (!strstr (info->dlpi_name, "libarchive.so") && !strstr (info->dlpi_name, "libz.so"))
    return 0;
  for (guint i = 0; i < info->dlpi_phnum; i++) {
    const ElfW (Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || n_libraries == G_N_ELEMENTS (libraries))
      continue;
    guintptr begin = info->dlpi_addr + segment->p_vaddr;
    libraries[n_libraries++] = (Range){begin, begin + segment->p_memsz};
  }
  return 0;
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

/* How many allocations failed in turn. Each does so twice: what GLib allocates for good the first
 * time, such as a quark, is no leak. */
static guint
fail_each (const gchar *path, const CnnLayerQuery *query)
{
  g_assert_cmpint (run (path, query), ==, -1);
  for (gint64 n = 0;; n++) {
    run_failing (path, query, n);
    gint64 before = live_blocks;
    gint code = run_failing (path, query, n);
    if (live_blocks != before)
      g_error ("%s: with allocation %d failing, %d blocks leak", path, (int)n,
          (int)(live_blocks - before));
    if (!failed) {
      g_assert_cmpint (code, ==, -1);
      return (guint)n;
    }
    /* libarchive words it as damage; the sentence names memory all the same. */
    if (code != -1 && code != CNN_WEIGHTS_ERROR_MEMORY && code != CNN_WEIGHTS_ERROR_INVALID)
      g_error ("%s: with allocation %d failing, error code %d", path, (int)n, code);
  }
}

/* How much more than twice its size a file may take without deflated members, whatever it says:
 * libarchive's and GLib's own blocks. */
#define MAX_OVERHEAD (1 << 20)

/* Opens every file below `path`. How many there were. */
static guint
check_peaks (const gchar *path)
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
    return 1;
  }
  guint count = 0;
  for (const gchar *name; (name = g_dir_read_name (folder));) {
    gchar *child = g_build_filename (path, name, NULL);
    count += check_peaks (child);
    g_free (child);
  }
  g_dir_close (folder);
  return count;
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
      {"cases/numpy/f8_big_fortran.npy", {.layer = NULL}, 2},
      {"cases/numpy/savez.npz", {.layer = "conv1"}, 4},
      {"cases/numpy/savez_compressed.npz", {.layer = "conv1"}, 7},
      {"batch_norm.safetensors",
          {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-3, .alpha_layer = "1"}, 8},
      {"batch_norm_plain.safetensors", {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-5},
          5},
  };
  if (argc != 3)
    return 2;
  dl_iterate_phdr (note_library, NULL);
  g_assert_cmpuint (n_libraries, >, 0);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *path = g_build_filename (argv[1], rows[i].path, NULL);
    guint count = fail_each (path, &rows[i].query);
    g_print ("%s: %u allocations failed in turn\n", rows[i].path, count);
    g_assert_cmpuint (count, >=, rows[i].least);
    g_free (path);
  }
  guint count = check_peaks (argv[2]);
  g_print ("%u files took no more memory than they may\n", count);
  g_assert_cmpuint (count, >, 300);
  return 0;
}

#endif
