/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions over channels-last rows: output channels in lanes (tile), input channels in lanes
 * (dot), each channel by itself (depthwise), and one filter for every channel (flat). */
#include "conv2d/conv2d-private.h"

#include "core/integers.h"
#include "cnn/memory.h"

#include <math.h>

static double
layout_cost (const CnnConv2d *conv)
{
  return cnn_conv_layout_cost (conv->input_format.layout, CNN_LAYOUT_NHWC, conv->base.input.c) +
         cnn_conv_layout_cost (CNN_LAYOUT_NHWC, conv->base.output_format.layout, conv->computed.c);
}

static bool
is_depthwise (const CnnConv2d *conv)
{
  return conv->group_inputs == 1 && conv->group_outputs == 1;
}

/* Taps of one kernel row are adjacent floats, so they are walked as one. */
static bool
rows_are_runs (const CnnConv2d *conv)
{
  return conv->groups == 1 && (conv->columns.dilation == 1 || conv->columns.kernel == 1);
}

static int
run_length (const CnnConv2d *conv)
{
  return rows_are_runs (conv) ? conv->columns.kernel * conv->group_inputs : conv->group_inputs;
}

static int
runs_per_row (const CnnConv2d *conv)
{
  return rows_are_runs (conv) ? 1 : conv->columns.kernel;
}

/* Points the taps at what the first output of a span sees. */
static void
find_taps (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int span, int columns)
{
  const ptrdiff_t step = (ptrdiff_t)conv->columns.dilation * conv->base.input.c;
  const float **tap = cnn_conv_taps (worker);
  for (int ky = 0; ky < conv->rows.kernel; ky++) {
    const float *row =
        cnn_reader_row (&worker->readers[0], n, cnn_conv_position (conv, y, ky), span);
    for (int kx = 0; kx < columns; kx++)
      *tap++ = row + kx * step;
  }
}

static void
shift_taps (CnnLayerWorker *worker, int n_taps, int distance)
{
  for (int i = 0; i < n_taps; i++)
    cnn_conv_taps (worker)[i] += distance;
}

static ptrdiff_t
pixel_stride (const CnnConv2d *conv)
{
  return (ptrdiff_t)conv->columns.stride * conv->base.input.c;
}

/* ---- Tile: output channels in lanes ---------------------------------------------------------- */

static double
tile_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const int lanes = cnn_isa_lanes (conv->base.context.dispatch->conv_tile_isa);
  /* What is left of a row takes as long as four pixels. */
  const double pixels = (double)round_up (conv->computed.w, 4) / conv->computed.w;
  return pixels * (double)conv->groups * (double)cnn_conv_weights_per_output (conv) *
             (round_up (conv->group_outputs, lanes) / lanes) +
         layout_cost (conv);
}

static CnnIsa
tile_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_tile_isa;
}

/* Weights in the order [group][panel of outputs][ky][kx][input][output of the panel]. */
static void
pack_panel (
    const CnnConv2d *conv, const float *weights, int first, int outputs, int panel, float *packed)
{
  const size_t taps = (size_t)conv->rows.kernel * (size_t)conv->columns.kernel;
  const size_t inputs = (size_t)conv->group_inputs;
  for (int o = 0; o < outputs; o++) {
    const float *weight = weights + (size_t)(first + o) * inputs * taps;
    for (size_t i = 0; i < inputs; i++) {
      for (size_t t = 0; t < taps; t++)
        packed[(t * inputs + i) * (size_t)panel + (size_t)o] = weight[i * taps + t];
    }
  }
}

/* Each output sees the one pixel at its place: rows that follow each other in memory are one. */
static bool
is_pointwise (const CnnConv2d *conv)
{
  const CnnShape in = conv->base.input;
  return conv->rows.kernel == 1 && conv->columns.kernel == 1 && conv->computed.h == in.h &&
         conv->computed.w == in.w && conv->rows.padding_before == 0 &&
         conv->columns.padding_before == 0;
}

/* Output rows that share a walk through the weights: more than one where a row is short, and either
 * the weights are too many to stay in the second-level cache from one row to the next, or the rows
 * can be joined, which leaves fewer pixels for narrow tiles. */
static int
choose_strip (const CnnConv2d *conv, size_t weight_floats)
{
  const size_t cached_floats = (512 << 10) / sizeof (float);
  const int enough_pixels = is_pointwise (conv) ? 384 : 128, w = conv->computed.w;
  if ((weight_floats < cached_floats && !is_pointwise (conv)) || w >= enough_pixels)
    return 1;
  size_t row_floats = (size_t)conv->base.input.w * (size_t)conv->base.input.c;
  int rows = min (div_up (enough_pixels, w), conv->computed.h);
  while (rows > 1 && (size_t)rows * (size_t)conv->rows.stride * row_floats > cached_floats)
    rows--;
  const int strips = (conv->computed.h - 1) / rows + 1; /* of the same size */
  return (conv->computed.h - 1) / strips + 1;
}

static CnnConvPlan *
tile_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const CnnIsa isa = conv->base.context.dispatch->conv_tile_isa;
  const int lanes = cnn_isa_lanes (isa), widest = cnn_isa_panel (isa);
  const int padded_outputs = round_up (conv->group_outputs, lanes);
  const size_t per_output = cnn_conv_weights_per_output (conv);
  const size_t outputs = (size_t)conv->groups * (size_t)padded_outputs;
  CnnConvPlan *plan = cnn_conv_plan_alloc (
      sizeof *plan, outputs * per_output, outputs, conv->rows.kernel * runs_per_row (conv));
  if (!plan)
    return NULL;
  for (int g = 0; g < conv->groups; g++) {
    for (int o = 0; o < conv->group_outputs; o += widest) {
      const int count = min (conv->group_outputs - o, widest), first = g * conv->group_outputs + o;
      const size_t packed = (size_t)g * (size_t)padded_outputs + (size_t)o;
      pack_panel (conv, desc->weights, first, count, round_up (count, lanes),
          plan->weights + packed * per_output);
      for (int i = 0; desc->bias && i < count; i++)
        plan->bias[packed + (size_t)i] = desc->bias[first + i];
    }
  }
  plan->n_panels = conv->groups * ((conv->group_outputs - 1) / widest + 1);
  plan->tile = 12;
  plan->strip = choose_strip (conv, outputs * per_output);
  return plan;
}

static bool
rows_follow_each_other (const CnnConv2d *conv, const CnnLayerWorker *worker)
{
  const CnnImage *in = worker->readers[0].image, *out = worker->writer.image;
  return is_pointwise (conv) && worker->readers[0].in_place && worker->writer.in_place &&
         in->ring_rows == 0 && out->ring_rows == 0 &&
         in->row_stride == in->shape.w * in->pixel_stride &&
         out->row_stride == out->shape.w * out->pixel_stride;
}

/* One panel of outputs for one span of each row of a strip. */
static void
tile_compute_panel (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows, int span,
    int group, int output)
{
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  const int lanes = cnn_isa_lanes (dispatch->conv_tile_isa);
  const size_t packed =
      (size_t)group * (size_t)round_up (conv->group_outputs, lanes) + (size_t)output;
  const CnnSpan pixels = worker->readers[0].spans[span];
  CnnConvTile tile = {
      .taps = cnn_conv_taps (worker),
      .n_taps = conv->plan->n_taps,
      .run = run_length (conv),
      .pixel_stride = pixel_stride (conv),
      .out_stride = conv->computed.c,
      .weights = conv->plan->weights + packed * cnn_conv_weights_per_output (conv),
      .bias = conv->plan->bias + packed,
      .outputs = min (conv->group_outputs - output, cnn_isa_panel (dispatch->conv_tile_isa)),
      .count = pixels.count,
      .low = conv->low,
      .high = conv->high,
  };
  tile.panel = round_up (tile.outputs, lanes);
  if (rows_follow_each_other (conv, worker)) {
    tile.count *= rows;
    rows = 1;
  }
  for (int i = 0; i < rows; i++) {
    find_taps (conv, worker, n, y + i, span, runs_per_row (conv));
    shift_taps (worker, conv->plan->n_taps, group * conv->group_inputs);
    tile.out = cnn_writer_row (&worker->writer, n, y + i) +
               (ptrdiff_t)pixels.first * conv->computed.c + group * conv->group_outputs + output;
    dispatch->conv_tile (&tile);
  }
}

static void
tile_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const int widest = cnn_isa_panel (conv->base.context.dispatch->conv_tile_isa);
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    int panel = 0;
    for (int g = 0; g < conv->groups; g++) {
      for (int o = 0; o < conv->group_outputs; o += widest, panel++) {
        if (panel % worker->n_parts == worker->part)
          tile_compute_panel (conv, worker, n, y, rows, span, g, o);
      }
    }
  }
}

const CnnConvAlgorithm cnn_conv_tile = {
    .name = "conv-tile",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = tile_cost,
    .isa = tile_isa,
    .plan_new = tile_plan_new,
    .compute = tile_compute,
    .splits_strips = true,
};

/* ---- Dot: input channels in lanes ------------------------------------------------------------ */

static double
dot_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const int lanes = cnn_isa_lanes (conv->base.context.dispatch->conv_dot_isa);
  const double vectors = (double)conv->rows.kernel * runs_per_row (conv) *
                         (round_up (run_length (conv), lanes) / lanes);
  const double lane_sum = 4;
  return conv->computed.c * (1.2 * vectors + lane_sum) + layout_cost (conv);
}

static CnnIsa
dot_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_dot_isa;
}

/* Floats of one packed run. */
static size_t
run_floats (const CnnConv2d *conv)
{
  return (size_t)round_up (run_length (conv), 16);
}

/* Weights in the order [output][tap][run]. */
static CnnConvPlan *
dot_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const size_t kernel_columns = (size_t)conv->columns.kernel, inputs = (size_t)conv->group_inputs;
  const size_t taps = (size_t)conv->rows.kernel * kernel_columns;
  const size_t runs = (size_t)runs_per_row (conv), outputs = (size_t)conv->computed.c;
  const size_t n_taps = (size_t)conv->rows.kernel * runs;
  CnnConvPlan *plan = cnn_conv_plan_alloc (
      sizeof *plan, outputs * n_taps * run_floats (conv), outputs, (int)n_taps);
  if (!plan)
    return NULL;
  plan->tile = 8;
  for (size_t o = 0; o < outputs; o++) {
    plan->bias[o] = desc->bias ? desc->bias[o] : 0;
    for (size_t i = 0; i < inputs; i++) {
      for (size_t t = 0; t < taps; t++) {
        size_t ky = t / kernel_columns, kx = t % kernel_columns;
        size_t run = runs == 1 ? ky : t, place = runs == 1 ? kx * inputs + i : i;
        plan->weights[(o * n_taps + run) * run_floats (conv) + place] =
            desc->weights[(o * inputs + i) * taps + t];
      }
    }
  }
  return plan;
}

static void
dot_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  CnnConvDot dot = {
      .taps = cnn_conv_taps (worker),
      .n_taps = conv->plan->n_taps,
      .run = run_length (conv),
      .pixel_stride = pixel_stride (conv),
      .out_stride = conv->computed.c,
      .run_floats = run_floats (conv),
      .outputs = conv->group_outputs,
      .low = conv->low,
      .high = conv->high,
  };
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    const CnnSpan pixels = worker->readers[0].spans[span];
    dot.count = pixels.count;
    find_taps (conv, worker, n, y, span, runs_per_row (conv));
    for (int g = 0; g < conv->groups; g++) {
      const size_t o = (size_t)g * (size_t)conv->group_outputs;
      dot.weights = conv->plan->weights + o * (size_t)conv->plan->n_taps * dot.run_floats;
      dot.bias = conv->plan->bias + o;
      dot.out =
          cnn_writer_row (&worker->writer, n, y) + (ptrdiff_t)pixels.first * conv->computed.c + o;
      dispatch->conv_dot (&dot);
      shift_taps (worker, conv->plan->n_taps, conv->group_inputs);
    }
  }
}

const CnnConvAlgorithm cnn_conv_dot = {
    .name = "conv-dot",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = dot_cost,
    .isa = dot_isa,
    .plan_new = dot_plan_new,
    .compute = dot_compute,
};

/* ---- Depthwise: each channel by itself ------------------------------------------------------- */

static double
depthwise_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const int lanes = cnn_isa_lanes (conv->base.context.dispatch->conv_depthwise_isa);
  if (!is_depthwise (conv))
    return INFINITY;
  return 1.3 * (double)cnn_conv_weights_per_output (conv) *
             (round_up (conv->computed.c, lanes) / lanes) +
         layout_cost (conv);
}

static CnnIsa
depthwise_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_depthwise_isa;
}

/* Weights in the order [ky][kx][channel]. */
static CnnConvPlan *
depthwise_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const size_t taps = cnn_conv_weights_per_output (conv), channels = (size_t)conv->computed.c;
  CnnConvPlan *plan =
      cnn_conv_plan_alloc (sizeof *plan, taps * channels, channels, conv->rows.kernel);
  if (!plan)
    return NULL;
  plan->tile = 8;
  plan->skips_padding = conv->columns.padding_mode == CNN_PADDING_ZEROS &&
                        cnn_axis_effective_kernel (&conv->columns) <= conv->base.input.w;
  for (size_t c = 0; c < channels; c++) {
    plan->bias[c] = desc->bias ? desc->bias[c] : 0;
    for (size_t t = 0; t < taps; t++)
      plan->weights[t * channels + c] = desc->weights[c * taps + t];
  }
  return plan;
}

/* Input columns that `count` neighbouring outputs see. */
static int
seen_columns (const CnnConv2d *conv, int count)
{
  return (count - 1) * conv->columns.stride + (int)cnn_axis_effective_kernel (&conv->columns);
}

/* Kernel rows that see output row y inside the image, or inside its padding where that is no zeros. */
static void
find_kernel_rows (const CnnConv2d *conv, int y, int *first, int *end)
{
  *first = 0;
  *end = conv->rows.kernel;
  if (conv->rows.padding_mode != CNN_PADDING_ZEROS)
    return;
  while (*first < *end && cnn_conv_position (conv, y, *first) < 0)
    ++*first;
  while (*end > *first && cnn_conv_position (conv, y, *end - 1) >= conv->base.input.h)
    --*end;
}

static void
depthwise_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const bool skips_padding = conv->plan->skips_padding;
  int first, end;
  find_kernel_rows (conv, y, &first, &end);
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    const CnnSpan pixels = worker->readers[0].spans[span];
    const int count = skips_padding ? conv->computed.w : pixels.count;
    for (int ky = first; ky < end; ky++)
      cnn_conv_taps (worker)[ky - first] =
          cnn_reader_row (&worker->readers[0], n, cnn_conv_position (conv, y, ky), span);
    const CnnConvDepthwise depthwise = {
        .rows = cnn_conv_taps (worker),
        .kernel_rows = end - first,
        .kernel_columns = conv->columns.kernel,
        .stride = conv->columns.stride,
        .dilation = conv->columns.dilation,
        .padding = skips_padding ? conv->columns.padding_before : 0,
        .columns = skips_padding ? conv->base.input.w : seen_columns (conv, count),
        .weights = conv->plan->weights + (ptrdiff_t)first * conv->columns.kernel * conv->computed.c,
        .bias = conv->plan->bias,
        .channels = conv->computed.c,
        .count = count,
        .low = conv->low,
        .high = conv->high,
        .out = cnn_writer_row (&worker->writer, n, y) + (ptrdiff_t)pixels.first * conv->computed.c,
    };
    conv->base.context.dispatch->conv_depthwise (&depthwise);
  }
}

const CnnConvAlgorithm cnn_conv_depthwise = {
    .name = "conv-depthwise",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = depthwise_cost,
    .isa = depthwise_isa,
    .plan_new = depthwise_plan_new,
    .compute = depthwise_compute,
};

/* ---- Flat: one filter for every channel ------------------------------------------------------ */

/* An interleaved row of c channels is a plane of c * w pixels whose neighbours are c apart: floats
 * in lanes, whatever c is. */
static double
flat_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const int lanes = cnn_isa_lanes (conv->base.context.dispatch->conv_plane_isa);
  if (!is_depthwise (conv) || !conv->uniform || conv->columns.stride > 1)
    return INFINITY;
  return 1.4 * (double)cnn_conv_weights_per_output (conv) * conv->computed.c / lanes +
         layout_cost (conv);
}

static CnnIsa
flat_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_plane_isa;
}

static CnnConvPlan *
flat_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const size_t taps = cnn_conv_weights_per_output (conv);
  CnnConvPlan *plan = cnn_conv_plan_alloc (sizeof *plan, taps, 1, (int)taps);
  if (!plan)
    return NULL;
  plan->tile = 16;
  for (size_t t = 0; t < taps; t++)
    plan->weights[t] = desc->weights[t];
  plan->bias[0] = desc->bias ? desc->bias[0] : 0;
  return plan;
}

static void
flat_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const int c = conv->computed.c;
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    const CnnSpan pixels = worker->readers[0].spans[span];
    find_taps (conv, worker, n, y, span, conv->columns.kernel);
    const CnnConvPlane plane = {
        .taps = cnn_conv_taps (worker),
        .n_taps = conv->plan->n_taps,
        .weights = conv->plan->weights,
        .bias = conv->plan->bias,
        .outputs = 1,
        .count = pixels.count * c,
        .low = conv->low,
        .high = conv->high,
        .out = cnn_writer_row (&worker->writer, n, y) + (ptrdiff_t)pixels.first * c,
        .pixel_stride = 1,
    };
    conv->base.context.dispatch->conv_plane (&plane);
  }
}

const CnnConvAlgorithm cnn_conv_flat = {
    .name = "conv-flat",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = flat_cost,
    .isa = flat_isa,
    .plan_new = flat_plan_new,
    .compute = flat_compute,
};
