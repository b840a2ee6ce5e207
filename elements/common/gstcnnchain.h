/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a chain of layers adds up to, carried downstream by a sticky event so that it passes queues and
 * tees: a GST_EVENT_CUSTOM_DOWNSTREAM_STICKY whose structure "cnn-chain" has the fields
 *
 *     element           string: name of the layer that sent it
 *     source-size       array of 2 ints: rows, columns of the chain's first input
 *     input-size, output-size   arrays of 4 ints, N,H,W,C: shapes of the sending layer
 *     receptive-field, receptive-jump, receptive-offset
 *                       arrays of 2 doubles, rows then columns, in pixels of the first input
 *     layer-info        structure: the layer's own cnn-layer-info
 *     weights           structure "cnn-weights", absent when there are none to show: of the convolution
 *                       that made these channels. A layer that keeps the channels passes them on.
 *
 *         element       string: name of the convolution
 *         size          array of 4 ints O,I,H,W: output channels, input channels of a group, rows,
 *                       columns. An activation may have made more than one channel of an output; output
 *                       channels then repeat in turns of O
 *         first         boolean: the convolution is the first layer of the chain
 *         values        GstBuffer of O*I*H*W float32 in this order, native-endian, after the folding of a
 *                       batch normalization; shared, not to be written. A change of the weights sends the
 *                       event anew, with another buffer */
#ifndef GST_CNN_CHAIN_H
#define GST_CNN_CHAIN_H

#include "cnn/cnn.h"

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

/* The event a layer sends. Both structures are copied; `weights` may be NULL. */
GstEvent *gst_cnn_chain_event_new (const GstCnnChain *chain, const gchar *element, CnnShape input,
    const GstStructure *layer_info, const GstStructure *weights);

/* FALSE when the event is another one or is incomplete. */
gboolean gst_cnn_chain_event_parse (GstEvent *event, GstCnnChain *chain);

/* The name of the layer that sent it; the event's. */
const gchar *gst_cnn_chain_event_element (GstEvent *event);

/* Of a convolution: O,I,H,W, all at least 1, and their values. */
typedef struct {
  gint out_channels, in_channels, rows, columns;
  GstBuffer *values; /* NULL: none */
} GstCnnWeights;

/* Larger weights are not carried. In bytes. */
#define GST_CNN_MAX_CARRIED_WEIGHTS (1 << 20)

/* The structure "cnn-weights", which shares the values. */
GstStructure *
gst_cnn_weights_to_structure (const GstCnnWeights *weights, const gchar *element, gboolean first);

/* FALSE when the structure is NULL or incomplete, or the values are not as many as the size says. The
 * values and the element's name belong to the structure. */
gboolean gst_cnn_weights_from_structure (
    GstCnnWeights *weights, const gchar **element, gboolean *first, const GstStructure *structure);

/* The weights in an event of a chain, which owns them. NULL when there are none. */
const GstStructure *gst_cnn_chain_event_weights (GstEvent *event);

/* The structure "cnn-layer-info" of a layer at the end of `chain`: input and output (arrays N,H,W,C),
 * parameters, dense-parameters and macs (gint64), receptive-field and receptive-jump (arrays of ints,
 * rows then columns), receptive-offset (array of doubles), isa and kernel-name (strings). */
GstStructure *gst_cnn_layer_info_new (const CnnLayer *layer, const GstCnnChain *chain);

/* The same for a join of branches: `input` is the first branch's shape, and `inputs` an array of all. */
GstStructure *gst_cnn_merge_info_new (
    const CnnLayer *merge, const CnnShape *branches, guint n_branches, const GstCnnChain *chain);

/* A field that is an array of ints, and one of the four of a shape, N,H,W,C. */
void gst_cnn_structure_set_ints (
    GstStructure *structure, const gchar *field, const gint *values, guint count);
void gst_cnn_structure_set_shape (GstStructure *structure, const gchar *field, CnnShape shape);

/* Adds kernel, stride and dilation (arrays of two ints, rows then columns) and padding (array of four ints: top,
 * left, bottom, right, as they come out for this input). Windows that follow from the sizes, adaptive pooling's
 * and upsampling's, have none of these. */
void gst_cnn_layer_info_set_window (GstStructure *info, const CnnWindow *window, CnnShape input);

/* Adds previous (array of strings): the name of the layer before each input, "" where the stream begins. `names`
 * may hold NULLs. */
void gst_cnn_layer_info_set_previous (GstStructure *info, const gchar *const *names, guint count);

G_END_DECLS

#endif
