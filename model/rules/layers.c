/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other spellings of layers: MatMul and Add as Gemm, means over rows and columns as global pooling. */
#include "../operators/families.h"
#include "match.h"

bool
cnn_rule_gemm (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  const CnnTensor *weights =
      node->op->kind == CNN_OPERATOR_MATMUL ? cnn_graph_constant (graph, node->inputs[1]) : NULL;
  if (!weights || weights->dims.rank != 2 || graph->values[node->inputs[0]].dims.rank != 2)
    return true;
  node->op = cnn_operator_find ("Gemm", CNN_LAST_OPSET);
  node->parameters.gemm.alpha = node->parameters.gemm.beta = 1.0F;
  node->parameters.gemm.transpose_a = node->parameters.gemm.transpose_b = false;
  *changed = true;
  return true;
}

static bool
is_whole_plane (const CnnGraph *graph, const CnnNode *node)
{
  const CnnDims *in = &graph->values[node->inputs[0]].dims;
  CnnAsked asked;
  bool chosen[CNN_MAX_RANK];
  CnnResolvedWindow r;
  if (node->op->kind == CNN_OPERATOR_REDUCE) {
    const CnnReduce *reduce = &node->parameters.reduce;
    return in->rank == 4 && reduce->keep_dims &&
           graph->values[node->inputs[0]].elements == CNN_ELEMENTS_FLOAT &&
           (reduce->function == CNN_REDUCE_MEAN || reduce->function == CNN_REDUCE_MAX) &&
           cnn_ask (graph, node, &asked) && cnn_reduce_axes (&asked.operation, chosen, NULL) &&
           !chosen[0] && !chosen[1] && chosen[2] && chosen[3];
  }
  const CnnPool *pool = &node->parameters.pool;
  if (node->op->kind != CNN_OPERATOR_POOL || pool->is_global || in->rank != 4 ||
      !cnn_pool_resolve (pool, in, &r, NULL))
    return false;
  for (int i = 1; i < 3; i++)
    if (r.kernel[i] != r.in[i] || r.dilation[i] != 1 || r.pad_before[i] || r.pad_after[i])
      return false;
  return true;
}

bool
cnn_rule_global_pool (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  if ((node->op->kind != CNN_OPERATOR_REDUCE && node->op->kind != CNN_OPERATOR_POOL) ||
      !is_whole_plane (graph, node))
    return true;
  const bool is_max = node->op->kind == CNN_OPERATOR_POOL
                          ? node->parameters.pool.pooling == CNN_POOLING_MAX
                          : node->parameters.reduce.function == CNN_REDUCE_MAX;
  node->op = cnn_operator_find (is_max ? "GlobalMaxPool" : "GlobalAveragePool", CNN_LAST_OPSET);
  node->parameters.pool =
      (CnnPool){.pooling = is_max ? CNN_POOLING_MAX : CNN_POOLING_AVERAGE, .is_global = true};
  *changed = true;
  return cnn_node_set_inputs (node, 1, (int[]){node->inputs[0]});
}
