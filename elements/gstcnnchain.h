/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a chain of layers adds up to, carried downstream by a sticky event so that it passes queues and
 * tees: a GST_EVENT_CUSTOM_DOWNSTREAM_STICKY whose structure "cnn-chain" has the fields
 *
 *     element           string: name of the layer that sent it
 *     source-size       array of 2 ints: rows, columns of the chain's first input
 *     input-size, output-size   arrays of 4 ints, N,H,W,C: shapes of the sending layer
 *     receptive-field, receptive-jump, receptive-offset
 *                       arrays of 2 doubles, rows then columns, in pixels of the first input
 *     layer-info        structure: the layer's own cnn-layer-info */
#ifndef GST_CNN_CHAIN_H
#define GST_CNN_CHAIN_H

#include "cnn.h"

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CNN_CHAIN_EVENT "cnn-chain"

typedef struct {
  gint source_rows, source_columns;
  CnnShape output;
  CnnReceptiveField field;
} GstCnnChain;

/* The chain that starts with this input. */
void gst_cnn_chain_init (GstCnnChain *chain, CnnShape input);

/* The event a layer sends. `layer_info` is copied. */
GstEvent *gst_cnn_chain_event_new (
    const GstCnnChain *chain, const gchar *element, CnnShape input, const GstStructure *layer_info);

/* FALSE when the event is another one or is incomplete. */
gboolean gst_cnn_chain_event_parse (GstEvent *event, GstCnnChain *chain);

/* The structure "cnn-layer-info" of a layer at the end of `chain`: input and output (arrays N,H,W,C),
 * parameters, dense-parameters and macs (gint64), receptive-field and receptive-jump (arrays of ints,
 * rows then columns), receptive-offset (array of doubles), isa and kernel-name (strings). */
GstStructure *gst_cnn_layer_info_new (const CnnLayer *layer, const GstCnnChain *chain);

/* The same for a join of branches: `input` is the first branch's shape, and `inputs` an array of all. */
GstStructure *gst_cnn_merge_info_new (
    const CnnMerge *merge, const CnnShape *branches, guint n_branches, const GstCnnChain *chain);

G_END_DECLS

#endif
