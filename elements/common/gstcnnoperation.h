/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a layer made a buffer, and of which: a meta that layers put on what they push where downstream asks for it
 * by gst_query_add_allocation_meta () with its API, or by the event below. It holds a reference to the input, nothing is copied. */
#ifndef GST_CNN_OPERATION_H
#define GST_CNN_OPERATION_H

#include "common/gstcnnchain.h"
#include "common/tensorcaps.h"
#include "view/operation.h"

G_BEGIN_DECLS

/* Shared by all buffers that one plan of a layer makes; never changed. */
typedef struct _GstCnnOperation GstCnnOperation;

/* The layer itself, and where it stands. */
typedef struct {
  gchar *name;       /* of the element, UTF-8 */
  GstCnnChain chain; /* up to and with it */
  gint64 parameters;
  gboolean first; /* in the chain */
} GstCnnOperationOrigin;

/* Asks the layers of a whole chain for the meta, each of the one before: the upstream event, boolean "wanted". */
#define GST_CNN_OPERATION_EVENT "cnn-operations"
GstEvent *gst_cnn_operation_event_new (gboolean wanted);
/* FALSE when the event is another one. */
gboolean gst_cnn_operation_event_parse (GstEvent *event, gboolean *wanted);

/* Copies what `operation` points to, but for the weights: `weights` is their buffer, float32 in the order
 * O,I,H,W, or NULL, and its reference is shared. */
GstCnnOperation *gst_cnn_operation_new (const CnnViewOperation *operation, GstBuffer *weights,
    const GstCnnStreamInfo *input, const GstCnnOperationOrigin *origin);
GstCnnOperation *gst_cnn_operation_ref (GstCnnOperation *operation);
void gst_cnn_operation_unref (GstCnnOperation *operation);

const CnnViewOperation *gst_cnn_operation_get (const GstCnnOperation *operation);
const GstCnnOperationOrigin *gst_cnn_operation_origin (const GstCnnOperation *operation);
/* What the input buffers are frames of. */
const GstCnnStreamInfo *gst_cnn_operation_input (const GstCnnOperation *operation);

/* Another input of a join of branches. */
typedef struct {
  GstCnnStreamInfo stream;
  GstBuffer *input;
} GstCnnOperationBranch;

typedef struct {
  GstMeta meta;
  GstCnnOperation *operation;
  GstBuffer *input;
  GArray *branches; /* of GstCnnOperationBranch, beside the input; NULL for none */
} GstCnnOperationMeta;

#define GST_CNN_OPERATION_META_API_TYPE (gst_cnn_operation_meta_api_get_type ())
GType gst_cnn_operation_meta_api_get_type (void);

/* On a writable buffer; takes references to both. */
void gst_cnn_operation_meta_add (GstBuffer *output, GstCnnOperation *operation, GstBuffer *input);
/* One more input on a buffer that has the meta; takes a reference. */
void gst_cnn_operation_meta_add_branch (
    GstBuffer *output, const GstCnnStreamInfo *stream, GstBuffer *input);
/* NULL when the buffer has none. */
GstCnnOperationMeta *gst_cnn_operation_meta_get (GstBuffer *buffer);

G_END_DECLS

#endif
