/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sum behind one value as a picture: the window of the input beside the kernel, their products, the equation. */
#ifndef CNN_VIEW_ARITHMETIC_PANEL_H
#define CNN_VIEW_ARITHMETIC_PANEL_H

#include "view/decoration.h"

G_BEGIN_DECLS

/* Draws it for value (y, x) of a map into the layout's box for it. Says what is missing when the scene does not
 * know the layer's input. */
void cnn_view_draw_arithmetic (const CnnViewDrawing *drawing, gint map, gint y, gint x);

G_END_DECLS

#endif
