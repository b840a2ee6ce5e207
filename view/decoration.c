/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/decoration.h"

#include "view/image.h"

#include <math.h>
#include <string.h>

#define DOT "  \302\267  "
#define TIMES "\303\227"
#define DASH "\342\200\223"

gdouble
cnn_view_drawing_value (const CnnViewDrawing *drawing, gint map, gint y, gint x)
{
  const gint channels = drawing->shape.c;
  return cnn_view_image_value (drawing->image, map / channels, y, x, map % channels);
}

gint
cnn_view_drawing_write (
    const CnnViewDrawing *drawing, gint size, gint x, gint y, const gchar *string, guint32 color)
{
  return cnn_view_text_draw (drawing->text, drawing->canvas, size, x, y, string, color);
}

gint
cnn_view_drawing_width (const CnnViewDrawing *drawing, gint size, const gchar *string)
{
  return cnn_view_text_width (drawing->text, size, string);
}

void
cnn_view_draw_plate (
    const CnnViewDrawing *drawing, gint x, gint y, const gchar *string, guint32 color)
{
  const CnnViewCanvas *canvas = drawing->canvas;
  gint size = drawing->layout->text_size;
  gint width = cnn_view_drawing_width (drawing, size, string) + size, height = size * 9 / 5;
  x = MAX (0, MIN (x, canvas->width - width));
  y = MAX (0, MIN (y, canvas->height - height));
  cnn_view_canvas_shade (canvas, (CnnViewBox){x, y, width, height}, 0x000000, 200);
  cnn_view_drawing_write (drawing, size, x + size / 2, y + height / 2, string, color);
}

void
cnn_view_name_map (CnnShape shape, const gchar *const *names, gint map, gchar *name)
{
  gchar number[16], entry[16] = "";
  g_snprintf (number, sizeof number, "%d", map % shape.c);
  if (shape.n > 1)
    g_snprintf (entry, sizeof entry, "%d:", map / shape.c);
  g_snprintf (name, CNN_VIEW_NAME_SIZE, "%s%s", entry, names ? names[map % shape.c] : number);
  /* A long one may be cut within a letter. */
  const gchar *end;
  if (!g_utf8_validate (name, -1, &end))
    name[end - name] = '\0';
}

/* ---- Lines ----------------------------------------------------------------------------------- */

void
cnn_view_describe_page (const CnnViewDrawing *drawing, gboolean brief, gchar *string, gsize size)
{
  const CnnViewLayout *layout = drawing->layout;
  const gint total = drawing->shape.n * drawing->shape.c, last = layout->n_shown - 1;
  gchar low[CNN_VIEW_NAME_SIZE], high[CNN_VIEW_NAME_SIZE], page[48] = "";
  cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[0], low);
  cnn_view_name_map (drawing->shape, drawing->scene->names, drawing->maps[last], high);
  if (layout->n_pages > 1)
    g_snprintf (page, sizeof page, DOT "page %d of %d", layout->page + 1, layout->n_pages);
  if (brief && drawing->scene->settings.channel >= 0)
    g_snprintf (string, size, "channel %s", low);
  else if (brief && layout->n_pages > 1)
    g_snprintf (string, size, "%d/%d", layout->page + 1, layout->n_pages);
  else if (brief)
    *string = '\0';
  else if (drawing->scene->settings.channel >= 0 || (last == 0 && total > 1))
    g_snprintf (string, size, "channel %s of 0" DASH "%d%s", low, total - 1, page);
  else if (last + 1 == total)
    *string = '\0';
  else if (drawing->maps[last] - drawing->maps[0] == last)
    g_snprintf (string, size, "channels %s" DASH "%s of %d%s", low, high, total, page);
  else
    g_snprintf (string, size, "%d of %d channels%s", last + 1, total, page);
}

/* Cuts the title at its parts until it is narrow enough or one part is left. Returns its width. */
static gint
shorten_title (const CnnViewDrawing *drawing, gint room, gchar *title)
{
  const gint size = drawing->layout->text_size;
  gint width = cnn_view_drawing_width (drawing, size, title);
  for (gchar *end; width > room && (end = g_strrstr (title, CNN_VIEW_TITLE_GAP)) != NULL;) {
    *end = '\0';
    width = cnn_view_drawing_width (drawing, size, title);
  }
  return width;
}

/* The title on the left, on the right which of the maps are shown: in few words, and with less of the title,
 * where there is little room. */
void
cnn_view_draw_title (const CnnViewDrawing *drawing)
{
  const CnnViewBox box = drawing->layout->title;
  if (box.height == 0)
    return;
  const gint size = drawing->layout->text_size, middle = box.y + box.height / 2;
  gchar details[160], *title = g_strdup (drawing->scene->title);
  gint room = 0;
  for (gint brief = FALSE; brief <= TRUE; brief++) {
    cnn_view_describe_page (drawing, brief, details, sizeof details);
    room = box.width - size;
    if (*details != '\0')
      room -= cnn_view_drawing_width (drawing, size, details) + size;
    if (cnn_view_drawing_width (drawing, size, title) <= room)
      break;
  }
  if (shorten_title (drawing, room, title) <= room || *details == '\0')
    cnn_view_drawing_write (drawing, size, box.x + size / 2, middle, title, CNN_VIEW_INK);
  const gint right = box.x + box.width - size / 2;
  cnn_view_drawing_write (drawing, size, right - cnn_view_drawing_width (drawing, size, details),
      middle, details, CNN_VIEW_FAINT);
  g_free (title);
}

static void
draw_color_bar (const CnnViewDrawing *drawing, CnnViewBox box)
{
  const CnnViewRange *range = &drawing->intervals[0];
  for (gint x = 0; x < box.width; x++) {
    gint level = (gint)((gint64)x * CNN_VIEW_LEVELS / box.width);
    if (drawing->layout->bars)
      level = cnn_view_drawing_level (
          drawing, range, range->min + (range->max - range->min) * x / box.width);
    cnn_view_canvas_fill_pixel (drawing->canvas, (CnnViewBox){box.x + x, box.y, 1, box.height},
        drawing->table->pixels[level]);
  }
}

static void
describe_colors (const CnnViewDrawing *drawing, gchar *string, gsize size)
{
  const CnnViewSettings *settings = &drawing->scene->settings;
  CnnViewNormalize range = settings->normalize;
  gchar gamma[48] = "";
  if (settings->gamma != 1) {
    gchar number[CNN_VIEW_NUMBER_SIZE];
    cnn_view_number (number, settings->gamma, CNN_VIEW_DIGITS);
    g_snprintf (gamma, sizeof gamma, DOT "gamma %s", number);
  }
  if (drawing->layout->bars && range == CNN_VIEW_NORMALIZE_CHANNEL)
    range = CNN_VIEW_NORMALIZE_LAYER;
  g_snprintf (string, size, "%s%s" DOT "%s", cnn_view_normalize_words (range), gamma,
      cnn_colormap_name (drawing->colormap));
}

/* low [colors] high   what the range is ... not a number: n */
void
cnn_view_draw_legend (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const CnnViewBox box = layout->legend;
  if (box.height == 0)
    return;
  const gint size = layout->text_size, middle = box.y + box.height / 2;
  const gboolean one_range = drawing->scene->settings.normalize != CNN_VIEW_NORMALIZE_CHANNEL ||
                             layout->n_shown == 1 || layout->bars;
  gchar low[CNN_VIEW_NUMBER_SIZE] = "min", high[CNN_VIEW_NUMBER_SIZE] = "max";
  if (one_range) {
    cnn_view_number_range (
        low, high, drawing->intervals[0].min, drawing->intervals[0].max, CNN_VIEW_DIGITS);
  }
  gint x = cnn_view_drawing_write (drawing, size, box.x + size / 2, middle, low, CNN_VIEW_INK) +
           size / 2;
  gint bar = CLAMP (box.width / 4, 24, 20 * size);
  gint left = box.x + box.width - x - cnn_view_drawing_width (drawing, size, high) - size;
  bar = MAX (0, MIN (bar, left));
  draw_color_bar (drawing, (CnnViewBox){x, box.y + box.height / 4, bar, MAX (1, box.height / 2)});
  x = cnn_view_drawing_write (drawing, size, x + bar + size / 2, middle, high, CNN_VIEW_INK) +
      2 * size;

  gchar string[128];
  describe_colors (drawing, string, sizeof string);
  if (x + cnn_view_drawing_width (drawing, size, string) < box.x + box.width - size)
    x = cnn_view_drawing_write (drawing, size, x, middle, string, CNN_VIEW_FAINT) + 2 * size;
  if (drawing->not_finite > 0) {
    g_snprintf (
        string, sizeof string, "%" G_GSIZE_FORMAT " NaN or \342\210\236", drawing->not_finite);
    gint width = cnn_view_drawing_width (drawing, size, string) + size;
    if (x + width < box.x + box.width)
      cnn_view_drawing_write (
          drawing, size, box.x + box.width - width, middle, string, CNN_VIEW_NAN_COLOR);
  }
}

/* ---- Bars ------------------------------------------------------------------------------------ */

/* The part of a bar's box from one value to another. */
static CnnViewBox
span_between (
    const CnnViewDrawing *drawing, CnnViewBox box, const CnnViewRange *range, gdouble a, gdouble b)
{
  const gboolean lying = drawing->layout->lying;
  const gint length = lying ? box.width : box.height;
  gdouble width = range->max - range->min;
  /* From the top, or from the left. */
  gdouble start = width > 0 ? (range->max - MAX (a, b)) / width : 0;
  gdouble end = width > 0 ? (range->max - MIN (a, b)) / width : 1;
  if (lying) {
    const gdouble left = width > 0 ? 1 - end : 0;
    end = width > 0 ? 1 - start : 1;
    start = left;
  }
  gint first = (gint)(CLAMP (start, 0, 1) * (length - 1) + 0.5);
  gint last = (gint)(CLAMP (end, 0, 1) * (length - 1) + 0.5);
  const gint span = MAX (1, last - first + 1);
  return lying ? (CnnViewBox){box.x + first, box.y, span, box.height}
               : (CnnViewBox){box.x, box.y + first, box.width, span};
}

gint
cnn_view_drawing_level (const CnnViewDrawing *drawing, const CnnViewRange *range, gdouble value)
{
  gdouble low = range->min, high = range->max;
  if (isnan (value))
    return CNN_VIEW_NAN;
  if (isinf (value))
    return value > 0 ? CNN_VIEW_PLUS_INFINITY : CNN_VIEW_MINUS_INFINITY;
  if (drawing->layout->bars && drawing->colormap == CNN_COLORMAP_COOLWARM) {
    high = MAX (fabs (low), fabs (high));
    low = -high;
  }
  const gdouble shade = high > low ? CLAMP ((value - low) / (high - low), 0, 1) : 0;
  return MIN (CNN_VIEW_LEVELS - 1, (gint)(shade * CNN_VIEW_LEVELS));
}

/* With a line around it: some colors are those of the ground. */
static void
draw_bar (const CnnViewDrawing *drawing, CnnViewBox box, const CnnViewRange *range, gdouble value)
{
  const guint32 pixel = drawing->table->pixels[cnn_view_drawing_level (drawing, range, value)];
  if (box.width >= 6 && box.height >= 3) {
    cnn_view_canvas_fill (drawing->canvas, box, CNN_VIEW_FAINT);
    box = (CnnViewBox){box.x + 1, box.y + 1, box.width - 2, box.height - 2};
  }
  cnn_view_canvas_fill_pixel (drawing->canvas, box, pixel);
}

void
cnn_view_draw_bars (const CnnViewDrawing *drawing)
{
  for (gint i = 0; i < drawing->layout->n_shown; i++) {
    CnnViewBox box = cnn_view_layout_tile (drawing->layout, i);
    CnnViewRange range = drawing->intervals[i];
    gdouble value = cnn_view_drawing_value (drawing, drawing->maps[i], 0, 0);
    gdouble base = CLAMP (0, range.min, range.max);
    if (isfinite (value)) {
      cnn_view_canvas_shade (drawing->canvas, box, 0xffffff, 10);
      draw_bar (drawing, span_between (drawing, box, &range, base, value), &range, value);
    } else {
      const gint level = cnn_view_drawing_level (drawing, &range, value);
      cnn_view_canvas_fill_pixel (drawing->canvas, box, drawing->table->pixels[level]);
    }
  }
  if (drawing->layout->n_shown > 0) {
    CnnViewBox axis = cnn_view_layout_tile (drawing->layout, 0);
    const CnnViewRange *range = &drawing->intervals[0];
    gdouble base = CLAMP (0, range->min, range->max);
    const gint others = drawing->layout->n_shown - 1;
    if (drawing->layout->lying)
      axis.height += others * drawing->layout->step_y;
    else
      axis.width += others * drawing->layout->step_x;
    cnn_view_canvas_fill (
        drawing->canvas, span_between (drawing, axis, range, base, base), CNN_VIEW_FAINT);
  }
}
