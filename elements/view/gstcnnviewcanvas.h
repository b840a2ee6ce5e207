/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture in memory and the few things cnnview draws on it besides the maps. Coordinates may lie
 * outside: everything is clipped. Colors are 0xRRGGBB. */
#ifndef GST_CNN_VIEW_CANVAS_H
#define GST_CNN_VIEW_CANVAS_H

#include "cnn/cnn.h"
#include "view/gstcnnviewlayout.h"

G_BEGIN_DECLS

typedef struct {
  guint8 *pixels;
  gint stride; /* bytes */
  gint width, height;
  CnnPixelFormat format;
} GstCnnViewCanvas;

guint8 *gst_cnn_view_canvas_at (const GstCnnViewCanvas *canvas, gint x, gint y);

void gst_cnn_view_canvas_fill (const GstCnnViewCanvas *canvas, GstCnnViewBox box, guint32 color);

/* The same with the bytes of a pixel, as cnn_pixel () gives them. */
void
gst_cnn_view_canvas_fill_pixel (const GstCnnViewCanvas *canvas, GstCnnViewBox box, guint32 pixel);

/* Mixes `color` into the box, opacity in [0, 255]. */
void gst_cnn_view_canvas_shade (
    const GstCnnViewCanvas *canvas, GstCnnViewBox box, guint32 color, guint opacity);

/* Lines of the given thickness just outside the box. */
void gst_cnn_view_canvas_frame (
    const GstCnnViewCanvas *canvas, GstCnnViewBox box, gint thickness, guint32 color);

/* Mixes `color` into the picture where `mask` (a byte of opacity a pixel) says so. */
void gst_cnn_view_canvas_mask (const GstCnnViewCanvas *canvas, gint x, gint y, const guint8 *mask,
    gint width, gint height, guint32 color);

G_END_DECLS

#endif
