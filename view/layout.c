/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/grid.h"

#include <math.h>
#include <string.h>

/* Natural pictures are at least this wide. One map alone is never larger than what a screen of 4K shows, a grid
 * than what every screen shows. */
#define MIN_WIDTH 320
#define MAX_WIDTH 3840
#define MAX_HEIGHT 2160
#define MAX_GRID_WIDTH 1920
#define MAX_GRID_HEIGHT 1080
#define MAX_BARS_WIDTH 1280
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

/* The source and what is under it take this much of a picture in landscape, of its width, or in portrait, of
 * its height. */
#define SOURCE_SHARE (1 / 3.0)
#define ARITHMETIC_SHARE 0.52
/* Of the strip of layers, in sizes of captions. */
#define STRIP_HEIGHT 7
#define MIN_LAYER_WIDTH 6

/* Sizes of text follow from the width of the picture alone, so that the natural size can be computed before
 * the layout: from a thumbnail's to a wall's. */
static gint
text_size (gint width)
{
  return MAX (CLAMP (width / 46, 11, 14), width / 60);
}

static gint
caption_size (gint width)
{
  return MAX (CLAMP (width / 52, 10, 12), width / 85);
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

/* The layers side by side below the title; of more than have room, those around the current one. */
static void
place_strip (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body;
  const gint height = STRIP_HEIGHT * layout->caption_size;
  const gint least = MIN_LAYER_WIDTH * layout->caption_size, most = 2 * least;
  if (request->n_layers < 1 || body->height < 3 * height)
    return;
  layout->n_layers = MIN (request->n_layers, MAX (1, body->width / least));
  layout->layer_width = MIN (most, body->width / layout->n_layers);
  layout->first_layer = CLAMP (
      request->current_layer - layout->n_layers / 2, 0, request->n_layers - layout->n_layers);
  layout->strip = (CnnViewBox){body->x, body->y, layout->n_layers * layout->layer_width, height};
  body->y += height;
  body->height -= height;
}

CnnViewBox
cnn_view_layout_layer (const CnnViewLayout *layout, gint index)
{
  return (CnnViewBox){layout->strip.x + index * layout->layer_width + 1, layout->strip.y + 1,
      layout->layer_width - 2, layout->strip.height - 2};
}

gint
cnn_view_layout_find_layer (const CnnViewLayout *layout, gdouble x, gdouble y)
{
  const CnnViewBox strip = layout->strip;
  if (layout->n_layers < 1 || !(x >= strip.x && x < strip.x + strip.width) ||
      !(y >= strip.y && y < strip.y + strip.height))
    return -1;
  return layout->first_layer + (gint)((x - strip.x) / layout->layer_width);
}

/* Boxes of at most this size with the shape of the source and of its padding; small sources in whole squares, to
 * be counted. At (0, 0): the caller moves it. */
static void
fit_source (CnnViewLayout *layout, const CnnViewRequest *request, gint width, gint height)
{
  const gint columns = request->padding_left + request->source_width + request->padding_right;
  const gint rows = request->padding_top + request->source_height + request->padding_bottom;
  gdouble scale = MIN (width / (gdouble)columns, height / (gdouble)rows);
  if (scale >= CNN_VIEW_MIN_CELL / 2)
    scale = floor (scale);
  layout->padded =
      (CnnViewBox){0, 0, MAX (1, (gint)(columns * scale)), MAX (1, (gint)(rows * scale))};
  layout->source = (CnnViewBox){(gint)(request->padding_left * scale),
      (gint)(request->padding_top * scale), MAX (1, (gint)(request->source_width * scale)),
      MAX (1, (gint)(request->source_height * scale))};
}

static void
move_source (CnnViewLayout *layout, gint x, gint y)
{
  layout->padded.x += x;
  layout->padded.y += y;
  layout->source.x += x;
  layout->source.y += y;
}

/* Beside the maps, on the left, the kernels under the source. */
static void
place_source_left (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body, *source = &layout->padded;
  const gint margin = layout->text_size / 2;
  const gint width = (gint)(body->width * SOURCE_SHARE) - 2 * margin;
  const gint height = body->height - 2 * margin;
  const gint kernels_height = (gint)(height * KERNELS_SHARE);
  const gboolean kernels =
      request->kernels && kernels_height >= MIN_KERNELS_HEIGHT * layout->text_size;
  if (width <= 2 * margin || height <= 2 * margin)
    return;
  fit_source (layout, request, width, kernels ? height - kernels_height - margin : height);
  move_source (
      layout, body->x + margin, body->y + (kernels ? margin : (body->height - source->height) / 2));
  if (kernels) {
    const gint y = source->y + source->height + margin;
    layout->kernels = (CnnViewBox){source->x, y,
        MAX (source->width, MIN (width, KERNELS_WIDTH * layout->text_size)),
        body->y + body->height - margin - y};
  }
  const gint column = MAX (source->width, layout->kernels.width) + 2 * margin;
  body->x += column;
  body->width -= column;
}

/* Above the maps, the kernels right of the source where there is room for them. */
static void
place_source_top (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body, *source = &layout->padded;
  const gint margin = layout->text_size / 2;
  const gint width = body->width - 2 * margin;
  const gint height = (gint)(body->height * SOURCE_SHARE) - 2 * margin;
  if (width <= 2 * margin || height <= 2 * margin)
    return;
  fit_source (layout, request, width, height);
  gint right = width - source->width - margin;
  gboolean kernels = request->kernels && height >= MIN_KERNELS_HEIGHT * layout->text_size;
  if (kernels && right < KERNELS_WIDTH * layout->text_size) {
    fit_source (layout, request, MAX (1, width / 2), height);
    right = width - source->width - margin;
    kernels = right >= MIN_KERNELS_HEIGHT * layout->text_size;
    if (!kernels)
      fit_source (layout, request, width, height);
  }
  move_source (
      layout, body->x + (kernels ? margin : (body->width - source->width) / 2), body->y + margin);
  if (kernels)
    layout->kernels = (CnnViewBox){source->x + source->width + margin, source->y, right, height};
  const gint row = MAX (source->height, layout->kernels.height) + 2 * margin;
  body->y += row;
  body->height -= row;
}

/* The sum behind a value on the left of the maps or, in portrait, above them; the source above it takes what
 * is left of its room, at most. */
static void
place_arithmetic (CnnViewLayout *layout, const CnnViewRequest *request)
{
  CnnViewBox *body = &layout->body, *source = &layout->padded, *box = &layout->arithmetic;
  const gint margin = layout->text_size / 2;
  const gboolean above = body->height > body->width;
  *box = *body;
  if (above)
    box->height = (gint)(body->height * ARITHMETIC_SHARE);
  else
    box->width = (gint)(body->width * ARITHMETIC_SHARE);
  body->x += above ? 0 : box->width;
  body->width -= above ? 0 : box->width;
  body->y += above ? box->height : 0;
  body->height -= above ? box->height : 0;
  *box = (CnnViewBox){box->x + margin, box->y + margin, MAX (1, box->width - 2 * margin),
      MAX (1, box->height - 2 * margin)};
  if (request->source_width < 1 || box->height < 20 * layout->text_size)
    return;
  fit_source (layout, request, box->width, box->height / 3);
  move_source (layout, box->x, box->y);
  box->y += source->height + margin;
  box->height -= source->height + margin;
}

static void
place_source (CnnViewLayout *layout, const CnnViewRequest *request)
{
  if (request->arithmetic &&
      MIN (layout->body.width, layout->body.height) > 10 * layout->text_size) {
    place_arithmetic (layout, request);
    return;
  }
  if (request->source_width < 1)
    return;
  if (layout->body.height > layout->body.width)
    place_source_top (layout, request);
  else
    place_source_left (layout, request);
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
  const gint name_width =
      MIN (caption_width (layout, request) + layout->caption_size, layout->body.width * 2 / 5);
  if (request->named &&
      cnn_view_grid_fit_lying_bars (layout, request, name_width, 5 * layout->caption_size))
    return;
  if (request->captions)
    layout->caption_height = caption_height (request->width);
  if (layout->body.height < 4 * layout->caption_height)
    layout->caption_height = 0;
  cnn_view_grid_fit_bars (layout, request);
  layout->column_names =
      layout->caption_height > 0 && layout->tile_width < caption_width (layout, request);
}

/* FALSE when the tiles would be too small for their captions. */
static gboolean
place_captioned (CnnViewLayout *layout, const CnnViewRequest *request)
{
  layout->caption_height = caption_height (request->width);
  gint least = MAX (MIN_CAPTIONED_WIDTH, caption_width (layout, request));
  if (cnn_view_grid_fit_page (layout, request) && layout->tile_width >= least &&
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
  if (request->n_tiles > 1 && cnn_view_grid_fit_page (layout, request) && layout->rows == 1 &&
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
  place_strip (layout, request);
  place_source (layout, request);
  /* A sum is worked out for a number in a cell. */
  if (request->map_width == 1 && request->map_height == 1 && layout->arithmetic.width == 0) {
    place_bars (layout, request);
    return;
  }
  if (request->captions && (place_captioned (layout, request) || place_high (layout, request)))
    return;
  if (request->captions)
    place_row_names (layout, request);
  if (!cnn_view_grid_fit_page (layout, request))
    cnn_view_grid_fit_pages (layout, request);
}

static gint
even (gint length)
{
  return MAX (2, (length + 1) / 2 * 2);
}

void
cnn_view_layout_natural_size (const CnnViewRequest *request, gint *width, gint *height)
{
  gint64 columns = cnn_view_grid_natural_columns (request);
  if (request->columns > 0)
    columns = MIN ((gint64)request->columns, request->n_tiles);
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

  const gint64 most_wide = request->n_tiles > 1 ? MAX_GRID_WIDTH : MAX_WIDTH;
  const gint64 most_high = request->n_tiles > 1 ? MAX_GRID_HEIGHT : MAX_HEIGHT;

  /* Lines of text take what they need of the picture that they are in. */
  gint text_width = (gint)MIN (wide, most_wide);
  gint64 lines = request->title + request->legend;
  gint64 extra = lines * line_height (text_width);
  if (request->captions)
    extra += rows * caption_height (text_width);
  if (lines > 0)
    extra = MAX (extra, MIN_LINES * line_height (text_width) - high);

  gdouble shrink = MIN (1.0, MIN ((gdouble)most_wide / wide, (gdouble)most_high / (high + extra)));
  /* Even: encoders want it so. */
  *width = even ((gint)(wide * shrink + 0.5));
  *height = even ((gint)((high + extra) * shrink + 0.5));
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
