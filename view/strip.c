/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/strip.h"

#include "view/image.h"

#include <math.h>
#include <string.h>

#define TIMES "\303\227"
#define ELLIPSIS "\342\200\246"

/* The first map in shades of gray, a value a pixel. */
static void
draw_thumbnail (const CnnViewDrawing *drawing, const CnnImage *image, CnnViewBox room)
{
  const CnnShape shape = image->shape;
  const gdouble scale = MIN (room.width / (gdouble)shape.w, room.height / (gdouble)shape.h);
  const gint width = CLAMP ((gint)(shape.w * scale), 1, room.width);
  const gint height = CLAMP ((gint)(shape.h * scale), 1, room.height);
  const CnnViewBox box = {
      room.x + (room.width - width) / 2, room.y + (room.height - height) / 2, width, height};
  gfloat *values = g_new (gfloat, width * height);
  gdouble low = INFINITY, high = -INFINITY;
  for (gint i = 0; i < width * height; i++) {
    values[i] = (gfloat)cnn_view_image_value (
        image, 0, i / width * shape.h / height, i % width * shape.w / width, 0);
    if (isfinite (values[i])) {
      low = MIN (low, values[i]);
      high = MAX (high, values[i]);
    }
  }
  for (gint i = 0; i < width * height; i++) {
    const gdouble shade = high > low ? (values[i] - low) / (high - low) : 0.5;
    const guint32 gray = isfinite (shade) ? (guint32)(255 * CLAMP (shade, 0, 1)) : 0;
    cnn_view_canvas_fill (
        drawing->canvas, (CnnViewBox){box.x + i % width, box.y + i / width, 1, 1}, gray * 0x010101);
  }
  g_free (values);
}

/* As much of a text as fits, from its beginning. */
static void
write_shortened (
    const CnnViewDrawing *drawing, CnnViewBox box, gint middle, const gchar *text, guint32 color)
{
  const gint size = drawing->layout->caption_size;
  gchar *shortened = g_strdup (text);
  while (*shortened && cnn_view_drawing_width (drawing, size, shortened) > box.width) {
    glong letters =
        g_utf8_strlen (shortened, -1) - (g_str_has_suffix (shortened, ELLIPSIS) ? 2 : 1);
    if (letters < 1) {
      *shortened = '\0';
      break;
    }
    gchar *head = g_utf8_substring (shortened, 0, letters);
    g_free (shortened);
    shortened = g_strconcat (head, ELLIPSIS, NULL);
    g_free (head);
  }
  cnn_view_drawing_write (drawing, size,
      box.x + (box.width - cnn_view_drawing_width (drawing, size, shortened)) / 2, middle,
      shortened, color);
  g_free (shortened);
}

void
cnn_view_draw_strip (const CnnViewDrawing *drawing)
{
  const CnnViewLayout *layout = drawing->layout;
  const gint size = layout->caption_size, line = size * 3 / 2, margin = size / 3;
  gchar shape[64];
  for (gint i = 0; i < layout->n_layers; i++) {
    const CnnViewLayer *layer = &drawing->scene->layers[layout->first_layer + i];
    const CnnShape dims = layer->image.shape;
    CnnViewBox box = cnn_view_layout_layer (layout, i);
    const gboolean current = layout->first_layer + i == drawing->scene->current_layer;
    cnn_view_canvas_shade (drawing->canvas, box, 0xffffff, current ? 40 : 12);
    if (current)
      cnn_view_canvas_fill (drawing->canvas,
          (CnnViewBox){box.x, box.y + box.height - MAX (2, size / 5), box.width, MAX (2, size / 5)},
          CNN_VIEW_ACCENT);
    box = (CnnViewBox){box.x + margin, box.y, box.width - 2 * margin, box.height};
    write_shortened (
        drawing, box, box.y + line / 2, layer->name, current ? CNN_VIEW_ACCENT : CNN_VIEW_INK);
    g_snprintf (shape, sizeof shape, "%d" TIMES "%d" TIMES "%d", dims.c, dims.h, dims.w);
    write_shortened (drawing, box, box.y + box.height - line * 3 / 4, shape, CNN_VIEW_FAINT);
    draw_thumbnail (drawing, &layer->image,
        (CnnViewBox){box.x, box.y + line, box.width, MAX (1, box.height - line * 5 / 2)});
  }
}
