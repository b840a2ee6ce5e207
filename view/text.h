/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text on a canvas. Pango draws each character of a size once, into a mask that is kept: numbers
 * that change with every frame cost no layout. Used by one thread at a time. */
#ifndef CNN_VIEW_TEXT_H
#define CNN_VIEW_TEXT_H

#include "view/canvas.h"

G_BEGIN_DECLS

typedef struct _CnnViewText CnnViewText;

CnnViewText *cnn_view_text_new (void);
void cnn_view_text_free (CnnViewText *text);

/* Sizes are in pixels, strings in UTF-8. */
gint cnn_view_text_width (CnnViewText *text, gint size, const gchar *string);

/* Writes on a line whose middle is at y, from x on; returns where it ends. */
gint cnn_view_text_draw (CnnViewText *text, const CnnViewCanvas *canvas, gint size, gint x, gint y,
    const gchar *string, guint32 color);

G_END_DECLS

#endif
