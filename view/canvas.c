/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/canvas.h"

#include <string.h>

guint8 *
cnn_view_canvas_at (const CnnViewCanvas *canvas, gint x, gint y)
{
  return canvas->pixels + (gssize)y * canvas->stride + (gssize)x * canvas->format.bytes;
}

static CnnViewBox
clip (const CnnViewCanvas *canvas, CnnViewBox box)
{
  gint left = CLAMP (box.x, 0, canvas->width), top = CLAMP (box.y, 0, canvas->height);
  gint right = CLAMP (box.x + box.width, left, canvas->width);
  gint bottom = CLAMP (box.y + box.height, top, canvas->height);
  return (CnnViewBox){left, top, right - left, bottom - top};
}

void
cnn_view_canvas_fill (const CnnViewCanvas *canvas, CnnViewBox box, guint32 color)
{
  cnn_view_canvas_fill_pixel (canvas, box, cnn_pixel (&canvas->format, color));
}

void
cnn_view_canvas_fill_pixel (const CnnViewCanvas *canvas, CnnViewBox box, guint32 pixel)
{
  box = clip (canvas, box);
  if (box.width == 0 || box.height == 0)
    return;
  const gint bytes = canvas->format.bytes;
  guint8 *first = cnn_view_canvas_at (canvas, box.x, box.y);
  for (gint x = 0; x < box.width; x++)
    memcpy (first + x * bytes, &pixel, (gsize)bytes);
  for (gint y = 1; y < box.height; y++)
    memcpy (first + (gssize)y * canvas->stride, first, (gsize)(box.width * bytes));
}

/* a where opacity is 0, b where it is 255 */
static guint8
mix (guint8 a, guint b, guint opacity)
{
  guint sum = a * (255 - opacity) + b * opacity + 127;
  return (guint8)((sum + (sum >> 8) + 1) >> 8);
}

static void
mix_pixel (const CnnPixelFormat *format, guint8 *pixel, guint32 color, guint opacity)
{
  pixel[format->red] = mix (pixel[format->red], color >> 16, opacity);
  pixel[format->green] = mix (pixel[format->green], (color >> 8) & 255, opacity);
  pixel[format->blue] = mix (pixel[format->blue], color & 255, opacity);
}

void
cnn_view_canvas_shade (const CnnViewCanvas *canvas, CnnViewBox box, guint32 color, guint opacity)
{
  box = clip (canvas, box);
  for (gint y = 0; y < box.height; y++) {
    guint8 *pixel = cnn_view_canvas_at (canvas, box.x, box.y + y);
    for (gint x = 0; x < box.width; x++, pixel += canvas->format.bytes)
      mix_pixel (&canvas->format, pixel, color, opacity);
  }
}

void
cnn_view_canvas_frame (const CnnViewCanvas *canvas, CnnViewBox box, gint thickness, guint32 color)
{
  const gint t = thickness;
  const CnnViewBox sides[] = {
      {box.x - t, box.y - t, box.width + 2 * t, t},
      {box.x - t, box.y + box.height, box.width + 2 * t, t},
      {box.x - t, box.y, t, box.height},
      {box.x + box.width, box.y, t, box.height},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    cnn_view_canvas_fill (canvas, sides[i], color);
}

void
cnn_view_canvas_mask (const CnnViewCanvas *canvas, gint x, gint y, const guint8 *mask, gint width,
    gint height, guint32 color)
{
  CnnViewBox box = clip (canvas, (CnnViewBox){x, y, width, height});
  for (gint row = 0; row < box.height; row++) {
    guint8 *pixel = cnn_view_canvas_at (canvas, box.x, box.y + row);
    const guint8 *opacity = mask + (gssize)(box.y + row - y) * width + (box.x - x);
    for (gint column = 0; column < box.width; column++, pixel += canvas->format.bytes)
      if (opacity[column])
        mix_pixel (&canvas->format, pixel, color, opacity[column]);
  }
}
