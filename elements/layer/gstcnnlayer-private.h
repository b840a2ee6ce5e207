/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the base class: for gstcnnlayer.c and gstcnnlayer-negotiation.c only. */
#ifndef GST_CNN_LAYER_PRIVATE_H
#define GST_CNN_LAYER_PRIVATE_H

#include "layer/gstcnnlayer.h"
#include "common/debug.h"
#include "common/peercaps.h"
#include "common/upstream.h"

G_BEGIN_DECLS

/* How much of a layer's result goes out, and what is needed to blend it with the input. */
typedef struct {
  gdouble strength, gain, bias_offset; /* under the object lock */
  /* Streaming thread only, NULL until they are needed. */
  CnnLayer *layer;
  gfloat *result; /* a frame */
  gboolean refused;
  const CnnLayer *float_layer; /* the layer that was made to give floats, whatever goes out */
} GstCnnLayerBlend;

typedef struct {
  GstCnnLayerCommon common;
  GstCnnPeerCaps downstream;
  GstCnnUpstream upstream;

  GstCnnLayerSettings
      *settings; /* under the object lock; NULL: changed since they were asked for */

  GstCnnLayerBlend blend;

  /* Streaming thread only. */
  CnnLayer *layer;
  GstCnnStreamInfo in_info, out_info;
  gboolean has_upstream_chain;
  GstCnnChain upstream_chain;
  gchar *previous;                 /* name of the layer before, or NULL */
  GstStructure *upstream_weights;  /* NULL: none came */
  gboolean error_posted;           /* for the caps being negotiated */
  gboolean ended;                  /* the user was told why these caps cannot be; no frame passes */
  GstCnnLayerSettings *used;       /* of `layer`; NULL without one */
  GstCnnLayerSettings *negotiated; /* of the negotiation under way, otherwise `used` */
  GstCnnGeometry negotiated_geometry; /* of these, for the input at hand where that is possible */
  gboolean operation_wanted;          /* by the element downstream */
  gint operations_wanted;             /* atomic: of all layers, by one further downstream */
  struct _GstCnnOperation *operation; /* of `layer`, when told already */
  GstCnnChain chain;                  /* as published, and whether it begins here */
  gboolean is_first;
} GstCnnLayerPrivate;

GstCnnLayerPrivate *gst_cnn_layer_private (GstCnnLayer *self);

/* Tells the user that the stream cannot be processed. */
void gst_cnn_layer_post_error (GstCnnLayer *self, const CnnError *error);

/* The geometry of these settings, for this input or, when that is NULL, for any. */
gboolean gst_cnn_layer_settings_geometry (GstCnnLayer *self, const GstCnnLayerSettings *settings,
    const CnnShape *input, GstCnnGeometry *geometry, CnnError *error);

/* Takes a new reference to `settings`, which may be NULL. */
void gst_cnn_layer_settings_replace (GstCnnLayerSettings **place, GstCnnLayerSettings *settings);

/* The properties strength, gain and bias-offset, which take GST_CNN_LAYER_BLEND_IDS ids in a row; `which` is an id
 * minus the first of them. Object lock held in the two in the middle. */
#define GST_CNN_LAYER_BLEND_IDS 3
void gst_cnn_layer_blend_init (GstCnnLayerBlend *blend);
void gst_cnn_layer_blend_install_properties (GObjectClass *object_class, guint first_id);
void gst_cnn_layer_blend_set_property (GstCnnLayerBlend *blend, guint which, const GValue *value);
void gst_cnn_layer_blend_get_property (GstCnnLayerBlend *blend, guint which, GValue *value);
/* When the layer or its formats change, and at the end. */
void gst_cnn_layer_blend_forget (GstCnnLayerBlend *blend);
/* FALSE with a sentence when the strength needs shapes that agree, and they do not. */
gboolean
gst_cnn_layer_blend_check (gdouble strength, CnnShape input, CnnShape output, CnnError *error);
/* TRUE when the result is not to go out as it is: layers are made to give floats then, since those for bytes
 * may compute in bytes. Any thread. */
gboolean gst_cnn_layer_blend_wanted (GstCnnLayer *self);
/* TRUE when the layer has to be made again for that. Streaming thread. */
gboolean gst_cnn_layer_blend_needs_layer (GstCnnLayer *self);
/* Runs the layer and blends its result, in the streaming thread. FALSE when there is nothing to blend: the
 * layer was not run then. */
gboolean gst_cnn_layer_blend_run (
    GstCnnLayer *self, const CnnImage *in, const CnnImage *out, gint n_threads);
/* Downstream's allocation query: notes whether it asks how buffers were made. */
void gst_cnn_layer_decide_operation (GstCnnLayer *self, GstQuery *query);
/* Events from downstream: the same for all layers of a chain. */
void gst_cnn_layer_note_operation_event (GstCnnLayer *self, GstEvent *event);
/* Another layer computes from now on. */
void gst_cnn_layer_forget_operation (GstCnnLayer *self);
/* Tells on an output buffer how it was made of the input, where downstream asked. */
void gst_cnn_layer_attach_operation (GstCnnLayer *self, GstBuffer *output, GstBuffer *input);

/* Fills in the vmethods that deal with caps, events and live changes. */
void gst_cnn_layer_install_negotiation (GstBaseTransformClass *klass);

G_END_DECLS

#endif
