/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include "arena.h"
#include "layers.h"
#include "lower-functions.h"
#include "lower.h"
#include "operators/families.h"
#include "operators/helpers.h"
#include "rules/match.h"

#include <cnn/memory.h>
#include <cnn/workers.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

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
static int
plain_value (CnnPlan *plan, int value)
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

/* --- Nodes that are no steps ---------------------------------------------------------------------- */

/* Another shape of the same bytes. */
static bool
place_reshape (CnnPlan *plan, const CnnNode *node)
{
  const int from = plain_value (plan, node->inputs[0]);
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
static bool
place_without_step (CnnPlan *plan, const CnnNode *node, bool *done)
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
    inputs[i] =
        node->inputs[i] == CNN_NO_VALUE ? CNN_NO_VALUE : plain_value (plan, node->inputs[i]);
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
  if (!place_without_step (plan, &plan->graph->nodes[index], &done))
    return false;
  if (!done && !cnn_lower_node (plan, index, &done))
    return false;
  return done || add_reference (plan, index);
}

/* --- Memory --------------------------------------------------------------------------------------- */

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
static bool
drop_constants (CnnPlan *plan)
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
static void
make_tensors (CnnPlan *plan)
{
  for (int i = 0; i < plan->graph->n_values; i++) {
    const CnnValue *value = &plan->graph->values[i];
    plan->tensors[i] =
        (CnnTensor){.elements = value->elements, .dims = value->dims, .borrowed = true};
    cnn_dims_count (&value->dims, &plan->tensors[i].count, NULL);
  }
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
  done = done && drop_constants (plan);
  if (!done)
    cnn_error_set (error, "not enough memory for %d nodes", graph->n_nodes);
  if (done) {
    make_tensors (plan);
    done = make_arena (plan, error);
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

/* --- Running -------------------------------------------------------------------------------------- */

static int64_t
integer_from (float x)
{
  return x >= -9e18F && x <= 9e18F ? (int64_t)x : 0;
}

static void
take_inputs (CnnPlan *plan, const float *const *inputs)
{
  const CnnGraph *graph = plan->graph;
  for (int i = 0; i < graph->n_inputs; i++) {
    const int value = graph->inputs[i];
    if (graph->values[value].elements == CNN_ELEMENTS_FLOAT) {
      /* Steps only read it. */
      plan->bases[value] = (unsigned char *)(uintptr_t)inputs[i];
      continue;
    }
    int64_t *integers = (int64_t *)(void *)plan->bases[value];
    for (int64_t k = 0; k < plan->tensors[value].count; k++)
      integers[k] = integer_from (inputs[i][k]);
  }
  for (int i = 0; i < graph->n_values; i++) {
    const CnnPlace *place = &plan->places[i];
    unsigned char *memory =
        plan->bases[place->root] ? plan->bases[place->root] + place->offset : NULL;
    const bool is_float = graph->values[i].elements == CNN_ELEMENTS_FLOAT;
    plan->tensors[i].floats = is_float ? (float *)(void *)memory : NULL;
    plan->tensors[i].integers = is_float ? NULL : (int64_t *)(void *)memory;
  }
}

static void
give_output (const CnnPlan *plan, int value, float *output)
{
  const CnnTensor *tensor = &plan->tensors[value];
  const CnnPlace *place = &plan->places[value];
  if (!place->is_plain) {
    CnnImage from = place->image;
    from.data = (unsigned char *)tensor->floats;
    const CnnImage to =
        cnn_image_from_tensor (output, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NCHW, from.shape);
    cnn_image_copy (&from, &to);
  } else if (tensor->floats) {
    memcpy (output, tensor->floats, (size_t)tensor->count * sizeof (float));
  }
  for (int64_t k = 0; tensor->integers && k < tensor->count; k++)
    output[k] = (float)tensor->integers[k];
}

typedef struct {
  const CnnGraph *graph;
  const CnnStep *step;
} Work;

static void
run_part (void *data, int part, int worker)
{
  const Work *work = data;
  work->step->function (work->graph, work->step, part, worker);
}

/* Values for which it is worth while to wake threads. */
#define SHARED_VALUES 16384

static void
run_function (const CnnPlan *plan, const CnnStep *step, int n_threads)
{
  const CnnShape shape = step->out.image.shape;
  Work work = {plan->graph, step};
  if (plan->context && n_threads != 1 &&
      (int64_t)shape.n * shape.h * shape.w * shape.c >= SHARED_VALUES) {
    const int n_workers = cnn_context_thread_count (plan->context);
    cnn_workers_run (cnn_context_workers (plan->context),
        n_threads > 0 && n_threads < n_workers ? n_threads : n_workers, step->n_parts, run_part,
        &work);
    return;
  }
  for (int part = 0; part < step->n_parts; part++)
    run_part (&work, part, 0);
}

static bool
run_step (CnnPlan *plan, CnnStep *step, int n_threads, CnnError *error)
{
  if (step->in_tensors) {
    const CnnNode *node = &plan->graph->nodes[step->node];
    const CnnOperation operation = {
        node, step->in_tensors, node->n_inputs, step->out_tensors, node->n_outputs};
    return cnn_operation_run (&operation, error);
  }
  CnnImage single, *images = &single;
  for (int i = 0; i < step->n_in; i++)
    step->in[i].image.data = plan->bases[step->in[i].root] + step->in[i].offset;
  step->out.image.data = plan->bases[step->out.root] + step->out.offset;
  if (step->function) {
    run_function (plan, step, n_threads);
    return true;
  }
  if (step->n_in > 1) {
    images = cnn_alloc ((size_t)step->n_in, sizeof *images);
    if (!images)
      return cnn_error_set (error, "not enough memory for %d images", step->n_in);
  }
  for (int i = 0; i < step->n_in; i++)
    images[i] = step->in[i].image;
  cnn_layer_run (step->layer, images, &step->out.image, n_threads);
  if (images != &single)
    cnn_free (images);
  return true;
}

static double
now (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

bool
cnn_plan_run (CnnPlan *plan, const float *const *inputs, float *const *outputs, int n_threads,
    CnnError *error)
{
  take_inputs (plan, inputs);
  for (int i = 0; i < plan->n_steps; i++) {
    const double start = plan->seconds ? now () : 0;
    if (!run_step (plan, &plan->steps[i], n_threads, error))
      return false;
    if (plan->seconds)
      plan->seconds[i] += now () - start;
  }
  for (int i = 0; i < plan->graph->n_outputs; i++)
    give_output (plan, plan->graph->outputs[i].value, outputs[i]);
  return true;
}
