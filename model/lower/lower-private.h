/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to lower/. */
#ifndef CNN_LOWER_PRIVATE_H
#define CNN_LOWER_PRIVATE_H

#include "lower.h"
#include "../operators/families.h"

#include <cnn/activation.h>

/* The activation that is fused behind a node, as kernels/ has it. */
typedef struct {
  CnnActivation activation;
  const float *alpha;
  int n_alpha;
  bool apart; /* no layer does it: a step of its own */
} CnnLowerActivation;

/* The kernels' activation that is this function; NONE with *matches false when there is none. */
CnnActivation cnn_lower_find_activation (const CnnUnary *unary, bool *matches);
CnnLowerActivation cnn_lower_activation_of (const CnnNode *node);

/* The kinds of nodes, each as cnn_lower_node (). */
typedef bool CnnLowerFunction (CnnPlan *plan, int node, bool *done);

CnnLowerFunction cnn_lower_batch_normalization, cnn_lower_gather, cnn_lower_nearest,
    cnn_lower_shuffle, cnn_lower_slice, cnn_lower_binary, cnn_lower_concat, cnn_lower_convolution,
    cnn_lower_depth_to_space, cnn_lower_gemm, cnn_lower_matmul, cnn_lower_normalization,
    cnn_lower_pad, cnn_lower_pool, cnn_lower_resize, cnn_lower_softmax, cnn_lower_transposed,
    cnn_lower_unary;

/* A step of a layer with one input, if there is a layer: it is the step's from now on. */
bool cnn_lower_add_layer (
    CnnPlan *plan, int node, CnnLayer *layer, const CnnPlace *in, const CnnPlace *out, bool *done);
/* A function of one number over an image that holds `value`; `in` and `out` may be the same. */
bool cnn_lower_add_unary (CnnPlan *plan, int node, const CnnUnary *unary, int value,
    const CnnPlace *in, const CnnPlace *out);
/* Places the output, and adds the activation that the layer left out. */
bool cnn_lower_finish (
    CnnPlan *plan, int node, const CnnLowerActivation *activation, const CnnPlace *out);

/* Axis 1 (rows) or 2 (columns) of a window over pictures. */
CnnAxis cnn_lower_axis_of (const CnnResolvedWindow *r, int i);
/* Whether it is one over pictures. */
bool cnn_lower_fits_window (const CnnResolvedWindow *r);
/* An InstanceNormalization with constants. */
bool cnn_lower_normalizes_instances (const CnnGraph *graph, const CnnNode *node);

#endif
