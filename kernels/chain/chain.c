/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chain/chain-private.h"
#include "chain/strips.h"
#include "cnn/memory.h"
#include "core/integers.h"

#define MAX_STEPS 4096
#define MAX_INPUTS 4096

/* A layer of the chain, and where its inputs come from and its output goes. */
typedef struct {
  CnnLayer *layer;
  int n_inputs;
  int *inputs;
  int last_user; /* the last step that reads the output; the step itself when it is the chain's */
} Step;

/* Steps that run as one: a layer, or several in strips. */
typedef struct {
  CnnLayer *layer;
  CnnLayer *strips; /* owned: the layer, when it is several */
  int first, end;   /* steps */
  int n_inputs;
  int *inputs;      /* steps of earlier parts, or inputs of the chain */
  CnnImage *images; /* of those, filled when the chain runs */
  size_t place;     /* of the output in the chain's memory */
} Part;

typedef struct {
  CnnLayer layer;
  CnnChainLimits limits;
  int n_steps, n_parts;
  Step *steps;
  Part *parts;
  int *part_of; /* of each step */
  unsigned char *memory;
} Chain;

/* ---- Running --------------------------------------------------------------------------------- */

static CnnImage
output_image (const Chain *chain, const Part *part)
{
  const CnnFormat format = part->layer->output_format;
  return cnn_image_from_tensor (
      chain->memory + part->place, format.type, format.layout, part->layer->output);
}

static void
chain_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  const Chain *chain = (const Chain *)layer;
  for (int i = 0; i < chain->n_parts; i++) {
    const Part *part = &chain->parts[i];
    for (int k = 0; k < part->n_inputs; k++) {
      const int from = part->inputs[k];
      part->images[k] = from < 0 ? in[CNN_CHAIN_INPUT (from)]
                                 : output_image (chain, &chain->parts[chain->part_of[from]]);
    }
    const CnnImage between = output_image (chain, part);
    cnn_layer_run (part->layer, part->images, i == chain->n_parts - 1 ? out : &between, n_threads);
  }
}

static void
chain_clear (CnnLayer *layer)
{
  Chain *chain = (Chain *)layer;
  for (int i = 0; chain->parts && i < chain->n_parts; i++) {
    cnn_layer_free (chain->parts[i].strips);
    cnn_free (chain->parts[i].inputs);
    cnn_free (chain->parts[i].images);
  }
  for (int i = 0; chain->steps && i < chain->n_steps; i++) {
    cnn_layer_free (chain->steps[i].layer);
    cnn_free (chain->steps[i].inputs);
  }
  cnn_free (chain->parts);
  cnn_free (chain->steps);
  cnn_free (chain->part_of);
  cnn_free (chain->memory);
}

static const CnnLayerClass chain_class = {.run = chain_run, .clear = chain_clear};

/* ---- What is refused ------------------------------------------------------------------------- */

/* Input k of step i: its producer comes before it, and has its shape. */
static bool
check_input (const Chain *chain, int i, int k, CnnError *error)
{
  const int from = chain->steps[i].inputs[k];
  if (from >= i)
    return cnn_error_set (error,
        "step %d reads the output of step %d, which does not come before it", i + 1, from + 1);
  if (from < CNN_CHAIN_INPUT (MAX_INPUTS - 1))
    return cnn_error_set (error, "step %d reads input %lld, but %d is the last there may be", i + 1,
        -(long long)from, MAX_INPUTS);
  if (from < 0)
    return true;
  const CnnShape is = chain->steps[from].layer->output;
  const CnnShape wanted = cnn_layer_input_shape (chain->steps[i].layer, k);
  if (cnn_shape_equal (is, wanted))
    return true;
  return cnn_error_set (error, "step %d reads %dx%dx%dx%d (N,H,W,C), but step %d gives %dx%dx%dx%d",
      i + 1, wanted.n, wanted.h, wanted.w, wanted.c, from + 1, is.n, is.h, is.w, is.c);
}

static bool
check_users (const Chain *chain, CnnError *error)
{
  for (int i = 0; i < chain->n_steps - 1; i++)
    if (chain->steps[i].last_user == i)
      return cnn_error_set (error, "nobody reads the output of step %d", i + 1);
  return true;
}

/* ---- Inputs of the chain ---------------------------------------------------------------------- */

static int
count_inputs (const Chain *chain)
{
  int n_inputs = 1;
  for (int i = 0; i < chain->n_steps; i++)
    for (int k = 0; k < chain->steps[i].n_inputs; k++)
      if (chain->steps[i].inputs[k] < 0)
        n_inputs = max (n_inputs, CNN_CHAIN_INPUT (chain->steps[i].inputs[k]) + 1);
  return n_inputs;
}

static bool
find_input_shapes (const Chain *chain, CnnShape *shapes, int n_inputs, CnnError *error)
{
  for (int i = 0; i < chain->n_steps; i++) {
    for (int k = 0; k < chain->steps[i].n_inputs; k++) {
      if (chain->steps[i].inputs[k] >= 0)
        continue;
      const int input = CNN_CHAIN_INPUT (chain->steps[i].inputs[k]);
      const CnnShape shape = cnn_layer_input_shape (chain->steps[i].layer, k);
      if (shapes[input].n > 0 && !cnn_shape_equal (shapes[input], shape))
        return cnn_error_set (error,
            "step %d reads %dx%dx%dx%d (N,H,W,C) from input %d, which another step reads as "
            "%dx%dx%dx%d",
            i + 1, shape.n, shape.h, shape.w, shape.c, input + 1, shapes[input].n, shapes[input].h,
            shapes[input].w, shapes[input].c);
      shapes[input] = shape;
    }
  }
  for (int i = 0; i < n_inputs; i++)
    if (shapes[i].n == 0)
      return cnn_error_set (error, "no step reads input %d of %d", i + 1, n_inputs);
  return true;
}

static bool
set_inputs (Chain *chain, CnnError *error)
{
  const int n_inputs = count_inputs (chain);
  CnnShape *shapes = cnn_alloc ((size_t)n_inputs, sizeof *shapes);
  if (!shapes)
    return cnn_error_set (error, "no memory for %d inputs", n_inputs);
  const bool set = find_input_shapes (chain, shapes, n_inputs, error) &&
                   cnn_layer_set_inputs (&chain->layer, shapes, n_inputs, error);
  if (set)
    chain->layer.input = shapes[0];
  cnn_free (shapes);
  return set;
}

/* ---- Strips ---------------------------------------------------------------------------------- */

static size_t
output_bytes (const CnnLayer *layer)
{
  return (size_t)layer->output.n * (size_t)cnn_frame_values (layer->output) *
         cnn_sample_bytes (layer->output_format.type);
}

/* Whether the output of step i should not become a whole frame before step i + 1, its only reader,
 * runs: what passes through memory is worth as much as the arithmetic on either side. Layers with
 * more of it are better off with all the rows that they can get. */
static bool
is_worth_strips (const Chain *chain, int i)
{
  const int64_t most_macs = chain->limits.most_macs;
  const CnnLayer *layer = chain->steps[i].layer, *next = chain->steps[i + 1].layer;
  const int64_t bytes = (int64_t)output_bytes (layer);
  return layer->layer_class->needed_rows && next->layer_class->needed_rows &&
         chain->steps[i].last_user == i + 1 && (size_t)bytes > chain->limits.cached_bytes &&
         (layer->info.macs / bytes < most_macs || next->info.macs / bytes < most_macs);
}

/* Copies the inputs of steps [first, end) that come from outside into `outside`, and returns their
 * number; those of each step, in numbers of the strips layer, into `inside`. */
static int
number_inputs (const Chain *chain, int first, int end, int *outside, int *inside)
{
  int n_outside = 0;
  for (int i = first; i < end; i++) {
    for (int k = 0; k < chain->steps[i].n_inputs; k++) {
      const int from = chain->steps[i].inputs[k];
      if (from >= first) {
        *inside++ = from - first;
        continue;
      }
      int place = 0;
      while (place < n_outside && outside[place] != from)
        place++;
      if (place == n_outside)
        outside[n_outside++] = from;
      *inside++ = CNN_CHAIN_INPUT (place);
    }
  }
  return n_outside;
}

static CnnShape
shape_from (const Chain *chain, int from)
{
  return from < 0 ? chain->layer.input_shapes[CNN_CHAIN_INPUT (from)]
                  : chain->steps[from].layer->output;
}

static bool
add_part (Chain *chain, Part part, const int *outside, int n_outside)
{
  Part *added = &chain->parts[chain->n_parts];
  *added = part;
  added->n_inputs = n_outside;
  added->inputs = cnn_alloc ((size_t)n_outside, sizeof *added->inputs);
  added->images = cnn_alloc ((size_t)n_outside, sizeof *added->images);
  for (int i = part.first; i < part.end; i++)
    chain->part_of[i] = chain->n_parts;
  chain->n_parts++;
  for (int k = 0; added->inputs && k < n_outside; k++)
    added->inputs[k] = outside[k];
  return added->inputs && added->images;
}

/* Room to number the inputs of some steps. */
typedef struct {
  CnnStripsStep *steps;
  int *outside, *inside;
  CnnShape *shapes;
} Numbering;

static void
clear_numbering (Numbering *numbering)
{
  cnn_free (numbering->steps);
  cnn_free (numbering->outside);
  cnn_free (numbering->inside);
  cnn_free (numbering->shapes);
}

/* The layer of steps [first, end) in strips, or NULL when there is none; `error` is for shortness
 * of memory. */
static CnnLayer *
new_strips (
    const Chain *chain, int first, int end, Numbering *numbering, int *n_outside, CnnError *error)
{
  int n_inputs = 0;
  for (int i = first; i < end; i++)
    n_inputs += chain->steps[i].n_inputs;
  *numbering = (Numbering){
      .steps = cnn_alloc ((size_t)(end - first), sizeof *numbering->steps),
      .outside = cnn_alloc ((size_t)n_inputs, sizeof *numbering->outside),
      .inside = cnn_alloc ((size_t)n_inputs, sizeof *numbering->inside),
      .shapes = cnn_alloc ((size_t)n_inputs, sizeof *numbering->shapes),
  };
  if (!numbering->steps || !numbering->outside || !numbering->inside || !numbering->shapes) {
    cnn_error_set (error, "no memory for %d steps", end - first);
    return NULL;
  }
  *n_outside = number_inputs (chain, first, end, numbering->outside, numbering->inside);
  const int *inside = numbering->inside;
  for (int i = first; i < end; i++) {
    numbering->steps[i - first] = (CnnStripsStep){chain->steps[i].layer, inside};
    inside += chain->steps[i].n_inputs;
  }
  for (int k = 0; k < *n_outside; k++)
    numbering->shapes[k] = shape_from (chain, numbering->outside[k]);
  if (end - first == 1)
    return NULL;
  return cnn_strips_new (&chain->layer.context, numbering->steps, end - first, numbering->shapes,
      *n_outside, chain->limits.ring_bytes, error);
}

/* Makes a part of the steps from `first` on, as many as fit into strips; returns the step behind
 * them, or 0 with a sentence. */
static int
make_part (Chain *chain, int first, CnnError *error)
{
  int end = first + 1;
  while (end < chain->n_steps && is_worth_strips (chain, end - 1))
    end++;
  for (;; end--) {
    CnnError short_memory = {""};
    Numbering numbering = {0};
    int n_outside = 0;
    CnnLayer *strips = new_strips (chain, first, end, &numbering, &n_outside, &short_memory);
    Part part = {.first = first, .end = end, .strips = strips};
    part.layer = strips ? strips : chain->steps[first].layer;
    const bool done = strips || end == first + 1;
    bool failed = short_memory.message[0] != '\0';
    if (failed)
      cnn_error_set (error, "%s", short_memory.message);
    else if (done && end == first + 1)
      failed = !add_part (chain, part, chain->steps[first].inputs, chain->steps[first].n_inputs);
    else if (done)
      failed = !add_part (chain, part, numbering.outside, n_outside);
    clear_numbering (&numbering);
    if (failed && !short_memory.message[0])
      cnn_error_set (error, "no memory for step %d", first + 1);
    if (failed)
      return 0;
    if (done)
      return end;
  }
}

/* ---- Memory between parts --------------------------------------------------------------------- */

static int
last_part (const Chain *chain, int part)
{
  return chain->part_of[chain->steps[chain->parts[part].end - 1].last_user];
}

/* The lowest place for part `index`'s output beside those that live while it does, all of which
 * were placed. */
static size_t
find_place (const Chain *chain, int index, size_t bytes)
{
  size_t place = 0;
  for (int i = 0; i < index; i++) {
    const size_t begin = chain->parts[i].place;
    const size_t end = begin + round_up_size (output_bytes (chain->parts[i].layer), CNN_ALIGNMENT);
    if (last_part (chain, i) >= index && place < end && begin < place + bytes) {
      place = end;
      i = -1;
    }
  }
  return place;
}

static bool
plan_memory (Chain *chain, CnnError *error)
{
  size_t total = 0;
  for (int i = 0; i < chain->n_parts - 1; i++) {
    const size_t bytes = round_up_size (output_bytes (chain->parts[i].layer), CNN_ALIGNMENT);
    chain->parts[i].place = find_place (chain, i, bytes);
    total = chain->parts[i].place + bytes > total ? chain->parts[i].place + bytes : total;
  }
  chain->memory = cnn_alloc (total, 1);
  return chain->memory || cnn_error_set (error, "no memory for the %zu MiB between %d layers",
                              total >> 20, chain->n_parts);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static bool
copy_step (Chain *chain, int i, const int *inputs, CnnError *error)
{
  Step *step = &chain->steps[i];
  step->n_inputs = step->layer->n_inputs;
  step->inputs = cnn_alloc ((size_t)step->n_inputs, sizeof *step->inputs);
  if (!step->inputs)
    return cnn_error_set (error, "no memory for step %d", i + 1);
  if (!inputs && step->n_inputs > 1)
    return cnn_error_set (error, "step %d has %d inputs, and none is named", i + 1, step->n_inputs);
  step->last_user = i;
  for (int k = 0; k < step->n_inputs; k++) {
    step->inputs[k] = inputs ? inputs[k] : i - 1;
    if (!check_input (chain, i, k, error))
      return false;
    if (step->inputs[k] >= 0)
      chain->steps[step->inputs[k]].last_user = i;
  }
  return true;
}

static void
set_info (Chain *chain)
{
  CnnLayerInfo *info = &chain->layer.info;
  const CnnLayer *last = chain->steps[chain->n_steps - 1].layer;
  *info = last->info;
  info->macs = info->parameters = 0;
  for (int i = 0; i < chain->n_steps; i++) {
    info->macs += min64 (chain->steps[i].layer->info.macs, INT64_MAX - info->macs);
    info->parameters += chain->steps[i].layer->info.parameters;
  }
  info->kernel_name = "chain";
  info->dense_parameters = cnn_saturating_product (
      cnn_frame_values (chain->layer.input), cnn_frame_values (chain->layer.output));
  chain->layer.output_format = last->output_format;
}

static bool
build (Chain *chain, const CnnChainStep *steps, CnnError *error)
{
  chain->parts = cnn_alloc ((size_t)chain->n_steps, sizeof *chain->parts);
  chain->part_of = cnn_alloc ((size_t)chain->n_steps, sizeof *chain->part_of);
  if (!chain->parts || !chain->part_of)
    return cnn_error_set (error, "no memory for %d steps", chain->n_steps);
  for (int i = 0; i < chain->n_steps; i++)
    if (!copy_step (chain, i, steps[i].inputs, error))
      return false;
  if (!check_users (chain, error) || !set_inputs (chain, error))
    return false;
  set_info (chain);
  for (int i = 0; i < chain->n_steps;) {
    i = make_part (chain, i, error);
    if (i == 0)
      return false;
    if (chain->parts[chain->n_parts - 1].strips)
      chain->layer.info.kernel_name = "chain-in-strips";
  }
  return plan_memory (chain, error);
}

static void
free_steps (const CnnChainStep *steps, int n_steps)
{
  for (int i = 0; i < n_steps; i++)
    cnn_layer_free (steps[i].layer);
}

CnnLayer *
cnn_chain_new_with (const CnnContext *context, const CnnChainStep *steps, int n_steps,
    const CnnChainLimits *limits, CnnError *error)
{
  if (n_steps < 1 || n_steps > MAX_STEPS) {
    cnn_error_set (error, "%d steps are not in [1, %d]", n_steps, MAX_STEPS);
    free_steps (steps, n_steps);
    return NULL;
  }
  Chain *chain = cnn_layer_alloc (sizeof *chain, &chain_class, context, steps[0].layer->input,
      steps[n_steps - 1].layer->output, error);
  if (chain)
    chain->steps = cnn_alloc ((size_t)n_steps, sizeof *chain->steps);
  if (!chain || !chain->steps) {
    cnn_error_set (error, "no memory for %d steps", n_steps);
    free_steps (steps, n_steps);
    cnn_layer_free (chain ? &chain->layer : NULL);
    return NULL;
  }
  chain->limits = *limits;
  chain->n_steps = n_steps;
  for (int i = 0; i < n_steps; i++)
    chain->steps[i].layer = steps[i].layer;
  if (build (chain, steps, error))
    return &chain->layer;
  cnn_layer_free (&chain->layer);
  return NULL;
}

CnnLayer *
cnn_chain_new (const CnnContext *context, const CnnChainStep *steps, int n_steps, CnnError *error)
{
  const CnnChainLimits limits = CNN_CHAIN_LIMITS;
  return cnn_chain_new_with (context, steps, n_steps, &limits, error);
}
