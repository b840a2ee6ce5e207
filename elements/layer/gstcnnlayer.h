/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The base class of the layer elements: everything about streams (caps, both tensor dialects, video in
 * and out, buffers, live changes, layer-info), so that a layer only says what it computes. */
#ifndef GST_CNN_LAYER_H
#define GST_CNN_LAYER_H

#include "common/layercommon.h"
#include "common/shapenegotiation.h"
#include "view/operation.h"

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_LAYER (gst_cnn_layer_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCnnLayer, gst_cnn_layer, GST, CNN_LAYER, GstBaseTransform)

/* What a layer is made for. */
typedef struct {
  const CnnContext *context;
  CnnShape input;
  CnnFormat input_format, output_format;
  CnnNormalization normalization;
} GstCnnLayerSetup;

/* The properties of one moment: immutable, shared by reference, replaced as a whole when a property is set. So
 * whoever negotiates or makes a layer has one set of values from beginning to end. Subclasses put theirs
 * behind it. */
typedef struct _GstCnnLayerSettings GstCnnLayerSettings;
struct _GstCnnLayerSettings {
  /* The base class fills in these. */
  gatomicrefcount ref_count;
  void (*free) (GstCnnLayerSettings *settings);
  GstCnnNormalizer normalizer;
  gboolean possible;       /* or else `fault` says why not */
  GstCnnGeometry geometry; /* for any input */
  CnnError fault;
};

struct _GstCnnLayerClass {
  GstBaseTransformClass parent_class;

  /* A new copy of the subclass's properties, with room for the base class's in front. Called with the object
   * lock. */
  GstCnnLayerSettings *(*copy_settings) (GstCnnLayer *self);
  /* Releases the subclass's part and the block; by default g_free (). */
  void (*free_settings) (GstCnnLayerSettings *settings);

  /* What the properties do to shapes. `input` is what arrives, or NULL while that is not known: only then may
   * there be choices. `geometry` keeps shapes as they are until it is filled in. Called from any thread; a
   * function of its arguments alone. On contradiction FALSE and a sentence. */
  gboolean (*get_geometry) (const GstCnnLayerSettings *settings, const CnnShape *input,
      GstCnnGeometry *geometry, CnnError *error);

  /* The computation for one input shape. Called from the streaming thread without the object lock. NULL
   * with a sentence when the properties do not fit the shape. */
  CnnLayer *(*create_layer) (GstCnnLayer *self, const GstCnnLayerSettings *settings,
      const GstCnnLayerSetup *setup, CnnError *error);

  /* The weights of the layer created last, to be shown downstream; their buffer stays the subclass's.
   * Called from the streaming thread. FALSE when there are none or too many. NULL for layers without
   * weights. */
  gboolean (*get_weights) (GstCnnLayer *self, GstCnnWeights *weights);

  /* Adds fields of its own to the layer-info of the layer created last. Called from the streaming thread.
   * NULL: nothing to add. */
  void (*describe) (GstCnnLayer *self, GstStructure *info);

  /* How the layer created last computes, for those who show it: fills in the kind and what belongs to it; shapes,
   * window and normalization are there. Pointers stay the subclass's, as does the buffer of the weights.
   * Called from the streaming thread. NULL for layers whose values are no sums or choices of a window. */
  void (*get_operation) (GstCnnLayer *self, CnnViewOperation *operation, GstBuffer **weights);
};

/* For subclasses, at the end of set_property and without the object lock. `fault` is NULL when the value
 * was taken: it then takes effect at the next frame, with new caps where the shape changes. Otherwise the
 * old value stays: a running element warns on the bus, one that has not started will refuse to. */
void gst_cnn_layer_property_set (GstCnnLayer *self, GParamSpec *pspec, const CnnError *fault);

/* The properties as they are now; to be unreffed. From any thread, without the object lock. */
GstCnnLayerSettings *gst_cnn_layer_ref_settings (GstCnnLayer *self);
void gst_cnn_layer_settings_unref (GstCnnLayerSettings *settings);
/* What the subclass would copy has changed though no property was set. */
void gst_cnn_layer_settings_changed (GstCnnLayer *self);

G_END_DECLS

#endif
