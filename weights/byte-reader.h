/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of an open file, read when they are wanted and never mapped: a file that is cut off or
 * rewritten while it is open ends in an error, not in a signal.
 */
#pragma once

#include "weights.h"

G_BEGIN_DECLS

/* `stored` bytes of the file, from `position` on, which lie in it when it is opened. They are the
 * contents, or the contents deflated; `size` counts the contents. */
typedef struct {
  gsize position, stored, size;
  gboolean deflated;
} CnnByteRange;

/* Reads `size` bytes at `position`. Fails when the file has become shorter. */
gboolean cnn_weights_read_bytes (
    const CnnWeightsFile *file, gsize position, gpointer bytes, gsize size, GError **error);

/* The same into a new block of at least one byte, to be freed; or NULL. */
guint8 *
cnn_weights_read_block (const CnnWeightsFile *file, gsize position, gsize size, GError **error);

/* Fails, with its sentence, when the file was written to since it was opened. */
gboolean cnn_weights_check_unchanged (const CnnWeightsFile *file, GError **error);

typedef struct _CnnByteReader CnnByteReader;

/* Reads a range from its beginning to its end. `name` is for messages. The reader borrows `file` and
 * `name`. NULL with the error set when there is no memory. */
CnnByteReader *cnn_byte_reader_new (
    const CnnWeightsFile *file, const CnnByteRange *range, const gchar *name, GError **error);
void cnn_byte_reader_free (CnnByteReader *reader);

/* The next `size` bytes of the contents, of which so many must be left; `bytes` NULL skips them. */
gboolean cnn_byte_reader_read (CnnByteReader *reader, gpointer bytes, gsize size, GError **error);

/* After the last byte: whether the deflated data ends there, too. */
gboolean cnn_byte_reader_finish (CnnByteReader *reader, GError **error);

G_END_DECLS
