/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture in memory and the few things cnnview draws on it besides the maps. Coordinates may lie
 * outside: everything is clipped. Colors are 0xRRGGBB. */
#ifndef CNN_VIEW_CANVAS_H
#define CNN_VIEW_CANVAS_H

#include "cnn/cnn.h"
#include "view/view.h"
#include "view/layout.h"

G_BEGIN_DECLS

typedef struct {
  guint8 *pixels;
  gint stride; /* bytes */
  gint width, height;
  CnnPixelFormat format;
} CnnViewCanvas;

guint8 *cnn_view_canvas_at (const CnnViewCanvas *canvas, gint x, gint y);

void cnn_view_canvas_fill (const CnnViewCanvas *canvas, CnnViewBox box, guint32 color);

/* The same with the bytes of a pixel, as cnn_pixel () gives them. */
void cnn_view_canvas_fill_pixel (const CnnViewCanvas *canvas, CnnViewBox box, guint32 pixel);

/* Mixes `color` into the box, opacity in [0, 255]. */
void
cnn_view_canvas_shade (const CnnViewCanvas *canvas, CnnViewBox box, guint32 color, guint opacity);

/* Lines of the given thickness just outside the box. */
void
cnn_view_canvas_frame (const CnnViewCanvas *canvas, CnnViewBox box, gint thickness, guint32 color);

/* Mixes `color` into the picture where `mask` (a byte of opacity a pixel) says so. */
void cnn_view_canvas_mask (const CnnViewCanvas *canvas, gint x, gint y, const guint8 *mask,
    gint width, gint height, guint32 color);

G_END_DECLS

#endif
