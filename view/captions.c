/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of the maps on the tiles, and ranges where there is room. */
#include "view/decoration.h"

#include <string.h>

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

/* What stands right of a tile's name: its range, or a bar's value. */
static void
describe_range (const CnnViewDrawing *drawing, gint index, gint digits, gchar *text, gsize size)
{
  const CnnMapRange *range = &drawing->ranges[drawing->maps[index]];
  *text = '\0';
  if (range->min > range->max)
    return;
  if (drawing->layout->bars)
    name_range (range->min, range->max, digits, "", text, size);
  else
    name_range (
        drawing->intervals[index].min, drawing->intervals[index].max, digits, "= ", text, size);
}

static void
describe_not_finite (const CnnViewDrawing *drawing, gint index, gchar *text, gsize size)
{
  const gsize count = drawing->ranges[drawing->maps[index]].not_finite;
  *text = '\0';
  if (count > 0)
    g_snprintf (text, size, "%" G_GSIZE_FORMAT " NaN/\342\210\236", count);
}

/* Room that a caption's parts take beside each other. */
static gint
caption_width (const CnnViewDrawing *drawing, gint index, gint digits)
{
  const gint size = drawing->layout->caption_size;
  gchar name[CNN_VIEW_NAME_SIZE], range[96], not_finite[96];
  cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[index], name);
  describe_range (drawing, index, digits, range, sizeof range);
  describe_not_finite (drawing, index, not_finite, sizeof not_finite);
  gint width = cnn_view_drawing_width (drawing, size, name) + 2 * (size / 3);
  if (*range != '\0')
    width += cnn_view_drawing_width (drawing, size, range) + size / 2;
  if (*not_finite != '\0')
    width += cnn_view_drawing_width (drawing, size, not_finite) + size / 2;
  return width;
}

/* With how many digits the ranges of all tiles have room, 0 when they have none. */
static gint
digits_that_fit (const CnnViewDrawing *drawing)
{
  for (gint digits = CNN_VIEW_DIGITS; digits >= MIN_DIGITS; digits--) {
    gint fits = 0;
    while (fits < drawing->layout->n_shown &&
           caption_width (drawing, fits, digits) <= drawing->layout->tile_width)
      fits++;
    if (fits == drawing->layout->n_shown)
      return digits;
  }
  return 0;
}

/* Name on the left, range on the right. */
static void
draw_caption (const CnnViewDrawing *drawing, gint index, gint digits)
{
  const gint size = drawing->layout->caption_size, margin = size / 3;
  const CnnViewBox tile = cnn_view_layout_tile (drawing->layout, index);
  const gint middle = tile.y - drawing->layout->caption_height / 2;
  gint right = tile.x + tile.width - margin;
  gchar text[96];
  cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[index], text);
  if (cnn_view_drawing_width (drawing, size, text) + 2 * margin > tile.width)
    return;
  const gint left =
      cnn_view_drawing_write (drawing, size, tile.x + margin, middle, text, CNN_VIEW_INK) +
      size / 2;
  describe_not_finite (drawing, index, text, sizeof text);
  gint width = cnn_view_drawing_width (drawing, size, text);
  if (*text != '\0' && right - width >= left) {
    cnn_view_drawing_write (drawing, size, right - width, middle, text, CNN_VIEW_NAN_COLOR);
    right -= width + size / 2;
  }
  if (digits == 0)
    return;
  describe_range (drawing, index, digits, text, sizeof text);
  cnn_view_drawing_write (drawing, size, right - cnn_view_drawing_width (drawing, size, text),
      middle, text, CNN_VIEW_FAINT);
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

/* Name on the left of each lying bar, shortened where it is long, and its value on the right. */
static void
draw_lying_names (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gint size = layout->caption_size;
  for (gint i = 0; i < layout->n_shown; i++) {
    const CnnViewBox tile = cnn_view_layout_tile (layout, i);
    const gint middle = tile.y + tile.height / 2, room = tile.x - layout->body.x - size;
    gchar name[CNN_VIEW_NAME_SIZE], number[CNN_VIEW_NUMBER_SIZE];
    cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[i], name);
    while (*name && cnn_view_drawing_width (drawing, size, name) > room)
      *g_utf8_prev_char (name + strlen (name)) = '\0';
    cnn_view_drawing_write (drawing, size,
        tile.x - size / 2 - cnn_view_drawing_width (drawing, size, name), middle, name,
        CNN_VIEW_INK);
    cnn_view_number (
        number, cnn_view_drawing_value (drawing, drawing->maps[i], 0, 0), CNN_VIEW_DIGITS);
    cnn_view_drawing_write (
        drawing, size, tile.x + tile.width + size / 2, middle, number, CNN_VIEW_FAINT);
  }
}

void
cnn_view_draw_captions (const CnnViewDrawing *drawing)
{
  if (drawing->layout->lying)
    draw_lying_names (drawing);
  if (drawing->layout->row_names)
    draw_row_names (drawing);
  if (drawing->layout->caption_height == 0)
    return;
  if (drawing->layout->column_names) {
    draw_column_names (drawing);
    return;
  }
  const gint digits = digits_that_fit (drawing);
  for (gint i = 0; i < drawing->layout->n_shown; i++)
    draw_caption (drawing, i, digits);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Smaller numbers cannot be read. */
#define MIN_SIZE 8

static CnnViewValuesFormat
fit_values (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const CnnShape shape = drawing->shape;
  const CnnViewValues wanted = drawing->scene->settings.values;
  const gint cell = layout->enlargement;
  const gint least = wanted == CNN_VIEW_VALUES_AUTO ? layout->caption_size : MIN_SIZE;
  if (wanted == CNN_VIEW_VALUES_OFF || layout->bars || cell < 2 * least ||
      layout->values_width != shape.w || layout->values_height != shape.h)
    return (CnnViewValuesFormat){0, 0};
  GArray *values = g_array_new (FALSE, FALSE, sizeof (gfloat));
  for (gint i = 0; i < layout->n_shown; i++)
    for (gint y = 0; y < shape.h; y++)
      for (gint x = 0; x < shape.w; x++) {
        gfloat value = (gfloat)cnn_view_drawing_value (drawing, drawing->maps[i], y, x);
        g_array_append_val (values, value);
      }
  const CnnViewValuesFormat format =
      cnn_view_values_fit (drawing->text, (const gfloat *)(gconstpointer)values->data, values->len,
          cell, cell, least, 2 * layout->text_size);
  g_array_unref (values);
  return format;
}

void
cnn_view_draw_values (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const CnnShape shape = drawing->shape;
  const CnnViewValuesFormat format = fit_values (drawing);
  const gint cell = layout->enlargement;
  for (gint i = 0; format.size > 0 && i < layout->n_shown; i++) {
    const CnnViewBox tile = cnn_view_layout_tile (layout, i);
    cnn_view_values_rule (drawing->canvas, tile, shape.w, shape.h);
    for (gint y = 0; y < shape.h; y++)
      for (gint x = 0; x < shape.w; x++) {
        const gdouble value = cnn_view_drawing_value (drawing, drawing->maps[i], y, x);
        const gint level = cnn_view_drawing_level (drawing, &drawing->intervals[i], value);
        cnn_view_values_write (drawing->text, drawing->canvas, format,
            (CnnViewBox){tile.x + x * cell, tile.y + y * cell, cell, cell}, value,
            drawing->table->pixels[level]);
      }
  }
}
