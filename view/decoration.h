/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written and drawn around the maps. */
#ifndef CNN_VIEW_DECORATION_H
#define CNN_VIEW_DECORATION_H

#include "view/number.h"
#include "view/painter.h"

G_BEGIN_DECLS

#define CNN_VIEW_BACKGROUND 0x14161a
#define CNN_VIEW_INK 0xf2f4f8   /* what is read first */
#define CNN_VIEW_FAINT 0x9aa3b2 /* what is read second */
#define CNN_VIEW_LINE 0x3a404c
#define CNN_VIEW_ACCENT 0xffc53d

/* What a map's values are shown between. */
typedef struct {
  gdouble min, max;
} CnnViewRange;

/* One frame on its way to the canvas. */
typedef struct {
  const CnnViewCanvas *canvas;
  const CnnViewLayout *layout;
  const CnnViewScene *scene;
  const CnnViewTable *table;
  CnnColormap colormap; /* of the table */
  CnnViewText *text;
  CnnShape shape;
  const CnnImage *image;
  const gint *maps;              /* the layout->n_shown maps of this page */
  const CnnMapRange *ranges;     /* of all maps */
  const CnnViewRange *intervals; /* of the shown maps */
  gsize not_finite;              /* in all maps */
} CnnViewDrawing;

/* A map as people call it: its channel's number or name, before it the entry of a batch. */
#define CNN_VIEW_NAME_SIZE 48
void cnn_view_name_map (CnnShape shape, const gchar *const *names, gint map, gchar *name);

/* One value of the tensor. */
gdouble cnn_view_drawing_value (const CnnViewDrawing *drawing, gint map, gint y, gint x);

/* Text of the drawing: where it ends, and how wide it is. See text.h. */
gint cnn_view_drawing_write (
    const CnnViewDrawing *drawing, gint size, gint x, gint y, const gchar *string, guint32 color);
gint cnn_view_drawing_width (const CnnViewDrawing *drawing, gint size, const gchar *string);

/* A dark plate with a line of text whose left top corner is near (x, y), inside the picture. */
void cnn_view_draw_plate (
    const CnnViewDrawing *drawing, gint x, gint y, const gchar *string, guint32 color);

/* Which of the maps are shown; nothing when all are. In brief only where to look for the others. */
void
cnn_view_describe_page (const CnnViewDrawing *drawing, gboolean brief, gchar *string, gsize size);

/* The ground of the padding around the source, which is drawn over it. */
void cnn_view_draw_padding (const CnnViewDrawing *drawing);
void cnn_view_draw_title (const CnnViewDrawing *drawing);
void cnn_view_draw_legend (const CnnViewDrawing *drawing);
void cnn_view_draw_captions (const CnnViewDrawing *drawing);
/* The table's level of a value of a range; of bars in the colors around 0 the range is widened to either side. */
gint
cnn_view_drawing_level (const CnnViewDrawing *drawing, const CnnViewRange *range, gdouble value);

/* Numbers in the cells of the maps, where the settings and the room allow. */
void cnn_view_draw_values (const CnnViewDrawing *drawing);
/* One bar for each shown map, for maps of one value. */
void cnn_view_draw_bars (const CnnViewDrawing *drawing);
/* The kernel of the enlarged map, or of the one under the pointer, or all of them. */
void cnn_view_draw_weights (const CnnViewDrawing *drawing);
/* Position and value under the pointer, and what that value sees of the source. */
void cnn_view_draw_readout (const CnnViewDrawing *drawing);
/* Page number, frozen sign, help: over everything else. */
void cnn_view_draw_overlay (const CnnViewDrawing *drawing);

G_END_DECLS

#endif
