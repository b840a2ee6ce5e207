/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the properties of a convolution to its weights: no GObject, no streams. */
#ifndef CNN_CONVOLUTION_SETTINGS_H
#define CNN_CONVOLUTION_SETTINGS_H

#include "common/doublearray.h"
#include "common/shapenegotiation.h"
#include "layer/namedfilters.h"
#include "weights.h"

G_BEGIN_DECLS

/* The properties of one moment. Strings, arrays and the reference to the source are owned. */
typedef struct {
  gboolean pointwise; /* 1x1 only: cnn1x1 */
  GstCnnFilter filter;
  GstCnnDoubleArray coefficients, bias, alpha;
  CnnWeightsFile *weights; /* NULL: no file */
  gchar *layer, *batch_norm, *alpha_layer;
  gdouble batch_norm_eps;
  gboolean has_kernel_size;  /* otherwise the weights say, or 3x3 */
  CnnWindow window;          /* its kernel counts only with has_kernel_size */
  gint out_channels, groups; /* 0: from the weights */
  CnnActivation activation;
  guint seed;
} GstCnnConvolutionSettings;

void gst_cnn_convolution_settings_init (GstCnnConvolutionSettings *settings, gboolean pointwise);
void gst_cnn_convolution_settings_copy (
    GstCnnConvolutionSettings *copy, const GstCnnConvolutionSettings *settings);
void gst_cnn_convolution_settings_clear (GstCnnConvolutionSettings *settings);

/* What the settings do to shapes, into a geometry just initialised. `input` is NULL while not known: without
 * a layer name there may then be choices among the weights of a file. On contradiction FALSE and a sentence
 * that names the properties. */
gboolean gst_cnn_convolution_geometry (const GstCnnConvolutionSettings *settings,
    const CnnShape *input, GstCnnGeometry *geometry, CnnError *error);

/* All a convolution needs besides its formats, for one input shape; to be cleared. */
typedef struct {
  CnnWindow window;
  gint out_channels, groups;
  gfloat *weights; /* out_channels x channels / groups x rows x columns */
  gfloat *bias;    /* out_channels values, or NULL */
  gfloat *alpha;
  gint n_alpha;
  GPtrArray *warnings; /* of gchar *: what weights.h warns of, or NULL */
} GstCnnConvolutionWeights;

gboolean gst_cnn_convolution_weights (const GstCnnConvolutionSettings *settings, CnnShape input,
    GstCnnConvolutionWeights *weights, CnnError *error);
void gst_cnn_convolution_weights_clear (GstCnnConvolutionWeights *weights);

G_END_DECLS

#endif
