/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/weightsgrid.h"

#define GAP CNN_VIEW_WEIGHTS_GAP
/* Smaller pictures of a kernel, and of its single value, tell nothing. In pixels. */
#define MIN_PICTURE 8
#define MIN_VALUE 3

static void
place_items (CnnViewWeightsGrid *grid, gint columns, gint n_shown, gint cell)
{
  grid->columns = columns;
  grid->n_shown = n_shown;
  grid->cell = cell;
  grid->step_x = grid->columns_of_item * cell + GAP;
  grid->step_y = grid->rows_of_item * cell + grid->caption + GAP;
}

/* The largest cells with which all pictures fit, 0 when they do not. */
static gint
largest_cell (const CnnViewWeightsGrid *grid, gint columns, gint most)
{
  gint rows = (grid->n_items - 1) / columns + 1;
  gint64 width = grid->box.width - (gint64)(columns - 1) * GAP;
  gint64 height = grid->box.height - (gint64)(rows - 1) * GAP - (gint64)rows * grid->caption;
  if (width < 1 || height < 1)
    return 0;
  return (gint)MIN (
      most, MIN (width / columns / grid->columns_of_item, height / rows / grid->rows_of_item));
}

static gint
least_cell (const CnnViewWeightsGrid *grid)
{
  const gint side = MIN (grid->rows_of_item, grid->columns_of_item);
  return side == 1 ? MIN_VALUE : (MIN_PICTURE - 1) / side + 1;
}

void
cnn_view_weights_grid_fit (CnnViewWeightsGrid *grid, gint most_cell)
{
  gint best = 0, best_columns = 1, least_empty = 0;
  gint most_columns = MIN (grid->n_items, grid->box.width / (grid->columns_of_item + GAP) + 1);
  for (gint columns = most_columns; columns >= 1; columns--) {
    gint cell = largest_cell (grid, columns, most_cell);
    gint empty = ((grid->n_items - 1) / columns + 1) * columns - grid->n_items;
    if (cell > best || (cell == best && empty < least_empty)) {
      best = cell;
      best_columns = columns;
      least_empty = empty;
    }
  }
  const gint least = least_cell (grid);
  if (best >= least || (best >= 1 && grid->n_items == 1)) {
    place_items (grid, best_columns, grid->n_items, best);
    return;
  }
  place_items (grid, 1, 0, least);
  gint columns = MAX (0, grid->box.width + GAP) / grid->step_x;
  gint rows = MAX (0, grid->box.height + GAP) / grid->step_y;
  place_items (grid, MAX (1, columns), MIN (grid->n_items, columns * rows), least);
}

CnnViewBox
cnn_view_weights_grid_item (const CnnViewWeightsGrid *grid, gint index)
{
  return (CnnViewBox){grid->box.x + index % grid->columns * grid->step_x,
      grid->box.y + index / grid->columns * grid->step_y, grid->columns_of_item * grid->cell,
      grid->rows_of_item * grid->cell};
}

gint
cnn_view_weights_grid_height (const CnnViewWeightsGrid *grid)
{
  gint rows = grid->n_shown == 0 ? 0 : (grid->n_shown - 1) / grid->columns + 1;
  return MAX (0, rows * grid->step_y - GAP);
}
