/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Padding nodes into the windows behind them, where that is exact. */
#include "../operators/families.h"
#include "match.h"

#include <math.h>

/* A padding of spatial dimensions only by a constant, with no part cut off. */
typedef struct {
  int node;
  float value;
  int rank; /* spatial dimensions */
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
} Padding;

static bool
match_padding (const CnnGraph *graph, int value, Padding *padding)
{
  CnnAsked asked;
  padding->node = cnn_match_producer (graph, value, CNN_OPERATOR_PAD);
  if (padding->node == CNN_NO_NODE)
    return false;
  const CnnNode *node = &graph->nodes[padding->node];
  const int fill = cnn_node_input (node, 2);
  padding->value = 0.0F;
  if (node->parameters.pad != CNN_PAD_CONSTANT || !cnn_ask (graph, node, &asked) ||
      (fill != CNN_NO_VALUE && !cnn_match_scalar (graph, fill, &padding->value)) ||
      !cnn_pad_resolve (&asked.operation, padding->before, padding->after, NULL))
    return false;
  const int rank = asked.in[0]->dims.rank;
  padding->rank = rank - 2;
  for (int i = 0; i < rank; i++) {
    const bool spatial = i >= 2 && padding->before[i] >= 0 && padding->after[i] >= 0;
    if (!spatial && (padding->before[i] != 0 || padding->after[i] != 0))
      return false;
  }
  return padding->rank >= 1 && padding->rank <= CNN_MAX_SPATIAL;
}

/* The window of a node that states its padding. */
static bool
states_padding (const CnnSpatialWindow *window)
{
  return window->auto_pad == CNN_AUTO_PAD_NONE || window->auto_pad == CNN_AUTO_PAD_VALID;
}

static void
move_padding (CnnGraph *graph, int index, CnnSpatialWindow *window, const Padding *padding)
{
  window->auto_pad = CNN_AUTO_PAD_NONE;
  window->rank = padding->rank;
  for (int i = 0; i < padding->rank; i++) {
    window->pad_before[i] += padding->before[2 + i];
    window->pad_after[i] += padding->after[2 + i];
  }
  /* The padding node goes with the last that needs it. */
  graph->nodes[index].inputs[0] = graph->nodes[padding->node].inputs[0];
}

bool
cnn_rule_pad_convolution (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  Padding padding;
  if (node->op->kind != CNN_OPERATOR_CONVOLUTION || !states_padding (&node->parameters.window) ||
      !match_padding (graph, node->inputs[0], &padding) || padding.value != 0.0F)
    return true;
  move_padding (graph, index, &node->parameters.window, &padding);
  *changed = true;
  return true;
}

/* Nothing below zero comes out of the node that makes the value. */
static bool
is_never_negative (const CnnGraph *graph, int value)
{
  const int producer = graph->values[value].producer;
  if (producer == CNN_NO_NODE)
    return false;
  const CnnNode *node = &graph->nodes[producer];
  const CnnUnary *last = node->activation.function != CNN_UNARY_NONE ? &node->activation : NULL;
  if (!last && node->op->kind == CNN_OPERATOR_UNARY && node->n_inputs == 1)
    last = &node->parameters.unary;
  return last && (last->function == CNN_UNARY_RELU || last->function == CNN_UNARY_SIGMOID ||
                     last->function == CNN_UNARY_ABS || last->function == CNN_UNARY_EXP ||
                     (last->function == CNN_UNARY_CLIP && last->alpha >= 0.0F));
}

/* Each window sees something besides the padding. */
static bool
windows_reach_input (const CnnSpatialWindow *window, const Padding *padding)
{
  for (int i = 0; i < padding->rank; i++)
    if (window->pad_before[i] + padding->before[2 + i] >= window->kernel[i] ||
        window->pad_after[i] + padding->after[2 + i] >= window->kernel[i] ||
        window->dilation[i] != 1)
      return false;
  return true;
}

static bool
has_padding (const CnnSpatialWindow *window)
{
  for (int i = 0; i < CNN_MAX_SPATIAL; i++)
    if (window->pad_before[i] != 0 || window->pad_after[i] != 0)
      return true;
  return false;
}

bool
cnn_rule_pad_pool (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  CnnPool *pool = &node->parameters.pool;
  Padding padding;
  if (node->op->kind != CNN_OPERATOR_POOL || pool->is_global || pool->window.ceil_mode ||
      !states_padding (&pool->window) || !match_padding (graph, node->inputs[0], &padding) ||
      !windows_reach_input (&pool->window, &padding))
    return true;
  const int source = graph->nodes[padding.node].inputs[0];
  bool exact;
  if (pool->pooling == CNN_POOLING_MAX) {
    exact =
        padding.value == -INFINITY || (padding.value == 0.0F && is_never_negative (graph, source));
  } else {
    /* The places of the node in front count; those of the pool's own padding would have to, too. */
    exact =
        padding.value == 0.0F && (pool->window.count_include_pad || !has_padding (&pool->window));
    pool->window.count_include_pad = exact ? true : pool->window.count_include_pad;
  }
  if (!exact)
    return true;
  move_padding (graph, index, &pool->window, &padding);
  *changed = true;
  return true;
}
