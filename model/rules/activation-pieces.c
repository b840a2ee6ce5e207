/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activations that a file has in pieces: hard-sigmoid, hard-swish, SiLU, Mish, GELU, leaky ReLU. Constants have
 * become functions of one number before. */
#include "match.h"

#include <math.h>

static const CnnUnary *
function_of (const CnnGraph *graph, int node)
{
  return &graph->nodes[node].parameters.unary;
}

/* The affine function that makes a value, and its input; x itself is 1 * x + 0. */
static CnnUnary
affine_of (const CnnGraph *graph, int value, int *input)
{
  const int node = cnn_match_unary (graph, value, CNN_UNARY_AFFINE);
  *input = node == CNN_NO_NODE ? value : graph->nodes[node].inputs[0];
  return node == CNN_NO_NODE ? (CnnUnary){CNN_UNARY_AFFINE, 1.0F, 0.0F}
                             : *function_of (graph, node);
}

/* clip (a * x + b, low, high) * c + d from 0 to 1: min (max (alpha * x + beta, 0), 1). */
static bool
match_hard_sigmoid (const CnnGraph *graph, int value, int *input, CnnUnary *found)
{
  int at;
  const CnnUnary after = affine_of (graph, value, &at);
  const int node = cnn_match_unary (graph, at, CNN_UNARY_CLIP);
  if (node == CNN_NO_NODE)
    return false;
  const CnnUnary *clip = function_of (graph, node);
  const CnnUnary before = affine_of (graph, graph->nodes[node].inputs[0], input);
  if (!(after.alpha > 0.0F) || fabsf (after.alpha * clip->alpha + after.beta) > 1e-4F ||
      fabsf (after.alpha * clip->beta + after.beta - 1.0F) > 1e-4F ||
      (before.alpha == 1.0F && before.beta == 0.0F))
    return false;
  *found = (CnnUnary){
      CNN_UNARY_HARD_SIGMOID, before.alpha * after.alpha, before.beta * after.alpha + after.beta};
  return true;
}

static bool
is_hard_swish_gate (const CnnUnary *unary)
{
  return fabsf (unary->alpha - 1.0F / 6.0F) < 1e-4F && fabsf (unary->beta - 0.5F) < 1e-4F;
}

/* What multiplies x in x * gate (x), as the whole function. `scale` is a factor beside it. */
static bool
match_gate (const CnnGraph *graph, int gate, int x, float scale, CnnUnary *found)
{
  int input, at;
  CnnUnary hard;
  const int sigmoid = cnn_match_unary (graph, gate, CNN_UNARY_SIGMOID);
  if (sigmoid != CNN_NO_NODE && scale == 1.0F) {
    const CnnUnary inner = affine_of (graph, graph->nodes[sigmoid].inputs[0], &input);
    *found = (CnnUnary){CNN_UNARY_SILU, inner.alpha, 0.0F};
    return input == x && inner.beta == 0.0F;
  }
  const int done = cnn_match_unary (graph, gate, CNN_UNARY_HARD_SIGMOID);
  if (done != CNN_NO_NODE && scale == 1.0F) {
    *found = (CnnUnary){.function = CNN_UNARY_HARD_SWISH};
    return graph->nodes[done].inputs[0] == x && is_hard_swish_gate (function_of (graph, done));
  }
  const int clip = cnn_match_unary (graph, gate, CNN_UNARY_CLIP);
  if (clip != CNN_NO_NODE) {
    const CnnUnary before = affine_of (graph, graph->nodes[clip].inputs[0], &input);
    hard = (CnnUnary){CNN_UNARY_HARD_SIGMOID, before.alpha * scale, before.beta * scale};
    *found = (CnnUnary){.function = CNN_UNARY_HARD_SWISH};
    return input == x && is_hard_swish_gate (&hard) && function_of (graph, clip)->alpha == 0.0F &&
           fabsf (function_of (graph, clip)->beta * scale - 1.0F) < 1e-4F;
  }
  const int tanh = cnn_match_unary (graph, gate, CNN_UNARY_TANH);
  if (tanh != CNN_NO_NODE && scale == 1.0F) {
    const int plus = cnn_match_unary (graph, graph->nodes[tanh].inputs[0], CNN_UNARY_SOFTPLUS);
    *found = (CnnUnary){.function = CNN_UNARY_MISH};
    return plus != CNN_NO_NODE && graph->nodes[plus].inputs[0] == x;
  }
  /* (erf (x / sqrt (2)) + 1) / 2 */
  const CnnUnary half = affine_of (graph, gate, &at);
  const int error_function = cnn_match_unary (graph, at, CNN_UNARY_ERF);
  if (error_function == CNN_NO_NODE)
    return false;
  const CnnUnary inner = affine_of (graph, graph->nodes[error_function].inputs[0], &input);
  *found = (CnnUnary){.function = CNN_UNARY_GELU};
  return input == x && cnn_is_near (inner.alpha, 0.70710678F) && inner.beta == 0.0F &&
         cnn_is_near (half.alpha * scale, 0.5F) && cnn_is_near (half.beta * scale, 0.5F);
}

/* (x * scale) * gate or x * gate, and what the product is of; either order. */
static bool
match_product (const CnnGraph *graph, const CnnNode *node, float scale, int *x, CnnUnary *found)
{
  if (node->op->kind != CNN_OPERATOR_BINARY || node->parameters.binary != CNN_BINARY_MUL ||
      node->n_inputs != 2 || node->activation.function != CNN_UNARY_NONE)
    return false;
  for (int i = 0; i < 2; i++) {
    const CnnUnary outer = affine_of (graph, node->inputs[i], x);
    if (outer.beta == 0.0F &&
        match_gate (graph, node->inputs[1 - i], *x, scale * outer.alpha, found))
      return true;
    *x = node->inputs[i];
    if (match_gate (graph, node->inputs[1 - i], *x, scale, found))
      return true;
  }
  return false;
}

/* max (x, a * x) with 0 <= a <= 1. */
static bool
match_leaky_relu (const CnnGraph *graph, const CnnNode *node, int *x, CnnUnary *found)
{
  if (node->op->kind != CNN_OPERATOR_BINARY || node->parameters.binary != CNN_BINARY_MAX ||
      node->n_inputs != 2 || node->activation.function != CNN_UNARY_NONE)
    return false;
  for (int i = 0; i < 2; i++) {
    const CnnUnary inner = affine_of (graph, node->inputs[i], x);
    *found = (CnnUnary){CNN_UNARY_LEAKY_RELU, inner.alpha, 0.0F};
    if (*x == node->inputs[1 - i] && inner.beta == 0.0F && inner.alpha >= 0.0F &&
        inner.alpha <= 1.0F)
      return true;
  }
  return false;
}

bool
cnn_rule_activation_pieces (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  CnnUnary found;
  int input;
  if (node->n_outputs < 1 || node->outputs[0] == CNN_NO_VALUE)
    return true;
  bool match = match_product (graph, node, 1.0F, &input, &found) ||
               match_leaky_relu (graph, node, &input, &found);
  if (!match && node->op->kind == CNN_OPERATOR_UNARY && node->n_inputs == 1) {
    /* A factor behind the product: x * clip (x + 3, 0, 6) / 6. */
    const int product =
        cnn_match_only_producer (graph, node->inputs[0], CNN_OPERATOR_BINARY, index);
    const CnnUnary *outer = &node->parameters.unary;
    match = product != CNN_NO_NODE && outer->function == CNN_UNARY_AFFINE && outer->beta == 0.0F &&
            match_product (graph, &graph->nodes[product], outer->alpha, &input, &found);
    match = match || match_hard_sigmoid (graph, node->outputs[0], &input, &found);
  }
  if (!match)
    return true;
  *changed = true;
  return cnn_become_unary (graph, index, input, found);
}
