/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions, and transposed ones as several convolutions. */
#include "lower-private.h"

#include <cnn/conv2d.h>
#include <cnn/memory.h>

/* --- Convolutions --------------------------------------------------------------------------------- */

CnnAxis
cnn_lower_axis_of (const CnnResolvedWindow *r, int i)
{
  return (CnnAxis){.rule = CNN_SIZE_EXPLICIT,
      .kernel = (int)r->kernel[i],
      .stride = (int)r->stride[i],
      .dilation = (int)r->dilation[i],
      .padding_before = (int)r->pad_before[i],
      .padding_after = (int)r->pad_after[i]};
}

bool
cnn_lower_fits_window (const CnnResolvedWindow *r)
{
  for (int i = 1; i < 3; i++)
    if (r->pad_before[i] > CNN_MAX_EXTENT || r->pad_after[i] > CNN_MAX_EXTENT)
      return false;
  return r->rank == 2;
}

static const float *
bias_of (const CnnGraph *graph, const CnnNode *node, bool *constant)
{
  const int value = cnn_node_input (node, 2);
  const CnnTensor *bias = cnn_graph_constant (graph, value);
  *constant = value == CNN_NO_VALUE || bias != NULL;
  return bias ? bias->floats : NULL;
}

bool
cnn_lower_convolution (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnTensor *weights = cnn_graph_constant (plan->graph, node->inputs[1]);
  const CnnPlace *in = &plan->places[node->inputs[0]];
  CnnResolvedWindow r;
  bool constant;
  const float *bias = bias_of (plan->graph, node, &constant);
  if (!weights || !constant || !in->is_image ||
      !cnn_window_resolve (&node->parameters.window, &plan->graph->values[node->inputs[0]].dims,
          &weights->dims, &r, NULL) ||
      !cnn_lower_fits_window (&r))
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  const CnnConv2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .window = {cnn_lower_axis_of (&r, 1), cnn_lower_axis_of (&r, 2)},
      .out_channels = (int)weights->dims.size[0],
      .groups = (int)node->parameters.window.groups,
      .weights = weights->floats,
      .bias = bias,
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  CnnLayer *layer = cnn_conv2d_new (plan->context, &desc, NULL);
  return cnn_lower_add_layer (plan, index, layer, in, &out, done) &&
         (!*done || cnn_lower_finish (plan, index, &activation, &out));
}

/* One axis of a transposed convolution's phase: outputs `first`, first + stride ... each see `kernel` taps. */
typedef struct {
  int64_t first, count, kernel, tap;
  int64_t before, after; /* padding; negative: rows of the input that are not seen */
} Phase;

static Phase
phase_of (const CnnResolvedWindow *r, int axis, int64_t phase)
{
  const int64_t stride = r->stride[axis], pad = r->pad_before[axis];
  Phase p = {.tap = phase, .kernel = (r->kernel[axis] - phase + stride - 1) / stride};
  p.first = ((phase - pad) % stride + stride) % stride;
  p.count = p.first < r->out[axis] ? (r->out[axis] - p.first - 1) / stride + 1 : 0;
  const int64_t place = (p.first + pad - phase) / stride;
  p.before = p.kernel - 1 - place;
  p.after = place + p.count - r->in[axis];
  return p;
}

/* The taps of a phase, turned around: O x I x rows x columns. */
static float *
phase_weights (const CnnTensor *weights, const CnnResolvedWindow *r, int64_t groups,
    const Phase *rows, const Phase *columns)
{
  const int64_t inputs = weights->dims.size[0] / groups, outputs = weights->dims.size[1];
  float *result = cnn_alloc ((size_t)(inputs * outputs * groups),
      (size_t)(rows->kernel * columns->kernel) * sizeof *result);
  float *to = result;
  for (int64_t o = 0; result && o < outputs * groups; o++)
    for (int64_t i = 0; i < inputs; i++) {
      const float *from = weights->floats + ((o / outputs * inputs + i) * outputs + o % outputs) *
                                                r->kernel[1] * r->kernel[2];
      for (int64_t y = rows->kernel - 1; y >= 0; y--)
        for (int64_t x = columns->kernel - 1; x >= 0; x--)
          *to++ =
              from[(rows->tap + y * r->stride[1]) * r->kernel[2] + columns->tap + x * r->stride[2]];
    }
  return result;
}

static int64_t
positive (int64_t value)
{
  return value > 0 ? value : 0;
}

/* The outputs of one phase are a convolution of the input, written to every stride-th row and column. */
static bool
add_phase (CnnPlan *plan, int index, const CnnResolvedWindow *r, const Phase *rows,
    const Phase *columns, const CnnPlace *whole, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnValue *input = &graph->values[node->inputs[0]],
                 *output = &graph->values[node->outputs[0]];
  static const int order[] = {0, 1, 2, 3};
  const int64_t seen_from[] = {0, 0, positive (-rows->before), positive (-columns->before)};
  const int64_t ones[] = {1, 1, 1, 1}, to[] = {0, 0, rows->first, columns->first};
  const int64_t paces[] = {1, 1, r->stride[1], r->stride[2]};
  CnnValue seen = *input, written = *output;
  seen.dims.size[2] -= seen_from[2] + positive (-rows->after);
  seen.dims.size[3] -= seen_from[3] + positive (-columns->after);
  written.dims.size[2] = rows->count;
  written.dims.size[3] = columns->count;
  CnnShape shape;
  if (!cnn_image_shape (&seen.dims, &shape))
    return true;
  const CnnPlace from = cnn_place_view (in, &seen, order, seen_from, ones);
  const CnnPlace out = cnn_place_view (whole, &written, order, to, paces);
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  bool constant;
  float *weights = phase_weights (cnn_graph_constant (graph, node->inputs[1]), r,
      node->parameters.window.groups, rows, columns);
  if (!weights)
    return false;
  const CnnConv2dDesc desc = {
      .input = shape,
      .input_format = cnn_place_format (&from.image),
      .output_format = cnn_place_format (&whole->image),
      .window = {{.kernel = (int)rows->kernel,
                     .stride = 1,
                     .dilation = 1,
                     .padding_before = (int)positive (rows->before),
                     .padding_after = (int)positive (rows->after)},
          {.kernel = (int)columns->kernel,
              .stride = 1,
              .dilation = 1,
              .padding_before = (int)positive (columns->before),
              .padding_after = (int)positive (columns->after)}},
      .out_channels = (int)output->dims.size[1],
      .groups = (int)node->parameters.window.groups,
      .weights = weights,
      .bias = bias_of (graph, node, &constant),
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  CnnLayer *layer = cnn_conv2d_new (plan->context, &desc, NULL);
  cnn_free (weights);
  return cnn_lower_add_layer (plan, index, layer, &from, &out, done);
}

bool
cnn_lower_transposed (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnTensor *weights = cnn_graph_constant (plan->graph, node->inputs[1]);
  CnnResolvedWindow r;
  bool constant;
  bias_of (plan->graph, node, &constant);
  if (!weights || !constant || !plan->places[node->inputs[0]].is_image ||
      !cnn_window_resolve_transposed (&node->parameters.window,
          &plan->graph->values[node->inputs[0]].dims, &weights->dims, &r, NULL) ||
      !cnn_lower_fits_window (&r))
    return true;
  for (int i = 1; i < 3; i++)
    if (r.dilation[i] != 1 || r.kernel[i] < r.stride[i] || r.stride[i] > 8)
      return true;
  const CnnPlace whole = cnn_plan_output_place (plan, node->outputs[0]);
  const int before = plan->n_steps;
  int n_phases = 0;
  for (int64_t y = 0; y < r.stride[1]; y++)
    for (int64_t x = 0; x < r.stride[2]; x++) {
      const Phase rows = phase_of (&r, 1, y), columns = phase_of (&r, 2, x);
      bool added = rows.count == 0 || columns.count == 0;
      if (!added && !add_phase (plan, index, &r, &rows, &columns, &whole, &added))
        return false;
      if (!added) { /* None of them, then. */
        cnn_plan_drop_steps (plan, before);
        return true;
      }
      n_phases++;
    }
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  *done = n_phases > 0;
  return cnn_lower_finish (plan, index, &activation, &whole);
}
