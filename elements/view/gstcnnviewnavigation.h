/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Navigation events to settings. */
#ifndef GST_CNN_VIEW_NAVIGATION_H
#define GST_CNN_VIEW_NAVIGATION_H

#include "view/interaction.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* Takes one event. `maps` (of int) are the chosen ones, at least one. Returns TRUE when the event was
 * for us; `settings` then are the new ones. */
gboolean gst_cnn_view_navigation_handle (CnnViewInteraction *interaction, GstEvent *event,
    const GArray *maps, CnnViewSettings *settings);

G_END_DECLS

#endif
