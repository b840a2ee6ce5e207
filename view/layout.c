/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/layout.h"

#include <math.h>
#include <string.h>

/* Natural pictures are at least this wide, and never larger than these. */
#define MIN_WIDTH 320
#define MAX_WIDTH 3840
#define MAX_HEIGHT 2160
#define MAX_BARS_WIDTH 1280
/* Smaller tiles go to another page, unless their maps are that small. */
#define MIN_TILE 16
/* Tiles with less room go without captions. */
#define MIN_CAPTIONED_WIDTH 22
/* Width of a digit in text sizes, at most. */
#define DIGIT_WIDTH 0.65
/* Kernels take this much of the height under the source, or more. */
#define KERNELS_SHARE 0.4
/* and have at least so many lines and signs of text, in text sizes. */
#define MIN_KERNELS_HEIGHT 7
#define KERNELS_WIDTH 17
/* Lower pictures go without title and legend. In lines of text. */
#define MIN_LINES 6

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
  if (whole >= 3 || (whole >= 1 && whole >= 0.85 * scale)) {
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

/* How badly a grid fills the body: empty places, and a shape that is another. 0 is best. */
static gdouble
misfit (const CnnViewRequest *request, const CnnViewLayout *layout, gint columns, gint rows,
    const Fit *fit)
{
  gdouble width = (gdouble)columns * (fit->width + request->gap);
  gdouble height = (gdouble)rows * (fit->height + layout->caption_height + request->gap);
  gdouble places = (gdouble)columns * rows;
  return fabs (log (width / height * layout->body.height / layout->body.width)) +
         (places - request->n_tiles) / places;
}

/* The columns that make the tiles largest; among these, those that fill the body best. */
static gint
best_columns (const CnnViewRequest *request, const CnnViewLayout *layout, Fit *best)
{
  gint best_count = 0;
  gdouble least_misfit = 0;
  for (gint columns = 1; columns <= request->n_tiles; columns++) {
    gint rows = divide_up (request->n_tiles, columns);
    Fit fit;
    if (!try_columns (request, layout, columns, rows, &fit))
      continue;
    gdouble fills = misfit (request, layout, columns, rows, &fit);
    if (best_count == 0 || fit.width > best->width ||
        (fit.width == best->width && fills < least_misfit)) {
      best_count = columns;
      least_misfit = fills;
      *best = fit;
    }
  }
  return best_count;
}

/* All tiles on one page, FALSE when they would be too small. */
static gboolean
fit_one_page (CnnViewLayout *layout, const CnnViewRequest *request)
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
static void
fit_pages (CnnViewLayout *layout, const CnnViewRequest *request)
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
static void
fit_bars (CnnViewLayout *layout, const CnnViewRequest *request)
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

/* Sizes of text follow from the width of the picture alone, so that the natural size can be
 * computed before the layout. */
static gint
text_size (gint width)
{
  return CLAMP (width / 60, 11, 28);
}

static gint
caption_size (gint width)
{
  return CLAMP (width / 85, 10, 20);
}

static gint
line_height (gint width)
{
  return text_size (width) * 9 / 5;
}

static gint
caption_height (gint width)
{
  return caption_size (width) * 3 / 2;
}

/* Title above, legend below, the rest is the body. */
static void
place_lines (CnnViewLayout *layout, const CnnViewRequest *request)
{
  const gint width = request->width, height = request->height;
  layout->text_size = text_size (width);
  layout->caption_size = caption_size (width);
  gint line = line_height (width);
  gint top = 0, bottom = 0;
  if (request->title && height >= MIN_LINES * line) {
    layout->title = (CnnViewBox){0, 0, width, line};
    top = line;
  }
  if (request->legend && height >= MIN_LINES * line) {
    layout->legend = (CnnViewBox){0, height - line, width, line};
    bottom = line;
  }
  layout->body = (CnnViewBox){0, top, width, height - top - bottom};
}

/* Under the source, in a column that is that wide: all the height that is left. */
static void
place_kernels (CnnViewLayout *layout, gint column_width)
{
  const CnnViewBox *source = &layout->source, *body = &layout->body;
  const gint margin = layout->text_size / 2;
  gint y = source->y + source->height + margin;
  layout->kernels = (CnnViewBox){source->x, y,
      MAX (source->width, MIN (column_width, KERNELS_WIDTH * layout->text_size)),
      body->y + body->height - margin - y};
}

/* The picture the maps were made of takes a third of the body, half beside a single map. */
static void
place_source (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body;
  const gint margin = layout->text_size / 2;
  gint width = body->width / (request->n_tiles > 1 ? 3 : 2) - 2 * margin;
  gint height = body->height - 2 * margin;
  if (request->source_width < 1 || width <= 2 * margin || height <= 2 * margin)
    return;
  const gint kernels_height = (gint)(height * KERNELS_SHARE);
  const gboolean kernels =
      request->kernels && kernels_height >= MIN_KERNELS_HEIGHT * layout->text_size;
  gint source_height = kernels ? height - kernels_height - margin : height;
  gdouble scale =
      MIN (width / (gdouble)request->source_width, source_height / (gdouble)request->source_height);
  layout->source.width = MAX (1, (gint)(request->source_width * scale));
  layout->source.height = MAX (1, (gint)(request->source_height * scale));
  layout->source.x = body->x + margin;
  layout->source.y = body->y + (kernels ? margin : (body->height - layout->source.height) / 2);
  if (kernels)
    place_kernels (layout, width);
  gint column = MAX (layout->source.width, layout->kernels.width) + 2 * margin;
  body->x += column;
  body->width -= column;
}

/* Room that the longest name takes. */
static gint
caption_width (const CnnViewLayout *layout, const CnnViewRequest *request)
{
  gdouble digits = MAX (1, request->caption_letters) * DIGIT_WIDTH;
  return (gint)ceil (layout->caption_size * (digits + 0.7));
}

static void
place_bars (CnnViewLayout *layout, const CnnViewRequest *request)
{
  if (request->captions)
    layout->caption_height = caption_height (request->width);
  if (layout->body.height < 4 * layout->caption_height)
    layout->caption_height = 0;
  fit_bars (layout, request);
  layout->column_names =
      layout->caption_height > 0 && layout->tile_width < caption_width (layout, request);
}

/* FALSE when the tiles would be too small for their captions. */
static gboolean
place_captioned (CnnViewLayout *layout, const CnnViewRequest *request)
{
  layout->caption_height = caption_height (request->width);
  gint least = MAX (MIN_CAPTIONED_WIDTH, caption_width (layout, request));
  if (fit_one_page (layout, request) && layout->tile_width >= least &&
      layout->tile_height >= layout->caption_height)
    return TRUE;
  layout->caption_height = 0;
  return FALSE;
}

/* Narrow and high tiles beside each other. FALSE when they take more than one row. */
static gboolean
place_high (CnnViewLayout *layout, const CnnViewRequest *request)
{
  layout->caption_height = caption_height (request->width);
  if (request->n_tiles > 1 && fit_one_page (layout, request) && layout->rows == 1 &&
      layout->tile_height >= 2 * layout->caption_height) {
    layout->column_names = TRUE;
    return TRUE;
  }
  layout->caption_height = 0;
  return FALSE;
}

/* On the left of the body, where it is wide enough. */
static void
place_row_names (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body;
  const gint width = caption_width (layout, request) + layout->caption_size / 2;
  if (body->width < 6 * width || request->n_tiles < 2)
    return;
  layout->row_names = TRUE;
  body->x += width;
  body->width -= width;
}

void
cnn_view_layout_init (CnnViewLayout *layout, const CnnViewRequest *request)
{
  memset (layout, 0, sizeof *layout);
  place_lines (layout, request);
  place_source (layout, request);
  if (request->map_width == 1 && request->map_height == 1) {
    place_bars (layout, request);
    return;
  }
  if (request->captions && (place_captioned (layout, request) || place_high (layout, request)))
    return;
  if (request->captions)
    place_row_names (layout, request);
  if (!fit_one_page (layout, request))
    fit_pages (layout, request);
}

void
cnn_view_layout_natural_size (const CnnViewRequest *request, gint *width, gint *height)
{
  gint64 columns = request->columns;
  if (columns == 0)
    columns = (gint64)ceil (sqrt (request->n_tiles));
  columns = MIN (columns, request->n_tiles);
  gint64 rows = ((gint64)request->n_tiles - 1) / columns + 1;
  gint64 values = columns * request->map_width, gaps = (columns - 1) * request->gap;
  gint64 enlargement = MAX (1, (MIN_WIDTH - gaps + values - 1) / values);
  gint64 wide = values * enlargement + gaps;
  gint64 high = rows * request->map_height * enlargement + (rows - 1) * request->gap;
  if (request->map_width == 1 && request->map_height == 1) {
    wide = CLAMP ((gint64)request->n_tiles * 4, MIN_WIDTH, MAX_BARS_WIDTH);
    high = wide / 2;
    rows = 1;
  }

  /* Lines of text take what they need of the picture that they are in. */
  gint text_width = (gint)MIN (wide, MAX_WIDTH);
  gint64 lines = request->title + request->legend;
  gint64 extra = lines * line_height (text_width);
  if (request->captions)
    extra += rows * caption_height (text_width);
  if (lines > 0)
    extra = MAX (extra, MIN_LINES * line_height (text_width) - high);

  gdouble shrink = MIN (1.0, MIN (MAX_WIDTH / (gdouble)wide, MAX_HEIGHT / (gdouble)(high + extra)));
  /* Even: encoders want it so. */
  *width = divide_up (MAX (1, (gint)(wide * shrink + 0.5)), 2) * 2;
  *height = divide_up (MAX (1, (gint)((high + extra) * shrink + 0.5)), 2) * 2;
}

CnnViewBox
cnn_view_layout_tile (const CnnViewLayout *layout, gint index)
{
  gint column = index % layout->columns, row = index / layout->columns;
  return (CnnViewBox){layout->x + column * layout->step_x,
      layout->y + row * layout->step_y + layout->caption_height, layout->tile_width,
      layout->tile_height};
}

gint
cnn_view_layout_find (const CnnViewLayout *layout, gdouble x, gdouble y)
{
  if (layout->n_shown < 1 || !(x >= layout->x) || !(y >= layout->y))
    return -1;
  gdouble column = floor ((x - layout->x) / layout->step_x);
  gdouble row = floor ((y - layout->y) / layout->step_y);
  if (column >= layout->columns || row >= layout->rows)
    return -1;
  gint index = (gint)row * layout->columns + (gint)column;
  if (index >= layout->n_shown)
    return -1;
  CnnViewBox tile = cnn_view_layout_tile (layout, index);
  /* The gap between two bars is narrow: it belongs to the left one. */
  if ((!layout->bars && x >= tile.x + tile.width) || y >= tile.y + tile.height)
    return -1;
  return index;
}
