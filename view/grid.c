/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/grid.h"

#include <math.h>

/* Smaller tiles go to another page, unless their maps are that small. */
#define MIN_TILE 16
/* Groups of channels get their own rows where that costs no more of the tiles' width than this. */
#define GROUP_FACTOR 0.6

/* A tile as it would be with so many pixels to fill. */
typedef struct {
  gint width, height, values_width, values_height, enlargement;
} Fit;

/* Whole enlargement keeps every value a square of the same size. It may leave part of the room
 * empty; where that would be much, the map is averaged to fill it. */
static Fit
fit_map (const CnnViewRequest *request, gint room_width, gint room_height)
{
  const gdouble map_width = request->map_width, map_height = request->map_height;
  gdouble scale = MIN (room_width / map_width, room_height / map_height);
  gint whole = (gint)scale;
  Fit fit;
  if (whole >= CNN_VIEW_MIN_CELL || (whole >= 1 && whole >= 0.85 * scale)) {
    fit.values_width = request->map_width;
    fit.values_height = request->map_height;
    fit.enlargement = whole;
  } else {
    fit.values_width = CLAMP ((gint)(map_width * scale + 0.5), 1, room_width);
    fit.values_height = CLAMP ((gint)(map_height * scale + 0.5), 1, room_height);
    fit.enlargement = 1;
  }
  fit.width = fit.values_width * fit.enlargement;
  fit.height = fit.values_height * fit.enlargement;
  return fit;
}

static gint
divide_up (gint dividend, gint divisor)
{
  return (dividend - 1) / divisor + 1;
}

/* Pixels of one of `count` parts with gaps between them; may be 0 or less. */
static gint
share (gint whole, gint count, gint gap)
{
  gint64 gaps = (gint64)(count - 1) * gap;
  return gaps >= whole ? 0 : (gint)((whole - gaps) / count);
}

static gint
least_tile_length (const CnnViewRequest *request)
{
  return MIN (MIN_TILE, MAX (request->map_width, request->map_height));
}

/* How many parts of at least `length` fit, at least 1. */
static gint
count_parts (gint whole, gint length, gint gap)
{
  return MAX (1, (gint)(((gint64)whole + gap) / ((gint64)length + gap)));
}

static gboolean
try_columns (
    const CnnViewRequest *request, const CnnViewLayout *layout, gint columns, gint rows, Fit *fit)
{
  gint width = share (layout->body.width, columns, request->gap);
  gint height = share (layout->body.height, rows, request->gap) - layout->caption_height;
  if (width < 1 || height < 1)
    return FALSE;
  *fit = fit_map (request, width, height);
  return TRUE;
}

static void
place_grid (
    CnnViewLayout *layout, const CnnViewRequest *request, gint columns, gint rows, const Fit *fit)
{
  gint per_page = columns * rows;
  layout->columns = columns;
  layout->rows = rows;
  layout->n_pages = divide_up (request->n_tiles, per_page);
  layout->page = (gint)(request->page % (guint)layout->n_pages);
  layout->first = layout->page * per_page;
  layout->n_shown = MIN (per_page, request->n_tiles - layout->first);
  layout->tile_width = fit->width;
  layout->tile_height = fit->height;
  layout->values_width = fit->values_width;
  layout->values_height = fit->values_height;
  layout->enlargement = fit->enlargement;
  layout->step_x = fit->width + request->gap;
  layout->step_y = fit->height + layout->caption_height + request->gap;
  gint grid_width = (columns - 1) * layout->step_x + fit->width;
  gint grid_height = (rows - 1) * layout->step_y + fit->height + layout->caption_height;
  layout->x = layout->body.x + MAX (0, (layout->body.width - grid_width) / 2);
  layout->y = layout->body.y + MAX (0, (layout->body.height - grid_height) / 2);
}

/* How good a grid is: large tiles and few empty places, which look like something missing. */
static gdouble
merit (const CnnViewRequest *request, gint columns, gint rows, const Fit *fit)
{
  const gdouble places = (gdouble)columns * rows;
  return fit->width * (1 - 0.7 * sqrt ((places - request->n_tiles) / places));
}

/* How far the shape of a grid is from that of the body. */
static gdouble
misfit (const CnnViewRequest *request, const CnnViewLayout *layout, gint columns, gint rows,
    const Fit *fit)
{
  gdouble width = (gdouble)columns * (fit->width + request->gap);
  gdouble height = (gdouble)rows * (fit->height + layout->caption_height + request->gap);
  return fabs (log (width / height * layout->body.height / layout->body.width));
}

/* The columns that a person would choose: 8 for 64, 3 for 3; among equals those that fill the body best. */
static gint
best_columns (const CnnViewRequest *request, const CnnViewLayout *layout, Fit *best)
{
  gint best_count = 0;
  gdouble best_merit = 0, least_misfit = 0;
  for (gint columns = 1; columns <= request->n_tiles; columns++) {
    gint rows = divide_up (request->n_tiles, columns);
    Fit fit;
    if (!try_columns (request, layout, columns, rows, &fit))
      continue;
    const gdouble fills = misfit (request, layout, columns, rows, &fit);
    gdouble good = merit (request, columns, rows, &fit);
    if (request->group > 1 && columns == request->group)
      good /= GROUP_FACTOR;
    if (best_count == 0 || good > best_merit || (good == best_merit && fills < least_misfit)) {
      best_count = columns;
      best_merit = good;
      least_misfit = fills;
      *best = fit;
    }
  }
  return best_count;
}

gboolean
cnn_view_grid_fit_page (CnnViewLayout *layout, const CnnViewRequest *request)
{
  Fit fit;
  gint columns;
  if (request->columns == 0) {
    columns = best_columns (request, layout, &fit);
    if (columns == 0)
      return FALSE;
  } else {
    columns = (gint)MIN (request->columns, (guint)request->n_tiles);
    if (!try_columns (request, layout, columns, divide_up (request->n_tiles, columns), &fit))
      return FALSE;
  }
  if (request->n_tiles > 1 && MAX (fit.width, fit.height) < least_tile_length (request))
    return FALSE;
  place_grid (layout, request, columns, divide_up (request->n_tiles, columns), &fit);
  return TRUE;
}

/* As many of the smallest readable tiles as fit. Always places at least one, however small the
 * picture is. */
void
cnn_view_grid_fit_pages (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewRequest paged = *request;
  gint length = least_tile_length (request);
  gdouble scale = (gdouble)length / MAX (request->map_width, request->map_height);
  gint width = MAX (1, (gint)(request->map_width * scale + 0.5));
  gint height = MAX (1, (gint)(request->map_height * scale + 0.5));
  gint columns = (gint)request->columns;
  if (columns > 0 && share (layout->body.width, columns, request->gap) < 1)
    paged.gap = 0;
  if (columns == 0)
    columns = count_parts (layout->body.width, width, request->gap);
  else
    columns = MIN (columns, layout->body.width);
  columns = MIN (columns, request->n_tiles);

  Fit fit;
  gint room = MAX (1, layout->body.height - layout->caption_height);
  fit = fit_map (&paged, MAX (1, share (layout->body.width, columns, paged.gap)),
      request->columns > 0 ? room : MIN (room, MAX (height, 1)));
  gint rows = count_parts (layout->body.height, fit.height + layout->caption_height, paged.gap);
  rows = MIN (rows, divide_up (request->n_tiles, columns));
  place_grid (layout, &paged, columns, rows, &fit);
}

/* A bar for each map of one value, at least two pixels wide, or one where that takes no further page, and at
 * most half as wide as it may be high. */
void
cnn_view_grid_fit_bars (CnnViewLayout *layout, const CnnViewRequest *request)
{
  const gint width = layout->body.width;
  gint gap = MIN (request->gap, 8);
  while (gap > 0 && request->n_tiles > width / (gap + 2))
    gap /= 2;
  gint most = MAX (1, width / (gap + 2));
  if (request->n_tiles > most && request->n_tiles <= width)
    most = width;
  gint columns = MIN (request->n_tiles, most);
  CnnViewRequest bars = *request;
  bars.gap = gap;
  const gint height = MAX (1, layout->body.height - layout->caption_height);
  const Fit fit = {
      .width = CLAMP (share (layout->body.width, columns, gap), 1, MAX (2, height / 2)),
      .height = height,
      .values_width = 1,
      .values_height = 1,
      .enlargement = 1};
  place_grid (layout, &bars, columns, 1, &fit);
  layout->bars = TRUE;
}

gboolean
cnn_view_grid_fit_lying_bars (
    CnnViewLayout *layout, const CnnViewRequest *request, gint name_width, gint value_width)
{
  const CnnViewBox body = layout->body;
  const gint line = layout->caption_size * 3 / 2, width = body.width - name_width - value_width;
  if (request->n_tiles > body.height / line || width < name_width / 2)
    return FALSE;
  CnnViewRequest bars = *request;
  bars.gap = MIN (request->gap, 4);
  const gint height = MIN (body.height / request->n_tiles, 3 * line) - bars.gap;
  const Fit fit = {.width = width,
      .height = MAX (1, height),
      .values_width = 1,
      .values_height = 1,
      .enlargement = 1};
  layout->caption_height = 0;
  place_grid (layout, &bars, 1, request->n_tiles, &fit);
  layout->x = body.x + name_width;
  layout->bars = layout->lying = TRUE;
  return TRUE;
}

gint
cnn_view_grid_natural_columns (const CnnViewRequest *request)
{
  const gdouble shape = request->map_width / (gdouble)request->map_height;
  gint best = 1;
  gdouble least = G_MAXDOUBLE;
  for (gint columns = 1; columns <= request->n_tiles; columns++) {
    const gint rows = divide_up (request->n_tiles, columns);
    const gdouble places = (gdouble)columns * rows;
    const gdouble cost = 0.7 * sqrt ((places - request->n_tiles) / places) +
                         0.25 * fabs (log (shape * columns / rows / 1.8));
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return best;
}
