/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of classes: a UTF-8 text file with one a line. */
#ifndef CNN_LABELS_H
#define CNN_LABELS_H

#include "cnn/cnn.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gchar *path;
  gchar *text;    /* the whole file, lines ended by '\0' */
  gchar **labels; /* into `text` */
  guint count;
} GstCnnLabels;

/* Reads a regular file of at most 16 MiB. A byte order mark and blank lines at the end do not count,
 * lines may end in CR LF. NULL with a sentence that names the file, and the line where one is at fault. */
GstCnnLabels *gst_cnn_labels_read (const gchar *path, CnnError *error);
void gst_cnn_labels_free (GstCnnLabels *labels);

/* TRUE when there is one label a class; otherwise FALSE and a sentence. NULL labels suit everything. */
gboolean gst_cnn_labels_check (const GstCnnLabels *labels, gint classes, CnnError *error);

G_END_DECLS

#endif
