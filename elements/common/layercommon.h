/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every layer element has, whichever base class it is made of: the properties n-threads, scale, mean,
 * std and layer-info, values that were refused, and what the bus is told. */
#ifndef GST_CNN_LAYER_COMMON_H
#define GST_CNN_LAYER_COMMON_H

#include "common/gstcnnchain.h"
#include "common/normalizer.h"

G_BEGIN_DECLS

/* Property ids; an element counts its own from GST_CNN_LAYER_N_PROPERTIES on. */
enum {
  GST_CNN_LAYER_PROP_N_THREADS = 1,
  GST_CNN_LAYER_PROP_SCALE,
  GST_CNN_LAYER_PROP_MEAN,
  GST_CNN_LAYER_PROP_STD,
  GST_CNN_LAYER_PROP_LAYER_INFO,
  GST_CNN_LAYER_N_PROPERTIES,
};

/* The flags of properties that may be set while frames flow. */
#define GST_CNN_LAYER_PROPERTY_FLAGS                                                               \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

/* Caps of pads. What a sink pad takes comes first; the rest may be linked, and is told what to put before. */
#define GST_CNN_LAYER_TAKEN_CAPS                                                                   \
  GST_CNN_TENSOR_CAPS ("{ float32, uint8 }")                                                       \
  "; " GST_CNN_NNSTREAMER_CAPS ("{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE (                   \
      "{ " GST_CNN_COLOR_FORMATS ", " GST_CNN_GRAY_FORMATS " }")
#define GST_CNN_LAYER_SINK_CAPS                                                                    \
  GST_CNN_LAYER_TAKEN_CAPS "; tensor/strided; other/tensors; other/tensor; video/x-raw"
#define GST_CNN_LAYER_SRC_CAPS                                                                     \
  GST_CNN_TENSOR_CAPS ("float32")                                                                  \
  "; " GST_CNN_NNSTREAMER_CAPS ("float32") "; " GST_VIDEO_CAPS_MAKE (                              \
      "{ " GST_CNN_COLOR_OUT_FORMATS ", " GST_CNN_GRAY_OUT_FORMATS " }")

typedef struct {
  GstElement *element; /* whose part this is */

  /* Under the element's object lock. */
  guint n_threads;
  GstCnnNormalizer normalizer;
  GHashTable *faults; /* property name -> sentence, for values refused before the element started */
  GstStructure *layer_info;
  CnnError last_error; /* what the bus knows already */

  /* Atomic. */
  gint started;
  gint changed; /* a property changed since somebody last looked */
} GstCnnLayerCommon;

void gst_cnn_layer_common_init (GstCnnLayerCommon *common, GstElement *element);
void gst_cnn_layer_common_clear (GstCnnLayerCommon *common);

void gst_cnn_layer_common_install_properties (GObjectClass *object_class);
/* For ids below GST_CNN_LAYER_N_PROPERTIES, without the object lock. */
void gst_cnn_layer_common_set_property (
    GstCnnLayerCommon *common, guint id, const GValue *value, GParamSpec *pspec);
void gst_cnn_layer_common_get_property (
    GstCnnLayerCommon *common, guint id, GValue *value, GParamSpec *pspec);

/* At the end of every set_property and without the object lock. `fault` is NULL when the value was taken:
 * `changed` is then set. Otherwise the old value stays: a running element warns on the bus, one that has not
 * started will refuse to, until the same property is set to something that can be. */
void gst_cnn_layer_common_property_set (
    GstCnnLayerCommon *common, GParamSpec *pspec, const CnnError *fault);

/* FALSE with a sentence when a value was refused or there is no context. */
gboolean gst_cnn_layer_common_start (GstCnnLayerCommon *common, CnnError *error);
void gst_cnn_layer_common_stop (GstCnnLayerCommon *common);

/* Answers a caps query: `fitting` (taken) is what suits the other side. What cannot be, for its shape or for its
 * kind, is let through where nothing else is left, so that it arrives as caps and is refused with a sentence:
 * an empty answer would end in a bare "not negotiated" or "could not link" elsewhere. */
GstCaps *gst_cnn_layer_common_answer_caps (GstPad *pad, GstCaps *fitting, GstCaps *filter);

/* While elements are being linked, the other side may still change: everything is let through. */
gboolean gst_cnn_layer_common_is_linking (GstCnnLayerCommon *common, GstPad *pad);

guint gst_cnn_layer_common_get_n_threads (GstCnnLayerCommon *common);

/* What the user is told on the bus, with the element's name before the sentence: a stream that cannot be
 * processed, settings that cannot start, settings that cannot take effect. The same error is posted once
 * until gst_cnn_layer_common_succeeded (). */
void gst_cnn_layer_common_post_error (GstCnnLayerCommon *common, const CnnError *error);
void gst_cnn_layer_common_post_settings_error (GstCnnLayerCommon *common, const CnnError *error);
void gst_cnn_layer_common_post_settings_warning (GstCnnLayerCommon *common, const CnnError *error);
void gst_cnn_layer_common_succeeded (GstCnnLayerCommon *common);

/* Tells under GST_DEBUG which plan was made. */
void gst_cnn_layer_common_debug_plan (
    GstCnnLayerCommon *common, const CnnLayer *layer, const GstCnnStreamInfo *out);

/* Says what the layer is now: downstream as the chain so far, as property and as message. Takes `info`;
 * `weights` may be NULL. */
void gst_cnn_layer_common_publish (GstCnnLayerCommon *common, GstPad *srcpad,
    const GstCnnChain *chain, CnnShape input, GstStructure *info, const GstStructure *weights);

G_END_DECLS

#endif
