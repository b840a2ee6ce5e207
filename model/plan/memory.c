/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one block of memory that all maps share. */
#include "plan-private.h"

#include "arena.h"

#include <cnn/memory.h>

/* Memory that the maps of one network may take. */
#define MAX_ARENA_BYTES ((size_t)1 << 31)

static size_t
element_bytes (const CnnValue *value)
{
  return value->elements == CNN_ELEMENTS_FLOAT ? sizeof (float) : sizeof (int64_t);
}

static size_t
value_bytes (const CnnValue *value)
{
  int64_t count = 0;
  return cnn_dims_count (&value->dims, &count, NULL) ? (size_t)count * element_bytes (value) : 0;
}

static void
use (CnnArenaBlock *block, int step)
{
  block->first = step < block->first ? step : block->first;
  block->last = step > block->last ? step : block->last;
}

/* When each root is needed first and last. */
static void
find_lifetimes (const CnnPlan *plan, CnnArenaBlock *blocks)
{
  const CnnGraph *graph = plan->graph;
  for (int i = 0; i < graph->n_values; i++)
    blocks[i] = (CnnArenaBlock){.first = INT32_MAX, .last = -1};
  for (int i = 0; i < plan->n_steps; i++) {
    const CnnStep *step = &plan->steps[i];
    for (int k = 0; k < step->n_in; k++)
      if (step->in[k].root != CNN_NO_VALUE)
        use (&blocks[step->in[k].root], i);
    if (step->out.root != CNN_NO_VALUE)
      use (&blocks[step->out.root], i);
    for (int k = 0; step->out_tensors && k < graph->nodes[step->node].n_outputs; k++)
      if (step->out_tensors[k])
        use (&blocks[step->out_tensors[k] - plan->tensors], i);
  }
  for (int i = 0; i < graph->n_outputs; i++)
    use (&blocks[plan->places[graph->outputs[i].value].root], plan->n_steps);
  for (int i = 0; i < graph->n_values; i++) {
    blocks[i].bytes = value_bytes (&graph->values[i]);
    if (graph->values[i].constant || !graph->values[i].is_known)
      blocks[i].last = -1;
  }
  /* Floats of the inputs stay where the caller has them; integers are converted before the first step. */
  for (int i = 0; i < graph->n_inputs; i++) {
    CnnArenaBlock *block = &blocks[graph->inputs[i]];
    if (graph->values[graph->inputs[i]].elements == CNN_ELEMENTS_FLOAT)
      block->last = -1;
    else
      use (block, 0);
  }
}

bool
cnn_plan_make_arena (CnnPlan *plan, CnnError *error)
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
      plan->bases[i] = plan->arena + packed[k++].offset;
    else if (graph->values[i].constant)
      plan->bases[i] = graph->values[i].constant->floats
                           ? (unsigned char *)graph->values[i].constant->floats
                           : (unsigned char *)graph->values[i].constant->integers;
  cnn_free (blocks);
  return done ||
         cnn_error_set (error, "its maps take %zu bytes, which is too much", plan->arena_bytes);
}

/* Layers have packed their weights: constants that nothing else reads give their memory back. */
bool
cnn_plan_drop_constants (CnnPlan *plan)
{
  CnnGraph *graph = plan->graph;
  bool *needed = cnn_alloc ((size_t)graph->n_values + 1, sizeof *needed);
  if (!needed)
    return false;
  for (int i = 0; i < plan->n_steps; i++) {
    const CnnStep *step = &plan->steps[i];
    for (int k = 0; k < step->n_in; k++)
      if (step->in[k].root != CNN_NO_VALUE)
        needed[step->in[k].root] = true;
    const CnnNode *node =
        step->node == CNN_NO_NODE || step->layer ? NULL : &graph->nodes[step->node];
    for (int k = 0; node && k < node->n_inputs; k++)
      if (node->inputs[k] != CNN_NO_VALUE)
        needed[plan->places[node->inputs[k]].root] = true;
  }
  for (int i = 0; i < graph->n_outputs; i++)
    needed[plan->places[graph->outputs[i].value].root] = true;
  for (int i = 0; i < graph->n_values; i++)
    if (!needed[i] && graph->values[i].constant) {
      cnn_tensor_unref (graph->values[i].constant);
      graph->values[i].constant = NULL;
      graph->values[i].is_known = false;
    }
  cnn_free (needed);
  return true;
}

/* Headers of every value, whether a step uses it or not. */
void
cnn_plan_make_tensors (CnnPlan *plan)
{
  for (int i = 0; i < plan->graph->n_values; i++) {
    const CnnValue *value = &plan->graph->values[i];
    plan->tensors[i] =
        (CnnTensor){.elements = value->elements, .dims = value->dims, .borrowed = true};
    cnn_dims_count (&value->dims, &plan->tensors[i].count, NULL);
  }
}
