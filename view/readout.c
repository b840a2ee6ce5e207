/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the pointer is on: a value and what it sees, or a pixel of the source and who sees it. */
#include "view/arithmeticpanel.h"
#include "view/decoration.h"

#include <math.h>

#define TIMES "\303\227"

/* A frame of accent color with a dark line around it, seen on any ground. */
static void
draw_marker (const CnnViewDrawing *drawing, CnnViewBox box)
{
  const gint thickness = MAX (2, drawing->layout->text_size / 10);
  cnn_view_canvas_frame (drawing->canvas, box, thickness + 1, 0x000000);
  cnn_view_canvas_frame (drawing->canvas, box, thickness, CNN_VIEW_ACCENT);
}

/* Slanted lines on the ground: there is nothing. */
void
cnn_view_draw_padding (const CnnViewDrawing *drawing)
{
  const CnnViewBox padded = drawing->layout->padded, source = drawing->layout->source;
  const gint step = MAX (4, drawing->layout->text_size / 3);
  if (padded.width == source.width && padded.height == source.height)
    return;
  for (gint y = 0; y < padded.height; y++)
    for (gint x = y % step; x < padded.width; x += step)
      if (y < source.y - padded.y || y >= source.y - padded.y + source.height ||
          x < source.x - padded.x || x >= source.x - padded.x + source.width)
        cnn_view_canvas_fill (
            drawing->canvas, (CnnViewBox){padded.x + x, padded.y + y, 1, 1}, CNN_VIEW_LINE);
  cnn_view_canvas_frame (drawing->canvas,
      (CnnViewBox){padded.x + 1, padded.y + 1, padded.width - 2, padded.height - 2}, 1,
      CNN_VIEW_LINE);
}

/* What value (y, x) of every map sees, as a box on the source: the field of output (0, 0), moved by
 * the jump. It may reach beyond the source, into the padding. */
static void
draw_field (const CnnViewDrawing *drawing, gint y, gint x)
{
  const CnnViewScene *scene = drawing->scene;
  const CnnViewBox source = drawing->layout->source;
  const CnnReceptiveAxis *rows = &scene->field.rows, *columns = &scene->field.columns;
  if (scene->field_rows < 1 || source.width == 0)
    return;
  gdouble row_scale = source.height / (gdouble)scene->field_rows;
  gdouble column_scale = source.width / (gdouble)scene->field_columns;
  gdouble top = rows->offset + 0.5 + y * rows->jump - rows->size / 2;
  gdouble left = columns->offset + 0.5 + x * columns->jump - columns->size / 2;
  const CnnViewBox padded = drawing->layout->padded;
  const gint least_y = padded.y - source.y, most_y = least_y + padded.height;
  const gint least_x = padded.x - source.x, most_x = least_x + padded.width;
  gint first_y = (gint)floor (CLAMP (top * row_scale, least_y, most_y));
  gint first_x = (gint)floor (CLAMP (left * column_scale, least_x, most_x));
  gint last_y = (gint)ceil (CLAMP ((top + rows->size) * row_scale, least_y, most_y));
  gint last_x = (gint)ceil (CLAMP ((left + columns->size) * column_scale, least_x, most_x));
  draw_marker (drawing, (CnnViewBox){source.x + first_x, source.y + first_y,
                            MAX (1, last_x - first_x), MAX (1, last_y - first_y)});
}

/* The value of a map under the pointer. Beside a source, without a pointer, the middle of the first
 * shown map: a box that grows from layer to layer needs no mouse. */
typedef struct {
  gint index; /* of the tile */
  gint y, x;
} Pointed;

static gboolean
find_pointed (const CnnViewDrawing *drawing, Pointed *pointed)
{
  const CnnViewScene *scene = drawing->scene;
  const CnnShape shape = drawing->shape;
  if (scene->step >= 0) {
    const gint64 values = (gint64)shape.h * shape.w;
    const gint value = (gint)(scene->step % values);
    *pointed = (Pointed){
        (gint)(scene->step / values % drawing->layout->n_shown), value / shape.w, value % shape.w};
    return TRUE;
  }
  if (!scene->has_pointer) {
    *pointed = (Pointed){0, shape.h / 2, shape.w / 2};
    return drawing->layout->arithmetic.width > 0 ||
           (drawing->layout->source.width > 0 && !drawing->layout->bars);
  }
  pointed->index = cnn_view_layout_find (drawing->layout, scene->pointer_x, scene->pointer_y);
  if (pointed->index < 0)
    return FALSE;
  CnnViewBox tile = cnn_view_layout_tile (drawing->layout, pointed->index);
  gint x = (gint)((scene->pointer_x - tile.x) * shape.w / tile.width);
  gint y = (gint)((scene->pointer_y - tile.y) * shape.h / tile.height);
  pointed->x = CLAMP (x, 0, shape.w - 1);
  pointed->y = CLAMP (y, 0, shape.h - 1);
  return TRUE;
}

void
cnn_view_draw_weights (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  Pointed pointed = {0, 0, 0};
  if (layout->kernels.width == 0)
    return;
  if (!find_pointed (drawing, &pointed))
    pointed.index = 0;
  const CnnViewWeightsRequest panel = {layout->kernels, layout->text_size, layout->caption_size,
      drawing->maps[pointed.index] % drawing->shape.c, drawing->scene->settings.values,
      drawing->scene->settings.channel < 0};
  cnn_view_weights_panel_draw (
      drawing->scene->weights, &panel, drawing->scene->layer, drawing->text, drawing->canvas);
}

static void
mark_value (const CnnViewDrawing *drawing, const Pointed *pointed)
{
  CnnViewBox tile = cnn_view_layout_tile (drawing->layout, pointed->index);
  gint left = pointed->x * tile.width / drawing->shape.w;
  gint right = (pointed->x + 1) * tile.width / drawing->shape.w;
  gint top = pointed->y * tile.height / drawing->shape.h;
  gint bottom = (pointed->y + 1) * tile.height / drawing->shape.h;
  draw_marker (drawing,
      (CnnViewBox){tile.x + left, tile.y + top, MAX (1, right - left), MAX (1, bottom - top)});
}

/* Beside the pointer: which map, unless only one is shown or captions tell, and which value. */
static void
draw_value (const CnnViewDrawing *drawing, const Pointed *pointed)
{
  const CnnViewScene *scene = drawing->scene;
  const CnnViewLayout *layout = drawing->layout;
  const gint map = drawing->maps[pointed->index];
  const gboolean grid = scene->settings.channel < 0;
  const gboolean captioned = layout->caption_height > 0 && !layout->column_names;
  gchar name[CNN_VIEW_NAME_SIZE], number[CNN_VIEW_NUMBER_SIZE];
  cnn_view_name_map (drawing->shape, drawing->scene->names, map, name);
  cnn_view_number (
      number, cnn_view_drawing_value (drawing, map, pointed->y, pointed->x), CNN_VIEW_DIGITS);
  GString *string = g_string_new (NULL);
  if (layout->bars || (grid && !captioned))
    g_string_append_printf (string, "channel %s   ", name);
  if (!layout->bars)
    g_string_append_printf (string, "y %d  x %d   ", pointed->y, pointed->x);
  g_string_append (string, number);
  cnn_view_draw_plate (drawing, (gint)scene->pointer_x + layout->text_size,
      (gint)scene->pointer_y + layout->text_size, string->str, CNN_VIEW_INK);
  g_string_free (string, TRUE);
}

/* The values of an axis that see a position of the source; first > last for none. */
static void
range_that_sees (const CnnReceptiveAxis *axis, gint position, gint n, gint *first, gint *last)
{
  const gdouble reach = (axis->size - 1) / 2, slack = 1e-6;
  *first = MAX (0, (gint)ceil ((position - axis->offset - reach) / axis->jump - slack));
  *last = MIN (n - 1, (gint)floor ((position - axis->offset + reach) / axis->jump + slack));
}

static void
mark_values (const CnnViewDrawing *drawing, CnnViewBox values)
{
  const CnnShape shape = drawing->shape;
  for (gint i = 0; i < drawing->layout->n_shown; i++) {
    const CnnViewBox tile = cnn_view_layout_tile (drawing->layout, i);
    const gint left = tile.x + values.x * tile.width / shape.w;
    const gint top = tile.y + values.y * tile.height / shape.h;
    const gint right = tile.x + (values.x + values.width) * tile.width / shape.w;
    const gint bottom = tile.y + (values.y + values.height) * tile.height / shape.h;
    draw_marker (drawing, (CnnViewBox){left, top, MAX (1, right - left), MAX (1, bottom - top)});
  }
}

/* The pointer is on the source: who sees this pixel? FALSE when it is not there. */
static gboolean
draw_seeing_values (const CnnViewDrawing *drawing)
{
  const CnnViewScene *scene = drawing->scene;
  const CnnViewBox source = drawing->layout->source;
  const gdouble u = (scene->pointer_x - source.x) / MAX (1, source.width);
  const gdouble v = (scene->pointer_y - source.y) / MAX (1, source.height);
  if (!scene->has_pointer || scene->step >= 0 || scene->field_rows < 1 || source.width == 0 ||
      !(u >= 0 && u < 1 && v >= 0 && v < 1))
    return FALSE;
  const gint y = (gint)(v * scene->field_rows), x = (gint)(u * scene->field_columns);
  gint top, bottom, left, right;
  range_that_sees (&scene->field.rows, y, drawing->shape.h, &top, &bottom);
  range_that_sees (&scene->field.columns, x, drawing->shape.w, &left, &right);
  gchar text[128];
  if (top > bottom || left > right)
    g_snprintf (text, sizeof text, "pixel y %d x %d: no value sees it", y, x);
  else
    g_snprintf (text, sizeof text, "pixel y %d x %d: seen by %d" TIMES "%d values of each map", y,
        x, bottom - top + 1, right - left + 1);
  if (top <= bottom && left <= right && !drawing->layout->bars)
    mark_values (drawing, (CnnViewBox){left, top, right - left + 1, bottom - top + 1});
  draw_marker (drawing, (CnnViewBox){source.x + x * source.width / scene->field_columns,
                            source.y + y * source.height / scene->field_rows,
                            MAX (1, source.width / scene->field_columns),
                            MAX (1, source.height / scene->field_rows)});
  cnn_view_draw_plate (drawing, (gint)scene->pointer_x + drawing->layout->text_size,
      (gint)scene->pointer_y + drawing->layout->text_size, text, CNN_VIEW_INK);
  return TRUE;
}

void
cnn_view_draw_readout (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gboolean beside_source = layout->source.width > 0 || layout->arithmetic.width > 0;
  const gboolean grid = drawing->scene->settings.channel < 0;
  Pointed pointed;
  if (draw_seeing_values (drawing))
    return;
  /* Over a plain grid only what its captions had no room for. */
  if ((grid && !layout->bars && !layout->row_names && !layout->column_names && !beside_source) ||
      !find_pointed (drawing, &pointed))
    return;
  if (!layout->bars && (beside_source || (!grid && layout->enlargement >= 4)))
    mark_value (drawing, &pointed);
  draw_field (drawing, pointed.y, pointed.x);
  cnn_view_draw_arithmetic (drawing, drawing->maps[pointed.index], pointed.y, pointed.x);
  if (drawing->scene->has_pointer && drawing->scene->step < 0 && layout->arithmetic.width == 0)
    draw_value (drawing, &pointed);
}
