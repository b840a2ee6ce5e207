/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written and drawn around the maps. */
#ifndef GST_CNN_VIEW_DECORATION_H
#define GST_CNN_VIEW_DECORATION_H

#include "view/gstcnnviewpainter.h"

G_BEGIN_DECLS

#define GST_CNN_VIEW_BACKGROUND 0x14161a
#define GST_CNN_VIEW_INK 0xf2f4f8   /* what is read first */
#define GST_CNN_VIEW_FAINT 0x9aa3b2 /* what is read second */
#define GST_CNN_VIEW_LINE 0x3a404c
#define GST_CNN_VIEW_ACCENT 0xffc53d

/* What a map's values are shown between. */
typedef struct {
  gdouble min, max;
} GstCnnViewRange;

/* One frame on its way to the canvas. */
typedef struct {
  const GstCnnViewCanvas *canvas;
  const GstCnnViewLayout *layout;
  const GstCnnViewScene *scene;
  const CnnViewTable *table;
  GstCnnViewText *text;
  CnnShape shape;
  CnnLayout tensor_layout;
  CnnSampleType type;
  const guint8 *tensor;
  const gint *maps;                 /* the layout->n_shown maps of this page */
  const CnnMapRange *ranges;        /* of all maps */
  const GstCnnViewRange *intervals; /* of the shown maps */
  gsize not_finite;                 /* in all maps */
} GstCnnViewDrawing;

/* Number of a map as people see it: of a batch, entry and channel. */
#define GST_CNN_VIEW_NAME_SIZE 32
void gst_cnn_view_name_map (CnnShape shape, gint map, gchar *name);

/* One value of the tensor. */
gdouble gst_cnn_view_drawing_value (const GstCnnViewDrawing *drawing, gint map, gint y, gint x);

/* Text of the drawing: where it ends, and how wide it is. See gstcnnviewtext.h. */
gint gst_cnn_view_drawing_write (const GstCnnViewDrawing *drawing, gint size, gint x, gint y,
    const gchar *string, guint32 color);
gint gst_cnn_view_drawing_width (const GstCnnViewDrawing *drawing, gint size, const gchar *string);

void gst_cnn_view_draw_title (const GstCnnViewDrawing *drawing);
void gst_cnn_view_draw_legend (const GstCnnViewDrawing *drawing);
void gst_cnn_view_draw_captions (const GstCnnViewDrawing *drawing);
/* One bar for each shown map, for maps of one value. */
void gst_cnn_view_draw_bars (const GstCnnViewDrawing *drawing);
/* The kernel of the enlarged map, or of the one under the pointer, or all of them. */
void gst_cnn_view_draw_kernels (const GstCnnViewDrawing *drawing);
/* Position and value under the pointer, and what that value sees of the source. */
void gst_cnn_view_draw_readout (const GstCnnViewDrawing *drawing);
/* Page number, frozen sign, help: over everything else. */
void gst_cnn_view_draw_overlay (const GstCnnViewDrawing *drawing);

G_END_DECLS

#endif
