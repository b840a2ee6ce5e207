/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that give what they get. */
#include "../operators/families.h"
#include "match.h"

#include <math.h>

static bool
is_in_order (const CnnNumbers *permutation, int rank)
{
  for (int i = 0; i < rank; i++)
    if (permutation->count != rank || permutation->values[i] % rank != i)
      return false;
  return true;
}

static bool
resizes_nothing (const CnnGraph *graph, const CnnNode *node)
{
  CnnAsked asked;
  CnnResizedAxis axes[CNN_MAX_RANK];
  if (node->parameters.resize.coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE ||
      !cnn_ask (graph, node, &asked) || !cnn_resize_resolve (&asked.operation, axes, NULL))
    return false;
  for (int i = 0; i < graph->values[node->inputs[0]].dims.rank; i++)
    if (axes[i].in != axes[i].out || axes[i].scale != 1.0F)
      return false;
  return true;
}

static bool
pads_nothing (const CnnGraph *graph, const CnnNode *node)
{
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
  CnnAsked asked;
  if (!cnn_ask (graph, node, &asked) || !cnn_pad_resolve (&asked.operation, before, after, NULL))
    return false;
  for (int i = 0; i < asked.in[0]->dims.rank; i++)
    if (before[i] != 0 || after[i] != 0)
      return false;
  return true;
}

static bool
slices_nothing (const CnnGraph *graph, const CnnNode *node)
{
  CnnSliceAxis axes[CNN_MAX_RANK];
  CnnAsked asked;
  if (!cnn_ask (graph, node, &asked) || !cnn_slice_resolve (&asked.operation, axes, NULL))
    return false;
  for (int i = 0; i < asked.in[0]->dims.rank; i++)
    if (axes[i].start != 0 || axes[i].step != 1)
      return false;
  return true;
}

static bool
gives_what_it_gets (const CnnGraph *graph, const CnnNode *node)
{
  const CnnValue *in = &graph->values[node->inputs[0]], *out = &graph->values[node->outputs[0]];
  const CnnUnary *unary = &node->parameters.unary;
  if (!cnn_dims_equal (&in->dims, &out->dims) || in->elements != out->elements ||
      node->activation.function != CNN_UNARY_NONE)
    return false;
  switch (node->op->kind) {
  case CNN_OPERATOR_IDENTITY:
  case CNN_OPERATOR_RESHAPE:
  case CNN_OPERATOR_EXPAND:
  case CNN_OPERATOR_TILE:
    return true;
  case CNN_OPERATOR_CAST:
    return in->elements == CNN_ELEMENTS_FLOAT;
  case CNN_OPERATOR_CONCAT:
    return node->n_inputs == 1;
  case CNN_OPERATOR_TRANSPOSE:
    return is_in_order (&node->parameters.transpose.permutation, in->dims.rank);
  case CNN_OPERATOR_UNARY:
    return node->n_inputs == 1 &&
           (unary->function == CNN_UNARY_NONE ||
               (unary->function == CNN_UNARY_AFFINE && unary->alpha == 1 && unary->beta == 0) ||
               (unary->function == CNN_UNARY_CLIP && unary->alpha == -INFINITY &&
                   unary->beta == INFINITY));
  case CNN_OPERATOR_RESIZE:
    return resizes_nothing (graph, node);
  case CNN_OPERATOR_PAD:
    return pads_nothing (graph, node);
  case CNN_OPERATOR_SLICE:
    return slices_nothing (graph, node);
  default:
    return false;
  }
}

bool
cnn_rule_remove_identity (CnnGraph *graph, int index, bool *changed)
{
  const CnnNode *node = &graph->nodes[index];
  if (node->n_inputs < 1 || node->n_outputs < 1 || node->inputs[0] == CNN_NO_VALUE ||
      node->outputs[0] == CNN_NO_VALUE || !gives_what_it_gets (graph, node))
    return true;
  cnn_graph_replace_uses (graph, node->outputs[0], node->inputs[0]);
  cnn_graph_remove_node (graph, index);
  *changed = true;
  return true;
}
