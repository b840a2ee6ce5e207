/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels of the convolution that made the maps, as small pictures. What was drawn is kept until
 * something changes. Used by one thread at a time. */
#ifndef CNN_VIEW_KERNELS_H
#define CNN_VIEW_KERNELS_H

#include "view/canvas.h"
#include "view/text.h"
#include "view/values.h"
#include "view/weights.h"

G_BEGIN_DECLS

typedef struct _CnnViewWeightsPanel CnnViewWeightsPanel;

CnnViewWeightsPanel *cnn_view_weights_panel_new (void);
void cnn_view_weights_panel_free (CnnViewWeightsPanel *panel);

/* The weights to draw from now on, NULL for none. What they point to must live until the next call. */
void cnn_view_weights_panel_set (CnnViewWeightsPanel *panel, const CnnViewWeights *weights);
gboolean cnn_view_weights_panel_exist (const CnnViewWeightsPanel *panel);

/* Where and what to draw. */
typedef struct {
  CnnViewBox box;
  gint text_size, caption_size;
  gint channel; /* of the output: its kernel is drawn, or marked among all */
  CnnViewValues values;
  gboolean all; /* every kernel in a small picture, where a kernel is one */
} CnnViewWeightsRequest;

/* `layer` is the name of the layer whose maps are shown, NULL for unknown: kernels of another one are
 * drawn with its name. */
void cnn_view_weights_panel_draw (CnnViewWeightsPanel *panel, const CnnViewWeightsRequest *request,
    const gchar *layer, CnnViewText *text, const CnnViewCanvas *canvas);

G_END_DECLS

#endif
