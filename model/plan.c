/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include "arena.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <string.h>

/* Memory that the maps of one network may take. */
#define MAX_ARENA_BYTES ((size_t)1 << 31)

static bool
is_alias (const CnnNode *node)
{
  return node->op->kind == CNN_OPERATOR_RESHAPE || node->op->kind == CNN_OPERATOR_IDENTITY;
}

/* The value whose memory a value has: through reshapes, back to one that is computed, given or constant. */
static int
root_of (const CnnGraph *graph, int value)
{
  for (;;) {
    const int producer = graph->values[value].producer;
    if (producer == CNN_NO_NODE || !is_alias (&graph->nodes[producer]))
      return value;
    value = graph->nodes[producer].inputs[0];
  }
}

static size_t
element_bytes (const CnnTensor *tensor)
{
  return tensor->elements == CNN_ELEMENTS_FLOAT ? sizeof (float) : sizeof (int64_t);
}

static void
set_memory (CnnTensor *tensor, void *memory)
{
  tensor->floats = tensor->elements == CNN_ELEMENTS_FLOAT ? memory : NULL;
  tensor->integers = tensor->elements == CNN_ELEMENTS_FLOAT ? NULL : memory;
}

/* --- Making --------------------------------------------------------------------------------------- */

static bool
make_tensors (CnnPlan *plan, CnnError *error)
{
  const CnnGraph *graph = plan->graph;
  plan->tensors = cnn_alloc ((size_t)graph->n_values, sizeof *plan->tensors);
  if (!plan->tensors)
    return cnn_error_set (error, "not enough memory for %d tensors", graph->n_values);
  for (int i = 0; i < graph->n_values; i++) {
    const CnnValue *value = &graph->values[i];
    if (value->constant)
      plan->tensors[i] = *value->constant;
    else
      plan->tensors[i] = (CnnTensor){.elements = value->elements, .dims = value->dims};
    plan->tensors[i].borrowed = true;
    if (value->is_known && !cnn_dims_count (&value->dims, &plan->tensors[i].count, error))
      return false;
  }
  return true;
}

static bool
make_step (CnnPlan *plan, int index)
{
  const CnnNode *node = &plan->graph->nodes[index];
  CnnStep *step = &plan->steps[plan->n_steps++];
  *step = (CnnStep){.kind = is_alias (node) ? CNN_STEP_ALIAS : CNN_STEP_REFERENCE,
      .node = index,
      .in = cnn_alloc ((size_t)node->n_inputs, sizeof *step->in),
      .out = cnn_alloc ((size_t)node->n_outputs, sizeof *step->out)};
  if (!step->in || !step->out)
    return false;
  for (int i = 0; i < node->n_inputs; i++)
    step->in[i] = node->inputs[i] == CNN_NO_VALUE ? NULL : &plan->tensors[node->inputs[i]];
  for (int i = 0; i < node->n_outputs; i++)
    step->out[i] = node->outputs[i] == CNN_NO_VALUE ? NULL : &plan->tensors[node->outputs[i]];
  return true;
}

/* Blocks of memory by value: from the step that makes it to the last that needs it, or anything of its memory. */
static void
find_lifetimes (const CnnPlan *plan, CnnArenaBlock *blocks)
{
  const CnnGraph *graph = plan->graph;
  for (int i = 0; i < graph->n_values; i++)
    blocks[i] = (CnnArenaBlock){.first = INT32_MAX, .last = -1};
  for (int i = 0; i < graph->n_nodes; i++) {
    const CnnNode *node = &graph->nodes[i];
    for (int k = 0; k < node->n_outputs && !is_alias (node); k++)
      if (node->outputs[k] != CNN_NO_VALUE) {
        CnnArenaBlock *block = &blocks[node->outputs[k]];
        const CnnTensor *tensor = &plan->tensors[node->outputs[k]];
        *block = (CnnArenaBlock){(size_t)tensor->count * element_bytes (tensor), i, i, 0};
      }
    for (int k = 0; k < node->n_inputs; k++)
      if (node->inputs[k] != CNN_NO_VALUE)
        blocks[root_of (graph, node->inputs[k])].last = i;
  }
  for (int i = 0; i < graph->n_outputs; i++)
    blocks[root_of (graph, graph->outputs[i].value)].last = graph->n_nodes;
  /* Integer inputs are converted into memory of the plan's. */
  for (int i = 0; i < graph->n_inputs; i++) {
    const CnnTensor *tensor = &plan->tensors[graph->inputs[i]];
    CnnArenaBlock *block = &blocks[graph->inputs[i]];
    if (tensor->elements == CNN_ELEMENTS_INTEGER)
      *block = (CnnArenaBlock){
          (size_t)tensor->count * element_bytes (tensor), 0, block->last > 0 ? block->last : 0, 0};
  }
}

static bool
make_arena (CnnPlan *plan, CnnError *error)
{
  const CnnGraph *graph = plan->graph;
  const size_t room = (size_t)graph->n_values + 1;
  CnnArenaBlock *blocks = cnn_alloc (room, 2 * sizeof *blocks), *packed = blocks + room;
  int n_packed = 0;
  if (!blocks)
    return cnn_error_set (error, "not enough memory for %d tensors", graph->n_values);
  find_lifetimes (plan, blocks);
  for (int i = 0; i < graph->n_values; i++)
    if (blocks[i].first <= blocks[i].last)
      packed[n_packed++] = blocks[i];
  bool done = cnn_arena_place (packed, n_packed, &plan->arena_bytes) &&
              plan->arena_bytes <= MAX_ARENA_BYTES;
  if (done)
    plan->arena = cnn_alloc (plan->arena_bytes, 1);
  done = done && plan->arena;
  for (int i = 0, k = 0; done && i < graph->n_values; i++)
    if (blocks[i].first <= blocks[i].last)
      set_memory (&plan->tensors[i], plan->arena + packed[k++].offset);
  cnn_free (blocks);
  return done ||
         cnn_error_set (error, "its maps take %zu bytes, which is too much", plan->arena_bytes);
}

CnnPlan *
cnn_plan_new (CnnGraph *graph, CnnError *error)
{
  CnnPlan *plan = cnn_alloc (1, sizeof *plan);
  if (!plan) {
    cnn_graph_free (graph);
    cnn_error_set (error, "not enough memory for a plan");
    return NULL;
  }
  plan->graph = graph;
  plan->steps = cnn_alloc ((size_t)graph->n_nodes + 1, sizeof *plan->steps);
  bool done = plan->steps && make_tensors (plan, error);
  for (int i = 0; done && i < graph->n_nodes; i++)
    done = make_step (plan, i) || cnn_error_set (error, "not enough memory for %d steps", i);
  if (done && make_arena (plan, error))
    return plan;
  cnn_plan_free (plan);
  return NULL;
}

void
cnn_plan_free (CnnPlan *plan)
{
  if (!plan)
    return;
  for (int i = 0; i < plan->n_steps; i++) {
    cnn_free (plan->steps[i].in);
    cnn_free (plan->steps[i].out);
  }
  cnn_free (plan->steps);
  cnn_free (plan->tensors);
  cnn_free (plan->arena);
  cnn_graph_free (plan->graph);
  cnn_free (plan);
}

/* --- Running -------------------------------------------------------------------------------------- */

static int64_t
integer_from (float x)
{
  return x >= -9e18F && x <= 9e18F ? (int64_t)x : 0;
}

static void
take_inputs (CnnPlan *plan, const float *const *inputs)
{
  for (int i = 0; i < plan->graph->n_inputs; i++) {
    CnnTensor *tensor = &plan->tensors[plan->graph->inputs[i]];
    /* Steps only read it. */
    if (tensor->elements == CNN_ELEMENTS_FLOAT)
      tensor->floats = (float *)(uintptr_t)inputs[i];
    for (int64_t k = 0; tensor->integers && k < tensor->count; k++)
      tensor->integers[k] = integer_from (inputs[i][k]);
  }
}

static void
give_outputs (const CnnPlan *plan, float *const *outputs)
{
  for (int i = 0; i < plan->graph->n_outputs; i++) {
    const CnnTensor *tensor = &plan->tensors[plan->graph->outputs[i].value];
    if (tensor->floats)
      memcpy (outputs[i], tensor->floats, (size_t)tensor->count * sizeof (float));
    for (int64_t k = 0; tensor->integers && k < tensor->count; k++)
      outputs[i][k] = (float)tensor->integers[k];
  }
}

bool
cnn_plan_run (CnnPlan *plan, const float *const *inputs, float *const *outputs, CnnError *error)
{
  take_inputs (plan, inputs);
  for (int i = 0; i < plan->n_steps; i++) {
    const CnnStep *step = &plan->steps[i];
    const CnnNode *node = &plan->graph->nodes[step->node];
    if (step->kind == CNN_STEP_ALIAS) {
      step->out[0]->floats = step->in[0]->floats;
      step->out[0]->integers = step->in[0]->integers;
      continue;
    }
    const CnnOperation operation = {node, step->in, node->n_inputs, step->out, node->n_outputs};
    if (!cnn_operation_run (&operation, error))
      return false;
  }
  give_outputs (plan, outputs);
  return true;
}
