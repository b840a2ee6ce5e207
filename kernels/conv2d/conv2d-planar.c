/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution over rows of planes, pixels in lanes: for few channels, or planes on both sides. */
#include "conv2d/conv2d-private.h"

#include "cnn/memory.h"

#include <math.h>
#include <string.h>

/* Without what happens to the outputs afterwards. Vectors along a row cross cache lines; the fewer
 * outputs share them, the more that costs. */
static double
product_cost (const CnnConv2d *conv, double crossing)
{
  const int lanes = cnn_isa_lanes (conv->base.context.dispatch->conv_plane_isa);
  const int w = conv->computed.w;
  const double vectors =
      ceil ((double)w / lanes) / w; /* of a pixel: the last one may not be full */
  return crossing * vectors * (double)cnn_conv_weights_per_output (conv) * conv->computed.c +
         cnn_conv_layout_cost (conv->input_format.layout, CNN_LAYOUT_NCHW, conv->base.input.c);
}

static double
plane_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const double crossing = conv->group_outputs == 1 ? 1.5 : conv->group_outputs < 4 ? 1.2 : 1.1;
  return product_cost (conv, crossing) +
         cnn_conv_layout_cost (CNN_LAYOUT_NCHW, conv->base.output_format.layout, conv->computed.c);
}

/* The kernel itself turns blocks of outputs into pixels, if they have no narrow rest. */
static double
plane_to_pixels_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  if (conv->group_outputs % 4 != 0)
    return INFINITY;
  return product_cost (conv, 1.1) + 0.2 * conv->computed.c +
         cnn_conv_layout_cost (CNN_LAYOUT_NHWC, conv->base.output_format.layout, conv->computed.c);
}

static CnnIsa
plane_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_plane_isa;
}

/* Output channels computed together when `left` are left. */
static int
block_outputs (int left)
{
  return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* Weights in the order [group][block of outputs][input][ky][kx][output of the block]. */
static CnnConvPlan *
plane_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const size_t per_output = cnn_conv_weights_per_output (conv);
  const int outputs = conv->computed.c;
  CnnConvPlan *plan = cnn_conv_plan_alloc (
      sizeof *plan, (size_t)outputs * per_output, (size_t)outputs, (int)per_output);
  if (!plan)
    return NULL;
  plan->tile = 16;
  for (int first = 0, block; first < outputs; first += block) {
    block = block_outputs (conv->group_outputs - first % conv->group_outputs);
    float *packed = plan->weights + (size_t)first * per_output;
    for (int o = 0; o < block; o++) {
      plan->bias[first + o] = desc->bias ? desc->bias[first + o] : 0;
      for (size_t t = 0; t < per_output; t++)
        packed[t * (size_t)block + (size_t)o] = desc->weights[(size_t)(first + o) * per_output + t];
    }
  }
  return plan;
}

/* Points the taps at what the first output of a span sees: for each input of the group,
 * `kernel_rows` rows from that of output row y on. */
static void
find_taps (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int kernel_rows, int span,
    int group)
{
  const size_t n_phases = (size_t)conv->base.reader_plans[0].n_phases;
  const float **tap = cnn_conv_taps (worker);
  for (int i = 0; i < conv->group_inputs; i++) {
    for (int ky = 0; ky < kernel_rows; ky++) {
      const float *plane = cnn_reader_plane (&worker->readers[0], n,
          cnn_conv_position (conv, y, ky), span, group * conv->group_inputs + i);
      for (int kx = 0; kx < conv->columns.kernel; kx++) {
        size_t column = (size_t)kx * (size_t)conv->columns.dilation;
        *tap++ =
            plane + column % n_phases * conv->base.reader_plans[0].phase_floats + column / n_phases;
      }
    }
  }
}

static void
plane_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  const bool to_pixels = conv->algorithm->writes.order == CNN_ROWS_INTERLEAVED;
  float *row = cnn_writer_row (&worker->writer, n, y);
  CnnConvPlane plane = {
      .taps = cnn_conv_taps (worker),
      .n_taps = conv->plan->n_taps,
      .low = conv->low,
      .high = conv->high,
      .plane_stride = to_pixels ? 1 : worker->writer.plane_stride,
      .pixel_stride = to_pixels ? conv->computed.c : 1,
  };
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    const CnnSpan pixels = worker->readers[0].spans[span];
    plane.count = pixels.count;
    for (int first = 0; first < conv->computed.c; first += plane.outputs) {
      const int output = first % conv->group_outputs;
      if (output == 0)
        find_taps (conv, worker, n, y, conv->rows.kernel, span, first / conv->group_outputs);
      plane.outputs = block_outputs (conv->group_outputs - output);
      plane.weights = conv->plan->weights + (size_t)first * (size_t)conv->plan->n_taps;
      plane.bias = conv->plan->bias + first;
      plane.out = row + first * plane.plane_stride + pixels.first * plane.pixel_stride;
      dispatch->conv_plane (&plane);
    }
  }
}

const CnnConvAlgorithm cnn_conv_plane = {
    .name = "conv-plane",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_PLANAR},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_PLANAR},
    .cost = plane_cost,
    .isa = plane_isa,
    .plan_new = plane_plan_new,
    .compute = plane_compute,
};
const CnnConvAlgorithm cnn_conv_plane_to_pixels = {
    .name = "conv-plane-to-pixels",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_PLANAR},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = plane_to_pixels_cost,
    .isa = plane_isa,
    .plan_new = plane_plan_new,
    .compute = plane_compute,
};

/* ---- Rows: one output from each group, several of its rows at a time ------------------------- */

static double
rows_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  if (conv->group_outputs > 1 || conv->rows.stride > 1 || conv->rows.dilation > 1)
    return INFINITY;
  return product_cost (conv, 1.2) +
         cnn_conv_layout_cost (CNN_LAYOUT_NCHW, conv->base.output_format.layout, conv->computed.c);
}

static CnnIsa
rows_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_rows_isa;
}

/* Weights as they come: [group][input][ky][kx]. */
static CnnConvPlan *
rows_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const size_t outputs = (size_t)conv->computed.c;
  const size_t count = outputs * cnn_conv_weights_per_output (conv);
  const int seen_rows = conv->rows.kernel + CNN_CONV_ROWS - 1;
  CnnConvPlan *plan = cnn_conv_plan_alloc (
      sizeof *plan, count, outputs, conv->group_inputs * seen_rows * conv->columns.kernel);
  if (!plan)
    return NULL;
  plan->tile = 16;
  plan->strip = CNN_CONV_ROWS;
  memcpy (plan->weights, desc->weights, count * sizeof (float));
  if (desc->bias)
    memcpy (plan->bias, desc->bias, outputs * sizeof (float));
  return plan;
}

static void
rows_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  CnnConvRows block = {
      .taps = cnn_conv_taps (worker),
      .inputs = conv->group_inputs,
      .kernel_rows = conv->rows.kernel,
      .kernel_columns = conv->columns.kernel,
      .rows = rows,
      .low = conv->low,
      .high = conv->high,
  };
  for (int span = 0; span < worker->readers[0].n_spans; span++) {
    const CnnSpan pixels = worker->readers[0].spans[span];
    block.count = pixels.count;
    for (int o = 0; o < conv->computed.c; o++) {
      find_taps (conv, worker, n, y, conv->rows.kernel + rows - 1, span, o);
      block.weights = conv->plan->weights + (size_t)o * cnn_conv_weights_per_output (conv);
      block.bias = conv->plan->bias[o];
      for (int i = 0; i < rows; i++)
        block.out[i] = cnn_writer_row (&worker->writer, n, y + i) +
                       o * worker->writer.plane_stride + pixels.first;
      conv->base.context.dispatch->conv_rows (&block);
    }
  }
}

const CnnConvAlgorithm cnn_conv_rows = {
    .name = "conv-rows",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_PLANAR},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_PLANAR},
    .cost = rows_cost,
    .isa = rows_isa,
    .plan_new = rows_plan_new,
    .compute = rows_compute,
};
