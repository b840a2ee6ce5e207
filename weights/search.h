/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which tensors of a file may be the weight of a layer, and which one is.
 */
#pragma once

#include "tensor-file.h"

G_BEGIN_DECLS

/* How a stored weight is used as a kernel. */
typedef struct {
  gint out_channels, in_channels, rows, columns;
} CnnKernelShape;

/* Whether values of this type are weights in this file. Integers in a state dictionary are counters or
 * quantised values: no weights. An array somebody saved from numpy is what it says. */
gboolean cnn_weights_is_weight_type (const CnnWeightsFile *file, CnnDtype dtype);

/* Decides how `tensor` serves the query. Returns NULL, or what is wrong: to be freed. */
gchar *cnn_weights_fit_kernel (const CnnWeightsFile *file, const CnnLayerQuery *query,
    const CnnTensorInfo *tensor, CnnKernelShape *kernel);

/* The only weight that fits a query without `layer`, or NULL with the error set. A file with a single
 * weight gives that one even when it does not fit, since its own fault says more than a list. */
const CnnTensorInfo *
cnn_weights_search_kernel (const CnnWeightsFile *file, const CnnLayerQuery *query, GError **error);

/* The bias beside a weight found by searching: NAME.bias for NAME.weight, bias for weight; or NULL. */
const CnnTensorInfo *
cnn_weights_find_bias_beside (const CnnWeightsFile *file, const CnnTensorInfo *weight);

/* Sets "FILE: FAULT; the weights in this file are: ...". Returns FALSE. */
gboolean cnn_weights_refuse_layer (const CnnWeightsFile *file, GError **error, const gchar *fault);

G_END_DECLS
