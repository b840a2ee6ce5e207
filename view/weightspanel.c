/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/weightspanel.h"

#include "view/colormap.h"
#include "view/decoration.h"
#include "view/values.h"
#include "view/weightsgrid.h"

#include <math.h>
#include <string.h>

#define TIMES "\303\227"

struct _CnnViewWeightsPanel {
  CnnViewWeights weights;

  /* What was drawn last, and for what. */
  CnnViewCanvas drawn;
  gsize drawn_bytes;
  gboolean is_drawn;
  CnnViewWeightsRequest request;
  gboolean named;

  CnnViewTable table;
};

/* What is being drawn. */
typedef struct {
  const CnnViewWeightsPanel *panel;
  const CnnViewWeightsRequest *request;
  const CnnViewCanvas *canvas;
  CnnViewText *text;
} Drawing;

CnnViewWeightsPanel *
cnn_view_weights_panel_new (void)
{
  return g_new0 (CnnViewWeightsPanel, 1);
}

void
cnn_view_weights_panel_free (CnnViewWeightsPanel *panel)
{
  if (!panel)
    return;
  g_free (panel->drawn.pixels);
  g_free (panel);
}

void
cnn_view_weights_panel_set (CnnViewWeightsPanel *panel, const CnnViewWeights *weights)
{
  panel->weights = weights ? *weights : (CnnViewWeights){.values = NULL};
  panel->is_drawn = FALSE;
}

gboolean
cnn_view_weights_panel_exist (const CnnViewWeightsPanel *panel)
{
  return panel->weights.values != NULL;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* The values of one output's kernel for one input channel: row by row. */
static const gfloat *
slice_of (const CnnViewWeightsPanel *panel, gint output, gint input)
{
  const CnnViewWeights *weights = &panel->weights;
  gsize size = (gsize)weights->rows * (gsize)weights->columns;
  return weights->values + ((gsize)output * (gsize)weights->in_channels + (gsize)input) * size;
}

static gsize
kernel_size (const CnnViewWeightsPanel *panel)
{
  const CnnViewWeights *weights = &panel->weights;
  return (gsize)weights->in_channels * (gsize)weights->rows * (gsize)weights->columns;
}

/* The greatest finite distance from 0. */
static gdouble
greatest (const gfloat *values, gsize count)
{
  gdouble most = 0;
  for (gsize i = 0; i < count; i++)
    if (isfinite (values[i]))
      most = MAX (most, fabs ((gdouble)values[i]));
  return most;
}

static gboolean
is_pointwise (const CnnViewWeightsPanel *panel)
{
  return panel->weights.rows == 1 && panel->weights.columns == 1;
}

/* Red, green and blue of a picture: such a kernel is one, too. */
static gboolean
has_colors (const CnnViewWeightsPanel *panel)
{
  return panel->weights.first && panel->weights.in_channels == 3 && !is_pointwise (panel);
}

/* ---- Pictures -------------------------------------------------------------------------------- */

static guint32
color_of (const Drawing *drawing, gdouble value, gdouble most)
{
  const CnnViewTable *table = &drawing->panel->table;
  if (isnan (value))
    return table->pixels[CNN_VIEW_NAN];
  if (isinf (value))
    return table->pixels[value > 0 ? CNN_VIEW_PLUS_INFINITY : CNN_VIEW_MINUS_INFINITY];
  gdouble level = most > 0 ? (value / most + 1) * (CNN_VIEW_LEVELS / 2) : CNN_VIEW_LEVELS / 2;
  return table->pixels[CLAMP ((gint)level, 0, CNN_VIEW_LEVELS - 1)];
}

static void
fill_cell (const Drawing *drawing, const CnnViewWeightsGrid *grid, gint item, gint y, gint x,
    guint32 pixel)
{
  CnnViewBox box = cnn_view_weights_grid_item (grid, item);
  cnn_view_canvas_fill_pixel (drawing->canvas,
      (CnnViewBox){box.x + x * grid->cell, box.y + y * grid->cell, grid->cell, grid->cell}, pixel);
}

/* The numbers of a slice in its cells, where they have room. */
static void
write_values (const Drawing *drawing, const CnnViewWeightsGrid *grid, gint item,
    const gfloat *values, gint stride, gdouble most)
{
  const CnnViewWeightsRequest *request = drawing->request;
  const gint least = request->values == CNN_VIEW_VALUES_AUTO ? request->caption_size * 5 / 6 : 8;
  if (request->values == CNN_VIEW_VALUES_OFF || grid->cell < 2 * least)
    return;
  const CnnViewBox box = cnn_view_weights_grid_item (grid, item);
  GArray *shown = g_array_new (FALSE, FALSE, sizeof (gfloat));
  for (gint y = 0; y < grid->rows_of_item; y++)
    g_array_append_vals (shown, values + (gsize)y * (gsize)stride, (guint)grid->columns_of_item);
  const gfloat *numbers = (const gfloat *)(gconstpointer)shown->data;
  const CnnViewValuesFormat format = cnn_view_values_fit (
      drawing->text, numbers, shown->len, grid->cell, grid->cell, least, request->text_size);
  for (gint i = 0; format.size > 0 && i < (gint)shown->len; i++)
    cnn_view_values_write (drawing->text, drawing->canvas, format,
        (CnnViewBox){box.x + i % grid->columns_of_item * grid->cell,
            box.y + i / grid->columns_of_item * grid->cell, grid->cell, grid->cell},
        numbers[i], color_of (drawing, numbers[i], most));
  g_array_unref (shown);
}

/* Blue below 0, red above. Rows of `values` are `stride` apart. */
static void
draw_slice (const Drawing *drawing, const CnnViewWeightsGrid *grid, gint item, const gfloat *values,
    gint stride, gdouble most)
{
  for (gint y = 0; y < grid->rows_of_item; y++)
    for (gint x = 0; x < grid->columns_of_item; x++)
      fill_cell (drawing, grid, item, y, x,
          color_of (drawing, values[(gsize)y * (gsize)stride + (gsize)x], most));
  write_values (drawing, grid, item, values, stride, most);
}

static guint32
shade_of (gdouble value, gdouble most)
{
  gdouble shade = most > 0 ? value / most : 0;
  return isfinite (shade) ? (guint32)(CLAMP (127.5 + 127.5 * shade, 0, 255) + 0.5) : 0;
}

/* What a kernel of three colors looks for, as a color: gray is 0. */
static void
draw_colors (const Drawing *drawing, const CnnViewWeightsGrid *grid, gint item, gint output)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const gfloat *planes[3];
  for (gint c = 0; c < 3; c++)
    planes[c] = slice_of (panel, output, c);
  gdouble most = greatest (planes[0], kernel_size (panel));
  for (gint y = 0; y < grid->rows_of_item; y++)
    for (gint x = 0; x < grid->columns_of_item; x++) {
      gint i = y * grid->columns_of_item + x;
      guint32 color = shade_of (planes[0][i], most) << 16 | shade_of (planes[1][i], most) << 8 |
                      shade_of (planes[2][i], most);
      fill_cell (drawing, grid, item, y, x, cnn_pixel (&drawing->canvas->format, color));
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

static gint
write_text (
    const Drawing *drawing, gint size, gint x, gint middle, const gchar *string, guint32 color)
{
  return cnn_view_text_draw (drawing->text, drawing->canvas, size, x, middle, string, color);
}

static gint
width_of (const Drawing *drawing, gint size, const gchar *string)
{
  return cnn_view_text_width (drawing->text, size, string);
}

/* As much of two words as fits on a line: the first, and the second after it. */
static void
draw_heading (const Drawing *drawing, gint middle, const gchar *name, const gchar *details)
{
  const gint width = drawing->request->box.width;
  gint size = drawing->request->text_size;
  if (width_of (drawing, size, name) > width)
    return;
  gint x = write_text (drawing, size, 0, middle, name, CNN_VIEW_INK) + size / 2;
  if (x + width_of (drawing, size, details) > width)
    size = drawing->request->caption_size;
  if (x + width_of (drawing, size, details) <= width)
    write_text (drawing, size, x, middle, details, CNN_VIEW_FAINT);
}

static void
describe (const Drawing *drawing, gboolean all, gint output, gchar *name, gsize name_size,
    gchar *details, gsize details_size)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const CnnViewWeights *weights = &panel->weights;
  const gchar *of = panel->named ? " of " : "",
              *element = panel->named ? panel->weights.element : "";
  if (all && is_pointwise (panel)) {
    g_snprintf (name, name_size, "kernels%s%s", of, element);
    g_snprintf (details, details_size, "%d outputs " TIMES " %d inputs", weights->out_channels,
        weights->in_channels);
    return;
  }
  if (all)
    g_snprintf (name, name_size, "%d kernel%s%s%s", weights->out_channels,
        weights->out_channels == 1 ? "" : "s", of, element);
  else
    g_snprintf (name, name_size, "kernel %d%s%s", output, of, element);
  if (weights->in_channels > 1)
    g_snprintf (details, details_size, "%d" TIMES "%d, %d channels", weights->rows,
        weights->columns, weights->in_channels);
  else
    g_snprintf (details, details_size, "%d" TIMES "%d", weights->rows, weights->columns);
}

static void
draw_scale (const Drawing *drawing, CnnViewBox box)
{
  for (gint x = 0; x < box.width; x++)
    cnn_view_canvas_fill_pixel (drawing->canvas, (CnnViewBox){box.x + x, box.y, 1, box.height},
        drawing->panel->table.pixels[(gint64)x * CNN_VIEW_LEVELS / box.width]);
}

/* -m [blue to red] m   note */
static void
draw_range (
    const Drawing *drawing, gint middle, const gchar *low, const gchar *high, const gchar *note)
{
  const gint size = drawing->request->caption_size, width = drawing->request->box.width;
  gint bar = 5 * size;
  gint x = width_of (drawing, size, low) + width_of (drawing, size, high) + bar + size;
  if (x > width)
    return;
  x = write_text (drawing, size, 0, middle, low, CNN_VIEW_INK) + size / 2;
  draw_scale (drawing, (CnnViewBox){x, middle - size / 3, bar, MAX (1, size * 2 / 3)});
  x = write_text (drawing, size, x + bar + size / 2, middle, high, CNN_VIEW_INK) + size;
  if (x + width_of (drawing, size, note) <= width)
    write_text (drawing, size, x, middle, note, CNN_VIEW_FAINT);
}

/* ---- The panel ------------------------------------------------------------------------------- */

static CnnViewWeightsGrid
start_grid (const Drawing *drawing, gint n_items, gint rows, gint columns, gint caption)
{
  const CnnViewWeightsRequest *request = drawing->request;
  gint heading = request->text_size * 9 / 5, footing = request->caption_size * 9 / 5;
  /* The mark around a picture at the edge needs its room. */
  CnnViewWeightsGrid grid = {.n_items = n_items,
      .rows_of_item = rows,
      .columns_of_item = columns,
      .caption = caption,
      .box = {2, heading + 2, request->box.width - 4, request->box.height - heading - footing - 4}};
  return grid;
}

static gint
footing_middle (const Drawing *drawing, const CnnViewWeightsGrid *grid)
{
  return grid->box.y + cnn_view_weights_grid_height (grid) + 2 +
         drawing->request->caption_size * 9 / 10;
}

static void
note_missing (
    const CnnViewWeightsGrid *grid, gint first, const gchar *what, gchar *note, gsize size)
{
  if (grid->n_shown == 0)
    g_snprintf (note, size, "no room to draw the %s", what);
  else if (grid->n_shown < grid->n_items)
    g_snprintf (
        note, size, "%s %d to %d of %d", what, first, first + grid->n_shown - 1, grid->n_items);
}

static void
mark (const Drawing *drawing, CnnViewBox box)
{
  cnn_view_canvas_frame (drawing->canvas, box, 2, CNN_VIEW_ACCENT);
}

/* A small picture of every kernel, in its own range. */
static void
draw_all (const Drawing *drawing, gint marked)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const CnnViewWeights *weights = &panel->weights;
  CnnViewWeightsGrid grid =
      start_grid (drawing, weights->out_channels, weights->rows, weights->columns, 0);
  cnn_view_weights_grid_fit (&grid, drawing->request->text_size);
  /* Of more than fit, those around the marked one. */
  const gint first = grid.n_shown > 0 ? marked / grid.n_shown * grid.n_shown : 0;
  grid.n_shown = MIN (grid.n_shown, grid.n_items - first);
  for (gint i = 0; i < grid.n_shown; i++) {
    const gfloat *values = slice_of (panel, first + i, 0);
    if (has_colors (panel))
      draw_colors (drawing, &grid, i, first + i);
    else
      draw_slice (
          drawing, &grid, i, values, weights->columns, greatest (values, kernel_size (panel)));
  }
  if (grid.n_shown > 0)
    mark (drawing, cnn_view_weights_grid_item (&grid, marked - first));
  gchar note[96] = "each in its own range";
  if (has_colors (panel))
    g_strlcpy (note, "gray is 0, each in its own range", sizeof note);
  note_missing (&grid, first, "kernels", note, sizeof note);
  gint middle = footing_middle (drawing, &grid);
  if (!has_colors (panel))
    draw_range (drawing, middle, "\342\210\222", "+", note);
  else if (width_of (drawing, drawing->request->caption_size, note) <= drawing->request->box.width)
    write_text (drawing, drawing->request->caption_size, 0, middle, note, CNN_VIEW_FAINT);
}

static void
draw_range_of (
    const Drawing *drawing, const CnnViewWeightsGrid *grid, gdouble most, const gchar *note)
{
  gchar low[CNN_VIEW_NUMBER_SIZE], high[CNN_VIEW_NUMBER_SIZE];
  cnn_view_number (low, -most, CNN_VIEW_DIGITS);
  cnn_view_number (high, most, CNN_VIEW_DIGITS);
  draw_range (drawing, footing_middle (drawing, grid), low, high, note);
}

/* Kernels of one value a channel are the rows of a matrix. */
static void
draw_matrix (const Drawing *drawing, gint marked)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const CnnViewWeights *weights = &panel->weights;
  const gfloat *values = slice_of (panel, 0, 0);
  CnnViewWeightsGrid grid = start_grid (drawing, 1, weights->out_channels, weights->in_channels, 0);
  grid.rows_of_item = MAX (1, MIN (grid.rows_of_item, grid.box.height));
  grid.columns_of_item = MAX (1, MIN (grid.columns_of_item, grid.box.width));
  cnn_view_weights_grid_fit (&grid, drawing->request->text_size);
  gdouble most = greatest (values, (gsize)weights->out_channels * kernel_size (panel));
  if (grid.n_shown > 0)
    draw_slice (drawing, &grid, 0, values, weights->in_channels, most);
  if (grid.n_shown > 0 && marked < grid.rows_of_item) {
    CnnViewBox row = cnn_view_weights_grid_item (&grid, 0);
    row.y += marked * grid.cell;
    row.height = grid.cell;
    mark (drawing, row);
  }
  gchar note[96] = "";
  if (grid.rows_of_item < weights->out_channels || grid.columns_of_item < weights->in_channels)
    g_snprintf (
        note, sizeof note, "the first %d" TIMES "%d", grid.rows_of_item, grid.columns_of_item);
  draw_range_of (drawing, &grid, most, note);
}

/* Below the pictures of a kernel of colors. */
static void
draw_names (const Drawing *drawing, const CnnViewWeightsGrid *grid)
{
  static const gchar *const names[] = {"color", "red", "green", "blue"};
  static const gchar *const short_names[] = {"RGB", "R", "G", "B"};
  const gint size = drawing->request->caption_size;
  const gboolean wide = width_of (drawing, size, names[0]) <= grid->columns_of_item * grid->cell;
  for (gint i = 0; i < grid->n_shown; i++) {
    CnnViewBox box = cnn_view_weights_grid_item (grid, i);
    const gchar *name = wide ? names[i] : short_names[i];
    if (width_of (drawing, size, name) <= box.width)
      write_text (drawing, size, box.x, box.y + box.height + size * 3 / 4, name, CNN_VIEW_FAINT);
  }
}

/* One kernel, a picture for each channel it looks at; one of colors before them, as a picture. */
static void
draw_one (const Drawing *drawing, gint output)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const CnnViewWeights *weights = &panel->weights;
  const gint before = has_colors (panel) ? 1 : 0;
  CnnViewWeightsGrid grid = start_grid (drawing, weights->in_channels + before, weights->rows,
      weights->columns, before * drawing->request->caption_size * 3 / 2);
  cnn_view_weights_grid_fit (&grid, 3 * drawing->request->text_size);
  gdouble most = greatest (slice_of (panel, output, 0), kernel_size (panel));
  for (gint i = 0; i < grid.n_shown; i++) {
    if (i < before)
      draw_colors (drawing, &grid, i, output);
    else
      draw_slice (drawing, &grid, i, slice_of (panel, output, i - before), weights->columns, most);
  }
  if (before)
    draw_names (drawing, &grid);
  gchar note[96] = "";
  note_missing (&grid, 0, before ? "pictures" : "channels", note, sizeof note);
  draw_range_of (drawing, &grid, most, note);
}

static void
draw_panel (const Drawing *drawing)
{
  const CnnViewWeightsPanel *panel = drawing->panel;
  const CnnViewWeightsRequest *request = drawing->request;
  const gint output = request->channel % panel->weights.out_channels;
  const gboolean one_picture = panel->weights.in_channels == 1 || has_colors (panel);
  const gboolean all = request->all && (one_picture || is_pointwise (panel));
  gchar name[128], details[96];
  describe (drawing, all, output, name, sizeof name, details, sizeof details);
  draw_heading (drawing, request->text_size * 9 / 10, name, details);
  if (all && is_pointwise (panel))
    draw_matrix (drawing, output);
  else if (all)
    draw_all (drawing, output);
  else
    draw_one (drawing, output);
}

/* A canvas of the panel's size to draw on. */
static void
prepare (CnnViewWeightsPanel *panel, CnnViewBox box, const CnnPixelFormat *format)
{
  gsize stride = (gsize)box.width * (gsize)format->bytes, bytes = stride * (gsize)box.height;
  if (bytes > panel->drawn_bytes) {
    g_free (panel->drawn.pixels);
    panel->drawn.pixels = g_malloc (bytes);
    panel->drawn_bytes = bytes;
  }
  panel->drawn.stride = (gint)stride;
  panel->drawn.width = box.width;
  panel->drawn.height = box.height;
  panel->drawn.format = *format;
  cnn_colormap_fill (&panel->table, CNN_COLORMAP_COOLWARM, 1, TRUE, format);
  cnn_view_canvas_fill (
      &panel->drawn, (CnnViewBox){0, 0, box.width, box.height}, CNN_VIEW_BACKGROUND);
}

void
cnn_view_weights_panel_draw (CnnViewWeightsPanel *panel, const CnnViewWeightsRequest *request,
    const gchar *layer, CnnViewText *text, const CnnViewCanvas *canvas)
{
  const CnnViewBox box = request->box;
  const gboolean named = g_strcmp0 (layer, panel->weights.element) != 0;
  if (!panel->is_drawn || named != panel->named ||
      memcmp (request, &panel->request, sizeof *request) != 0 ||
      memcmp (&canvas->format, &panel->drawn.format, sizeof canvas->format) != 0) {
    panel->request = *request;
    panel->named = named;
    prepare (panel, box, &canvas->format);
    const Drawing drawing = {panel, request, &panel->drawn, text};
    draw_panel (&drawing);
    panel->is_drawn = TRUE;
  }
  const CnnViewCanvas *drawn = &panel->drawn;
  for (gint y = 0; y < box.height; y++)
    memcpy (cnn_view_canvas_at (canvas, box.x, box.y + y), cnn_view_canvas_at (drawn, 0, y),
        (gsize)drawn->stride);
}
