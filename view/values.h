/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers written in cells, all with the same decimals and in the same size. */
#ifndef CNN_VIEW_VALUES_H
#define CNN_VIEW_VALUES_H

#include "view/text.h"

G_BEGIN_DECLS

typedef enum {
  CNN_VIEW_VALUES_AUTO, /* where they are read easily */
  CNN_VIEW_VALUES_ON,   /* where they can be read at all */
  CNN_VIEW_VALUES_OFF,
} CnnViewValues;

/* How the numbers of some cells are written; size 0 when they have no room. */
typedef struct {
  gint size; /* of the text, pixels */
  gint decimals;
} CnnViewValuesFormat;

/* For cells of that many pixels: as many decimals as fit, up to three digits that matter, in the largest text
 * of at most `most` pixels. `least` is the smallest size to be tried. */
CnnViewValuesFormat cnn_view_values_fit (CnnViewText *text, const gfloat *values, gsize count,
    gint cell_width, gint cell_height, gint least, gint most);

/* The number as it is written, at most CNN_VIEW_NUMBER_SIZE bytes. */
void cnn_view_values_print (gchar *string, gdouble value, gint decimals);

/* Writes a number in the middle of its cell, in black or white: what is read on this pixel. */
void cnn_view_values_write (CnnViewText *text, const CnnViewCanvas *canvas,
    CnnViewValuesFormat format, CnnViewBox cell, gdouble value, guint32 pixel);

/* Lines between the cells of a box, columns x rows of them. */
void cnn_view_values_rule (const CnnViewCanvas *canvas, CnnViewBox box, gint columns, gint rows);

G_END_DECLS

#endif
