/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv2d-private.h"

#include "cnn/memory.h"
#include "core/integers.h"

#include <limits.h>
#include <math.h>

const CnnConvAlgorithm *const cnn_conv_algorithms[] = {
    &cnn_conv_bytes,
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
  conv->base.output_format = desc->output_format;
  conv->rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  conv->columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  conv->groups = desc->groups;
  conv->group_inputs = desc->input.c / desc->groups;
  conv->group_outputs = desc->out_channels / desc->groups;
  conv->uniform = is_uniform (conv, desc->weights, desc->bias);
  set_clamp (conv, desc->activation);
}

static const CnnConvAlgorithm *
cheapest_algorithm (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const CnnConvAlgorithm *cheapest = NULL;
  double least = INFINITY;
  for (const CnnConvAlgorithm *const *algorithm = cnn_conv_algorithms; *algorithm; algorithm++) {
    double cost = (*algorithm)->cost (conv, desc);
    if (cost < least) {
      least = cost;
      cheapest = *algorithm;
    }
  }
  return cheapest;
}

void *
cnn_conv_plan_alloc (size_t size, size_t weights, size_t bias, int n_taps)
{
  CnnConvPlan *plan = cnn_alloc (1, size);
  if (!plan)
    return NULL;
  *plan = (CnnConvPlan){.tile = 1, .strip = 1, .row_unit = 1, .n_panels = 1, .n_taps = n_taps};
  cnn_scratch_reserve (&plan->scratch_bytes, (size_t)n_taps, sizeof (const float *));
  plan->weights = cnn_alloc (weights, sizeof (float));
  plan->bias = cnn_alloc (bias, sizeof (float));
  if (plan->weights && plan->bias)
    return plan;
  cnn_conv_plan_free (plan);
  return NULL;
}

void
cnn_conv_plan_free (CnnConvPlan *plan)
{
  if (!plan)
    return;
  cnn_free (plan->weights);
  cnn_free (plan->bias);
  cnn_free (plan);
}

/* What readers know of columns: nothing of the padding that an algorithm skips. */
static CnnReaderDesc
without_padding (CnnReaderDesc reader)
{
  reader.columns.padding_before = reader.columns.padding_after = 0;
  reader.output_columns =
      (reader.input.w - cnn_axis_effective_kernel (&reader.columns)) / reader.columns.stride + 1;
  return reader;
}

static bool
plan_rows (CnnConv2d *conv, const CnnConv2dDesc *desc, CnnError *error)
{
  const CnnConvAlgorithm *algorithm = conv->algorithm;
  const bool planar = algorithm->reads.order == CNN_ROWS_PLANAR;
  CnnReaderDesc reader = {
      .input = desc->input,
      .rows = conv->rows,
      .columns = conv->columns,
      .output_columns = conv->computed.w,
      .type = algorithm->reads.type,
      .order = algorithm->reads.order,
      .tile = conv->plan->tile,
      .strip = conv->plan->strip,
      .phases = planar,
      .together = conv->columns.kernel > 1 ? conv->group_inputs : 1,
      .normalization = desc->normalization,
  };
  if (conv->plan->skips_padding)
    reader = without_padding (reader);
  const bool is_clamp =
      desc->activation == CNN_ACTIVATION_RELU || desc->activation == CNN_ACTIVATION_RELU6;
  const CnnWriterDesc writer = {
      .computed = conv->computed,
      .type = algorithm->writes.type,
      .order = algorithm->writes.order,
      .strip = conv->plan->strip,
      .activation = is_clamp ? CNN_ACTIVATION_NONE : desc->activation,
  };
  conv->base.step = conv->plan->strip;
  conv->base.row_unit = conv->plan->row_unit;
  conv->base.scratch_bytes = conv->plan->scratch_bytes;
  return cnn_layer_plan (&conv->base, 1, &reader, &writer, error);
}

static void
set_info (CnnConv2d *conv, bool has_bias)
{
  const int64_t per_output = (int64_t)cnn_conv_weights_per_output (conv);
  const int64_t outputs = conv->computed.c;
  const int64_t pixels = (int64_t)conv->computed.n * conv->computed.h * conv->computed.w;
  conv->base.info.parameters = outputs * per_output + (has_bias ? outputs : 0);
  conv->base.info.macs = cnn_saturating_product (pixels, outputs * per_output);
  cnn_layer_set_info (&conv->base, conv->algorithm->name,
      conv->algorithm->isa (conv->base.context.dispatch), cnn_frame_values (conv->base.input),
      conv->computed);
}

/* ---- The layer ------------------------------------------------------------------------------- */

static void
conv2d_clear (CnnLayer *layer)
{
  cnn_conv_plan_free (((CnnConv2d *)layer)->plan);
}

static void
conv2d_begin (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const CnnConv2d *conv = (const CnnConv2d *)layer;
  if (conv->algorithm->begin)
    conv->algorithm->begin (worker);
}

static void
conv2d_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const CnnConv2d *conv = (const CnnConv2d *)layer;
  for (int y = y0; y < y1; y += worker->step) {
    const int rows = min (worker->step, y1 - y);
    conv->algorithm->compute (conv, worker, n, y, rows);
    for (int i = 0; i < rows; i++)
      cnn_writer_finish (&worker->writer, n, y + i);
  }
}

static CnnRowRange
conv2d_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  return cnn_axis_needed_rows (&((const CnnConv2d *)layer)->rows, layer->input.h, y0, y1);
}

/* How many tasks share a strip's output channels: only where strips are too few for the threads, as
 * for a kernel of the whole input, and where nothing is left to do for a row when its channels are
 * computed. */
static int
choose_parts (const CnnConv2d *conv, const CnnLayerWorker *worker, int n_strips, int n_threads)
{
  if (n_strips >= n_threads || !worker->writer.in_place ||
      conv->base.writer_plan.desc.activation != CNN_ACTIVATION_NONE)
    return 1;
  return min (div_up (n_threads, n_strips), conv->plan->n_panels);
}

/* Unless an algorithm splits them, strips begin at the same rows whatever the number of threads. */
static void
conv2d_split (const CnnLayer *layer, const CnnLayerWorker *worker, CnnSplit *split)
{
  const CnnConv2d *conv = (const CnnConv2d *)layer;
  const int h = conv->computed.h;
  int strips = (h - 1) / split->step + 1;
  split->n_parts = choose_parts (conv, worker, conv->computed.n * strips, split->n_threads);
  if (split->step > 1 && conv->algorithm->splits_strips) {
    const int shares = (split->n_threads - 1) / split->n_parts + 1;
    strips = ((strips - 1) / shares + 1) * shares;
    split->step = (h - 1) / strips + 1;
  }
  split->overlap = (layer->reader_plans[0].ring_rows - 1) / split->step;
}

static const CnnLayerClass conv2d_class = {
    .needed_rows = conv2d_needed_rows,
    .compute_rows = conv2d_compute_rows,
    .split = conv2d_split,
    .begin = conv2d_begin,
    .clear = conv2d_clear,
};

static bool
build (CnnConv2d *conv, const CnnConv2dDesc *desc, CnnError *error)
{
  conv->plan = conv->algorithm->plan_new (conv, desc);
  if (!conv->plan)
    return cnn_error_set (error, "no memory for the weights of %dx%dx%dx%d (O,I,H,W)",
        desc->out_channels, conv->group_inputs, conv->rows.kernel, conv->columns.kernel);
  if (!cnn_layer_set_alpha (&conv->base, desc->alpha, desc->n_alpha, error) ||
      !plan_rows (conv, desc, error))
    return false;
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
  CnnShape output = computed;
  output.c = cnn_activation_channels (desc->activation, computed.c);
  CnnConv2d *conv =
      cnn_layer_alloc (sizeof *conv, &conv2d_class, context, desc->input, output, error);
  if (!conv)
    return NULL;
  describe (conv, desc, computed);
  conv->algorithm = algorithm ? algorithm : cheapest_algorithm (conv, desc);
  if (isinf (conv->algorithm->cost (conv, desc)))
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
