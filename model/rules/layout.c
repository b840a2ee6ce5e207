/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reshapes and transposes: several as one, those that move nothing as another shape of the same bytes, and those that
 * are a shuffle of channels or of pixels as that. */
#include "match.h"

#include <string.h>

/* The order of dimensions that a Transpose gives; false when it is none. */
static bool
order_of (const CnnGraph *graph, const CnnNode *node, int order[CNN_MAX_RANK])
{
  const int rank = graph->values[node->inputs[0]].dims.rank;
  const CnnNumbers *permutation = &node->parameters.transpose.permutation;
  if (node->op->kind != CNN_OPERATOR_TRANSPOSE)
    return false;
  for (int i = 0; i < rank; i++)
    order[i] = permutation->count < 0       ? rank - 1 - i
               : permutation->values[i] < 0 ? (int)permutation->values[i] + rank
                                            : (int)permutation->values[i];
  return true;
}

static bool
become_reshape (CnnGraph *graph, int index, int input)
{
  CnnNode *node = &graph->nodes[index];
  node->op = cnn_operator_internal ("FixedReshape");
  node->parameters.reshape.function = CNN_RESHAPE_FIXED;
  node->parameters.reshape.fixed = graph->values[node->outputs[0]].dims;
  return cnn_node_set_inputs (node, 1, &input);
}

bool
cnn_rule_merge_reshape (CnnGraph *graph, int index, bool *changed)
{
  const CnnNode *node = &graph->nodes[index];
  if (node->op->kind != CNN_OPERATOR_RESHAPE)
    return true;
  const int before = cnn_match_producer (graph, node->inputs[0], CNN_OPERATOR_RESHAPE);
  if (before == CNN_NO_NODE && node->n_inputs == 1 &&
      node->parameters.reshape.function == CNN_RESHAPE_FIXED)
    return true;
  const int input = before == CNN_NO_NODE ? node->inputs[0] : graph->nodes[before].inputs[0];
  *changed = true;
  return become_reshape (graph, index, input);
}

bool
cnn_rule_transpose_as_reshape (CnnGraph *graph, int index, bool *changed)
{
  const CnnNode *node = &graph->nodes[index];
  int order[CNN_MAX_RANK], last = -1;
  if (!order_of (graph, node, order))
    return true;
  const CnnDims *dims = &graph->values[node->inputs[0]].dims;
  for (int i = 0; i < dims->rank; i++) {
    if (dims->size[order[i]] == 1)
      continue;
    if (order[i] < last)
      return true;
    last = order[i];
  }
  *changed = true;
  return become_reshape (graph, index, node->inputs[0]);
}

bool
cnn_rule_merge_transpose (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  int order[CNN_MAX_RANK], first[CNN_MAX_RANK];
  if (!order_of (graph, node, order))
    return true;
  const int before = cnn_match_producer (graph, node->inputs[0], CNN_OPERATOR_TRANSPOSE);
  if (before == CNN_NO_NODE || !order_of (graph, &graph->nodes[before], first))
    return true;
  CnnNumbers *permutation = &node->parameters.transpose.permutation;
  permutation->count = graph->values[node->inputs[0]].dims.rank;
  for (int i = 0; i < permutation->count; i++)
    permutation->values[i] = first[order[i]];
  node->inputs[0] = graph->nodes[before].inputs[0];
  *changed = true;
  return true;
}

/* --- Reshape, Transpose, Reshape ------------------------------------------------------------------ */

typedef struct {
  int input;
  const CnnDims *in, *split, *out;
  int order[CNN_MAX_RANK];
} Shuffle;

/* Three nodes in a row, the last at `index`. */
static bool
match_shuffle (const CnnGraph *graph, int index, Shuffle *shuffle)
{
  const CnnNode *last = &graph->nodes[index];
  if (last->op->kind != CNN_OPERATOR_RESHAPE)
    return false;
  const int middle = cnn_match_producer (graph, last->inputs[0], CNN_OPERATOR_TRANSPOSE);
  if (middle == CNN_NO_NODE)
    return false;
  const int first =
      cnn_match_producer (graph, graph->nodes[middle].inputs[0], CNN_OPERATOR_RESHAPE);
  if (first == CNN_NO_NODE || !order_of (graph, &graph->nodes[middle], shuffle->order))
    return false;
  shuffle->input = graph->nodes[first].inputs[0];
  shuffle->in = &graph->values[shuffle->input].dims;
  shuffle->split = &graph->values[graph->nodes[middle].inputs[0]].dims;
  shuffle->out = &graph->values[last->outputs[0]].dims;
  return shuffle->in->rank == 4 && shuffle->out->rank == 4 &&
         shuffle->in->size[0] == shuffle->split->size[0];
}

static bool
has_order (const Shuffle *shuffle, const int *order, int rank)
{
  return shuffle->split->rank == rank &&
         memcmp (shuffle->order, order, (size_t)rank * sizeof *order) == 0;
}

bool
cnn_rule_channel_shuffle (CnnGraph *graph, int index, bool *changed)
{
  static const int planes[] = {0, 2, 1, 3, 4}, rows[] = {0, 2, 1, 3};
  CnnNode *node = &graph->nodes[index];
  Shuffle s;
  if (!match_shuffle (graph, index, &s) || !cnn_dims_equal (s.in, s.out) ||
      s.split->size[1] * s.split->size[2] != s.in->size[1])
    return true;
  const bool five = has_order (&s, planes, 5) && s.split->size[3] == s.in->size[2];
  if (!five && !has_order (&s, rows, 4))
    return true;
  node->op = cnn_operator_internal ("ChannelShuffle");
  node->parameters.shuffle.groups = s.split->size[1];
  *changed = true;
  return cnn_node_set_inputs (node, 1, &s.input);
}

bool
cnn_rule_pixel_shuffle (CnnGraph *graph, int index, bool *changed)
{
  static const int columns[] = {0, 1, 4, 2, 5, 3}, depth[] = {0, 3, 4, 1, 5, 2};
  CnnNode *node = &graph->nodes[index];
  Shuffle s;
  if (!match_shuffle (graph, index, &s))
    return true;
  const bool by_columns = has_order (&s, columns, 6);
  if (!by_columns && !has_order (&s, depth, 6))
    return true;
  const int64_t block = s.split->size[2], *size = s.split->size;
  if ((by_columns ? size[3] : size[1]) != block || size[4] != s.in->size[2] ||
      size[5] != s.in->size[3] || s.out->size[2] != s.in->size[2] * block ||
      s.out->size[3] != s.in->size[3] * block)
    return true;
  node->op = cnn_operator_find ("DepthToSpace", CNN_LAST_OPSET);
  node->parameters.depth.block = block;
  node->parameters.depth.column_row_depth = by_columns;
  *changed = true;
  return cnn_node_set_inputs (node, 1, &s.input);
}
