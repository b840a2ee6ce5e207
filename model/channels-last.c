/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which tensors have their channels last: ONNX does not say it. Files written from TensorFlow take N,H,W,C, transpose
 * to N,C,H,W for their convolutions, and transpose back. */
#include "model-private.h"

#include <cnn/memory.h>

/* Whether this order of dimensions moves the channels from the second place to the last (1), from the last to the
 * second (-1), or neither (0). */
static int
moves_channels (const CnnNumbers *permutation)
{
  if (permutation->count != 4)
    return 0;
  const int64_t first = permutation->values[1], last = permutation->values[3];
  return last == 1 || last == -3 ? 1 : first == 3 || first == -1 ? -1 : 0;
}

/* Operators that take channels second, whatever the network takes. */
static bool
has_channels_second (CnnOperatorKind kind)
{
  switch (kind) {
  case CNN_OPERATOR_CONVOLUTION:
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
  case CNN_OPERATOR_POOL:
  case CNN_OPERATOR_BATCH_NORMALIZATION:
  case CNN_OPERATOR_GROUP_NORMALIZATION:
  case CNN_OPERATOR_DEPTH_TO_SPACE:
  case CNN_OPERATOR_SPACE_TO_DEPTH:
    return true;
  default:
    return false;
  }
}

/* What the node's outputs have, given what the values before it have. */
static bool
follow (const CnnGraph *graph, const CnnNode *node, const bool *last, bool otherwise)
{
  bool result = otherwise;
  if (has_channels_second (node->op->kind))
    return false;
  for (int i = node->n_inputs - 1; i >= 0; i--)
    if (node->inputs[i] != CNN_NO_VALUE && !graph->values[node->inputs[i]].constant)
      result = last[node->inputs[i]];
  if (node->op->kind == CNN_OPERATOR_TRANSPOSE) {
    const int move = moves_channels (&node->parameters.transpose.permutation);
    return move ? move > 0 : result;
  }
  return node->op->kind == CNN_OPERATOR_RESHAPE ? otherwise : result;
}

bool
cnn_model_output_is_channels_last (const CnnModel *model, int output)
{
  const CnnGraph *graph = cnn_model_graph (model);
  const bool otherwise = cnn_model_is_channels_last (model, 0);
  bool *last = otherwise ? cnn_alloc ((size_t)graph->n_values + 1, sizeof *last) : NULL;
  if (!last)
    return otherwise;
  for (int i = 0; i < graph->n_values; i++)
    last[i] = otherwise;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int k = 0; k < graph->nodes[i].n_outputs; k++)
      if (graph->nodes[i].outputs[k] != CNN_NO_VALUE)
        last[graph->nodes[i].outputs[k]] = follow (graph, &graph->nodes[i], last, otherwise);
  const bool result = last[graph->outputs[output].value];
  cnn_free (last);
  return result;
}
