/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arithmetic with a constant number as functions of one number, and functions behind one another as one. */
#include "../operators/families.h"
#include "match.h"

#include <math.h>

/* x op number, or number op x. */
static bool
unary_of_binary (CnnBinaryFunction function, float number, bool number_first, CnnUnary *unary)
{
  *unary = (CnnUnary){CNN_UNARY_AFFINE, 1.0F, 0.0F};
  switch (function) {
  case CNN_BINARY_ADD:
    unary->beta = number;
    return true;
  case CNN_BINARY_SUB:
    unary->alpha = number_first ? -1.0F : 1.0F;
    unary->beta = number_first ? number : -number;
    return true;
  case CNN_BINARY_MUL:
    unary->alpha = number;
    return true;
  case CNN_BINARY_DIV:
    unary->alpha = 1.0F / number;
    return !number_first && number != 0.0F;
  case CNN_BINARY_MAX:
    *unary = (CnnUnary){CNN_UNARY_CLIP, number, INFINITY};
    return true;
  case CNN_BINARY_MIN:
    *unary = (CnnUnary){CNN_UNARY_CLIP, -INFINITY, number};
    return true;
  case CNN_BINARY_POW:
    *unary = (CnnUnary){CNN_UNARY_POWER, number, 0.0F};
    if (number == 0.5F)
      unary->function = CNN_UNARY_SQRT;
    return !number_first;
  case CNN_BINARY_PRELU:
    *unary = (CnnUnary){CNN_UNARY_LEAKY_RELU, number, 0.0F};
    return !number_first;
  default:
    return false;
  }
}

/* The output has the shape of the input that is no constant. */
static bool
keeps_shape (const CnnGraph *graph, const CnnNode *node, int input)
{
  const CnnValue *in = &graph->values[node->inputs[input]], *out = &graph->values[node->outputs[0]];
  return cnn_dims_equal (&in->dims, &out->dims) && in->elements == CNN_ELEMENTS_FLOAT;
}

static bool
number_of (const CnnGraph *graph, int value, float *number)
{
  const CnnTensor *constant = cnn_graph_constant (graph, value);
  if (!constant || constant->count != 1)
    return false;
  *number = (float)cnn_tensor_number (constant, 0);
  return true;
}

bool
cnn_rule_scalar_arithmetic (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  CnnUnary unary;
  CnnAsked asked;
  float number;
  if (node->activation.function != CNN_UNARY_NONE)
    return true;
  if (node->op->kind == CNN_OPERATOR_UNARY && node->op->function == CNN_UNARY_CLIP &&
      node->op->read == cnn_read_clip) {
    if (!cnn_ask (graph, node, &asked) || !keeps_shape (graph, node, 0) ||
        !cnn_clip_bounds (&asked.operation, &unary, NULL))
      return true;
    *changed = true;
    return cnn_become_unary (graph, index, node->inputs[0], unary);
  }
  const int variable =
      node->op->kind == CNN_OPERATOR_BINARY ? cnn_match_variable_input (graph, node) : -1;
  if (variable < 0 || !number_of (graph, node->inputs[!variable], &number) ||
      !keeps_shape (graph, node, variable) ||
      !unary_of_binary (node->parameters.binary, number, variable == 1, &unary))
    return true;
  *changed = true;
  return cnn_become_unary (graph, index, node->inputs[variable], unary);
}

static bool
is_affine (const CnnUnary *unary, CnnUnary *affine)
{
  *affine = (CnnUnary){CNN_UNARY_AFFINE, unary->alpha, unary->beta};
  if (unary->function == CNN_UNARY_NEG)
    *affine = (CnnUnary){CNN_UNARY_AFFINE, -1.0F, 0.0F};
  return unary->function == CNN_UNARY_AFFINE || unary->function == CNN_UNARY_NEG;
}

static bool
is_clip (const CnnUnary *unary, CnnUnary *clip)
{
  *clip = (CnnUnary){CNN_UNARY_CLIP, unary->alpha, unary->beta};
  if (unary->function == CNN_UNARY_RELU)
    *clip = (CnnUnary){CNN_UNARY_CLIP, 0.0F, INFINITY};
  return unary->function == CNN_UNARY_CLIP || unary->function == CNN_UNARY_RELU;
}

/* second (first (x)) as one function. */
static bool
merge (const CnnUnary *first, const CnnUnary *second, CnnUnary *merged)
{
  CnnUnary a, b;
  if (is_affine (first, &a) && is_affine (second, &b)) {
    *merged = (CnnUnary){CNN_UNARY_AFFINE, a.alpha * b.alpha, a.beta * b.alpha + b.beta};
    return true;
  }
  if (is_clip (first, &a) && is_clip (second, &b) && a.alpha <= a.beta && b.alpha <= b.beta) {
    const float least = fmaxf (a.alpha, b.alpha), most = fminf (a.beta, b.beta);
    *merged = (CnnUnary){CNN_UNARY_CLIP, least, most};
    return least <= most;
  }
  return false;
}

bool
cnn_rule_merge_scalar (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  CnnUnary *unary = &node->parameters.unary, merged;
  if (node->op->kind != CNN_OPERATOR_UNARY || node->n_inputs != 1)
    return true;
  if (unary->function == CNN_UNARY_CLIP && unary->alpha == 0.0F && unary->beta == INFINITY) {
    *changed = true;
    return cnn_become_unary (graph, index, node->inputs[0], (CnnUnary){.function = CNN_UNARY_RELU});
  }
  const int before = cnn_match_only_producer (graph, node->inputs[0], CNN_OPERATOR_UNARY, index);
  if (before == CNN_NO_NODE || graph->nodes[before].n_inputs != 1 ||
      node->activation.function != CNN_UNARY_NONE ||
      !merge (&graph->nodes[before].parameters.unary, unary, &merged))
    return true;
  *changed = true;
  const int input = graph->nodes[before].inputs[0];
  cnn_graph_remove_node (graph, before);
  return cnn_become_unary (graph, index, input, merged);
}
