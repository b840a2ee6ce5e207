/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/arithmeticpanel.h"

#include "view/arithmetic.h"

#include <math.h>

#define TIMES "\303\227"
/* Longer sums are counted, not written out. */
#define MAX_WRITTEN 9

/* ---- Cells ----------------------------------------------------------------------------------- */

/* Larger windows are not drawn. */
#define MAX_SIDE 17
/* An input this small, with its padding, is drawn whole. */
#define WHOLE_SIDE 9

typedef struct {
  gint rows, columns;
  gfloat values[MAX_SIDE * MAX_SIDE];
  guint32 pixels[MAX_SIDE * MAX_SIDE];
} Cells;

/* What is drawn for one value, and of which part of the input. */
typedef struct {
  const CnnViewDrawing *drawing;
  const CnnViewOperation *op;
  const CnnImage *input;
  gint batch, y, x, output_channel;
  CnnViewReach window_rows, window_columns;
  CnnViewReach rows, columns; /* of the patch; step 1 */
  gboolean draws_cells, has_kernel;
  gint n_channels, n_drawn; /* of the input: that count, and that there is room for */
  gint cell;
} Lesson;

static CnnViewReach
patch_of (CnnViewReach window, const CnnAxis *axis, gint input)
{
  const gint after = axis->rule == CNN_SIZE_ADAPTIVE ? 0 : axis->padding_after;
  const gint before = axis->rule == CNN_SIZE_ADAPTIVE ? 0 : axis->padding_before;
  const gint last = window.first + (window.count - 1) * window.step;
  if (before + input + after <= WHOLE_SIDE)
    return (CnnViewReach){-before, 1, MAX (last, input + after - 1) + before + 1};
  /* What lies around a window tells where it is; a single value has nothing around it. */
  const gint around = window.count > 1 ? 1 : 0;
  return (CnnViewReach){window.first - around, 1, last - window.first + 1 + 2 * around};
}

static void
draw_cells (const Lesson *lesson, const Cells *cells, gint x, gint y)
{
  const CnnViewDrawing *drawing = lesson->drawing;
  const gint cell = lesson->cell;
  const CnnViewBox box = {x, y, cells->columns * cell, cells->rows * cell};
  for (gint i = 0; i < cells->rows * cells->columns; i++)
    cnn_view_canvas_fill_pixel (drawing->canvas,
        (CnnViewBox){x + i % cells->columns * cell, y + i / cells->columns * cell, cell, cell},
        cells->pixels[i]);
  cnn_view_values_rule (drawing->canvas, box, cells->columns, cells->rows);
  const CnnViewValuesFormat format = cnn_view_values_fit (drawing->text, cells->values,
      (gsize)cells->rows * (gsize)cells->columns, cell, cell, 8, 2 * drawing->layout->text_size);
  for (gint i = 0; format.size > 0 && i < cells->rows * cells->columns; i++)
    cnn_view_values_write (drawing->text, drawing->canvas, format,
        (CnnViewBox){x + i % cells->columns * cell, y + i / cells->columns * cell, cell, cell},
        cells->values[i], cells->pixels[i]);
}

/* Blue below 0, red above. */
static void
color_around_zero (const Lesson *lesson, Cells *cells)
{
  const gint count = cells->rows * cells->columns;
  gdouble most = 0;
  for (gint i = 0; i < count; i++)
    if (isfinite (cells->values[i]))
      most = MAX (most, fabs ((gdouble)cells->values[i]));
  for (gint i = 0; i < count; i++) {
    const gdouble shade = most > 0 ? cells->values[i] / most : 0;
    const gint index = isfinite (shade) ? (gint)CLAMP (127.5 + 127.5 * shade, 0, 255) : 127;
    cells->pixels[i] = cnn_pixel (
        &lesson->drawing->canvas->format, cnn_colormap_color (CNN_COLORMAP_COOLWARM, index));
  }
}

/* Shades of gray; padding is nearly the ground. */
static void
fill_patch (const Lesson *lesson, gint channel, Cells *cells)
{
  const CnnPixelFormat *format = &lesson->drawing->canvas->format;
  gboolean padding[MAX_SIDE * MAX_SIDE];
  gdouble low = INFINITY, high = -INFINITY;
  cells->rows = lesson->rows.count;
  cells->columns = lesson->columns.count;
  for (gint i = 0; i < cells->rows * cells->columns; i++) {
    const CnnViewTap tap = cnn_view_arithmetic_tap (lesson->op, lesson->input, lesson->batch,
        lesson->rows.first + i / cells->columns, lesson->columns.first + i % cells->columns,
        channel);
    cells->values[i] = (gfloat)tap.input;
    padding[i] = tap.is_padding;
    if (isfinite (tap.input) && !tap.is_padding) {
      low = MIN (low, tap.input);
      high = MAX (high, tap.input);
    }
  }
  for (gint i = 0; i < cells->rows * cells->columns; i++) {
    const gdouble shade = high > low ? (cells->values[i] - low) / (high - low) : 0.5;
    const guint32 gray = isfinite (shade) ? (guint32)CLAMP (40 + 215 * shade, 40, 255) : 40;
    cells->pixels[i] = cnn_pixel (format, padding[i] ? CNN_VIEW_LINE : gray * 0x010101);
  }
}

/* The kernel's slice for a channel, or its products with the window. */
static void
fill_kernel (const Lesson *lesson, gint channel, gboolean products, Cells *cells)
{
  cells->rows = lesson->window_rows.count;
  cells->columns = lesson->window_columns.count;
  for (gint i = 0; i < cells->rows * cells->columns; i++) {
    const gint ky = i / cells->columns, kx = i % cells->columns;
    const CnnViewTap tap = cnn_view_arithmetic_tap (lesson->op, lesson->input, lesson->batch,
        lesson->window_rows.first + ky * lesson->window_rows.step,
        lesson->window_columns.first + kx * lesson->window_columns.step, channel);
    const gdouble weight =
        cnn_view_arithmetic_weight (lesson->op, lesson->output_channel, channel, ky, kx);
    cells->values[i] = (gfloat)(products ? weight * tap.input : weight);
  }
  color_around_zero (lesson, cells);
}

static void
mark (const Lesson *lesson, CnnViewBox box, guint32 color)
{
  const gint thickness = MAX (2, lesson->drawing->layout->text_size / 8);
  box = (CnnViewBox){
      box.x + thickness, box.y + thickness, box.width - 2 * thickness, box.height - 2 * thickness};
  cnn_view_canvas_frame (lesson->drawing->canvas, box, thickness, color);
}

static CnnViewBox
cell_box (const Lesson *lesson, gint x, gint y, gint row, gint column)
{
  return (CnnViewBox){x + (column - lesson->columns.first) * lesson->cell,
      y + (row - lesson->rows.first) * lesson->cell, lesson->cell, lesson->cell};
}

/* The window on the patch: one frame, or with dilation a frame a tap, for there are holes between them. */
static void
mark_window (const Lesson *lesson, gint channel, gint x, gint y)
{
  const CnnViewReach *rows = &lesson->window_rows, *columns = &lesson->window_columns;
  const gboolean holes = rows->step > 1 || columns->step > 1;
  CnnViewBox all = cell_box (lesson, x, y, rows->first, columns->first);
  all.width = ((columns->count - 1) * columns->step + 1) * lesson->cell;
  all.height = ((rows->count - 1) * rows->step + 1) * lesson->cell;
  if (!holes)
    mark (lesson, all, CNN_VIEW_ACCENT);
  for (gint i = 0; holes && i < rows->count * columns->count; i++)
    mark (lesson,
        cell_box (lesson, x, y, rows->first + i / columns->count * rows->step,
            columns->first + i % columns->count * columns->step),
        CNN_VIEW_ACCENT);
  if (lesson->op->kind != CNN_VIEW_OPERATION_MAXIMUM)
    return;
  guint winner;
  GArray *taps = cnn_view_arithmetic_taps (lesson->op, lesson->input, lesson->batch, lesson->y,
      lesson->x, lesson->output_channel, channel);
  cnn_view_arithmetic_largest (taps, &winner);
  if (taps->len > 0)
    cnn_view_canvas_frame (lesson->drawing->canvas,
        cell_box (lesson, x, y, (&g_array_index (taps, CnnViewTap, winner))->row,
            (&g_array_index (taps, CnnViewTap, winner))->column),
        2, 0xff4d4d);
  g_array_unref (taps);
}

/* ---- The panel ------------------------------------------------------------------------------- */

static gint
write_line (const Lesson *lesson, gint y, const gchar *text, guint32 color)
{
  const CnnViewDrawing *drawing = lesson->drawing;
  const CnnViewBox box = drawing->layout->arithmetic;
  gint size = drawing->layout->text_size;
  const gint line = size * 8 / 5, width = cnn_view_drawing_width (drawing, size, text);
  if (width > box.width)
    size = drawing->layout->caption_size;
  if (y + line <= box.y + box.height)
    cnn_view_drawing_write (drawing, size, box.x, y + line / 2, text, color);
  return y + line;
}

/* The equation written out where it has room, counted where not. */
static gint
write_equation (const Lesson *lesson, const GArray *taps, gint y)
{
  const CnnViewDrawing *drawing = lesson->drawing;
  gchar *equation = cnn_view_arithmetic_equation (lesson->op, taps, MAX_WRITTEN);
  if (cnn_view_drawing_width (drawing, drawing->layout->caption_size, equation) >
      drawing->layout->arithmetic.width) {
    g_free (equation);
    equation = cnn_view_arithmetic_equation (lesson->op, taps, 0);
  }
  y = write_line (lesson, y, equation, CNN_VIEW_INK);
  g_free (equation);
  return y;
}

static gint
line_height (const Lesson *lesson)
{
  return lesson->drawing->layout->text_size * 8 / 5;
}

static const gchar *
sign_between (const Lesson *lesson, gint index)
{
  static const gchar *const signs[] = {TIMES, "="};
  return lesson->has_kernel && index < 2 ? signs[index] : "";
}

/* The largest cells with which everything has room, and how many channels then are drawn. */
static void
fit_cells (Lesson *lesson)
{
  const CnnViewBox box = lesson->drawing->layout->arithmetic;
  const gint gap = 2 * lesson->drawing->layout->text_size, line = line_height (lesson);
  gint columns = lesson->columns.count, rows = lesson->rows.count;
  if (lesson->has_kernel) {
    columns += 2 * lesson->window_columns.count;
    rows = MAX (rows, lesson->window_rows.count);
  }
  const gint wide = (box.width - (lesson->has_kernel ? 2 * gap : 0)) / columns;
  /* A heading, a line below each channel, the total. */
  const gint height = box.height - 3 * line;
  const gint least = 2 * lesson->drawing->layout->caption_size;
  for (gint drawn = MIN (lesson->n_channels, 16); drawn >= 1; drawn--) {
    const gint high = (height / drawn - line - line / 3) / rows;
    const gint cell = MIN (MIN (wide, high), 5 * lesson->drawing->layout->text_size);
    lesson->n_drawn = drawn;
    lesson->cell = cell;
    if (cell >= MIN (least, wide))
      break;
  }
  lesson->draws_cells = lesson->draws_cells && lesson->cell >= 6;
}

static gint
draw_channel (const Lesson *lesson, gint channel, gint y)
{
  const CnnViewDrawing *drawing = lesson->drawing;
  const gint size = drawing->layout->text_size, gap = 2 * size, cell = lesson->cell;
  const gint rows = MAX (lesson->rows.count, lesson->window_rows.count);
  gint x = drawing->layout->arithmetic.x;
  Cells cells;
  for (gint part = 0; part < (lesson->has_kernel ? 3 : 1); part++) {
    if (part == 0)
      fill_patch (lesson, channel, &cells);
    else
      fill_kernel (lesson, channel, part == 2, &cells);
    const gint top = y + (rows - cells.rows) * cell / 2;
    draw_cells (lesson, &cells, x, top);
    if (part == 0)
      mark_window (lesson, channel, x, top);
    x += cells.columns * cell;
    const gchar *sign = sign_between (lesson, part);
    cnn_view_drawing_write (drawing, size,
        x + (gap - cnn_view_drawing_width (drawing, size, sign)) / 2, y + rows * cell / 2, sign,
        CNN_VIEW_INK);
    x += gap;
  }
  return y + rows * cell + line_height (lesson) / 6;
}

/* 19 + bias 0.5 = 19.5, relu: 19.5 */
static gchar *
total_of (const Lesson *lesson, gdouble result)
{
  const CnnViewOperation *op = lesson->op;
  GString *string = g_string_new (NULL);
  const gint first = cnn_view_arithmetic_first_channel (op, lesson->output_channel);
  gdouble total = 0;
  for (gint i = 0; i < lesson->n_channels; i++) {
    GArray *taps = cnn_view_arithmetic_taps (
        op, lesson->input, lesson->batch, lesson->y, lesson->x, lesson->output_channel, first + i);
    const gdouble sum = cnn_view_arithmetic_result (op, taps);
    total += sum;
    if (lesson->n_channels <= MAX_WRITTEN) {
      g_string_append (string, i > 0 ? " + " : "");
      cnn_view_arithmetic_append (string, sum, i > 0);
    }
    g_array_unref (taps);
  }
  if (lesson->n_channels > MAX_WRITTEN) {
    g_string_append_printf (string, "the sum of %d channels, ", lesson->n_channels);
    cnn_view_arithmetic_append (string, total, FALSE);
  }
  if (op->bias) {
    const gdouble bias = op->bias[lesson->output_channel % op->out_channels];
    g_string_append (string, " + bias ");
    cnn_view_arithmetic_append (string, bias, TRUE);
    total += bias;
  }
  if (lesson->n_channels > 1 || op->bias) {
    g_string_append (string, " = ");
    cnn_view_arithmetic_append (string, total, FALSE);
  }
  if (op->activation) {
    g_string_append_printf (string, ",  %s: ", op->activation);
    cnn_view_arithmetic_append (string, result, FALSE);
  }
  return g_string_free (string, FALSE);
}

/* One below the other: the input channels, each with its equation, and the total. */
static void
draw_lesson (const Lesson *lesson, gdouble result)
{
  const CnnViewOperation *op = lesson->op;
  const gint first = cnn_view_arithmetic_first_channel (op, lesson->output_channel);
  gint y = lesson->drawing->layout->arithmetic.y;
  gchar *heading =
      g_strdup_printf ("y %d  x %d  of channel %d", lesson->y, lesson->x, lesson->output_channel);
  y = write_line (lesson, y, heading, CNN_VIEW_FAINT);
  g_free (heading);
  for (gint i = 0; i < lesson->n_drawn; i++) {
    if (lesson->draws_cells)
      y = draw_channel (lesson, first + i, y);
    GArray *taps = cnn_view_arithmetic_taps (
        op, lesson->input, lesson->batch, lesson->y, lesson->x, lesson->output_channel, first + i);
    y = write_equation (lesson, taps, y) + line_height (lesson) / 6;
    g_array_unref (taps);
  }
  if (lesson->n_drawn < lesson->n_channels) {
    gchar *more = g_strdup_printf ("and %d more channels", lesson->n_channels - lesson->n_drawn);
    y = write_line (lesson, y, more, CNN_VIEW_FAINT);
    g_free (more);
  }
  if (op->kind == CNN_VIEW_OPERATION_CONVOLUTION &&
      (lesson->n_channels > 1 || op->bias || op->activation)) {
    gchar *total = total_of (lesson, result);
    write_line (lesson, y, total, CNN_VIEW_ACCENT);
    g_free (total);
  }
}

/* Why there is nothing to work out; NULL when there is. */
static const gchar *
what_is_missing (const CnnViewOperation *operation)
{
  if (!operation)
    return "the input of these maps is not known";
  if (operation->kind == CNN_VIEW_OPERATION_OTHER)
    return "these values are no sum of a window";
  if (operation->kind == CNN_VIEW_OPERATION_CONVOLUTION && !operation->weights)
    return "the kernels are too large to be shown";
  return NULL;
}

void
cnn_view_draw_arithmetic (const CnnViewDrawing *drawing, gint map, gint y, gint x)
{
  const CnnViewScene *scene = drawing->scene;
  const CnnViewOperation *op = scene->operation;
  if (drawing->layout->arithmetic.width == 0)
    return;
  Lesson lesson = {.drawing = drawing, .op = op, .input = scene->input, .y = y, .x = x};
  const gchar *missing = what_is_missing (op);
  if (missing) {
    write_line (&lesson, drawing->layout->arithmetic.y, missing, CNN_VIEW_FAINT);
    return;
  }
  lesson.batch = map / drawing->shape.c;
  lesson.output_channel = map % drawing->shape.c;
  lesson.window_rows = cnn_view_arithmetic_reach (&op->window.rows, op->input.h, op->output.h, y);
  lesson.window_columns =
      cnn_view_arithmetic_reach (&op->window.columns, op->input.w, op->output.w, x);
  lesson.rows = patch_of (lesson.window_rows, &op->window.rows, op->input.h);
  lesson.columns = patch_of (lesson.window_columns, &op->window.columns, op->input.w);
  lesson.has_kernel = op->kind == CNN_VIEW_OPERATION_CONVOLUTION;
  lesson.n_channels = lesson.has_kernel ? cnn_view_arithmetic_group (op) : 1;
  lesson.draws_cells = lesson.rows.count <= MAX_SIDE && lesson.columns.count <= MAX_SIDE;
  fit_cells (&lesson);
  draw_lesson (&lesson, cnn_view_drawing_value (drawing, map, y, x));
}
