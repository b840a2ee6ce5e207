/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where small pictures of kernels are: pure arithmetic. */
#ifndef CNN_VIEW_WEIGHTS_GRID_H
#define CNN_VIEW_WEIGHTS_GRID_H

#include "view/layout.h"

G_BEGIN_DECLS

/* Pixels between pictures, room for the mark around one of them. */
#define CNN_VIEW_WEIGHTS_GAP 3

/* Pictures side by side and below each other. */
typedef struct {
  /* To be set: */
  CnnViewBox box;                     /* the room */
  gint n_items;                       /* at least 1 */
  gint rows_of_item, columns_of_item; /* of a picture, in values, at least 1 */
  gint caption;                       /* height below each picture */
  /* What follows: */
  gint n_shown; /* 0 when there is no room for one */
  gint columns;
  gint cell; /* pixels of a value */
  gint step_x, step_y;
} CnnViewWeightsGrid;

/* All pictures with the largest cells of at most `most_cell` pixels, and then the fewest empty places; or as
 * many as fit with the smallest that tell something. */
void cnn_view_weights_grid_fit (CnnViewWeightsGrid *grid, gint most_cell);

/* Box of shown picture `index`. */
CnnViewBox cnn_view_weights_grid_item (const CnnViewWeightsGrid *grid, gint index);

/* Height of all that is shown, at most that of the box. */
gint cnn_view_weights_grid_height (const CnnViewWeightsGrid *grid);

G_END_DECLS

#endif
