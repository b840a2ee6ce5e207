/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers of a running pipeline as a table: collected from the element messages "cnn-layer-info", written
 * as text or as JSON. What the numbers mean is said in elements/common/gstcnnchain.h. */
#ifndef CNN_LAYER_TABLE_H
#define CNN_LAYER_TABLE_H

#include <gst/gst.h>

typedef struct CnnLayerTable CnnLayerTable;

CnnLayerTable *cnn_layer_table_new (void);
void cnn_layer_table_free (CnnLayerTable *table);

/* Takes what a message of the bus says of a layer; TRUE when it said something. A later message of the same
 * layer replaces the earlier one; an element that has layers inside sends one for each, with their name and operator.
 * Layers stand in the order of their first message, upstream first. */
gboolean cnn_layer_table_take (CnnLayerTable *table, GstMessage *message);

guint cnn_layer_table_length (const CnnLayerTable *table);

/* One line a layer with shapes (rows x columns x channels), parameters, the parameters of a fully connected layer
 * between the same shapes, multiply-accumulates of a frame and receptive field, then the totals and what
 * the columns mean. The caller frees the text. */
gchar *cnn_layer_table_text (const CnnLayerTable *table);

/* {"layers": [{"name", "element", every field of its layer-info}], "totals": {"layers", "parameters", "macs"}}.
 * Dashes of field names are kept. The caller frees the text. */
gchar *cnn_layer_table_json (const CnnLayerTable *table);

#endif
