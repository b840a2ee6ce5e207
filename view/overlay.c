/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captions of a moment, help, signs: over everything else. */
#include "view/decoration.h"

/* In the middle, above the maps. */
static void
draw_notice (const CnnViewDrawing *drawing)
{
  const CnnViewBox body = drawing->layout->body;
  const gint size = drawing->layout->text_size, line = size * 9 / 5;
  const gint width = cnn_view_drawing_width (drawing, size, drawing->scene->notice) + size;
  cnn_view_draw_plate (drawing, body.x + (body.width - width) / 2, body.y + line / 2,
      drawing->scene->notice, CNN_VIEW_ACCENT);
}

static void
draw_help (const CnnViewDrawing *drawing)
{
  static const gchar *const lines[][2] = {
      {"click", "one channel, again: the grid"},
      {"\342\206\220 \342\206\222 \342\206\221 \342\206\223", "next channel"},
      {"Page \342\206\221 \342\206\223", "next page"},
      {",  .", "the layer before, after"},
      {"Esc", "back to the grid"},
      {"c", "colormap"},
      {"n", "normalisation"},
      {"g", "gamma"},
      {"l", "labels"},
      {"t", "title"},
      {"b", "color bar"},
      {"k", "kernels"},
      {"v", "values"},
      {"a", "the sum behind a value"},
      {"s", "save"},
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
    cnn_view_describe_page (drawing, FALSE, string, sizeof string);
    cnn_view_draw_plate (drawing, canvas->width, canvas->height, string, CNN_VIEW_INK);
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
