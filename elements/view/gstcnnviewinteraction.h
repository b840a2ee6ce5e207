/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Navigation events to settings. */
#ifndef GST_CNN_VIEW_INTERACTION_H
#define GST_CNN_VIEW_INTERACTION_H

#include "view/gstcnnviewlayout.h"
#include "view/gstcnnviewsettings.h"

G_BEGIN_DECLS

/* What a pointer and keys act on: the picture that was shown last. */
typedef struct {
  GstCnnViewLayout layout;
  gint n_maps; /* of the stream */
  /* The grid, also while one channel fills the picture. */
  gint grid_columns, grid_per_page;
  gboolean has_pointer;
  gdouble pointer_x, pointer_y; /* in pixels of the picture */
} GstCnnViewInteraction;

/* Takes one event. `maps` (of int) are the chosen ones, at least one. Returns TRUE when the event was
 * for us; `settings` then are the new ones. */
gboolean gst_cnn_view_interaction_handle (GstCnnViewInteraction *interaction, GstEvent *event,
    const GArray *maps, GstCnnViewSettings *settings);

G_END_DECLS

#endif
