/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fully connected layers, matrix products and batch normalization as pointwise convolutions. */
#include "lower-private.h"

#include <cnn/conv2d.h>
#include <cnn/memory.h>
#include <math.h>

/* --- Fully connected layers, normalization -------------------------------------------------------- */

/* A pointwise convolution with weights O x I / groups. */
static bool
add_pointwise (CnnPlan *plan, int index, const CnnPlace *in, const CnnPlace *out, int groups,
    const float *weights, const float *bias, bool *done)
{
  const CnnLowerActivation activation = cnn_lower_activation_of (&plan->graph->nodes[index]);
  const CnnConv2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out->image),
      .window = cnn_window_unit (),
      .out_channels = out->image.shape.c,
      .groups = groups,
      .weights = weights,
      .bias = bias,
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  return cnn_lower_add_layer (
      plan, index, cnn_conv2d_new (plan->context, &desc, NULL), in, out, done);
}

/* A matrix of rows as frames of one pixel. */
static CnnPlace
place_rows (const CnnPlace *plain, const CnnDims *dims)
{
  CnnValue pixels = {
      .elements = CNN_ELEMENTS_FLOAT, .dims = {4, {dims->size[0], dims->size[1], 1, 1}}};
  CnnPlace place = cnn_place_channels_last (plain->root, &pixels);
  place.offset = plain->offset;
  return place;
}

/* A plain tensor times a constant matrix: each row of its last dimension is a pixel. */
bool
cnn_lower_matmul (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnTensor *b = cnn_graph_constant (graph, node->inputs[1]);
  const CnnValue *in = &graph->values[node->inputs[0]], *out = &graph->values[node->outputs[0]];
  if (!b || b->dims.rank != 2 || in->dims.rank < 2 || !plan->places[node->inputs[0]].is_plain)
    return true;
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace from = cnn_place_vectors (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace to = cnn_place_vectors (&plain, &out->dims);
  const int64_t inputs = b->dims.size[0], outputs = b->dims.size[1];
  float *weights = cnn_alloc ((size_t)b->count, sizeof *weights);
  if (!weights)
    return false;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t i = 0; i < inputs; i++)
      weights[o * inputs + i] = b->floats[i * outputs + o];
  const bool kept = !from.is_image || !to.is_image ||
                    add_pointwise (plan, index, &from, &to, 1, weights, NULL, done);
  cnn_free (weights);
  if (*done)
    plan->places[node->outputs[0]] = plain;
  return kept;
}

bool
cnn_lower_gemm (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnTensor *b = cnn_graph_constant (graph, node->inputs[1]);
  const CnnValue *in = &graph->values[node->inputs[0]], *out = &graph->values[node->outputs[0]];
  const int64_t outputs = out->dims.size[1], inputs = in->dims.size[1];
  const CnnTensor *bias = cnn_graph_constant (graph, cnn_node_input (node, 2));
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  if (!b || node->parameters.gemm.transpose_a || node->parameters.gemm.alpha != 1.0F ||
      node->parameters.gemm.beta != 1.0F || !plan->places[node->inputs[0]].is_plain ||
      activation.apart ||
      (cnn_node_input (node, 2) != CNN_NO_VALUE &&
          (!bias || bias->count != outputs || bias->dims.size[bias->dims.rank - 1] != outputs)))
    return true;
  const CnnPlace from = place_rows (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace to = place_rows (&plain, &out->dims);
  float *weights = cnn_alloc ((size_t)b->count, sizeof *weights);
  if (!weights)
    return false;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t i = 0; i < inputs; i++)
      weights[o * inputs + i] =
          b->floats[node->parameters.gemm.transpose_b ? o * inputs + i : i * outputs + o];
  const bool kept =
      !from.is_image || !to.is_image ||
      add_pointwise (plan, index, &from, &to, 1, weights, bias ? bias->floats : NULL, done);
  cnn_free (weights);
  if (*done)
    plan->places[node->outputs[0]] = plain;
  return kept;
}

bool
cnn_lower_batch_normalization (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnTensor *v[5];
  for (int i = 1; i < 5; i++) {
    v[i] = cnn_graph_constant (graph, node->inputs[i]);
    if (!v[i])
      return true;
  }
  if (!in->is_image)
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const int channels = in->image.shape.c;
  float *scale = cnn_alloc ((size_t)channels, 2 * sizeof *scale), *shift = scale + channels;
  if (!scale)
    return false;
  for (int c = 0; c < channels; c++) {
    scale[c] = (float)(v[1]->floats[c] /
                       sqrt ((double)v[4]->floats[c] + node->parameters.normalization.epsilon));
    shift[c] = v[2]->floats[c] - scale[c] * v[3]->floats[c];
  }
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  const bool kept = add_pointwise (plan, index, in, &out, channels, scale, shift, done);
  cnn_free (scale);
  return kept && (!*done || cnn_lower_finish (plan, index, &activation, &out));
}
