/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foreign-format.h"
#include "tensor-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES ((gsize)2 << 30)

/* By which a format is told. */
#define HEAD_BYTES 4096

G_DEFINE_QUARK (cnn - weights - error - quark, cnn_weights_error)

/* Valid UTF-8 without control characters, cut where it has `most` bytes. */
static gchar *
make_printable (const gchar *text, gsize length, gsize most)
{
  gchar *valid = g_utf8_make_valid (text, (gssize)length);
  GString *printable = g_string_new (NULL);
  for (const gchar *at = valid; *at; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);
    if (printable->len >= most) {
      g_string_append (printable, "...");
      break;
    }
    if (g_unichar_iscntrl (c))
      g_string_append_printf (printable, "\\u%04x", c);
    else
      g_string_append_unichar (printable, c);
  }
  g_free (valid);
  return g_string_free (printable, FALSE);
}

gchar *
cnn_weights_printable (const gchar *text, gsize length)
{
  return make_printable (text, length, 120);
}

gboolean
cnn_weights_refuse (const CnnWeightsFile *file, CnnWeightsError code, const gchar *name,
    GError **error, const gchar *fault, ...)
{
  va_list arguments;
  va_start (arguments, fault);
  gchar *sentence = g_strdup_vprintf (fault, arguments);
  va_end (arguments);
  if (name) {
    gchar *printable = cnn_weights_printable (name, strlen (name));
    g_set_error (
        error, CNN_WEIGHTS_ERROR, code, "%s: tensor \"%s\" %s", file->path, printable, sentence);
    g_free (printable);
  } else {
    g_set_error (error, CNN_WEIGHTS_ERROR, code, "%s: %s", file->path, sentence);
  }
  g_free (sentence);
  return FALSE;
}

static void
clear_tensor (gpointer tensor)
{
  g_free ((gchar *)((CnnTensor *)tensor)->info.name);
}

/* --- Sharing -------------------------------------------------------------------------------------- */

static GMutex lock;
static GHashTable *open_files; /* identity to file, not referenced */

/* The same file by the same name, unchanged. The name counts, since messages, the format and a .npy
 * file's tensor have it. */
static gchar *
identify (const gchar *path, const struct stat *status)
{
  return g_strdup_printf ("%" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER
                          "x %" G_GINT64_MODIFIER "x.%lx %s",
      (guint64)status->st_dev, (guint64)status->st_ino, (guint64)status->st_size,
      (guint64)status->st_mtim.tv_sec, status->st_mtim.tv_nsec, path);
}

static CnnWeightsFile *
find_open_file (const gchar *identity)
{
  g_mutex_lock (&lock);
  CnnWeightsFile *file = open_files ? g_hash_table_lookup (open_files, identity) : NULL;
  if (file)
    file->n_references++;
  g_mutex_unlock (&lock);
  return file;
}

/* Lets others find `file`. Where somebody else was faster, theirs is as good. */
static void
share_file (CnnWeightsFile *file)
{
  g_mutex_lock (&lock);
  if (!open_files)
    open_files = g_hash_table_new (g_str_hash, g_str_equal);
  if (!g_hash_table_contains (open_files, file->identity))
    g_hash_table_insert (open_files, file->identity, file);
  g_mutex_unlock (&lock);
}

static void
free_file (CnnWeightsFile *file)
{
  close (file->fd);
  g_hash_table_unref (file->index_of);
  g_array_unref (file->tensors);
  g_clear_pointer (&file->metadata, g_hash_table_unref);
  g_free (file->identity);
  g_free (file->location);
  g_free (file->path);
  g_free (file);
}

CnnWeightsFile *
cnn_weights_ref (CnnWeightsFile *file)
{
  g_mutex_lock (&lock);
  file->n_references++;
  g_mutex_unlock (&lock);
  return file;
}

void
cnn_weights_close (CnnWeightsFile *file)
{
  if (!file)
    return;
  g_mutex_lock (&lock);
  const gboolean last = --file->n_references == 0;
  if (last && open_files && file->identity &&
      g_hash_table_lookup (open_files, file->identity) == file) {
    g_hash_table_remove (open_files, file->identity);
    if (g_hash_table_size (open_files) == 0)
      g_clear_pointer (&open_files, g_hash_table_unref);
  }
  g_mutex_unlock (&lock);
  if (last)
    free_file (file);
}

guint
cnn_weights_count_open_files (void)
{
  g_mutex_lock (&lock);
  const guint count = open_files ? g_hash_table_size (open_files) : 0;
  g_mutex_unlock (&lock);
  return count;
}

const gchar *
cnn_weights_get_path (const CnnWeightsFile *file)
{
  return file->location;
}

gboolean
cnn_weights_is_current (const CnnWeightsFile *file)
{
  struct stat status;
  if (stat (file->location, &status) < 0)
    return FALSE;
  gchar *identity = identify (file->location, &status);
  const gboolean current = g_strcmp0 (identity, file->identity) == 0;
  g_free (identity);
  return current;
}

/* --- Opening -------------------------------------------------------------------------------------- */

CnnWeightsFile *
cnn_weights_parse (const gchar *path, CnnWeightsFormat format, int fd, GError **error)
{
  static gboolean (*const readers[]) (CnnWeightsFile *, GError **) = {
      [CNN_WEIGHTS_NPY] = cnn_npy_read,
      [CNN_WEIGHTS_NPZ] = cnn_npz_read,
      [CNN_WEIGHTS_SAFETENSORS] = cnn_safetensors_read,
  };
  struct stat status = {0};
  CnnWeightsFile *file = g_new0 (CnnWeightsFile, 1);
  file->path = g_strdup (path);
  file->n_references = 1;
  file->format = format;
  file->fd = fd;
  file->tensors = g_array_new (FALSE, TRUE, sizeof (CnnTensor));
  g_array_set_clear_func (file->tensors, clear_tensor);
  file->index_of = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean good =
      fstat (fd, &status) == 0 || cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_READ, NULL, error,
                                      "cannot be examined: %s", g_strerror (errno));
  file->size = (gsize)status.st_size;
  file->modified = status.st_mtim;
  if (good && readers[format](file, error))
    return file;
  cnn_weights_close (file);
  return NULL;
}

static const gchar *
describe_file_type (mode_t mode)
{
  if (S_ISDIR (mode))
    return "a directory";
  if (S_ISFIFO (mode))
    return "a FIFO";
  if (S_ISSOCK (mode))
    return "a socket";
  return "a device";
}

/* Whether `fd` is a regular file that can be read: judged by the descriptor, so that nobody can swap
 * the file between the question and the reading. `head` gets up to `*room` of its first bytes. */
static gboolean
examine (
    int fd, const gchar *path, const struct stat *status, guint8 *head, gsize *room, GError **error)
{
  if (!S_ISREG (status->st_mode)) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: is %s; weights are read from regular files only", path,
        describe_file_type (status->st_mode));
    return FALSE;
  }
  if ((guint64)status->st_size > MAX_FILE_BYTES) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: has %" G_GINT64_FORMAT " bytes; a weights file may have %" G_GSIZE_FORMAT, path,
        (gint64)status->st_size, MAX_FILE_BYTES);
    return FALSE;
  }
  /* One byte more than stated tells a file that does not say its size, as those of /proc. */
  gssize got = pread (fd, head, *room, 0);
  if (got >= 0 && got <= status->st_size &&
      (got < (gssize)*room || pread (fd, head + *room, 1, status->st_size) == 0)) {
    *room = (gsize)got;
    return TRUE;
  }
  if (got < 0)
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be read: %s", path,
        g_strerror (errno));
  else
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: had %" G_GINT64_FORMAT " bytes when opened but changed while being read", path,
        (gint64)status->st_size);
  return FALSE;
}

/* By the suffix. */
static gboolean
guess_format_by_name (const gchar *path, CnnWeightsFormat *format)
{
  static const struct {
    const gchar *suffix;
    CnnWeightsFormat format;
  } suffixes[] = {
      {".npy", CNN_WEIGHTS_NPY},
      {".npz", CNN_WEIGHTS_NPZ},
      {".safetensors", CNN_WEIGHTS_SAFETENSORS},
  };
  gchar *lower = g_ascii_strdown (path, -1);
  gboolean found = FALSE;
  for (guint i = 0; !found && i < G_N_ELEMENTS (suffixes); i++)
    if ((found = g_str_has_suffix (lower, suffixes[i].suffix)))
      *format = suffixes[i].format;
  g_free (lower);
  return found;
}

static gboolean
guess_format_by_contents (const guint8 *bytes, gsize size, CnnWeightsFormat *format)
{
  if (size >= 6 && memcmp (bytes, "\x93NUMPY", 6) == 0)
    *format = CNN_WEIGHTS_NPY;
  else if (size >= 2 && memcmp (bytes, "PK", 2) == 0)
    *format = CNN_WEIGHTS_NPZ;
  else if (size > 8 && bytes[8] == '{')
    *format = CNN_WEIGHTS_SAFETENSORS;
  else
    return FALSE;
  return TRUE;
}

/* By the suffix, else by the first bytes. FALSE with the error set when neither tells, or when the file is
 * something else beyond doubt. */
static gboolean
guess_format (const gchar *path, const gchar *printable, const guint8 *bytes, gsize size,
    CnnWeightsFormat *format, GError **error)
{
  const gchar *foreign = cnn_foreign_format_by_contents (bytes, size);
  if (!foreign &&
      (guess_format_by_name (path, format) || guess_format_by_contents (bytes, size, format)))
    return TRUE;
  if (!foreign && size >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
    foreign = "is " CNN_WEIGHTS_PICKLE;
  if (!foreign)
    foreign = cnn_foreign_format_by_name (path, bytes, size);
  if (!foreign)
    foreign =
        "is no weights file: neither its name says .npy, .npz or .safetensors nor do its first "
        "bytes";
  g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_INVALID, "%s: %s", printable, foreign);
  return FALSE;
}

/* Reads the file behind `fd`, which it takes over. */
static CnnWeightsFile *
open_descriptor (int fd, const gchar *path, const gchar *printable, GError **error)
{
  struct stat status;
  guint8 head[HEAD_BYTES + 1];
  gsize size = HEAD_BYTES;
  CnnWeightsFormat format;
  gchar *identity = NULL;
  CnnWeightsFile *file = NULL;
  if (fstat (fd, &status) < 0) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be examined: %s",
        printable, g_strerror (errno));
  } else {
    identity = identify (path, &status);
    file = find_open_file (identity);
    if (!file && examine (fd, printable, &status, head, &size, error) &&
        guess_format (path, printable, head, size, &format, error)) {
      file = cnn_weights_parse (printable, format, fd, error);
      fd = -1;
      if (file && !cnn_weights_check_unchanged (file, error)) {
        cnn_weights_close (file);
        file = NULL;
      } else if (file) {
        file->location = g_strdup (path);
        file->identity = g_steal_pointer (&identity);
        share_file (file);
      }
    }
  }
  if (fd >= 0)
    close (fd);
  g_free (identity);
  return file;
}

CnnWeightsFile *
cnn_weights_open (const gchar *path, GError **error)
{
  g_return_val_if_fail (path, NULL);
  gchar *display = g_filename_display_name (path);
  gchar *printable = make_printable (display, strlen (display), G_MAXSIZE);
  g_free (display);
  CnnWeightsFile *file = NULL;
  /* O_NONBLOCK: opening a FIFO without a writer must not wait for one. */
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be opened: %s",
        printable, g_strerror (errno));
  else
    file = open_descriptor (fd, path, printable, error);
  g_free (printable);
  return file;
}
