/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the tiles of a layout are arranged in its body. */
#ifndef CNN_VIEW_GRID_H
#define CNN_VIEW_GRID_H

#include "view/layout.h"

G_BEGIN_DECLS

/* Values this large stay whole squares, whatever room that leaves: they are counted. In pixels. */
#define CNN_VIEW_MIN_CELL 6

/* All tiles on one page, FALSE when they would be too small. */
gboolean cnn_view_grid_fit_page (CnnViewLayout *layout, const CnnViewRequest *request);

/* As many of the smallest readable tiles as fit, on as many pages as that takes: always at least one tile. */
void cnn_view_grid_fit_pages (CnnViewLayout *layout, const CnnViewRequest *request);

/* A bar for each map of one value. */
void cnn_view_grid_fit_bars (CnnViewLayout *layout, const CnnViewRequest *request);

/* The same as rows, with that much room for names on the left and for values on the right. FALSE when that is too
 * little for each to be read. */
gboolean cnn_view_grid_fit_lying_bars (
    CnnViewLayout *layout, const CnnViewRequest *request, gint name_width, gint value_width);

/* For a picture of no given size: few empty places, a little wider than high. */
gint cnn_view_grid_natural_columns (const CnnViewRequest *request);

G_END_DECLS

#endif
