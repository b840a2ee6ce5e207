/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bands.h"
#include "conv2d/conv2d-bytes.h"
#include "core/integers.h"

#include "cnn/memory.h"

#include <limits.h>
#include <math.h>

const CnnConvAlgorithm *const cnn_conv_algorithms[] = {
    &cnn_conv_tile,
    &cnn_conv_dot,
    &cnn_conv_depthwise,
    &cnn_conv_flat,
    &cnn_conv_plane,
    &cnn_conv_plane_to_pixels,
    &cnn_conv_rows,
    &cnn_conv_winograd_2x2,
    &cnn_conv_winograd_4x4,
    NULL,
};

/* ---- What is refused ------------------------------------------------------------------------- */

static bool
check_extent (const char *what, int value, int least, CnnError *error)
{
  if (value >= least && value <= CNN_MAX_EXTENT)
    return true;
  return cnn_error_set (error, "%s %d is not in [%d, %d]", what, value, least, CNN_MAX_EXTENT);
}

static bool
check_axis (const CnnAxis *axis, CnnError *error)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE)
    return cnn_error_set (error, "a convolution has no adaptive output size");
  return check_extent ("kernel size", axis->kernel, 1, error) &&
         check_extent ("stride", axis->stride, 1, error) &&
         check_extent ("dilation", axis->dilation, 1, error) &&
         (axis->rule == CNN_SIZE_SAME || axis->rule == CNN_SIZE_SAME_LOWER ||
             (check_extent ("padding", axis->padding_before, 0, error) &&
                 check_extent ("padding", axis->padding_after, 0, error)));
}

static bool
check_channels (const CnnConv2dDesc *desc, CnnError *error)
{
  const int inputs = desc->input.c, outputs = desc->out_channels, groups = desc->groups;
  if (outputs < 1 || outputs > INT_MAX / 2)
    return cnn_error_set (error, "%d output channels are not in [1, %d]", outputs, INT_MAX / 2);
  if (groups < 1)
    return cnn_error_set (error, "groups %d is below 1", groups);
  if (inputs % groups != 0)
    return cnn_error_set (error, "groups %d does not divide the %d input channels", groups, inputs);
  if (outputs % groups != 0)
    return cnn_error_set (
        error, "groups %d does not divide the %d output channels", groups, outputs);
  if (desc->alpha && desc->n_alpha != 1 &&
      !(desc->activation == CNN_ACTIVATION_PRELU && desc->n_alpha == outputs))
    return cnn_error_set (
        error, "%d values of alpha for %d output channels", desc->n_alpha, outputs);
  return true;
}

/* Everything about the description, before anything is allocated. Sets `computed` to the output
 * shape before the activation. */
static bool
check_description (const CnnConv2dDesc *desc, CnnShape *computed, CnnError *error)
{
  size_t count;
  if (!cnn_shape_count (desc->input, cnn_sample_bytes (desc->input_format.type), &count, error) ||
      !check_axis (&desc->window.rows, error) || !check_axis (&desc->window.columns, error) ||
      !check_channels (desc, error) ||
      !cnn_window_output (&desc->window, desc->input, computed, error))
    return false;
  computed->c = desc->out_channels;
  CnnShape output = *computed;
  output.c = cnn_activation_channels (desc->activation, output.c);
  const CnnShape weights = {desc->out_channels, desc->input.c / desc->groups,
      desc->window.rows.kernel, desc->window.columns.kernel};
  if (!cnn_shape_count (weights, sizeof (float), &count, error) ||
      !cnn_shape_count (output, cnn_sample_bytes (desc->output_format.type), &count, error))
    return false;
  if (!desc->weights)
    return cnn_error_set (error, "there are no weights");
  return true;
}

/* ---- The plan -------------------------------------------------------------------------------- */

/* True when each channel goes through the same filter by itself. */
static bool
is_uniform (const CnnConv2d *conv, const float *weights, const float *bias)
{
  const size_t per_output = cnn_conv_weights_per_output (conv);
  if (conv->group_inputs > 1 || conv->group_outputs > 1)
    return false;
  for (size_t o = 1; o < (size_t)conv->computed.c; o++) {
    if (bias && bias[o] != bias[0])
      return false;
    for (size_t t = 0; t < per_output; t++) {
      if (weights[o * per_output + t] != weights[t])
        return false;
    }
  }
  return true;
}

static void
set_clamp (CnnConv2d *conv, CnnActivation activation)
{
  const bool rectified = activation == CNN_ACTIVATION_RELU || activation == CNN_ACTIVATION_RELU6;
  conv->low = rectified ? 0.0f : -INFINITY;
  conv->high = activation == CNN_ACTIVATION_RELU6 ? 6.0f : INFINITY;
}

static void
describe (CnnConv2d *conv, const CnnConv2dDesc *desc, CnnShape computed)
{
  conv->computed = computed;
  conv->input_format = desc->input_format;
  conv->output_format = desc->output_format;
  conv->rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  conv->columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  conv->groups = desc->groups;
  conv->n_panels = 1;
  conv->group_inputs = desc->input.c / desc->groups;
  conv->group_outputs = desc->out_channels / desc->groups;
  conv->uniform = is_uniform (conv, desc->weights, desc->bias);
  set_clamp (conv, desc->activation);
}

static const CnnConvAlgorithm *
cheapest_algorithm (const CnnConv2d *conv)
{
  const CnnConvAlgorithm *cheapest = NULL;
  double least = INFINITY;
  for (const CnnConvAlgorithm *const *algorithm = cnn_conv_algorithms; *algorithm; algorithm++) {
    double cost = (*algorithm)->cost (conv);
    if (cost < least) {
      least = cost;
      cheapest = *algorithm;
    }
  }
  return cheapest;
}

/* Slopes as CnnActivationFunc wants them. */
static bool
copy_alpha (CnnConv2d *conv, const CnnConv2dDesc *desc, int *n_alpha)
{
  *n_alpha = desc->alpha ? desc->n_alpha : 1;
  conv->alpha = cnn_alloc ((size_t)*n_alpha, sizeof (float));
  for (int i = 0; conv->alpha && i < *n_alpha; i++)
    conv->alpha[i] = desc->alpha ? desc->alpha[i] : 0.01f;
  return conv->alpha != NULL;
}

static bool
plan_rows (CnnConv2d *conv, const CnnConv2dDesc *desc, int n_alpha, CnnError *error)
{
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  const CnnReaderDesc reader = {
      .dispatch = dispatch,
      .input = desc->input,
      .rows = conv->rows,
      .columns = conv->columns,
      .output_columns = conv->computed.w,
      .order = conv->algorithm->reads,
      .fill = 0.0f,
      .tile = conv->tile,
      .strip = conv->strip,
      .phases = conv->algorithm->reads == CNN_ROWS_PLANAR,
      .together = conv->columns.kernel > 1 ? conv->group_inputs : 1,
      .normalization = desc->normalization,
  };
  const bool is_clamp =
      desc->activation == CNN_ACTIVATION_RELU || desc->activation == CNN_ACTIVATION_RELU6;
  const CnnWriterDesc writer = {
      .dispatch = dispatch,
      .computed = conv->computed,
      .order = conv->algorithm->writes,
      .strip = conv->strip,
      .activation = is_clamp ? CNN_ACTIVATION_NONE : desc->activation,
      .alpha = conv->alpha,
      .n_alpha = n_alpha,
  };
  return cnn_reader_plan_init (&conv->reader_plan, &reader, error) &&
         cnn_writer_plan_init (&conv->writer_plan, &writer, error);
}

static bool
make_workers (CnnConv2d *conv, CnnError *error)
{
  conv->n_workers = cnn_workers_count (conv->base.context.workers);
  conv->workers = cnn_alloc ((size_t)conv->n_workers, sizeof *conv->workers);
  if (!conv->workers)
    return cnn_error_set (error, "no memory for %d workers", conv->n_workers);
  for (int i = 0; i < conv->n_workers; i++) {
    CnnConvWorker *worker = &conv->workers[i];
    if (!cnn_reader_init (&worker->reader, &conv->reader_plan, error) ||
        !cnn_writer_init (&worker->writer, &conv->writer_plan, error))
      return false;
    worker->taps = cnn_alloc ((size_t)conv->n_taps, sizeof *worker->taps);
    if (conv->scratch_floats > 0)
      worker->scratch = cnn_alloc (conv->scratch_floats, sizeof (float));
    if (!worker->taps || (conv->scratch_floats > 0 && !worker->scratch))
      return cnn_error_set (error, "no memory for the scratch of a worker");
  }
  return true;
}

static void
set_info (CnnConv2d *conv, bool has_bias)
{
  const int64_t per_output = (int64_t)cnn_conv_weights_per_output (conv);
  const int64_t outputs = conv->computed.c;
  const int64_t pixels = (int64_t)conv->computed.n * conv->computed.h * conv->computed.w;
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  const CnnIsa isa = conv->bytes ? dispatch->conv_bytes_isa : conv->algorithm->isa (dispatch);
  conv->base.info = (CnnLayerInfo){
      .parameters = outputs * per_output + (has_bias ? outputs : 0),
      .dense_parameters = cnn_dense_parameters (conv->base.input, conv->computed),
      .macs = cnn_saturating_product (pixels, outputs * per_output),
      .isa = cnn_isa_name (isa),
      .kernel_name = conv->bytes ? "conv-bytes" : conv->algorithm->name,
  };
}

/* ---- The layer ------------------------------------------------------------------------------- */

static void
conv2d_destroy (CnnLayer *layer)
{
  CnnConv2d *conv = (CnnConv2d *)layer;
  for (int i = 0; conv->workers && i < conv->n_workers; i++) {
    cnn_reader_clear (&conv->workers[i].reader);
    cnn_writer_clear (&conv->workers[i].writer);
    cnn_free (conv->workers[i].taps);
    cnn_free (conv->workers[i].scratch);
  }
  cnn_free (conv->workers);
  cnn_conv_bytes_free (conv->bytes);
  cnn_reader_plan_clear (&conv->reader_plan);
  cnn_free (conv->weights);
  cnn_free (conv->bias);
  cnn_free (conv->alpha);
  cnn_free (conv);
}

typedef struct {
  CnnConv2d *conv;
  const CnnImage *in, *out;
  int strip; /* output rows */
  int strips_per_frame, n_strips;
  CnnBands bands; /* of strips */
  int n_parts;    /* tasks that share a strip's output channels */
  bool in_bytes;
} Run;

/* Unless an algorithm splits them, strips begin at the same rows whatever the number of threads. */
static void
run_strips (void *data, int task, int worker_index)
{
  const Run *run = data;
  CnnConv2d *conv = run->conv;
  CnnConvWorker *worker = &conv->workers[worker_index];
  const int first = (int)cnn_band_first (&run->bands, task / run->n_parts);
  const int end = (int)cnn_band_first (&run->bands, task / run->n_parts + 1);
  worker->part = task % run->n_parts;
  worker->n_parts = run->n_parts;
  for (int strip = first; strip < end; strip++) {
    const int n = strip / run->strips_per_frame;
    const int y = strip % run->strips_per_frame * run->strip;
    const int rows = conv->computed.h - y < run->strip ? conv->computed.h - y : run->strip;
    if (run->in_bytes) {
      cnn_conv_bytes_compute (conv->bytes, worker_index, run->in, run->out, n, y, rows);
      continue;
    }
    conv->algorithm->compute (conv, worker, n, y, rows);
    for (int i = 0; i < rows; i++)
      cnn_writer_finish (&worker->writer, n, y + i);
  }
}

/* How many tasks share a strip's output channels: only where strips are too few for the threads, as
 * for a kernel of the whole input, and where nothing is left to do for a row when its channels are
 * computed. */
static int
choose_parts (const CnnConv2d *conv, int n_strips, int n_threads)
{
  if (n_strips >= n_threads || !conv->workers[0].writer.in_place ||
      conv->writer_plan.desc.activation != CNN_ACTIVATION_NONE)
    return 1;
  return min (div_up (n_threads, n_strips), conv->n_panels);
}

/* Cuts a frame into strips, and those into parts, that keep all threads busy. */
static void
choose_tasks (Run *run, int n_threads)
{
  CnnConv2d *conv = run->conv;
  const int h = conv->computed.h, frames = conv->computed.n;
  int strips = (h - 1) / run->strip + 1;
  run->n_parts = run->in_bytes ? 1 : choose_parts (conv, frames * strips, n_threads);
  if (!run->in_bytes && run->strip > 1 && conv->algorithm->splits_strips) {
    const int shares = (n_threads - 1) / run->n_parts + 1;
    strips = ((strips - 1) / shares + 1) * shares;
    run->strip = (h - 1) / strips + 1;
    strips = (h - 1) / run->strip + 1;
  }
  run->strips_per_frame = strips;
  run->n_strips = frames * strips;
}

static void
conv2d_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  CnnConv2d *conv = (CnnConv2d *)layer;
  Run run = {.conv = conv, .in = in, .out = out};
  run.in_bytes = conv->bytes && cnn_conv_bytes_fits (in, out);
  run.strip = run.in_bytes ? CNN_CONV_BYTES_ROWS : conv->strip;
  for (int i = 0; i < conv->n_workers; i++) {
    cnn_reader_begin (&conv->workers[i].reader, in);
    cnn_writer_begin (&conv->workers[i].writer, out);
    if (run.in_bytes)
      cnn_conv_bytes_begin (conv->bytes, i, in);
  }
  choose_tasks (&run, n_threads);
  const int overlap = (conv->reader_plan.ring_rows - 1) / run.strip;
  run.bands = cnn_bands (run.n_strips, 1, overlap, n_threads);
  const int n_tasks = run.n_parts * run.bands.count;
  cnn_workers_run (layer->context.workers, n_threads, n_tasks, run_strips, &run);
}

static const CnnLayerClass conv2d_class = {conv2d_run, conv2d_destroy};

static bool
build (CnnConv2d *conv, const CnnConv2dDesc *desc, CnnError *error)
{
  int n_alpha;
  if (!copy_alpha (conv, desc, &n_alpha) ||
      !conv->algorithm->pack (conv, desc->weights, desc->bias))
    return cnn_error_set (error, "no memory for the weights of %dx%dx%dx%d (O,I,H,W)",
        desc->out_channels, conv->group_inputs, conv->rows.kernel, conv->columns.kernel);
  if (!plan_rows (conv, desc, n_alpha, error) || !make_workers (conv, error))
    return false;
  conv->bytes = cnn_conv_bytes_new (conv, desc);
  set_info (conv, desc->bias != NULL);
  return true;
}

CnnLayer *
cnn_conv2d_new_with (const CnnContext *context, const CnnConv2dDesc *desc,
    const CnnConvAlgorithm *algorithm, CnnError *error)
{
  CnnShape computed;
  if (!check_description (desc, &computed, error))
    return NULL;
  CnnConv2d *conv = cnn_alloc (1, sizeof *conv);
  if (!conv) {
    cnn_error_set (error, "no memory for a layer");
    return NULL;
  }
  conv->base.layer_class = &conv2d_class;
  conv->base.context = *context;
  conv->base.input = desc->input;
  conv->base.output = computed;
  conv->base.output.c = cnn_activation_channels (desc->activation, computed.c);
  describe (conv, desc, computed);
  conv->algorithm = algorithm ? algorithm : cheapest_algorithm (conv);
  if (isinf (conv->algorithm->cost (conv)))
    cnn_error_set (error, "%s cannot run this convolution", conv->algorithm->name);
  else if (build (conv, desc, error))
    return &conv->base;
  cnn_layer_free (&conv->base);
  return NULL;
}

CnnLayer *
cnn_conv2d_new (const CnnContext *context, const CnnConv2dDesc *desc, CnnError *error)
{
  return cnn_conv2d_new_with (context, desc, NULL, error);
}
