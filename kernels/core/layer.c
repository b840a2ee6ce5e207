/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/layer-private.h"

CnnShape
cnn_layer_input_shape (const CnnLayer *layer)
{
  return layer->input;
}

CnnShape
cnn_layer_output_shape (const CnnLayer *layer)
{
  return layer->output;
}

CnnLayerInfo
cnn_layer_info (const CnnLayer *layer)
{
  return layer->info;
}

void
cnn_layer_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  int available = cnn_workers_count (layer->context.workers);
  if (n_threads < 1 || n_threads > available)
    n_threads = available;
  layer->layer_class->run (layer, in, out, n_threads);
}

void
cnn_layer_free (CnnLayer *layer)
{
  if (layer)
    layer->layer_class->destroy (layer);
}

int64_t
cnn_saturating_product (int64_t a, int64_t b)
{
  int64_t product;
  return __builtin_mul_overflow (a, b, &product) ? INT64_MAX : product;
}

int64_t
cnn_dense_parameters (CnnShape input, CnnShape output)
{
  int64_t in = cnn_saturating_product ((int64_t)input.h * input.w, input.c);
  int64_t out = cnn_saturating_product ((int64_t)output.h * output.w, output.c);
  return cnn_saturating_product (in, out);
}
