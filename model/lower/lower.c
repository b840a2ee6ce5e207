/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lower-private.h"

bool
cnn_lower_wants (const CnnPlan *plan, const CnnNode *node)
{
  const CnnDims *in = &plan->graph->values[node->inputs[0]].dims;
  if (!plan->context || in->rank != 4)
    return false;
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
  case CNN_OPERATOR_BATCH_NORMALIZATION:
  case CNN_OPERATOR_POOL:
  case CNN_OPERATOR_BINARY:
  case CNN_OPERATOR_CONCAT:
  case CNN_OPERATOR_TRANSPOSE:
  case CNN_OPERATOR_SLICE:
  case CNN_OPERATOR_SPLIT:
  case CNN_OPERATOR_CHANNEL_SHUFFLE:
  case CNN_OPERATOR_GATHER:
  case CNN_OPERATOR_PAD:
  case CNN_OPERATOR_RESIZE:
    return true;
  case CNN_OPERATOR_SOFTMAX:
    return node->parameters.softmax.axis == 1 && !node->parameters.softmax.log;
  case CNN_OPERATOR_UNARY:
    return node->n_inputs == 1;
  case CNN_OPERATOR_DEPTH_TO_SPACE:
    return node->parameters.depth.column_row_depth;
  case CNN_OPERATOR_GROUP_NORMALIZATION:
    return cnn_lower_normalizes_instances (plan->graph, node);
  default:
    return false;
  }
}

bool
cnn_lower_node (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  *done = false;
  if (!plan->context || node->outputs[0] == CNN_NO_VALUE ||
      plan->graph->values[node->outputs[0]].elements != CNN_ELEMENTS_FLOAT)
    return true;
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
    return cnn_lower_convolution (plan, index, done);
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
    return cnn_lower_transposed (plan, index, done);
  case CNN_OPERATOR_MATMUL:
    return cnn_lower_matmul (plan, index, done);
  case CNN_OPERATOR_GEMM:
    return cnn_lower_gemm (plan, index, done);
  case CNN_OPERATOR_BATCH_NORMALIZATION:
    return cnn_lower_batch_normalization (plan, index, done);
  case CNN_OPERATOR_POOL:
    return cnn_lower_pool (plan, index, done);
  case CNN_OPERATOR_RESIZE:
    return cnn_lower_resize (plan, index, done);
  case CNN_OPERATOR_DEPTH_TO_SPACE:
    return cnn_lower_depth_to_space (plan, index, done);
  case CNN_OPERATOR_BINARY:
    return cnn_lower_binary (plan, index, done);
  case CNN_OPERATOR_CONCAT:
    return cnn_lower_concat (plan, index, done);
  case CNN_OPERATOR_UNARY:
    return cnn_lower_unary (plan, index, done);
  case CNN_OPERATOR_PAD:
    return cnn_lower_pad (plan, index, done);
  case CNN_OPERATOR_CHANNEL_SHUFFLE:
    return cnn_lower_shuffle (plan, index, done);
  case CNN_OPERATOR_SLICE:
    return cnn_lower_slice (plan, index, done);
  case CNN_OPERATOR_GATHER:
    return cnn_lower_gather (plan, index, done);
  case CNN_OPERATOR_GROUP_NORMALIZATION:
    return !cnn_lower_normalizes_instances (plan->graph, node) ||
           cnn_lower_normalization (plan, index, done);
  case CNN_OPERATOR_SOFTMAX:
    return cnn_lower_softmax (plan, index, done);
  default:
    return true;
  }
}
