/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer with everything that its shapes and weights decide: algorithm, packed weights, scratch.
 */
#ifndef CNN_LAYER_H
#define CNN_LAYER_H

#include "cnn/api.h"
#include "cnn/context.h"
#include "cnn/image.h"

#include <stdint.h>

CNN_BEGIN_DECLARATIONS

/* How samples turn into the floats a layer computes with: x = sample * scale[c] + offset[c], for
 * integer samples only. NULL means 1 and 0. c values each, copied by whoever is given them. */
typedef struct {
  const float *scale;
  const float *offset;
} CnnNormalization;

/* What flows in and out of a layer, besides the shape: decides the algorithm, not the result. */
typedef struct {
  CnnSampleType type;
  CnnLayout layout; /* packed pictures are NHWC, planar ones NCHW */
} CnnFormat;

typedef struct CnnLayer CnnLayer;

/* Images that a frame is computed from; 1 for all but merges. */
CNN_API int cnn_layer_input_count (const CnnLayer *layer);
/* `input` is in [0, cnn_layer_input_count ()). */
CNN_API CnnShape cnn_layer_input_shape (const CnnLayer *layer, int input);
CNN_API CnnShape cnn_layer_output_shape (const CnnLayer *layer);

typedef struct {
  int64_t parameters;       /* weights and biases */
  int64_t dense_parameters; /* weights of a fully connected layer between the same two shapes of one
                               frame; INT64_MAX when there would be more */
  int64_t macs;             /* multiply-accumulates of one frame, padding taps included */
  const char *isa;          /* instruction set of the main kernel, "avx2" */
  const char *kernel_name;  /* "conv-tile-6x64", static storage */
} CnnLayerInfo;

CNN_API CnnLayerInfo cnn_layer_info (const CnnLayer *layer);

/* Computes one frame. `in` has cnn_layer_input_count () images; their shapes and that of `out` must
 * be the layer's; types and strides are free: a float image goes in as it is, an integer one
 * through the normalization; an output of CNN_SAMPLE_UINT8 gets clamp (255 * v rounded to nearest,
 * ties to even, 0, 255), NaN giving 0. `out` must not overlap an input. n_threads = 0 uses all
 * workers. The result does not depend on n_threads. One run at a time per layer. Reads and writes
 * nothing outside the samples (and padding bytes) of the two images. */
CNN_API void
cnn_layer_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads);

CNN_API void cnn_layer_free (CnnLayer *layer);

CNN_END_DECLARATIONS

#endif
