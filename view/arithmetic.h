/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sum behind one value: the window of the input beside the kernel, their products, and the equation. */
#ifndef CNN_VIEW_ARITHMETIC_H
#define CNN_VIEW_ARITHMETIC_H

#include "view/decoration.h"

G_BEGIN_DECLS

/* Draws it for value (y, x) of a map into the layout's box for it. Says what is missing when the scene does not
 * know the layer's input. */
void cnn_view_draw_arithmetic (const CnnViewDrawing *drawing, gint map, gint y, gint x);

/* ---- What it is made of, for the tests ------------------------------------------------------- */

/* One value of the input under a tap of the window. */
typedef struct {
  gint row, column; /* in the input; beyond it in the padding */
  gboolean is_padding;
  gdouble input;  /* as the layer computes with it */
  gdouble weight; /* 1 for pooling */
} CnnViewTap;

/* The taps of value (y, x) for input channel `channel`, row by row, as a GArray of CnnViewTap. Taps of pooling
 * that do not count (padding of a maximum) are left out. */
GArray *cnn_view_arithmetic_taps (const CnnViewOperation *operation, const CnnImage *input,
    gint batch, gint y, gint x, gint output_channel, gint channel);

/* "0·0 + 1·1 + 3·2 + 4·3 = 19", "max (0, 1, 3, 4) = 4", "(0 + 1 + 3 + 4) / 4 = 2"; more than `most` taps are
 * counted: "the sum of 49 products = 0.12". To be freed. */
gchar *
cnn_view_arithmetic_equation (const CnnViewOperation *operation, const GArray *taps, guint most);

G_END_DECLS

#endif
