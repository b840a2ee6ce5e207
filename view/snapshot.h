/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is shown, as files. */
#ifndef CNN_VIEW_SNAPSHOT_H
#define CNN_VIEW_SNAPSHOT_H

#include "view/canvas.h"

G_BEGIN_DECLS

/* The picture as PNG. FALSE and a sentence with the path when it cannot be written. */
gboolean cnn_view_snapshot_png (const CnnViewCanvas *canvas, const gchar *path, CnnError *error);

/* The maps as a NumPy array N,C,H,W, float32 or uint8 as they are. FALSE as above. */
gboolean cnn_view_snapshot_npy (const CnnImage *image, const gchar *path, CnnError *error);

G_END_DECLS

#endif
