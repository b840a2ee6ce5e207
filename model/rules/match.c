/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match.h"

#include <math.h>

int
cnn_match_producer (const CnnGraph *graph, int value, CnnOperatorKind kind)
{
  const int producer = value == CNN_NO_VALUE ? CNN_NO_NODE : graph->values[value].producer;
  if (producer == CNN_NO_NODE)
    return CNN_NO_NODE;
  const CnnNode *node = &graph->nodes[producer];
  const bool plain = node->op->kind == kind && node->activation.function == CNN_UNARY_NONE;
  return plain && !node->is_removed ? producer : CNN_NO_NODE;
}

int
cnn_match_only_producer (const CnnGraph *graph, int value, CnnOperatorKind kind, int user)
{
  const int producer = cnn_match_producer (graph, value, kind);
  return producer != CNN_NO_NODE && cnn_graph_only_user (graph, value) == user ? producer
                                                                               : CNN_NO_NODE;
}

int
cnn_match_unary (const CnnGraph *graph, int value, CnnUnaryFunction function)
{
  const int producer = cnn_match_producer (graph, value, CNN_OPERATOR_UNARY);
  if (producer == CNN_NO_NODE)
    return CNN_NO_NODE;
  const CnnNode *node = &graph->nodes[producer];
  return node->n_inputs == 1 && node->parameters.unary.function == function ? producer
                                                                            : CNN_NO_NODE;
}

bool
cnn_match_scalar (const CnnGraph *graph, int value, float *number)
{
  const CnnTensor *constant = cnn_graph_constant (graph, value);
  if (!constant || constant->count != 1 || !constant->floats)
    return false;
  *number = constant->floats[0];
  return true;
}

bool
cnn_is_near (float a, float b)
{
  return fabsf (a - b) <= 1e-5F * fmaxf (fabsf (a), fabsf (b));
}

int
cnn_match_variable_input (const CnnGraph *graph, const CnnNode *node)
{
  if (node->n_inputs != 2)
    return -1;
  const bool first = cnn_graph_constant (graph, node->inputs[0]) != NULL;
  const bool second = cnn_graph_constant (graph, node->inputs[1]) != NULL;
  return first == second ? -1 : first;
}

bool
cnn_become_unary (CnnGraph *graph, int index, int input, CnnUnary unary)
{
  CnnNode *node = &graph->nodes[index];
  if (!cnn_node_set_inputs (node, 1, &input))
    return false;
  node->op = cnn_operator_internal ("Elementwise");
  node->parameters.unary = unary;
  return true;
}

int
cnn_add_floats (CnnGraph *graph, const char *name, const CnnDims *dims, CnnTensor **tensor)
{
  *tensor = cnn_tensor_new (CNN_ELEMENTS_FLOAT, dims, NULL);
  return cnn_graph_add_constant (graph, name, *tensor);
}

bool
cnn_ask (const CnnGraph *graph, const CnnNode *node, CnnAsked *asked)
{
  if (node->n_inputs > 8)
    return false;
  for (int i = 0; i < node->n_inputs; i++) {
    asked->in[i] = NULL;
    if (node->inputs[i] == CNN_NO_VALUE)
      continue;
    const CnnValue *value = &graph->values[node->inputs[i]];
    asked->headers[i] = (CnnTensor){.elements = value->elements, .dims = value->dims};
    cnn_dims_count (&value->dims, &asked->headers[i].count, NULL);
    asked->in[i] = value->constant ? value->constant : &asked->headers[i];
  }
  asked->operation = (CnnOperation){.node = node, .in = asked->in, .n_in = node->n_inputs};
  return true;
}
