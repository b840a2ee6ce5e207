/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-private.h"

#include "../layers.h"
#include "../lower/functions.h"
#include "../lower/lower.h"

#include <cnn/memory.h>
#include <string.h>

/* --- Values --------------------------------------------------------------------------------------- */

/* Room for the values of the graph and as many copies of them. */
static bool
make_values (CnnPlan *plan)
{
  const CnnGraph *graph = plan->graph;
  const size_t room = 2 * (size_t)graph->n_values + 1;
  plan->places = cnn_alloc (room, sizeof *plan->places);
  plan->tensors = cnn_alloc (room, sizeof *plan->tensors);
  plan->bases = cnn_alloc (room, sizeof *plan->bases);
  plan->plain_copies = cnn_alloc (room, sizeof *plan->plain_copies);
  plan->values_room = (int)room;
  if (!plan->places || !plan->tensors || !plan->bases || !plan->plain_copies)
    return false;
  for (size_t i = 0; i < room; i++)
    plan->plain_copies[i] = CNN_NO_VALUE;
  for (int i = 0; i < graph->n_values; i++)
    plan->places[i] = cnn_place_plain (i, &graph->values[i]);
  return true;
}

/* A value that is plain: itself, or a copy that a step makes. -1 when memory is short. */
int
cnn_plan_plain_value (CnnPlan *plan, int value)
{
  if (plan->places[value].is_plain)
    return value;
  if (plan->plain_copies[value] != CNN_NO_VALUE)
    return plan->plain_copies[value];
  const CnnValue from = plan->graph->values[value];
  const int copy = cnn_graph_add_value (plan->graph, from.name);
  CnnStep *step =
      copy < 0 || copy >= plan->values_room ? NULL : cnn_plan_add_step (plan, CNN_NO_NODE, 1);
  if (!step)
    return -1;
  CnnValue *to = &plan->graph->values[copy];
  to->is_known = true;
  to->elements = from.elements;
  to->dims = from.dims;
  plan->places[copy] = cnn_place_plain (copy, to);
  step->function = cnn_step_copy;
  step->n_parts = plan->places[value].image.shape.n * plan->places[value].image.shape.h;
  cnn_step_read (step, 0, value, &plan->places[value]);
  cnn_step_write (step, copy, &plan->places[copy]);
  plan->plain_copies[value] = copy;
  return copy;
}

CnnPlace
cnn_plan_output_place (const CnnPlan *plan, int value)
{
  const CnnGraph *graph = plan->graph;
  for (int i = 0; i < graph->n_nodes; i++) {
    const CnnNode *node = &graph->nodes[i];
    for (int k = 0; k < node->n_inputs; k++)
      if (node->inputs[k] == value && cnn_lower_wants (plan, node))
        return cnn_place_channels_last (value, &graph->values[value]);
  }
  return cnn_place_plain (value, &graph->values[value]);
}

/* --- Steps ---------------------------------------------------------------------------------------- */

static void
clear_step (CnnStep *step)
{
  cnn_layer_free (step->layer);
  if (step->taps) {
    cnn_resize_taps_clear (&step->taps[0]);
    cnn_resize_taps_clear (&step->taps[1]);
  }
  cnn_free (step->taps);
  cnn_free (step->scratch);
  cnn_free (step->in);
  cnn_free (step->in_tensors);
  cnn_free (step->out_tensors);
}

CnnStep *
cnn_plan_add_step (CnnPlan *plan, int node, int n_in)
{
  if (plan->n_steps == plan->steps_room) {
    const int room = 2 * plan->steps_room + 64;
    CnnStep *steps = cnn_alloc ((size_t)room, sizeof *steps);
    if (!steps)
      return NULL;
    if (plan->n_steps > 0)
      memcpy (steps, plan->steps, (size_t)plan->n_steps * sizeof *steps);
    cnn_free (plan->steps);
    plan->steps = steps;
    plan->steps_room = room;
  }
  CnnStep *step = &plan->steps[plan->n_steps];
  *step = (CnnStep){.node = node, .n_in = n_in, .out.root = CNN_NO_VALUE};
  step->in = cnn_alloc ((size_t)n_in + 1, sizeof *step->in);
  if (!step->in)
    return NULL;
  plan->n_steps++;
  return step;
}

void
cnn_plan_drop_steps (CnnPlan *plan, int first)
{
  while (plan->n_steps > first)
    clear_step (&plan->steps[--plan->n_steps]);
}

void
cnn_step_read (CnnStep *step, int i, int value, const CnnPlace *place)
{
  step->in[i] = (CnnStepImage){place->root, place->offset, place->image};
}

void
cnn_step_write (CnnStep *step, int value, const CnnPlace *place)
{
  step->out = (CnnStepImage){place->root, place->offset, place->image};
}

/* --- Planning ------------------------------------------------------------------------------------- */

static bool
add_reference (CnnPlan *plan, int index)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const int n_inputs = node->n_inputs, n_outputs = node->n_outputs;
  int *inputs = cnn_alloc ((size_t)n_inputs + 1, sizeof *inputs);
  if (!inputs)
    return false;
  bool done = true;
  for (int i = 0; done && i < n_inputs; i++) {
    inputs[i] = node->inputs[i] == CNN_NO_VALUE ? CNN_NO_VALUE
                                                : cnn_plan_plain_value (plan, node->inputs[i]);
    done = inputs[i] >= 0 || node->inputs[i] == CNN_NO_VALUE;
  }
  CnnStep *step = done ? cnn_plan_add_step (plan, index, n_inputs) : NULL;
  if (step) {
    step->in_tensors = cnn_alloc ((size_t)n_inputs + 1, sizeof *step->in_tensors);
    step->out_tensors = cnn_alloc ((size_t)n_outputs + 1, sizeof *step->out_tensors);
    done = step->in_tensors && step->out_tensors;
  }
  for (int i = 0; step && done && i < n_inputs; i++) {
    step->in[i].root = inputs[i] == CNN_NO_VALUE ? CNN_NO_VALUE : plan->places[inputs[i]].root;
    step->in_tensors[i] = inputs[i] == CNN_NO_VALUE ? NULL : &plan->tensors[inputs[i]];
  }
  for (int i = 0; step && done && i < n_outputs; i++) {
    const int value = plan->graph->nodes[index].outputs[i];
    if (value == CNN_NO_VALUE)
      continue;
    plan->places[value] = cnn_place_plain (value, &plan->graph->values[value]);
    step->out_tensors[i] = &plan->tensors[value];
  }
  cnn_free (inputs);
  return step && done;
}

static bool
plan_node (CnnPlan *plan, int index)
{
  bool done;
  if (!cnn_plan_place_without_step (plan, &plan->graph->nodes[index], &done))
    return false;
  if (!done && !cnn_lower_node (plan, index, &done))
    return false;
  return done || add_reference (plan, index);
}

CnnPlan *
cnn_plan_new (CnnGraph *graph, const CnnContext *context, CnnError *error)
{
  CnnPlan *plan = cnn_alloc (1, sizeof *plan);
  if (!plan) {
    cnn_graph_free (graph);
    cnn_error_set (error, "not enough memory for a plan");
    return NULL;
  }
  plan->graph = graph;
  plan->context = context;
  bool done = make_values (plan);
  for (int i = 0; done && i < graph->n_nodes; i++)
    done = plan_node (plan, i);
  done = done && cnn_plan_drop_constants (plan);
  if (!done)
    cnn_error_set (error, "not enough memory for %d nodes", graph->n_nodes);
  if (done) {
    cnn_plan_make_tensors (plan);
    done = cnn_plan_make_arena (plan, error);
  }
  if (done)
    return plan;
  cnn_plan_free (plan);
  return NULL;
}

void
cnn_plan_free (CnnPlan *plan)
{
  if (!plan)
    return;
  cnn_plan_drop_steps (plan, 0);
  cnn_free (plan->steps);
  cnn_free (plan->places);
  cnn_free (plan->tensors);
  cnn_free (plan->bases);
  cnn_free (plan->plain_copies);
  cnn_free (plan->arena);
  cnn_graph_free (plan->graph);
  cnn_free (plan);
}

char *
cnn_plan_step_title (const CnnPlan *plan, int index)
{
  const CnnStep *step = &plan->steps[index];
  CnnText title = {0};
  if (step->node == CNN_NO_NODE)
    cnn_text_append (&title, "copy into ONNX's order");
  else
    cnn_node_title (plan->graph, &plan->graph->nodes[step->node], &title);
  cnn_text_append (&title, ": %s",
      step->layer      ? cnn_layer_info (step->layer).kernel_name
      : step->function ? "function"
                       : "reference");
  return title.chars;
}

int
cnn_plan_count_layers (const CnnPlan *plan)
{
  int count = 0;
  for (int i = 0; i < plan->n_steps; i++)
    count += plan->steps[i].layer != NULL;
  return count;
}
