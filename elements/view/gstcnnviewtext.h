/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text on a canvas. Pango draws each character of a size once, into a mask that is kept: numbers
 * that change with every frame cost no layout. Used by one thread at a time. */
#ifndef GST_CNN_VIEW_TEXT_H
#define GST_CNN_VIEW_TEXT_H

#include "view/gstcnnviewcanvas.h"

G_BEGIN_DECLS

typedef struct _GstCnnViewText GstCnnViewText;

GstCnnViewText *gst_cnn_view_text_new (void);
void gst_cnn_view_text_free (GstCnnViewText *text);

/* Sizes are in pixels, strings in UTF-8. */
gint gst_cnn_view_text_width (GstCnnViewText *text, gint size, const gchar *string);

/* Writes on a line whose middle is at y, from x on; returns where it ends. */
gint gst_cnn_view_text_draw (GstCnnViewText *text, const GstCnnViewCanvas *canvas, gint size,
    gint x, gint y, const gchar *string, guint32 color);

/* A number as a person writes it: so many significant digits, but all before the point up to 99999; a
 * real minus sign. */
#define GST_CNN_VIEW_NUMBER_SIZE 32
#define GST_CNN_VIEW_DIGITS 3
void gst_cnn_view_number (gchar *string, gdouble value, gint digits);
/* The ends of a range: what is nothing beside the other end is 0. */
void gst_cnn_view_range_numbers (gchar *low, gchar *high, gdouble min, gdouble max, gint digits);

G_END_DECLS

#endif
