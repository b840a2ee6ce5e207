/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that are no steps: their outputs are what is there already, seen another way. */
#include "plan-private.h"

#include "../operators/helpers.h"
#include "../rules/match.h"
#include "place.h"

/* Another shape of the same bytes. */
static bool
place_reshape (CnnPlan *plan, const CnnNode *node)
{
  const int from = cnn_plan_plain_value (plan, node->inputs[0]);
  if (from < 0)
    return false;
  plan->places[node->outputs[0]] =
      cnn_place_reshaped (&plan->places[from], &plan->graph->values[node->outputs[0]]);
  return true;
}

/* A view of an image: where each dimension of the result comes from. */
static bool
place_view (CnnPlan *plan, int input, int output, const int order[4], const CnnSliceAxis axes[4])
{
  CnnShape shape;
  int64_t start[4], step[4];
  if (!plan->places[input].is_image || !cnn_image_shape (&plan->graph->values[output].dims, &shape))
    return false;
  for (int i = 0; i < 4; i++) {
    start[i] = axes ? axes[i].start : 0;
    step[i] = axes ? axes[i].step : 1;
    if (step[i] < 1 || step[i] > INT32_MAX)
      return false;
  }
  plan->places[output] =
      cnn_place_view (&plan->places[input], &plan->graph->values[output], order, start, step);
  return true;
}

static bool
view_transpose (CnnPlan *plan, const CnnNode *node)
{
  const CnnNumbers *permutation = &node->parameters.transpose.permutation;
  int order[4];
  for (int i = 0; i < 4; i++)
    order[i] = permutation->count < 0       ? 3 - i
               : permutation->values[i] < 0 ? (int)permutation->values[i] + 4
                                            : (int)permutation->values[i];
  return place_view (plan, node->inputs[0], node->outputs[0], order, NULL);
}

static bool
view_slice (CnnPlan *plan, const CnnNode *node)
{
  static const int order[] = {0, 1, 2, 3};
  CnnSliceAxis axes[CNN_MAX_RANK];
  CnnAsked asked;
  return cnn_ask (plan->graph, node, &asked) && cnn_slice_resolve (&asked.operation, axes, NULL) &&
         place_view (plan, node->inputs[0], node->outputs[0], order, axes);
}

static bool
view_split (CnnPlan *plan, const CnnNode *node)
{
  static const int order[] = {0, 1, 2, 3};
  CnnAsked asked;
  int axis;
  if (!cnn_ask (plan->graph, node, &asked) ||
      !cnn_axis_resolve_index (node->parameters.axis.axis, 4, &axis, NULL))
    return false;
  asked.operation.n_out = node->n_outputs;
  for (int i = 0; i < node->n_outputs; i++) {
    CnnSliceAxis axes[4] = {{0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}};
    int64_t size;
    if (node->outputs[i] == CNN_NO_VALUE)
      continue;
    if (!cnn_split_piece (&asked.operation, axis, i, &axes[axis].start, &size, NULL) ||
        !place_view (plan, node->inputs[0], node->outputs[i], order, axes))
      return false;
  }
  return true;
}

/* *done: the outputs are views of what is there. False when memory is short. */
bool
cnn_plan_place_without_step (CnnPlan *plan, const CnnNode *node, bool *done)
{
  const CnnOperatorKind kind = node->op->kind;
  *done = kind == CNN_OPERATOR_RESHAPE || kind == CNN_OPERATOR_IDENTITY;
  if (*done)
    return place_reshape (plan, node);
  if (plan->context && kind == CNN_OPERATOR_TRANSPOSE)
    *done = view_transpose (plan, node);
  else if (plan->context && kind == CNN_OPERATOR_SLICE)
    *done = view_slice (plan, node);
  else if (plan->context && kind == CNN_OPERATOR_SPLIT)
    *done = view_split (plan, node);
  return true;
}
