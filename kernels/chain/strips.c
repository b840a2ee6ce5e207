/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chain/strips.h"

#include "cnn/chain.h"
#include "cnn/memory.h"
#include "core/integers.h"

#define STRIPS_PER_THREAD 8

typedef struct {
  CnnLayer *layer;
  int n_inputs;
  int *inputs;
  CnnImage
      image; /* of its output, without memory; not of the last step, which writes the layer's */
  size_t ring_bytes;
  size_t worker, ring; /* where a worker's scratch has them */
  size_t first_image;  /* of those that it reads, among all of a worker */
} Step;

typedef struct {
  CnnLayer layer;
  int n_steps;
  Step *steps;
  size_t most_bytes; /* of rings */
  int strip;         /* output rows */
  int halo;          /* output rows' worth of work that a block of rows begins with */
  size_t states, workers, images;
  int n_images;
} StripsLayer;

/* How far a step is in the frame under way: rows [.., next) of its output were computed. */
typedef struct {
  int next;           /* -1: none */
  CnnRowRange wanted; /* for the strip under way, by the steps behind it */
  CnnRowRange rows;   /* of them those to be computed */
} State;

static int
step_height (const Step *step)
{
  return step->layer->output.h;
}

/* ---- Which rows ------------------------------------------------------------------------------ */

static void
widen (CnnRowRange *range, CnnRowRange more)
{
  if (more.end <= more.first)
    return;
  if (range->end <= range->first) {
    *range = more;
    return;
  }
  range->first = min (range->first, more.first);
  range->end = max (range->end, more.end);
}

/* The rows that a step has to compute so that those wanted are there. */
static CnnRowRange
rows_to_compute (const Step *step, const State *state)
{
  const int unit = step->layer->row_unit;
  const CnnRowRange wanted = state->wanted;
  if (wanted.end <= wanted.first || wanted.end <= state->next)
    return (CnnRowRange){0, 0};
  const int first = state->next >= 0 ? state->next : wanted.first / unit * unit;
  return (CnnRowRange){first, min (round_up (wanted.end, unit), step_height (step))};
}

/* What each step computes for a strip of output rows. */
static void
plan_strip (const StripsLayer *strips, State *states, int y0, int y1)
{
  for (int i = 0; i < strips->n_steps; i++)
    states[i].wanted = (CnnRowRange){0, 0};
  states[strips->n_steps - 1].wanted = (CnnRowRange){y0, y1};
  for (int i = strips->n_steps - 1; i >= 0; i--) {
    const Step *step = &strips->steps[i];
    const CnnRowRange rows = states[i].rows = rows_to_compute (step, &states[i]);
    for (int k = 0; k < step->n_inputs && rows.first < rows.end; k++)
      if (step->inputs[k] >= 0)
        widen (&states[step->inputs[k]].wanted,
            step->layer->layer_class->needed_rows (step->layer, k, rows.first, rows.end));
  }
}

static void
finish_strip (const StripsLayer *strips, State *states)
{
  for (int i = 0; i < strips->n_steps; i++)
    if (states[i].rows.first < states[i].rows.end)
      states[i].next = states[i].rows.end;
}

static void
forget_rows (const StripsLayer *strips, State *states)
{
  for (int i = 0; i < strips->n_steps; i++)
    states[i].next = -1;
}

/* ---- Running --------------------------------------------------------------------------------- */

static State *
states_of (const StripsLayer *strips, const CnnLayerWorker *worker)
{
  return (State *)(worker->scratch + strips->states);
}

static CnnLayerWorker *
workers_of (const StripsLayer *strips, const CnnLayerWorker *worker)
{
  return (CnnLayerWorker *)(worker->scratch + strips->workers);
}

static void
strips_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const StripsLayer *strips = (const StripsLayer *)layer;
  State *states = states_of (strips, worker);
  CnnLayerWorker *workers = workers_of (strips, worker);
  forget_rows (strips, states);
  for (int y = y0; y < y1; y += strips->strip) {
    plan_strip (strips, states, y, min (y + strips->strip, y1));
    for (int i = 0; i < strips->n_steps; i++) {
      CnnLayer *inner = strips->steps[i].layer;
      const CnnRowRange rows = states[i].rows;
      if (rows.first < rows.end)
        inner->layer_class->compute_rows (inner, &workers[i], n, rows.first, rows.end);
    }
    finish_strip (strips, states);
  }
}

static void
strips_split (const CnnLayer *layer, const CnnLayerWorker *worker, CnnSplit *split)
{
  const StripsLayer *strips = (const StripsLayer *)layer;
  split->overlap = div_up (strips->halo, split->step);
}

static void
strips_init_worker (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const StripsLayer *strips = (const StripsLayer *)layer;
  CnnLayerWorker *workers = workers_of (strips, worker);
  for (int i = 0; i < strips->n_steps; i++)
    cnn_layer_worker_init (
        &workers[i], strips->steps[i].layer, worker->scratch + strips->steps[i].worker);
}

/* Rings are images that all frames of a batch share. */
static CnnImage
ring_image (const StripsLayer *strips, const CnnLayerWorker *worker, int step)
{
  CnnImage image = strips->steps[step].image;
  image.data = worker->scratch + strips->steps[step].ring;
  return image;
}

static void
strips_begin (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const StripsLayer *strips = (const StripsLayer *)layer;
  CnnLayerWorker *workers = workers_of (strips, worker);
  CnnImage *images = (CnnImage *)(worker->scratch + strips->images), *image = images;
  for (int i = 0; i < strips->n_steps; i++) {
    const Step *step = &strips->steps[i];
    const CnnImage *in = image, *out = worker->out;
    for (int k = 0; k < step->n_inputs; k++) {
      const int from = step->inputs[k];
      *image++ = from < 0 ? worker->in[CNN_CHAIN_INPUT (from)] : ring_image (strips, worker, from);
    }
    if (i < strips->n_steps - 1) {
      *image = ring_image (strips, worker, i);
      out = image++;
    }
    cnn_layer_worker_begin (&workers[i], step->layer, in, out);
  }
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* The first row of a step's output that some step behind it, which goes on at its `next`, has still
 * to read. */
static int
first_kept (const StripsLayer *strips, const State *states, int producer)
{
  int first = step_height (&strips->steps[producer]);
  for (int i = producer + 1; i < strips->n_steps; i++) {
    const Step *step = &strips->steps[i];
    const int y = states[i].next >= 0 ? states[i].next : states[i].rows.first;
    const bool reads = states[i].next >= 0 || states[i].rows.first < states[i].rows.end;
    for (int k = 0; k < step->n_inputs && reads && y < step_height (step); k++) {
      if (step->inputs[k] != producer)
        continue;
      const CnnRowRange needed =
          step->layer->layer_class->needed_rows (step->layer, k, y, step_height (step));
      if (needed.first < needed.end)
        first = min (first, needed.first);
    }
  }
  return first;
}

/* Enlarges the rings to what one strip needs. */
static void
measure_strip (StripsLayer *strips, State *states, int y0, int y1)
{
  plan_strip (strips, states, y0, y1);
  for (int i = 0; i < strips->n_steps - 1; i++) {
    Step *step = &strips->steps[i];
    const int end = max (states[i].rows.end, states[i].next);
    const int first = min (first_kept (strips, states, i),
        states[i].rows.first < states[i].rows.end ? states[i].rows.first : end);
    step->image.ring_rows = max (step->image.ring_rows, end - first);
  }
}

/* The rings that strips of `strip` output rows need, whether a strip goes on with the one before or
 * begins a block of rows. False when they are too large, or nearly whole frames. */
static bool
size_rings (StripsLayer *strips, State *states, State *fresh, int strip)
{
  const int h = strips->layer.output.h;
  size_t bytes = 0;
  for (int i = 0; i < strips->n_steps; i++)
    strips->steps[i].image.ring_rows = 0;
  forget_rows (strips, states);
  for (int y = 0; y < h; y += strip) {
    forget_rows (strips, fresh);
    measure_strip (strips, fresh, y, min (y + strip, h));
    measure_strip (strips, states, y, min (y + strip, h));
    finish_strip (strips, states);
  }
  for (int i = 0; i < strips->n_steps - 1; i++) {
    Step *step = &strips->steps[i];
    if (step->image.ring_rows < 1 || step->image.ring_rows > step_height (step) / 2)
      return false;
    const CnnShape ring = {1, step->image.ring_rows, step->image.shape.w, step->image.shape.c};
    const CnnFormat format = step->layer->output_format;
    const int rows = step->image.ring_rows;
    step->image = cnn_image_from_tensor (NULL, format.type, format.layout, ring);
    step->image.shape = step->layer->output;
    step->image.batch_stride = 0;
    step->image.ring_rows = rows;
    step->ring_bytes =
        (size_t)ring.h * (size_t)ring.w * (size_t)ring.c * cnn_sample_bytes (format.type);
    bytes += step->ring_bytes;
  }
  return bytes <= strips->most_bytes;
}

/* The most rows whose rings fit, but a few strips for each thread. */
static bool
choose_strip (StripsLayer *strips, State *states)
{
  const int unit = strips->steps[strips->n_steps - 1].layer->step, h = strips->layer.output.h;
  const int workers = cnn_workers_count (strips->layer.context.workers);
  const int most = max (h / (STRIPS_PER_THREAD * workers), unit);
  State *fresh = states + strips->n_steps;
  for (int strip = unit; strip <= h && size_rings (strips, states, fresh, strip); strip *= 2) {
    strips->strip = strip;
    if (2 * strip > most)
      break;
  }
  return strips->strip > 0 && size_rings (strips, states, fresh, strips->strip);
}

/* Rows that all steps compute for the first strip of a block but not for one that goes on, as so
 * many rows of the output by their share of the frame. */
static int
count_halo (const StripsLayer *strips, State *states)
{
  const int h = strips->layer.output.h, y = h / 2 / strips->strip * strips->strip;
  double halo = 0;
  forget_rows (strips, states);
  plan_strip (strips, states, y, min (y + strips->strip, h));
  for (int i = 0; i < strips->n_steps; i++) {
    const CnnRowRange rows = states[i].rows;
    const double share = (double)(rows.end - rows.first) / step_height (&strips->steps[i]);
    const double due = (double)strips->strip / h;
    halo += share > due ? share - due : 0;
  }
  return (int)(halo / strips->n_steps * h) + 1;
}

static void
lay_out_scratch (StripsLayer *strips)
{
  size_t *bytes = &strips->layer.scratch_bytes;
  const size_t n_steps = (size_t)strips->n_steps;
  int n_images = 0;
  strips->states = cnn_scratch_reserve (bytes, n_steps, sizeof (State));
  strips->workers = cnn_scratch_reserve (bytes, n_steps, sizeof (CnnLayerWorker));
  for (int i = 0; i < strips->n_steps; i++) {
    Step *step = &strips->steps[i];
    step->worker = cnn_scratch_reserve (bytes, cnn_layer_worker_bytes (step->layer), 1);
    step->ring = cnn_scratch_reserve (bytes, step->ring_bytes, 1);
    n_images += step->n_inputs + 1;
  }
  strips->images = cnn_scratch_reserve (bytes, (size_t)n_images, sizeof (CnnImage));
}

static bool
copy_steps (StripsLayer *strips, const CnnStripsStep *steps, int n_steps)
{
  strips->steps = cnn_alloc ((size_t)n_steps, sizeof *strips->steps);
  for (int i = 0; strips->steps && i < n_steps; i++) {
    Step *step = &strips->steps[strips->n_steps++];
    *step = (Step){.layer = steps[i].layer, .n_inputs = steps[i].layer->n_inputs};
    step->image.shape = step->layer->output;
    step->inputs = cnn_alloc ((size_t)step->n_inputs, sizeof *step->inputs);
    if (!step->inputs)
      return false;
    for (int k = 0; k < step->n_inputs; k++)
      step->inputs[k] = steps[i].inputs[k];
  }
  return strips->steps != NULL;
}

static void
strips_clear (CnnLayer *layer)
{
  StripsLayer *strips = (StripsLayer *)layer;
  for (int i = 0; i < strips->n_steps; i++)
    cnn_free (strips->steps[i].inputs);
  cnn_free (strips->steps);
}

static const CnnLayerClass strips_class = {
    .compute_rows = strips_compute_rows,
    .split = strips_split,
    .init_worker = strips_init_worker,
    .begin = strips_begin,
    .clear = strips_clear,
};

static bool
build (StripsLayer *strips, const CnnShape *inputs, int n_inputs, State *states, CnnError *error)
{
  if (!choose_strip (strips, states))
    return false;
  strips->halo = count_halo (strips, states);
  strips->layer.step = strips->strip;
  strips->layer.output_format = strips->steps[strips->n_steps - 1].layer->output_format;
  lay_out_scratch (strips);
  if (!cnn_layer_set_inputs (&strips->layer, inputs, n_inputs, error) ||
      !cnn_layer_make_workers (&strips->layer, error))
    return false;
  for (int i = 0; i < strips->n_steps; i++)
    cnn_layer_drop_workers (strips->steps[i].layer);
  return true;
}

CnnLayer *
cnn_strips_new (const CnnContext *context, const CnnStripsStep *steps, int n_steps,
    const CnnShape *inputs, int n_inputs, size_t most_bytes, CnnError *error)
{
  StripsLayer *strips = cnn_layer_alloc (
      sizeof *strips, &strips_class, context, inputs[0], steps[n_steps - 1].layer->output, error);
  State *states = cnn_alloc (2 * (size_t)n_steps, sizeof *states);
  bool built = false;
  if (strips && states && copy_steps (strips, steps, n_steps)) {
    strips->most_bytes = most_bytes;
    built = build (strips, inputs, n_inputs, states, error);
  } else {
    cnn_error_set (error, "no memory for %d layers", n_steps);
  }
  cnn_free (states);
  if (built)
    return &strips->layer;
  cnn_layer_free (strips ? &strips->layer : NULL);
  return NULL;
}
