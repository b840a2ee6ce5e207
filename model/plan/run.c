/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <cnn/memory.h>
#include <string.h>
#include <time.h>

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
