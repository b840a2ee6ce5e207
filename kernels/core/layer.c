/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/layer-private.h"

#include "cnn/memory.h"
#include "core/row-blocks.h"
#include "core/integers.h"

/* ---- What it is ------------------------------------------------------------------------------ */

int
cnn_layer_input_count (const CnnLayer *layer)
{
  return layer->n_inputs;
}

CnnShape
cnn_layer_input_shape (const CnnLayer *layer, int input)
{
  return input == 0 ? layer->input : layer->input_shapes[input];
}

CnnShape
cnn_layer_output_shape (const CnnLayer *layer)
{
  return layer->output;
}

CnnLayerInfo
cnn_layer_info (const CnnLayer *layer)
{
  return layer->info;
}

int64_t
cnn_saturating_product (int64_t a, int64_t b)
{
  int64_t product;
  return __builtin_mul_overflow (a, b, &product) ? INT64_MAX : product;
}

int64_t
cnn_frame_values (CnnShape shape)
{
  return cnn_saturating_product ((int64_t)shape.h * shape.w, shape.c);
}

void
cnn_layer_set_info (
    CnnLayer *layer, const char *kernel_name, CnnIsa isa, int64_t inputs, CnnShape output)
{
  layer->info.kernel_name = kernel_name;
  layer->info.isa = cnn_isa_name (isa);
  layer->info.dense_parameters = cnn_saturating_product (inputs, cnn_frame_values (output));
}

/* ---- Workers --------------------------------------------------------------------------------- */

size_t
cnn_scratch_reserve (size_t *bytes, size_t count, size_t size)
{
  const size_t place = *bytes;
  size_t more, sum;
  if (__builtin_mul_overflow (count, size, &more) || more > SIZE_MAX / 2 ||
      __builtin_add_overflow (place, round_up_size (more, CNN_ALIGNMENT), &sum)) {
    *bytes = SIZE_MAX;
    return 0;
  }
  *bytes = sum;
  return place;
}

/* The parts of a worker's memory, one after the other. */
typedef struct {
  size_t readers, first_reader, writer, scratch, bytes;
} WorkerLayout;

static WorkerLayout
lay_out_worker (const CnnLayer *layer)
{
  WorkerLayout layout = {0};
  layout.readers =
      cnn_scratch_reserve (&layout.bytes, (size_t)layer->n_readers, sizeof (CnnReader));
  layout.first_reader = layout.bytes;
  for (int i = 0; i < layer->n_readers; i++)
    cnn_scratch_reserve (&layout.bytes, layer->reader_plans[i].scratch_bytes, 1);
  layout.writer = cnn_scratch_reserve (&layout.bytes, layer->writer_plan.scratch_bytes, 1);
  layout.scratch = cnn_scratch_reserve (&layout.bytes, layer->scratch_bytes, 1);
  return layout;
}

size_t
cnn_layer_worker_bytes (const CnnLayer *layer)
{
  return lay_out_worker (layer).bytes;
}

void
cnn_layer_worker_init (CnnLayerWorker *worker, const CnnLayer *layer, unsigned char *memory)
{
  const WorkerLayout layout = lay_out_worker (layer);
  *worker = (CnnLayerWorker){.step = layer->step, .n_parts = 1};
  worker->readers = (CnnReader *)(memory + layout.readers);
  size_t place = layout.first_reader;
  for (int i = 0; i < layer->n_readers; i++) {
    const CnnReaderPlan *plan = &layer->reader_plans[i];
    cnn_reader_init (&worker->readers[i], plan, memory + place);
    cnn_scratch_reserve (&place, plan->scratch_bytes, 1);
  }
  cnn_writer_init (&worker->writer, &layer->writer_plan, memory + layout.writer);
  worker->scratch = memory + layout.scratch;
  if (layer->layer_class->init_worker)
    layer->layer_class->init_worker (layer, worker);
}

void
cnn_layer_worker_begin (
    CnnLayerWorker *worker, const CnnLayer *layer, const CnnImage *in, const CnnImage *out)
{
  worker->in = in;
  worker->out = out;
  for (int i = 0; i < layer->n_readers; i++)
    cnn_reader_begin (&worker->readers[i], &in[i]);
  if (layer->has_writer)
    cnn_writer_begin (&worker->writer, out);
  if (layer->layer_class->begin)
    layer->layer_class->begin (layer, worker);
}

bool
cnn_layer_make_workers (CnnLayer *layer, CnnError *error)
{
  const size_t bytes = cnn_layer_worker_bytes (layer);
  layer->n_workers = cnn_workers_count (layer->context.workers);
  layer->workers = cnn_alloc ((size_t)layer->n_workers, sizeof *layer->workers);
  layer->worker_memory = cnn_alloc ((size_t)layer->n_workers, bytes);
  if (!layer->workers || !layer->worker_memory)
    return cnn_error_set (
        error, "no memory for the rows of %d threads, %zu MiB each", layer->n_workers, bytes >> 20);
  for (int i = 0; i < layer->n_workers; i++)
    cnn_layer_worker_init (&layer->workers[i], layer, layer->worker_memory + (size_t)i * bytes);
  return true;
}

void
cnn_layer_drop_workers (CnnLayer *layer)
{
  cnn_free (layer->workers);
  cnn_free (layer->worker_memory);
  layer->workers = NULL;
  layer->worker_memory = NULL;
  layer->n_workers = 0;
}

/* ---- Making ---------------------------------------------------------------------------------- */

void *
cnn_layer_alloc (size_t size, const CnnLayerClass *layer_class, const CnnContext *context,
    CnnShape input, CnnShape output, CnnError *error)
{
  CnnLayer *layer = cnn_alloc (1, size);
  if (!layer) {
    cnn_error_set (error, "no memory for a layer");
    return NULL;
  }
  layer->layer_class = layer_class;
  layer->context = *context;
  layer->input = input;
  layer->output = output;
  layer->n_inputs = 1;
  layer->row_unit = layer->step = 1;
  return layer;
}

bool
cnn_layer_set_alpha (CnnLayer *layer, const float *alpha, int n_alpha, CnnError *error)
{
  layer->n_alpha = alpha ? n_alpha : 1;
  layer->alpha = cnn_alloc ((size_t)layer->n_alpha, sizeof (float));
  if (!layer->alpha)
    return cnn_error_set (error, "no memory for %d slopes", layer->n_alpha);
  for (int i = 0; i < layer->n_alpha; i++)
    layer->alpha[i] = alpha ? alpha[i] : 0.01f;
  return true;
}

bool
cnn_layer_set_inputs (CnnLayer *layer, const CnnShape *shapes, int n_inputs, CnnError *error)
{
  layer->n_inputs = n_inputs;
  layer->input_shapes = cnn_alloc ((size_t)n_inputs, sizeof *layer->input_shapes);
  if (!layer->input_shapes)
    return cnn_error_set (error, "no memory for %d inputs", n_inputs);
  for (int i = 0; i < n_inputs; i++)
    layer->input_shapes[i] = shapes[i];
  return true;
}

static bool
plan_readers (CnnLayer *layer, int n_inputs, const CnnReaderDesc *readers, CnnError *error)
{
  layer->n_inputs = n_inputs;
  layer->input_shapes = cnn_alloc ((size_t)n_inputs, sizeof *layer->input_shapes);
  layer->reader_plans = cnn_alloc ((size_t)n_inputs, sizeof *layer->reader_plans);
  if (!layer->input_shapes || !layer->reader_plans)
    return cnn_error_set (error, "no memory for %d inputs", n_inputs);
  for (int i = 0; i < n_inputs; i++) {
    CnnReaderDesc reader = readers[i];
    reader.dispatch = layer->context.dispatch;
    layer->input_shapes[i] = reader.input;
    layer->n_readers++;
    if (!cnn_reader_plan_init (&layer->reader_plans[i], &reader, error))
      return false;
  }
  return true;
}

bool
cnn_layer_plan (CnnLayer *layer, int n_inputs, const CnnReaderDesc *readers,
    const CnnWriterDesc *writer, CnnError *error)
{
  CnnWriterDesc desc = *writer;
  desc.dispatch = layer->context.dispatch;
  desc.alpha = layer->alpha;
  desc.n_alpha = layer->n_alpha;
  layer->has_writer = true;
  return plan_readers (layer, n_inputs, readers, error) &&
         cnn_writer_plan_init (&layer->writer_plan, &desc, error) &&
         cnn_layer_make_workers (layer, error);
}

void
cnn_layer_free (CnnLayer *layer)
{
  if (!layer)
    return;
  cnn_layer_drop_workers (layer);
  for (int i = 0; i < layer->n_readers; i++)
    cnn_reader_plan_clear (&layer->reader_plans[i]);
  cnn_free (layer->input_shapes);
  cnn_free (layer->reader_plans);
  cnn_free (layer->alpha);
  if (layer->layer_class->clear)
    layer->layer_class->clear (layer);
  cnn_free (layer);
}

/* ---- Rows that are needed -------------------------------------------------------------------- */

/* Widens `range` by the rows that padded positions [first, end) show. */
static void
include_padding (const CnnAxis *axis, int input, int64_t first, int64_t end, CnnRowRange *range)
{
  for (int64_t position = first; position < end; position++) {
    const int source = cnn_padding_source (axis->padding_mode, (int)position, input);
    if (source < 0)
      continue;
    if (range->end <= range->first)
      *range = (CnnRowRange){source, source};
    range->first = min (range->first, source);
    range->end = max (range->end, source + 1);
  }
}

CnnRowRange
cnn_axis_needed_rows (const CnnAxis *axis, int input, int y0, int y1)
{
  const int64_t before = axis->padding_before, padded_end = (int64_t)input + axis->padding_after;
  const int64_t first = (int64_t)y0 * axis->stride - before;
  const int64_t end = min64 (
      (int64_t)(y1 - 1) * axis->stride - before + cnn_axis_effective_kernel (axis), padded_end);
  CnnRowRange range = {(int)min64 (max64 (first, 0), input), (int)max64 (min64 (end, input), 0)};
  include_padding (axis, input, first, min64 (end, 0), &range);
  include_padding (axis, input, max64 (first, input), end, &range);
  return range;
}

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct {
  CnnLayer *layer;
  int step, steps_per_frame, n_parts;
  CnnRowBlocks blocks; /* of steps, through all frames */
} Run;

static void
run_task (void *data, int task, int worker_index)
{
  const Run *run = data;
  CnnLayer *layer = run->layer;
  CnnLayerWorker *worker = &layer->workers[worker_index];
  int64_t step = cnn_row_block_first (&run->blocks, task / run->n_parts);
  const int64_t end = cnn_row_block_first (&run->blocks, task / run->n_parts + 1);
  worker->step = run->step;
  worker->part = task % run->n_parts;
  worker->n_parts = run->n_parts;
  while (step < end) {
    const int64_t n = step / run->steps_per_frame, frame = n * run->steps_per_frame;
    const int64_t frame_end = min64 (frame + run->steps_per_frame, end);
    layer->layer_class->compute_rows (layer, worker, (int)n, (int)((step - frame) * run->step),
        (int)min64 ((frame_end - frame) * run->step, layer->output.h));
    step = frame_end;
  }
}

static void
run_rows (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  CnnSplit split = {.n_threads = n_threads, .step = layer->step, .n_parts = 1};
  for (int i = 0; i < n_threads; i++)
    cnn_layer_worker_begin (&layer->workers[i], layer, in, out);
  if (layer->layer_class->split)
    layer->layer_class->split (layer, &layer->workers[0], &split);
  Run run = {.layer = layer, .step = split.step, .n_parts = split.n_parts};
  run.steps_per_frame = (layer->output.h - 1) / split.step + 1;
  run.blocks =
      cnn_row_blocks ((int64_t)layer->output.n * run.steps_per_frame, split.overlap, n_threads);
  cnn_workers_run (
      layer->context.workers, n_threads, run.blocks.count * run.n_parts, run_task, &run);
}

void
cnn_layer_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  const int available = cnn_workers_count (layer->context.workers);
  if (n_threads < 1 || n_threads > available)
    n_threads = available;
  if (layer->layer_class->run)
    layer->layer_class->run (layer, in, out, n_threads);
  else
    run_rows (layer, in, out, n_threads);
}
