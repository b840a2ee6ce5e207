/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kind of layer (conv2d.c, pool2d.c) provides. */
#ifndef CNN_LAYER_PRIVATE_H
#define CNN_LAYER_PRIVATE_H

#include "cnn/layer.h"

typedef struct {
  /* As cnn_layer_run (), with n_threads in [1, cnn_workers_count ()]. */
  void (*run) (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads);
  /* Releases everything, the struct itself included. Copes with a half-built layer. */
  void (*destroy) (CnnLayer *layer);
} CnnLayerClass;

/* The first member of every layer's struct. */
struct CnnLayer {
  const CnnLayerClass *layer_class;
  CnnContext context;
  CnnShape input, output;
  CnnLayerInfo info;
};

/* a * b, or INT64_MAX when that is larger; both at least 0. */
int64_t cnn_saturating_product (int64_t a, int64_t b);

/* The weights of a fully connected layer between two shapes of one frame each. */
int64_t cnn_dense_parameters (CnnShape input, CnnShape output);

#endif
