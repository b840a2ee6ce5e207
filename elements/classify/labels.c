/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/labels.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (16 << 20)
#define MAX_LABEL_BYTES 1000
#define SYNSET_DIGITS 8

static const gchar BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

/* All of a regular file, with a '\0' behind it. */
static gchar *
read_descriptor (int fd, const gchar *path, gsize *size, CnnError *error)
{
  struct stat status;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode)) {
    cnn_error_set (error, "labels %.120s is not a regular file", path);
    return NULL;
  }
  if (status.st_size > MAX_FILE_BYTES) {
    cnn_error_set (error, "labels %.120s has %" G_GINT64_FORMAT " bytes; at most %d are read", path,
        (gint64)status.st_size, MAX_FILE_BYTES);
    return NULL;
  }
  gchar *text = g_malloc ((gsize)status.st_size + 1);
  gssize got;
  *size = 0;
  do {
    got = read (fd, text + *size, (gsize)status.st_size - *size);
    if (got > 0)
      *size += (gsize)got;
  } while (got > 0 || (got < 0 && errno == EINTR));
  if (got < 0) {
    cnn_error_set (error, "labels %.120s cannot be read: %s", path, g_strerror (errno));
    g_clear_pointer (&text, g_free);
    return NULL;
  }
  text[*size] = '\0';
  return text;
}

static gchar *
read_file (const gchar *path, gsize *size, CnnError *error)
{
  /* O_NONBLOCK: opening a FIFO without a writer must not wait for one. */
  const int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    cnn_error_set (error, "labels %.120s cannot be opened: %s", path, g_strerror (errno));
    return NULL;
  }
  gchar *text = read_descriptor (fd, path, size, error);
  close (fd);
  return text;
}

static guint
line_of (const gchar *text, const gchar *place)
{
  guint line = 1;
  for (; text < place; text++)
    line += *text == '\n';
  return line;
}

/* Cuts the text into lines. */
static gboolean
split_lines (GstCnnLabels *labels, gchar *text, CnnError *error)
{
  GPtrArray *lines = g_ptr_array_new ();
  guint used = 0; /* lines up to the last one that is not blank */
  gboolean valid = TRUE;
  while (valid && *text) {
    gchar *end = strchr (text, '\n'), *next = end ? end + 1 : text + strlen (text);
    if (end)
      *end = '\0';
    g_strstrip (text);
    g_ptr_array_add (lines, text);
    if (*text)
      used = lines->len;
    if (strlen (text) > MAX_LABEL_BYTES)
      valid = cnn_error_set (error, "labels %.120s: line %u has %zu bytes; a label has at most %d",
          labels->path, lines->len, strlen (text), MAX_LABEL_BYTES);
    text = next;
  }
  labels->count = used;
  labels->labels = (gchar **)g_ptr_array_free (lines, FALSE);
  if (valid && used == 0)
    valid = cnn_error_set (error, "labels %.120s has no lines", labels->path);
  return valid;
}

/* "n02124075 Egyptian cat": the number of a WordNet synset, as ImageNet's lists of classes have before each. */
static gboolean
has_synset_number (const gchar *line)
{
  if (*line != 'n')
    return FALSE;
  for (guint i = 1; i <= SYNSET_DIGITS; i++)
    if (!g_ascii_isdigit (line[i]))
      return FALSE;
  return line[SYNSET_DIGITS + 1] == ' ' || line[SYNSET_DIGITS + 1] == '\t';
}

/* The words alone, when all lines begin so. */
static void
drop_synset_numbers (GstCnnLabels *labels)
{
  for (guint i = 0; i < labels->count; i++)
    if (!has_synset_number (labels->labels[i]))
      return;
  for (guint i = 0; i < labels->count; i++)
    labels->labels[i] = g_strchug (labels->labels[i] + SYNSET_DIGITS + 1);
}

GstCnnLabels *
gst_cnn_labels_read (const gchar *path, CnnError *error)
{
  gsize size;
  gchar *text = read_file (path, &size, error);
  if (!text)
    return NULL;
  GstCnnLabels *labels = g_new0 (GstCnnLabels, 1);
  labels->path = g_strdup (path);
  labels->text = text;
  const gchar *fault;
  if (!g_utf8_validate_len (text, size, &fault)) {
    cnn_error_set (error, "labels %.120s: line %u is not UTF-8 text", path, line_of (text, fault));
    gst_cnn_labels_free (labels);
    return NULL;
  }
  if (g_str_has_prefix (text, BYTE_ORDER_MARK))
    text += strlen (BYTE_ORDER_MARK);
  if (split_lines (labels, text, error)) {
    drop_synset_numbers (labels);
    return labels;
  }
  gst_cnn_labels_free (labels);
  return NULL;
}

void
gst_cnn_labels_free (GstCnnLabels *labels)
{
  if (!labels)
    return;
  g_free (labels->labels);
  g_free (labels->text);
  g_free (labels->path);
  g_free (labels);
}

gboolean
gst_cnn_labels_check (const GstCnnLabels *labels, gint classes, CnnError *error)
{
  if (!labels || labels->count == (guint)classes)
    return TRUE;
  return cnn_error_set (error,
      "labels %.120s has %u line%s, but the scores have %d channel%s: one "
      "line a class is needed",
      labels->path, labels->count, labels->count == 1 ? "" : "s", classes, classes == 1 ? "" : "s");
}
