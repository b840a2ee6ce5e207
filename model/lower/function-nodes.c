/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that a function over images computes. */
#include "lower-private.h"

#include "../operators/helpers.h"
#include "functions.h"

/* --- The whole ------------------------------------------------------------------------------------ */

bool
cnn_lower_add_function (
    CnnPlan *plan, int index, CnnStepFunction *function, CnnPlace out, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step)
    return false;
  step->function = function;
  step->n_parts = out.image.shape.n * out.image.shape.h;
  cnn_step_read (step, 0, node->inputs[0], in);
  cnn_step_write (step, node->outputs[0], &out);
  *done = true;
  plan->places[node->outputs[0]] = out;
  return node->activation.function == CNN_UNARY_NONE ||
         cnn_lower_add_unary (plan, index, &node->activation, node->outputs[0], &out, &out);
}

bool
cnn_lower_normalizes_instances (const CnnGraph *graph, const CnnNode *node)
{
  return node->parameters.normalization.groups == 0 &&
         cnn_graph_constant (graph, node->inputs[1]) && cnn_graph_constant (graph, node->inputs[2]);
}

bool
cnn_lower_function (CnnPlan *plan, int index, CnnStepFunction *function, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  CnnShape shape;
  if (!plan->places[node->inputs[0]].is_image ||
      !cnn_image_shape (&plan->graph->values[node->outputs[0]].dims, &shape))
    return true;
  return cnn_lower_add_function (
      plan, index, function, cnn_plan_output_place (plan, node->outputs[0]), done);
}

bool
cnn_lower_normalization (CnnPlan *plan, int index, bool *done)
{
  const int first = plan->n_steps;
  if (!cnn_lower_function (plan, index, cnn_step_normalize, done))
    return false;
  if (*done) {
    const CnnShape shape = plan->steps[first].out.image.shape;
    plan->steps[first].n_parts =
        shape.n * ((shape.c + CNN_NORMALIZED_CHANNELS - 1) / CNN_NORMALIZED_CHANNELS);
  }
  return true;
}

/* Over channels, or over the last dimension of what is plain. */
bool
cnn_lower_softmax (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnValue *in = &plan->graph->values[node->inputs[0]];
  const CnnValue *out = &plan->graph->values[node->outputs[0]];
  int axis;
  if (node->parameters.softmax.log || node->activation.function != CNN_UNARY_NONE ||
      !cnn_axis_resolve_index (node->parameters.softmax.axis, in->dims.rank, &axis, NULL))
    return true;
  const bool whole =
      node->parameters.softmax.flatten && cnn_dims_product (&in->dims, axis + 1, in->dims.rank) > 1;
  if (axis == 1 && !whole && plan->places[node->inputs[0]].is_image)
    return cnn_lower_add_function (
        plan, index, cnn_step_softmax, cnn_place_channels_last (node->outputs[0], out), done);
  if (!plan->places[node->inputs[0]].is_plain || axis != in->dims.rank - 1)
    return true;
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace from = cnn_place_vectors (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace to = cnn_place_vectors (&plain, &out->dims);
  if (!from.is_image || !to.is_image)
    return true;
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step)
    return false;
  step->function = cnn_step_softmax;
  step->n_parts = to.image.shape.h;
  cnn_step_read (step, 0, node->inputs[0], &from);
  cnn_step_write (step, node->outputs[0], &to);
  plan->places[node->outputs[0]] = plain;
  *done = true;
  return true;
}
