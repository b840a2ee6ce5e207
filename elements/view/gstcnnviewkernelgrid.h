/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where small pictures of kernels are: pure arithmetic. */
#ifndef GST_CNN_VIEW_KERNEL_GRID_H
#define GST_CNN_VIEW_KERNEL_GRID_H

#include "view/gstcnnviewlayout.h"

G_BEGIN_DECLS

/* Pixels between pictures, room for the mark around one of them. */
#define GST_CNN_VIEW_KERNEL_GAP 3

/* Pictures side by side and below each other. */
typedef struct {
  /* To be set: */
  GstCnnViewBox box;                  /* the room */
  gint n_items;                       /* at least 1 */
  gint rows_of_item, columns_of_item; /* of a picture, in values, at least 1 */
  gint caption;                       /* height below each picture */
  /* What follows: */
  gint n_shown; /* 0 when there is no room for one */
  gint columns;
  gint cell; /* pixels of a value */
  gint step_x, step_y;
} GstCnnViewKernelGrid;

/* All pictures with the largest cells of at most `most_cell` pixels, and then the fewest empty places; or as
 * many as fit with the smallest that tell something. */
void gst_cnn_view_kernel_grid_fit (GstCnnViewKernelGrid *grid, gint most_cell);

/* Box of shown picture `index`. */
GstCnnViewBox gst_cnn_view_kernel_grid_item (const GstCnnViewKernelGrid *grid, gint index);

/* Height of all that is shown, at most that of the box. */
gint gst_cnn_view_kernel_grid_height (const GstCnnViewKernelGrid *grid);

G_END_DECLS

#endif
