/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of the maps on the tiles, and ranges where there is room. */
#include "view/decoration.h"

#define ELLIPSIS " \342\200\246 "
/* Where three have no room. */
#define MIN_DIGITS 2

static void
name_range (gdouble min, gdouble max, gint digits, const gchar *equals, gchar *name, gsize size)
{
  gchar low[CNN_VIEW_NUMBER_SIZE], high[CNN_VIEW_NUMBER_SIZE];
  cnn_view_number_range (low, high, min, max, digits);
  if (min == max)
    g_snprintf (name, size, "%s%s", equals, low);
  else
    g_snprintf (name, size, "%s" ELLIPSIS "%s", low, high);
}

/* Number on the left, range on the right: what fits of both. */
static void
draw_caption (const CnnViewDrawing *drawing, gint index)
{
  const gint size = drawing->layout->caption_size;
  const CnnMapRange *range = &drawing->ranges[drawing->maps[index]];
  CnnViewBox tile = cnn_view_layout_tile (drawing->layout, index);
  gint middle = tile.y - drawing->layout->caption_height / 2;

  gchar name[CNN_VIEW_NAME_SIZE], details[96];
  cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[index], name);
  gint margin = size / 3, right = tile.x + tile.width - margin;
  if (cnn_view_drawing_width (drawing, size, name) + 2 * margin > tile.width)
    return;
  gint x = cnn_view_drawing_write (drawing, size, tile.x + margin, middle, name, CNN_VIEW_INK) +
           size / 2;
  if (range->not_finite > 0) {
    g_snprintf (details, sizeof details, "%" G_GSIZE_FORMAT " NaN/\342\210\236", range->not_finite);
    gint width = cnn_view_drawing_width (drawing, size, details);
    if (right - width >= x) {
      cnn_view_drawing_write (drawing, size, right - width, middle, details, CNN_VIEW_NAN_COLOR);
      right -= width + size / 2;
    }
  }
  if (range->min > range->max)
    return;
  for (gint digits = CNN_VIEW_DIGITS; digits >= MIN_DIGITS; digits--) {
    name_range (
        range->min, range->max, digits, drawing->layout->bars ? "" : "= ", details, sizeof details);
    gint width = cnn_view_drawing_width (drawing, size, details);
    if (right - width < x)
      continue;
    cnn_view_drawing_write (drawing, size, right - width, middle, details, CNN_VIEW_FAINT);
    break;
  }
}

/* The first map's number before its row, as often as there is room. */
static void
draw_row_names (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gint size = layout->caption_size, every = (size * 6 / 5 - 1) / layout->step_y + 1;
  for (gint row = 0; row * layout->columns < layout->n_shown; row += every) {
    gint index = row * layout->columns;
    CnnViewBox tile = cnn_view_layout_tile (layout, index);
    gchar name[CNN_VIEW_NAME_SIZE];
    cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[index], name);
    cnn_view_drawing_write (drawing, size,
        tile.x - size / 2 - cnn_view_drawing_width (drawing, size, name), tile.y + tile.height / 2,
        name, CNN_VIEW_FAINT);
  }
}

/* 1, 2, 5, 10, 20 ... */
static gint
next_step (gint step)
{
  gint power = 1;
  while (step >= 10 * power)
    power *= 10;
  return step == 2 * power ? 5 * power : 2 * step;
}

/* Round numbers above their bars or tiles of one row. */
static void
draw_column_names (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gint size = layout->caption_size, step_x = layout->step_x;
  gchar name[CNN_VIEW_NAME_SIZE];
  cnn_view_name_map (
      drawing->shape, drawing->scene->names, drawing->maps[layout->n_shown - 1], name);
  const gint room = cnn_view_drawing_width (drawing, size, name) + size;
  gint step = 1, free_from = 0;
  while (step < G_MAXINT / 10 && (gint64)step * step_x < room)
    step = next_step (step);
  for (gint i = 0; i < layout->n_shown; i++) {
    CnnViewBox tile = cnn_view_layout_tile (layout, i);
    cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[i], name);
    gint width = cnn_view_drawing_width (drawing, size, name);
    gint x = MAX (0, tile.x + tile.width / 2 - width / 2);
    if (drawing->maps[i] % drawing->shape.c % step != 0 || x < free_from ||
        x + width > drawing->canvas->width)
      continue;
    cnn_view_drawing_write (
        drawing, size, x, tile.y - layout->caption_height / 2, name, CNN_VIEW_FAINT);
    free_from = x + room;
  }
}

void
cnn_view_draw_captions (const CnnViewDrawing *drawing)
{
  if (drawing->layout->row_names)
    draw_row_names (drawing);
  if (drawing->layout->caption_height == 0)
    return;
  if (drawing->layout->column_names) {
    draw_column_names (drawing);
    return;
  }
  for (gint i = 0; i < drawing->layout->n_shown; i++)
    draw_caption (drawing, i);
}
