/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers of a network side by side, from its input to its end: name, shape and a thumbnail each. */
#ifndef CNN_VIEW_STRIP_H
#define CNN_VIEW_STRIP_H

#include "view/decoration.h"

G_BEGIN_DECLS

/* Draws the scene's layers into the layout's strip, the one that is shown marked. */
void cnn_view_draw_strip (const CnnViewDrawing *drawing);

G_END_DECLS

#endif
