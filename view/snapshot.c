/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/snapshot.h"

#include "view/image.h"

#include <cairo.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

gboolean
cnn_view_snapshot_png (const CnnViewCanvas *canvas, const gchar *path, CnnError *error)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, canvas->width, canvas->height);
  cairo_surface_flush (surface);
  guint8 *row = cairo_image_surface_get_data (surface);
  for (gint y = 0; row && y < canvas->height; y++) {
    guint32 *colors = (guint32 *)(gpointer)row;
    for (gint x = 0; x < canvas->width; x++) {
      const guint8 *pixel = cnn_view_canvas_at (canvas, x, y);
      colors[x] = (guint32)pixel[canvas->format.red] << 16 |
                  (guint32)pixel[canvas->format.green] << 8 | pixel[canvas->format.blue];
    }
    row += cairo_image_surface_get_stride (surface);
  }
  cairo_surface_mark_dirty (surface);
  const cairo_status_t status = cairo_surface_write_to_png (surface, path);
  cairo_surface_destroy (surface);
  return status == CAIRO_STATUS_SUCCESS ||
         cnn_error_set (error, "%s cannot be written: %s", path, cairo_status_to_string (status));
}

/* Version 1.0: the header ends with a line break at a multiple of 64 bytes. */
static gchar *
npy_header (const CnnImage *image, gsize *size)
{
  const CnnShape shape = image->shape;
  const gboolean bytes = cnn_view_image_packed_type (image) == CNN_SAMPLE_UINT8;
  const gchar *floats = G_BYTE_ORDER == G_LITTLE_ENDIAN ? "<f4" : ">f4";
  gchar *text =
      g_strdup_printf ("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }",
          bytes ? "|u1" : floats, shape.n, shape.c, shape.h, shape.w);
  const gsize length = strlen (text), whole = (10 + length + 1 + 63) / 64 * 64;
  gchar *header = g_malloc (whole);
  memset (header, ' ', whole);
  memcpy (header, "\x93NUMPY\x01", 7);
  header[7] = 0;
  header[8] = (gchar)((whole - 10) & 255);
  header[9] = (gchar)((whole - 10) >> 8);
  memcpy (header + 10, text, length);
  header[whole - 1] = '\n';
  g_free (text);
  *size = whole;
  return header;
}

/* One row of one map. */
static gboolean
write_row (const CnnImage *image, gint n, gint c, gint y, FILE *file)
{
  gboolean written = TRUE;
  for (gint x = 0; written && x < image->shape.w; x++) {
    const gdouble value = cnn_view_image_value (image, n, y, x, c);
    const gfloat number = (gfloat)value;
    const guint8 byte = (guint8)value;
    if (image->type == CNN_SAMPLE_UINT8)
      written = fwrite (&byte, sizeof byte, 1, file) == 1;
    else
      written = fwrite (&number, sizeof number, 1, file) == 1;
  }
  return written;
}

gboolean
cnn_view_snapshot_npy (const CnnImage *image, const gchar *path, CnnError *error)
{
  const CnnShape shape = image->shape;
  FILE *file = g_fopen (path, "wb");
  if (!file)
    return cnn_error_set (error, "%s cannot be written: %s", path, g_strerror (errno));
  gsize size;
  gchar *header = npy_header (image, &size);
  gboolean written = fwrite (header, size, 1, file) == 1;
  g_free (header);
  for (gint map = 0; map < shape.n * shape.c; map++)
    for (gint y = 0; written && y < shape.h; y++)
      written = write_row (image, map / shape.c, map % shape.c, y, file);
  if (fclose (file) != 0)
    written = FALSE;
  return written || cnn_error_set (error, "%s cannot be written: %s", path, g_strerror (errno));
}
