/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function of one number becomes part of the node in front of it. */
#include "match.h"

static bool
takes_activation (CnnOperatorKind kind)
{
  return kind == CNN_OPERATOR_CONVOLUTION || kind == CNN_OPERATOR_CONVOLUTION_TRANSPOSE ||
         kind == CNN_OPERATOR_GEMM || kind == CNN_OPERATOR_BINARY ||
         kind == CNN_OPERATOR_BATCH_NORMALIZATION || kind == CNN_OPERATOR_GROUP_NORMALIZATION;
}

/* The node that makes a value, if it can take a function and nobody else wants the value. */
static int
find_host (const CnnGraph *graph, int value, int user)
{
  const int node = graph->values[value].producer;
  if (node == CNN_NO_NODE || graph->nodes[node].is_removed ||
      !takes_activation (graph->nodes[node].op->kind) ||
      graph->nodes[node].activation.function != CNN_UNARY_NONE ||
      graph->values[value].elements != CNN_ELEMENTS_FLOAT ||
      cnn_graph_only_user (graph, value) != user)
    return CNN_NO_NODE;
  return node;
}

bool
cnn_rule_fuse_activation (CnnGraph *graph, int index, bool *changed)
{
  const CnnNode *node = &graph->nodes[index];
  if (node->op->kind != CNN_OPERATOR_UNARY || node->n_inputs != 1 ||
      node->outputs[0] == CNN_NO_VALUE)
    return true;
  const int host = find_host (graph, node->inputs[0], index);
  if (host == CNN_NO_NODE)
    return true;
  graph->nodes[host].activation = node->parameters.unary;
  cnn_graph_absorb (graph, host, index);
  *changed = true;
  return true;
}

/* One slope a channel, along dimension 1. */
static bool
has_channel_slopes (const CnnGraph *graph, const CnnNode *node, const CnnTensor **slopes)
{
  const CnnDims *dims = &graph->values[node->inputs[0]].dims;
  *slopes = cnn_graph_constant (graph, node->inputs[1]);
  if (!*slopes || dims->rank < 2 || (*slopes)->count != dims->size[1])
    return false;
  const int more = dims->rank - (*slopes)->dims.rank;
  for (int i = 0; i < (*slopes)->dims.rank; i++)
    if ((*slopes)->dims.size[i] != (i + more == 1 ? dims->size[1] : 1))
      return false;
  return true;
}

bool
cnn_rule_fuse_prelu (CnnGraph *graph, int index, bool *changed)
{
  const CnnNode *node = &graph->nodes[index];
  const CnnTensor *slopes;
  if (node->op->kind != CNN_OPERATOR_BINARY || node->parameters.binary != CNN_BINARY_PRELU ||
      node->activation.function != CNN_UNARY_NONE || !has_channel_slopes (graph, node, &slopes))
    return true;
  const int host = find_host (graph, node->inputs[0], index);
  if (host == CNN_NO_NODE)
    return true;
  graph->nodes[host].activation = (CnnUnary){.function = CNN_UNARY_PRELU};
  graph->nodes[host].slopes = cnn_tensor_ref (graph->values[node->inputs[1]].constant);
  cnn_graph_absorb (graph, host, index);
  *changed = true;
  return true;
}
