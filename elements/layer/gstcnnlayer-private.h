/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the base class: for gstcnnlayer.c and gstcnnlayer-negotiation.c only. */
#ifndef GST_CNN_LAYER_PRIVATE_H
#define GST_CNN_LAYER_PRIVATE_H

#include "layer/gstcnnlayer.h"
#include "common/peercaps.h"
#include "common/upstream.h"

GST_DEBUG_CATEGORY_EXTERN (cnn_layer_debug);
#define GST_CAT_DEFAULT cnn_layer_debug

G_BEGIN_DECLS

typedef struct {
  GstCnnLayerCommon common;
  GstCnnPeerCaps downstream;
  GstCnnUpstream upstream;

  /* Atomic. */
  gint revision; /* counts property changes */

  /* Streaming thread only. */
  CnnLayer *layer;
  GstCnnStreamInfo in_info, out_info;
  gboolean has_upstream_chain;
  GstCnnChain upstream_chain;
  gchar *previous;                /* name of the layer before, or NULL */
  GstStructure *upstream_weights; /* NULL: none came */
  gboolean error_posted;          /* for the caps being negotiated */
  gboolean ended;                 /* the user was told why these caps cannot be; no frame passes */
  gint negotiated_revision;       /* `revision` when this negotiation began */
  GstCnnGeometry negotiated_geometry; /* what it is about, whatever is set meanwhile */
  GThread *negotiating; /* atomic: the streaming thread while it negotiates, or NULL */
} GstCnnLayerPrivate;

GstCnnLayerPrivate *gst_cnn_layer_private (GstCnnLayer *self);

/* Tells the user that the stream cannot be processed. */
void gst_cnn_layer_post_error (GstCnnLayer *self, const CnnError *error);

/* The geometry of the properties as they are now, for this input or, when that is NULL, for any. */
gboolean gst_cnn_layer_get_geometry (
    GstCnnLayer *self, const CnnShape *input, GstCnnGeometry *geometry, CnnError *error);

/* Fills in the vmethods that deal with caps, events and live changes. */
void gst_cnn_layer_install_negotiation (GstBaseTransformClass *klass);

G_END_DECLS

#endif
