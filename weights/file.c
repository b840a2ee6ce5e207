/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES ((gsize)2 << 30)

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

void
cnn_weights_close (CnnWeightsFile *file)
{
  if (!file)
    return;
  g_hash_table_unref (file->index_of);
  g_array_unref (file->tensors);
  g_free (file->inflated);
  g_free ((guint8 *)file->bytes);
  g_free (file->path);
  g_free (file);
}

CnnWeightsFile *
cnn_weights_parse (
    const gchar *path, CnnWeightsFormat format, guint8 *bytes, gsize size, GError **error)
{
  static gboolean (*const readers[]) (CnnWeightsFile *, GError **) = {
      [CNN_WEIGHTS_NPY] = cnn_npy_read,
      [CNN_WEIGHTS_NPZ] = cnn_npz_read,
      [CNN_WEIGHTS_SAFETENSORS] = cnn_safetensors_read,
  };
  CnnWeightsFile *file = g_new0 (CnnWeightsFile, 1);
  file->path = g_strdup (path);
  file->format = format;
  file->bytes = bytes;
  file->size = size;
  file->tensors = g_array_new (FALSE, TRUE, sizeof (CnnTensor));
  g_array_set_clear_func (file->tensors, clear_tensor);
  file->index_of = g_hash_table_new (g_str_hash, g_str_equal);
  if (readers[format](file, error))
    return file;
  cnn_weights_close (file);
  return NULL;
}

/* Fills `bytes` from `fd`. Returns how many there were, or -1. */
static gssize
read_fully (int fd, guint8 *bytes, gsize size)
{
  gsize done = 0;
  while (done < size) {
    gssize got = read (fd, bytes + done, size - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    done += (gsize)got;
  }
  return (gssize)done;
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

/* The contents of the regular file behind `fd`: judged by the descriptor, so that nobody can swap
 * the file between the question and the reading. */
static guint8 *
read_descriptor (int fd, const gchar *path, gsize *size, GError **error)
{
  struct stat status;
  if (fstat (fd, &status) < 0) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be examined: %s",
        path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: is %s; weights are read from regular files only", path,
        describe_file_type (status.st_mode));
    return NULL;
  }
  if ((guint64)status.st_size > MAX_FILE_BYTES) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: has %" G_GINT64_FORMAT " bytes; a weights file may have %" G_GSIZE_FORMAT, path,
        (gint64)status.st_size, MAX_FILE_BYTES);
    return NULL;
  }
  *size = (gsize)status.st_size;
  /* One byte more than stated tells a file that grows. */
  guint8 *bytes = g_try_malloc (*size + 1);
  if (!bytes) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_MEMORY,
        "%s: no memory for its %" G_GSIZE_FORMAT " bytes", path, *size);
    return NULL;
  }
  gssize got = read_fully (fd, bytes, *size + 1);
  if (got >= 0 && (gsize)got == *size)
    return bytes;
  if (got < 0)
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be read: %s", path,
        g_strerror (errno));
  else
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ,
        "%s: had %" G_GSIZE_FORMAT " bytes when opened but changed while being read", path, *size);
  g_free (bytes);
  return NULL;
}

/* By the suffix, else by the first bytes. FALSE with the error set when neither tells. */
static gboolean
guess_format (const gchar *path, const gchar *printable, const guint8 *bytes, gsize size,
    CnnWeightsFormat *format, GError **error)
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
  if (found)
    return TRUE;
  if (size >= 6 && memcmp (bytes, "\x93NUMPY", 6) == 0)
    *format = CNN_WEIGHTS_NPY;
  else if (size >= 2 && memcmp (bytes, "PK", 2) == 0)
    *format = CNN_WEIGHTS_NPZ;
  else if (size > 8 && bytes[8] == '{')
    *format = CNN_WEIGHTS_SAFETENSORS;
  else if (size >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_INVALID, "%s: is " CNN_WEIGHTS_PICKLE,
        printable);
    return FALSE;
  } else {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_INVALID,
        "%s: is no weights file: neither its name says .npy, .npz or .safetensors nor do its first "
        "bytes",
        printable);
    return FALSE;
  }
  return TRUE;
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
  if (fd < 0) {
    g_set_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ, "%s: cannot be opened: %s",
        printable, g_strerror (errno));
  } else {
    gsize size;
    guint8 *bytes = read_descriptor (fd, printable, &size, error);
    close (fd);
    CnnWeightsFormat format;
    if (bytes && guess_format (path, printable, bytes, size, &format, error))
      file = cnn_weights_parse (printable, format, bytes, size, error);
    else
      g_free (bytes);
  }
  g_free (printable);
  return file;
}
