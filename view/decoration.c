/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/decoration.h"

#include "view/image.h"

#include <math.h>
#include <string.h>

#define DOT "  \302\267  "
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

/* A dark plate with a line of text whose left top corner is near (x, y), inside the picture. */
static void
draw_plate (const CnnViewDrawing *drawing, gint x, gint y, const gchar *string, guint32 color)
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
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Which of the maps are shown; nothing when all are. In brief only where to look for the others. */
static void
describe_page (const CnnViewDrawing *drawing, gboolean brief, gchar *string, gsize size)
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
    g_snprintf (string, size, "channel %s of %d%s", low, total, page);
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
    describe_page (drawing, brief, details, sizeof details);
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
  const gint bytes = drawing->table->format.bytes;
  if (box.width < 1 || box.height < 1)
    return;
  guint8 *first = cnn_view_canvas_at (drawing->canvas, box.x, box.y);
  for (gint x = 0; x < box.width; x++)
    memcpy (first + x * bytes, &drawing->table->pixels[(gint64)x * CNN_VIEW_LEVELS / box.width],
        (gsize)bytes);
  for (gint y = 1; y < box.height; y++)
    memcpy (first + (gssize)y * drawing->canvas->stride, first, (gsize)(box.width * bytes));
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
      cnn_colormap_name (settings->colormap));
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

/* Rows of `box` from the height of one value to that of another. */
static CnnViewBox
span_between (CnnViewBox box, const CnnViewRange *range, gdouble a, gdouble b)
{
  gdouble width = range->max - range->min;
  gdouble top = width > 0 ? (range->max - MAX (a, b)) / width : 0;
  gdouble bottom = width > 0 ? (range->max - MIN (a, b)) / width : 1;
  gint first = (gint)(CLAMP (top, 0, 1) * (box.height - 1) + 0.5);
  gint last = (gint)(CLAMP (bottom, 0, 1) * (box.height - 1) + 0.5);
  return (CnnViewBox){box.x, box.y + first, box.width, MAX (1, last - first + 1)};
}

static void
fill_in_color_of (
    const CnnViewDrawing *drawing, CnnViewBox box, const CnnViewRange *range, gdouble value)
{
  gdouble width = range->max - range->min;
  gdouble shade = width > 0 ? CLAMP ((value - range->min) / width, 0, 1) : 0;
  gint level = MIN (CNN_VIEW_LEVELS - 1, (gint)(shade * CNN_VIEW_LEVELS));
  cnn_view_canvas_fill_pixel (drawing->canvas, box, drawing->table->pixels[level]);
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
      fill_in_color_of (drawing, span_between (box, &range, base, value), &range, value);
    } else {
      gint entry = isnan (value) ? CNN_VIEW_NAN
                   : value > 0   ? CNN_VIEW_PLUS_INFINITY
                                 : CNN_VIEW_MINUS_INFINITY;
      cnn_view_canvas_fill_pixel (drawing->canvas, box, drawing->table->pixels[entry]);
    }
  }
  if (drawing->layout->n_shown > 0) {
    CnnViewBox axis = cnn_view_layout_tile (drawing->layout, 0);
    const CnnViewRange *range = &drawing->intervals[0];
    gdouble base = CLAMP (0, range->min, range->max);
    axis.width = (drawing->layout->n_shown - 1) * drawing->layout->step_x + axis.width;
    cnn_view_canvas_fill (drawing->canvas, span_between (axis, range, base, base), CNN_VIEW_FAINT);
  }
}

/* ---- Over everything ------------------------------------------------------------------------- */

/* A frame of accent color with a dark line around it, seen on any ground. */
static void
draw_marker (const CnnViewDrawing *drawing, CnnViewBox box)
{
  cnn_view_canvas_frame (drawing->canvas, box, 3, 0x000000);
  cnn_view_canvas_frame (drawing->canvas, box, 2, CNN_VIEW_ACCENT);
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
  gint first_y = (gint)floor (CLAMP (top, 0, scene->field_rows) * row_scale);
  gint first_x = (gint)floor (CLAMP (left, 0, scene->field_columns) * column_scale);
  gint last_y = (gint)ceil (CLAMP (top + rows->size, 0, scene->field_rows) * row_scale);
  gint last_x = (gint)ceil (CLAMP (left + columns->size, 0, scene->field_columns) * column_scale);
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
  if (!scene->has_pointer) {
    *pointed = (Pointed){0, shape.h / 2, shape.w / 2};
    return drawing->layout->source.width > 0 && !drawing->layout->bars;
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
cnn_view_draw_kernels (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  Pointed pointed = {0, 0, 0};
  if (layout->kernels.width == 0)
    return;
  if (!find_pointed (drawing, &pointed))
    pointed.index = 0;
  const CnnViewWeightsRequest panel = {layout->kernels, layout->text_size, layout->caption_size,
      drawing->maps[pointed.index] % drawing->shape.c, drawing->scene->settings.channel < 0};
  cnn_view_weights_panel_draw (
      drawing->scene->kernels, &panel, drawing->scene->layer, drawing->text, drawing->canvas);
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
  draw_plate (drawing, (gint)scene->pointer_x + layout->text_size,
      (gint)scene->pointer_y + layout->text_size, string->str, CNN_VIEW_INK);
  g_string_free (string, TRUE);
}

void
cnn_view_draw_readout (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gboolean beside_source = layout->source.width > 0;
  const gboolean grid = drawing->scene->settings.channel < 0;
  Pointed pointed;
  /* Over a plain grid only what its captions had no room for. */
  if ((grid && !layout->bars && !layout->row_names && !layout->column_names && !beside_source) ||
      !find_pointed (drawing, &pointed))
    return;
  if (!layout->bars && (beside_source || (!grid && layout->enlargement >= 4)))
    mark_value (drawing, &pointed);
  draw_field (drawing, pointed.y, pointed.x);
  if (drawing->scene->has_pointer)
    draw_value (drawing, &pointed);
}

/* In the middle, above the maps. */
static void
draw_notice (const CnnViewDrawing *drawing)
{
  const CnnViewBox body = drawing->layout->body;
  const gint size = drawing->layout->text_size, line = size * 9 / 5;
  const gint width = cnn_view_drawing_width (drawing, size, drawing->scene->notice) + size;
  draw_plate (drawing, body.x + (body.width - width) / 2, body.y + line / 2, drawing->scene->notice,
      CNN_VIEW_ACCENT);
}

static void
draw_help (const CnnViewDrawing *drawing)
{
  static const gchar *const lines[][2] = {
      {"click", "one channel, again: the grid"},
      {"\342\206\220 \342\206\222 \342\206\221 \342\206\223", "next channel"},
      {"Page \342\206\221 \342\206\223", "next page"},
      {"Esc", "back to the grid"},
      {"c", "colormap"},
      {"n", "normalisation"},
      {"g", "gamma"},
      {"l", "labels"},
      {"t", "title"},
      {"b", "color bar"},
      {"k", "kernels"},
      {"space", "freeze"},
      {"h", "this help"},
  };
  const CnnViewCanvas *canvas = drawing->canvas;
  const gint n_lines = G_N_ELEMENTS (lines);
  gint size = CLAMP (canvas->height / (2 * n_lines + 4), 8, drawing->layout->text_size * 5 / 4);
  gint keys = 0, texts = 0, line = size * 9 / 5;
  for (gint i = 0; i < n_lines; i++) {
    keys = MAX (keys, cnn_view_drawing_width (drawing, size, lines[i][0]));
    texts = MAX (texts, cnn_view_drawing_width (drawing, size, lines[i][1]));
  }
  CnnViewBox box = {0, 0, keys + texts + 5 * size, n_lines * line + 2 * size};
  box.x = (canvas->width - box.width) / 2;
  box.y = (canvas->height - box.height) / 2;
  cnn_view_canvas_shade (canvas, box, 0x000000, 215);
  for (gint i = 0; i < n_lines; i++) {
    gint y = box.y + size + i * line + line / 2;
    gint right = box.x + 2 * size + keys - cnn_view_drawing_width (drawing, size, lines[i][0]);
    cnn_view_drawing_write (drawing, size, right, y, lines[i][0], CNN_VIEW_ACCENT);
    cnn_view_drawing_write (drawing, size, box.x + 3 * size + keys, y, lines[i][1], CNN_VIEW_INK);
  }
}

void
cnn_view_draw_overlay (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const CnnViewCanvas *canvas = drawing->canvas;
  if (layout->n_pages > 1 && layout->title.height == 0) {
    gchar string[160];
    describe_page (drawing, FALSE, string, sizeof string);
    draw_plate (drawing, canvas->width, canvas->height, string, CNN_VIEW_INK);
  }
  if (drawing->scene->settings.freeze) {
    gint size = layout->text_size, top = layout->title.height + size / 2;
    CnnViewBox bar = {canvas->width - 2 * size, top + size / 2, size / 3, size};
    cnn_view_canvas_shade (
        canvas, (CnnViewBox){bar.x - size / 2, top, size * 2, size * 2}, 0x000000, 200);
    cnn_view_canvas_fill (canvas, bar, CNN_VIEW_ACCENT);
    bar.x += size * 2 / 3;
    cnn_view_canvas_fill (canvas, bar, CNN_VIEW_ACCENT);
  }
  if (drawing->scene->notice && *drawing->scene->notice != '\0')
    draw_notice (drawing);
  if (drawing->scene->settings.help)
    draw_help (drawing);
}
