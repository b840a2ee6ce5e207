/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that people take for weights files: what they are, and what to do with them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "is an HDF5 file ...: do this", by the first `size` bytes of a file, which begin no format of ours; or
 * NULL. Only what cannot be mistaken, whatever the file's name. Static. */
const gchar *cnn_foreign_format_by_contents (const guint8 *bytes, gsize size);

/* The same by the end of the name, and then by whether it is text; for files whose name is not ours. */
const gchar *cnn_foreign_format_by_name (const gchar *path, const guint8 *bytes, gsize size);

G_END_DECLS
