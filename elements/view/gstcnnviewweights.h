/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The weights that a chain event carries, as the drawing reads them. */
#ifndef GST_CNN_VIEW_WEIGHTS_H
#define GST_CNN_VIEW_WEIGHTS_H

#include "view/weights.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCnnViewWeights GstCnnViewWeights;

GstCnnViewWeights *gst_cnn_view_weights_new (void);
void gst_cnn_view_weights_free (GstCnnViewWeights *weights);

/* A structure "cnn-weights", see gstcnnchain.h; shares its values. NULL, or one that is incomplete, means
 * that there are none. Returns them, valid until the next call, or NULL. */
const CnnViewWeights *
gst_cnn_view_weights_take (GstCnnViewWeights *weights, const GstStructure *structure);

/* Those taken last, or NULL. */
const CnnViewWeights *gst_cnn_view_weights_get (const GstCnnViewWeights *weights);

/* How many channels in a row the sender of a chain event makes of one of its input channels; 0 when it makes
 * each of several, or has no weights of its own. */
gint gst_cnn_view_weights_group (const GstCnnViewWeights *weights, GstEvent *event);

G_END_DECLS

#endif
