/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lower.h"

#include "lower-functions.h"
#include "operators/families.h"
#include "operators/helpers.h"
#include "rules/match.h"

#include <cnn/conv2d.h>
#include <cnn/memory.h>
#include <cnn/merge.h>
#include <cnn/pool2d.h>
#include <cnn/upsample2d.h>
#include <cnn/workers.h>
#include <math.h>
#include <string.h>

/* --- Activations ---------------------------------------------------------------------------------- */

/* The kernels' activation that is this function; NONE with *matches false when there is none. */
static CnnActivation
find_activation (const CnnUnary *unary, bool *matches)
{
  *matches = true;
  switch (unary->function) {
  case CNN_UNARY_NONE:
    return CNN_ACTIVATION_NONE;
  case CNN_UNARY_RELU:
    return CNN_ACTIVATION_RELU;
  case CNN_UNARY_LEAKY_RELU:
    return CNN_ACTIVATION_LEAKY_RELU;
  case CNN_UNARY_PRELU:
    return CNN_ACTIVATION_PRELU;
  case CNN_UNARY_ELU:
    return CNN_ACTIVATION_ELU;
  case CNN_UNARY_SIGMOID:
    return CNN_ACTIVATION_SIGMOID;
  case CNN_UNARY_TANH:
    return CNN_ACTIVATION_TANH;
  case CNN_UNARY_HARD_SWISH:
    return CNN_ACTIVATION_HARD_SWISH;
  case CNN_UNARY_GELU:
    return CNN_ACTIVATION_GELU;
  case CNN_UNARY_ABS:
    return CNN_ACTIVATION_ABS;
  default:
    break;
  }
  if (unary->function == CNN_UNARY_CLIP && unary->alpha == 0.0F && unary->beta == 6.0F)
    return CNN_ACTIVATION_RELU6;
  if (unary->function == CNN_UNARY_SILU && unary->alpha == 1.0F)
    return CNN_ACTIVATION_SILU;
  if (unary->function == CNN_UNARY_HARD_SIGMOID && cnn_is_near (unary->alpha, 1.0F / 6.0F) &&
      unary->beta == 0.5F)
    return CNN_ACTIVATION_HARD_SIGMOID;
  *matches = false;
  return CNN_ACTIVATION_NONE;
}

typedef struct {
  CnnActivation activation;
  const float *alpha;
  int n_alpha;
  bool apart; /* no layer does it: a step of its own */
} Activation;

static Activation
activation_of (const CnnNode *node)
{
  bool matches;
  Activation found = {.activation = find_activation (&node->activation, &matches)};
  found.apart = !matches;
  if (node->slopes) {
    found.alpha = node->slopes->floats;
    found.n_alpha = (int)node->slopes->count;
  } else if (found.activation == CNN_ACTIVATION_LEAKY_RELU ||
             found.activation == CNN_ACTIVATION_ELU) {
    found.alpha = &node->activation.alpha;
    found.n_alpha = 1;
  }
  return found;
}

/* --- Steps ---------------------------------------------------------------------------------------- */

/* A step of a layer, if there is one: it is the step's from now on. */
static bool
add_layer (
    CnnPlan *plan, int index, CnnLayer *layer, const CnnPlace *in, const CnnPlace *out, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  if (!layer)
    return true;
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step) {
    cnn_layer_free (layer);
    return false;
  }
  step->layer = layer;
  cnn_step_read (step, 0, node->inputs[0], in);
  cnn_step_write (step, node->outputs[0], out);
  *done = true;
  return true;
}

/* A function of one number over an image, in place. */
static bool
add_unary (CnnPlan *plan, int index, const CnnUnary *unary, int value, const CnnPlace *in,
    const CnnPlace *out)
{
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step)
    return false;
  step->function = cnn_step_unary;
  step->n_parts = out->image.shape.n * out->image.shape.h;
  step->unary = *unary;
  cnn_step_read (step, 0, value, in);
  cnn_step_write (step, plan->graph->nodes[index].outputs[0], out);
  return true;
}

/* Places the output, and adds what the layer left out. */
static bool
finish (CnnPlan *plan, int index, const Activation *activation, const CnnPlace *out)
{
  const CnnNode *node = &plan->graph->nodes[index];
  plan->places[node->outputs[0]] = *out;
  return !activation->apart ||
         add_unary (plan, index, &node->activation, node->outputs[0], out, out);
}

/* --- Convolutions --------------------------------------------------------------------------------- */

static CnnAxis
axis_of (const CnnResolvedWindow *r, int i)
{
  return (CnnAxis){.rule = CNN_SIZE_EXPLICIT,
      .kernel = (int)r->kernel[i],
      .stride = (int)r->stride[i],
      .dilation = (int)r->dilation[i],
      .padding_before = (int)r->pad_before[i],
      .padding_after = (int)r->pad_after[i]};
}

static bool
fits_window (const CnnResolvedWindow *r)
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

static bool
lower_convolution (CnnPlan *plan, int index, bool *done)
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
      !fits_window (&r))
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const Activation activation = activation_of (node);
  const CnnConv2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .window = {axis_of (&r, 1), axis_of (&r, 2)},
      .out_channels = (int)weights->dims.size[0],
      .groups = (int)node->parameters.window.groups,
      .weights = weights->floats,
      .bias = bias,
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  CnnLayer *layer = cnn_conv2d_new (plan->context, &desc, NULL);
  return add_layer (plan, index, layer, in, &out, done) &&
         (!*done || finish (plan, index, &activation, &out));
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
  const Activation activation = activation_of (node);
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
  return add_layer (plan, index, layer, &from, &out, done);
}

static bool
lower_transposed (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnTensor *weights = cnn_graph_constant (plan->graph, node->inputs[1]);
  CnnResolvedWindow r;
  bool constant;
  bias_of (plan->graph, node, &constant);
  if (!weights || !constant || !plan->places[node->inputs[0]].is_image ||
      !cnn_window_resolve_transposed (&node->parameters.window,
          &plan->graph->values[node->inputs[0]].dims, &weights->dims, &r, NULL) ||
      !fits_window (&r))
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
  const Activation activation = activation_of (node);
  *done = n_phases > 0;
  return finish (plan, index, &activation, &whole);
}

/* --- Fully connected layers, normalization -------------------------------------------------------- */

/* A pointwise convolution with weights O x I / groups. */
static bool
add_pointwise (CnnPlan *plan, int index, const CnnPlace *in, const CnnPlace *out, int groups,
    const float *weights, const float *bias, bool *done)
{
  const Activation activation = activation_of (&plan->graph->nodes[index]);
  const CnnConv2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out->image),
      .window = cnn_window_unit (),
      .out_channels = out->image.shape.c,
      .groups = groups,
      .weights = weights,
      .bias = bias,
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  return add_layer (plan, index, cnn_conv2d_new (plan->context, &desc, NULL), in, out, done);
}

/* A matrix of rows as frames of one pixel. */
static CnnPlace
place_rows (const CnnPlace *plain, const CnnDims *dims)
{
  CnnValue pixels = {
      .elements = CNN_ELEMENTS_FLOAT, .dims = {4, {dims->size[0], dims->size[1], 1, 1}}};
  CnnPlace place = cnn_place_channels_last (plain->root, &pixels);
  place.offset = plain->offset;
  return place;
}

/* A plain tensor as pixels of which the last dimension is the channels. */
static CnnPlace
place_vectors (const CnnPlace *plain, const CnnDims *dims)
{
  const int last = dims->rank - 1;
  const int64_t width = last > 0 ? dims->size[last - 1] : 1;
  const CnnValue pixels = {.elements = CNN_ELEMENTS_FLOAT,
      .dims = {
          4, {1, dims->size[last], last > 1 ? cnn_dims_product (dims, 0, last - 1) : 1, width}}};
  CnnPlace place = cnn_place_channels_last (plain->root, &pixels);
  place.offset = plain->offset;
  return place;
}

/* A plain tensor times a constant matrix: each row of its last dimension is a pixel. */
static bool
lower_matmul (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnTensor *b = cnn_graph_constant (graph, node->inputs[1]);
  const CnnValue *in = &graph->values[node->inputs[0]], *out = &graph->values[node->outputs[0]];
  if (!b || b->dims.rank != 2 || in->dims.rank < 2 || !plan->places[node->inputs[0]].is_plain)
    return true;
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace from = place_vectors (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace to = place_vectors (&plain, &out->dims);
  const int64_t inputs = b->dims.size[0], outputs = b->dims.size[1];
  float *weights = cnn_alloc ((size_t)b->count, sizeof *weights);
  if (!weights)
    return false;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t i = 0; i < inputs; i++)
      weights[o * inputs + i] = b->floats[i * outputs + o];
  const bool kept = !from.is_image || !to.is_image ||
                    add_pointwise (plan, index, &from, &to, 1, weights, NULL, done);
  cnn_free (weights);
  if (*done)
    plan->places[node->outputs[0]] = plain;
  return kept;
}

static bool
lower_gemm (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnTensor *b = cnn_graph_constant (graph, node->inputs[1]);
  const CnnValue *in = &graph->values[node->inputs[0]], *out = &graph->values[node->outputs[0]];
  const int64_t outputs = out->dims.size[1], inputs = in->dims.size[1];
  const CnnTensor *bias = cnn_graph_constant (graph, cnn_node_input (node, 2));
  const Activation activation = activation_of (node);
  if (!b || node->parameters.gemm.transpose_a || node->parameters.gemm.alpha != 1.0F ||
      node->parameters.gemm.beta != 1.0F || !plan->places[node->inputs[0]].is_plain ||
      activation.apart ||
      (cnn_node_input (node, 2) != CNN_NO_VALUE &&
          (!bias || bias->count != outputs || bias->dims.size[bias->dims.rank - 1] != outputs)))
    return true;
  const CnnPlace from = place_rows (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace to = place_rows (&plain, &out->dims);
  float *weights = cnn_alloc ((size_t)b->count, sizeof *weights);
  if (!weights)
    return false;
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t i = 0; i < inputs; i++)
      weights[o * inputs + i] =
          b->floats[node->parameters.gemm.transpose_b ? o * inputs + i : i * outputs + o];
  const bool kept =
      !from.is_image || !to.is_image ||
      add_pointwise (plan, index, &from, &to, 1, weights, bias ? bias->floats : NULL, done);
  cnn_free (weights);
  if (*done)
    plan->places[node->outputs[0]] = plain;
  return kept;
}

static bool
lower_batch_normalization (CnnPlan *plan, int index, bool *done)
{
  const CnnGraph *graph = plan->graph;
  const CnnNode *node = &graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnTensor *v[5];
  for (int i = 1; i < 5; i++) {
    v[i] = cnn_graph_constant (graph, node->inputs[i]);
    if (!v[i])
      return true;
  }
  if (!in->is_image)
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const int channels = in->image.shape.c;
  float *scale = cnn_alloc ((size_t)channels, 2 * sizeof *scale), *shift = scale + channels;
  if (!scale)
    return false;
  for (int c = 0; c < channels; c++) {
    scale[c] = (float)(v[1]->floats[c] /
                       sqrt ((double)v[4]->floats[c] + node->parameters.normalization.epsilon));
    shift[c] = v[2]->floats[c] - scale[c] * v[3]->floats[c];
  }
  const Activation activation = activation_of (node);
  const bool kept = add_pointwise (plan, index, in, &out, channels, scale, shift, done);
  cnn_free (scale);
  return kept && (!*done || finish (plan, index, &activation, &out));
}

/* --- Pooling -------------------------------------------------------------------------------------- */

static bool
lower_pool (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPool *pool = &node->parameters.pool;
  const CnnPlace *in = &plan->places[node->inputs[0]];
  CnnResolvedWindow r;
  if (!in->is_image ||
      !cnn_pool_resolve (pool, &plan->graph->values[node->inputs[0]].dims, &r, NULL) ||
      !fits_window (&r))
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  CnnPool2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .mode = pool->pooling == CNN_POOLING_MAX ? CNN_POOL_MAX : CNN_POOL_AVERAGE,
      .window = {axis_of (&r, 1), axis_of (&r, 2)},
      .count_include_pad = pool->window.count_include_pad,
  };
  desc.window.rows.ceil_mode = desc.window.columns.ceil_mode = pool->window.ceil_mode;
  if (pool->is_global) {
    const CnnAxis whole = {
        .rule = CNN_SIZE_ADAPTIVE, .kernel = 1, .stride = 1, .dilation = 1, .adaptive_output = 1};
    desc.window = (CnnWindow){whole, whole};
  }
  CnnShape output;
  if (!cnn_window_output (&desc.window, desc.input, &output, NULL) ||
      output.h != out.image.shape.h || output.w != out.image.shape.w)
    return true;
  plan->places[node->outputs[0]] = out;
  return add_layer (plan, index, cnn_pool2d_new (plan->context, &desc, NULL), in, &out, done);
}

/* --- Enlarging ------------------------------------------------------------------------------------ */

/* Whether an axis is enlarged as the kernels do it: to samples repeated, or between the middles of two. */
static bool
enlarges (const CnnResize *resize, const CnnResizeAxis *axis, int64_t factor)
{
  CnnResizeTaps taps;
  bool same = axis->out == axis->in * factor && cnn_resize_taps (resize, axis, &taps, NULL);
  if (!same)
    return false;
  for (int64_t k = 0; same && k < axis->out; k++) {
    if (resize->mode == CNN_RESIZE_NEAREST) {
      same = taps.index[k] == k / factor;
      continue;
    }
    const double x =
        fmin (fmax (((double)k + 0.5) / (double)factor - 0.5, 0), (double)(axis->in - 1));
    double found = 0;
    for (int t = 0; t < taps.n_taps; t++)
      found += taps.weight[k * taps.n_taps + t] * taps.index[k * taps.n_taps + t];
    same = taps.n_taps == 2 && fabs (found - x) < 1e-4;
  }
  cnn_resize_taps_clear (&taps);
  return same;
}

static bool
add_upsample (CnnPlan *plan, int index, CnnUpsampleMode mode, int factor, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const CnnUpsample2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .mode = mode,
      .factor = factor,
  };
  plan->places[node->outputs[0]] = out;
  return add_layer (plan, index, cnn_upsample2d_new (plan->context, &desc, NULL), in, &out, done);
}

/* Any other: coordinates once, sums with every frame. */
static bool
lower_any_resize (CnnPlan *plan, int index, const CnnResizeAxis *axes, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnShape in = plan->places[node->inputs[0]].image.shape;
  CnnResizeTaps *taps = cnn_alloc (2, sizeof *taps);
  const size_t n_workers = (size_t)cnn_context_thread_count (plan->context);
  float *scratch = cnn_alloc ((size_t)in.w * n_workers, (size_t)in.c * sizeof *scratch);
  bool kept = taps && scratch &&
              cnn_resize_taps (&node->parameters.resize, &axes[2], &taps[0], NULL) &&
              cnn_resize_taps (&node->parameters.resize, &axes[3], &taps[1], NULL);
  const int first = plan->n_steps;
  kept = kept && cnn_lower_function (plan, index, cnn_step_resize, done);
  if (kept && *done) {
    plan->steps[first].taps = taps;
    plan->steps[first].scratch = scratch;
    return true;
  }
  if (taps) {
    cnn_resize_taps_clear (&taps[0]);
    cnn_resize_taps_clear (&taps[1]);
  }
  cnn_free (taps);
  cnn_free (scratch);
  return kept;
}

static bool
lower_resize (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnResize *resize = &node->parameters.resize;
  CnnResizeAxis axes[CNN_MAX_RANK];
  CnnAsked asked;
  if (!plan->places[node->inputs[0]].is_image || resize->mode == CNN_RESIZE_CUBIC ||
      resize->antialias || resize->coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE ||
      !cnn_ask (plan->graph, node, &asked) || !cnn_resize_resolve (&asked.operation, axes, NULL) ||
      axes[0].in != axes[0].out || axes[1].in != axes[1].out)
    return true;
  const int64_t factor = axes[2].out / axes[2].in;
  if (factor >= 1 && factor <= CNN_MAX_FACTOR && enlarges (resize, &axes[2], factor) &&
      enlarges (resize, &axes[3], factor))
    return add_upsample (plan, index,
        resize->mode == CNN_RESIZE_NEAREST ? CNN_UPSAMPLE_NEAREST : CNN_UPSAMPLE_BILINEAR,
        (int)factor, done);
  return lower_any_resize (plan, index, axes, done);
}

static bool
lower_depth_to_space (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  if (!plan->places[node->inputs[0]].is_image || !node->parameters.depth.column_row_depth ||
      node->parameters.depth.block > CNN_MAX_FACTOR)
    return true;
  return add_upsample (
      plan, index, CNN_UPSAMPLE_PIXEL_SHUFFLE, (int)node->parameters.depth.block, done);
}

/* --- Several inputs ------------------------------------------------------------------------------- */

/* Input `i` as an image; a constant or a plain tensor of lower rank gets dimensions of 1 in front. */
static bool
image_of (const CnnPlan *plan, int value, CnnPlace *place)
{
  CnnValue wide = plan->graph->values[value];
  if (plan->places[value].is_image) {
    *place = plan->places[value];
    return true;
  }
  if (wide.dims.rank > 4 || wide.elements != CNN_ELEMENTS_FLOAT || !plan->places[value].is_plain)
    return false;
  const int more = 4 - wide.dims.rank;
  for (int i = 3; i >= 0; i--)
    wide.dims.size[i] = i < more ? 1 : wide.dims.size[i - more];
  wide.dims.rank = 4;
  *place = cnn_place_reshaped (&plan->places[value], &wide);
  return place->is_image;
}

/* A merge of all inputs. */
static bool
add_merge (CnnPlan *plan, int index, CnnMergeMode mode, CnnMergeAxis axis,
    const Activation *activation, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const int count = node->n_inputs;
  CnnPlace *places = cnn_alloc ((size_t)count, sizeof *places);
  CnnBranch *branches = cnn_alloc ((size_t)count, sizeof *branches);
  bool fits = places && branches, kept = fits;
  for (int i = 0; fits && i < count; i++) {
    fits = node->inputs[i] != CNN_NO_VALUE && image_of (plan, node->inputs[i], &places[i]);
    if (fits)
      branches[i] = (CnnBranch){.name = "input",
          .shape = places[i].image.shape,
          .format = cnn_place_format (&places[i].image)};
  }
  if (fits) {
    const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
    const CnnMergeDesc desc = {
        .mode = mode,
        .axis = axis,
        .n_branches = count,
        .branches = branches,
        .output_format = cnn_place_format (&out.image),
        .activation = activation->activation,
        .alpha = activation->alpha,
        .n_alpha = activation->n_alpha,
    };
    CnnLayer *layer = cnn_merge_new (plan->context, &desc, NULL);
    CnnStep *step = layer ? cnn_plan_add_step (plan, index, count) : NULL;
    kept = !layer || step;
    if (step) {
      step->layer = layer;
      for (int i = 0; i < count; i++)
        cnn_step_read (step, i, node->inputs[i], &places[i]);
      cnn_step_write (step, node->outputs[0], &out);
      kept = finish (plan, index, activation, &out);
      *done = true;
    } else {
      cnn_layer_free (layer);
    }
  }
  cnn_free (places);
  cnn_free (branches);
  return kept;
}

static bool
lower_binary (CnnPlan *plan, int index, bool *done)
{
  static const struct {
    CnnBinaryFunction function;
    CnnMergeMode mode;
  } modes[] = {{CNN_BINARY_ADD, CNN_MERGE_ADD}, {CNN_BINARY_SUB, CNN_MERGE_SUBTRACT},
      {CNN_BINARY_MUL, CNN_MERGE_MULTIPLY}, {CNN_BINARY_DIV, CNN_MERGE_DIVIDE},
      {CNN_BINARY_MAX, CNN_MERGE_MAXIMUM}, {CNN_BINARY_MIN, CNN_MERGE_MINIMUM},
      {CNN_BINARY_MEAN, CNN_MERGE_AVERAGE}};
  const CnnNode *node = &plan->graph->nodes[index];
  const Activation activation = activation_of (node);
  CnnShape shape;
  if (node->n_inputs > CNN_MAX_BRANCHES ||
      !cnn_image_shape (&plan->graph->values[node->outputs[0]].dims, &shape))
    return true;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (modes[i].function == node->parameters.binary)
      return add_merge (plan, index, modes[i].mode, CNN_AXIS_CHANNELS, &activation, done);
  return true;
}

static bool
lower_concat (CnnPlan *plan, int index, bool *done)
{
  static const CnnMergeAxis axes[] = {0, CNN_AXIS_CHANNELS, CNN_AXIS_ROWS, CNN_AXIS_COLUMNS};
  const CnnNode *node = &plan->graph->nodes[index];
  const Activation activation = activation_of (node);
  CnnShape shape;
  int axis;
  bool image = false;
  if (node->n_inputs > CNN_MAX_BRANCHES ||
      !cnn_image_shape (&plan->graph->values[node->outputs[0]].dims, &shape) ||
      !cnn_axis_resolve_index (node->parameters.axis.axis, 4, &axis, NULL) || axis == 0)
    return true;
  /* Plain tensors are joined well by the reference. */
  for (int i = 0; i < node->n_inputs; i++)
    image = image || !plan->places[node->inputs[i]].is_plain;
  return !image || add_merge (plan, index, CNN_MERGE_CONCAT, axes[axis], &activation, done);
}

/* Of any rank: the order of the elements does not matter. */
static bool
lower_plain_unary (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnValue *out = &plan->graph->values[node->outputs[0]];
  if (!plan->places[node->inputs[0]].is_plain || out->dims.rank == 0)
    return true;
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace from = place_vectors (&plan->places[node->inputs[0]], &out->dims);
  const CnnPlace to = place_vectors (&plain, &out->dims);
  if (!from.is_image || !to.is_image)
    return true;
  plan->places[node->outputs[0]] = plain;
  *done = true;
  return add_unary (plan, index, &node->parameters.unary, node->inputs[0], &from, &to);
}

static bool
lower_unary (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  bool matches;
  const CnnUnary *unary = &node->parameters.unary;
  Activation activation = {.activation = find_activation (unary, &matches), .alpha = &unary->alpha};
  activation.n_alpha = activation.activation == CNN_ACTIVATION_LEAKY_RELU ||
                       activation.activation == CNN_ACTIVATION_ELU;
  activation.alpha = activation.n_alpha ? activation.alpha : NULL;
  const CnnPlace *in = &plan->places[node->inputs[0]];
  if (node->n_inputs != 1 || node->activation.function != CNN_UNARY_NONE)
    return true;
  if (!in->is_image)
    return lower_plain_unary (plan, index, done);
  if (matches)
    return add_merge (plan, index, CNN_MERGE_ADD, CNN_AXIS_CHANNELS, &activation, done);
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  plan->places[node->outputs[0]] = out;
  *done = true;
  return add_unary (plan, index, unary, node->inputs[0], in, &out);
}

/* --- The whole ------------------------------------------------------------------------------------ */

static bool
add_function_to (CnnPlan *plan, int index, CnnStepFunction *function, CnnPlace out, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step)
    return false;
  step->function = function;
  step->n_parts = out.image.shape.n * out.image.shape.h;
  cnn_step_read (step, 0, node->inputs[0], in);
  cnn_step_write (step, node->outputs[0], &out);
  *done = true;
  plan->places[node->outputs[0]] = out;
  return node->activation.function == CNN_UNARY_NONE ||
         add_unary (plan, index, &node->activation, node->outputs[0], &out, &out);
}

static bool
normalizes_instances (const CnnGraph *graph, const CnnNode *node)
{
  return node->parameters.normalization.groups == 0 &&
         cnn_graph_constant (graph, node->inputs[1]) && cnn_graph_constant (graph, node->inputs[2]);
}

bool
cnn_lower_function (CnnPlan *plan, int index, CnnStepFunction *function, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  CnnShape shape;
  if (!plan->places[node->inputs[0]].is_image ||
      !cnn_image_shape (&plan->graph->values[node->outputs[0]].dims, &shape))
    return true;
  return add_function_to (
      plan, index, function, cnn_plan_output_place (plan, node->outputs[0]), done);
}

static bool
lower_normalization (CnnPlan *plan, int index, bool *done)
{
  const int first = plan->n_steps;
  if (!cnn_lower_function (plan, index, cnn_step_normalize, done))
    return false;
  if (*done) {
    const CnnShape shape = plan->steps[first].out.image.shape;
    plan->steps[first].n_parts =
        shape.n * ((shape.c + CNN_NORMALIZED_CHANNELS - 1) / CNN_NORMALIZED_CHANNELS);
  }
  return true;
}

/* Of rows and columns, in any mode. */
static bool
lower_pad (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
  float fill = 0;
  CnnAsked asked;
  const int value = cnn_node_input (node, 2), first = plan->n_steps;
  if (!plan->places[node->inputs[0]].is_image || !cnn_ask (plan->graph, node, &asked) ||
      (value != CNN_NO_VALUE && !cnn_match_scalar (plan->graph, value, &fill)) ||
      !cnn_pad_resolve (&asked.operation, before, after, NULL) || before[0] || after[0] ||
      before[1] || after[1])
    return true;
  if (!cnn_lower_function (plan, index, cnn_step_pad, done))
    return false;
  if (*done) {
    plan->steps[first].unary.alpha = fill;
    plan->steps[first].pad[0] = before[2];
    plan->steps[first].pad[1] = before[3];
  }
  return true;
}

/* Over channels, or over the last dimension of what is plain. */
static bool
lower_softmax (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnValue *in = &plan->graph->values[node->inputs[0]];
  const CnnValue *out = &plan->graph->values[node->outputs[0]];
  int axis;
  if (node->parameters.softmax.log || node->activation.function != CNN_UNARY_NONE ||
      !cnn_axis_resolve_index (node->parameters.softmax.axis, in->dims.rank, &axis, NULL))
    return true;
  const bool whole =
      node->parameters.softmax.flatten && cnn_dims_product (&in->dims, axis + 1, in->dims.rank) > 1;
  if (axis == 1 && !whole && plan->places[node->inputs[0]].is_image)
    return add_function_to (
        plan, index, cnn_step_softmax, cnn_place_channels_last (node->outputs[0], out), done);
  if (!plan->places[node->inputs[0]].is_plain || axis != in->dims.rank - 1)
    return true;
  const CnnPlace plain = cnn_place_plain (node->outputs[0], out);
  const CnnPlace from = place_vectors (&plan->places[node->inputs[0]], &in->dims);
  const CnnPlace to = place_vectors (&plain, &out->dims);
  if (!from.is_image || !to.is_image)
    return true;
  CnnStep *step = cnn_plan_add_step (plan, index, 1);
  if (!step)
    return false;
  step->function = cnn_step_softmax;
  step->n_parts = to.image.shape.h;
  cnn_step_read (step, 0, node->inputs[0], &from);
  cnn_step_write (step, node->outputs[0], &to);
  plan->places[node->outputs[0]] = plain;
  *done = true;
  return true;
}

bool
cnn_lower_wants (const CnnPlan *plan, const CnnNode *node)
{
  const CnnDims *in = &plan->graph->values[node->inputs[0]].dims;
  if (!plan->context || in->rank != 4)
    return false;
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
  case CNN_OPERATOR_BATCH_NORMALIZATION:
  case CNN_OPERATOR_POOL:
  case CNN_OPERATOR_BINARY:
  case CNN_OPERATOR_CONCAT:
  case CNN_OPERATOR_TRANSPOSE:
  case CNN_OPERATOR_SLICE:
  case CNN_OPERATOR_SPLIT:
  case CNN_OPERATOR_CHANNEL_SHUFFLE:
  case CNN_OPERATOR_PAD:
  case CNN_OPERATOR_RESIZE:
    return true;
  case CNN_OPERATOR_SOFTMAX:
    return node->parameters.softmax.axis == 1 && !node->parameters.softmax.log;
  case CNN_OPERATOR_UNARY:
    return node->n_inputs == 1;
  case CNN_OPERATOR_DEPTH_TO_SPACE:
    return node->parameters.depth.column_row_depth;
  case CNN_OPERATOR_GROUP_NORMALIZATION:
    return normalizes_instances (plan->graph, node);
  default:
    return false;
  }
}

bool
cnn_lower_node (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  *done = false;
  if (!plan->context || node->outputs[0] == CNN_NO_VALUE ||
      plan->graph->values[node->outputs[0]].elements != CNN_ELEMENTS_FLOAT)
    return true;
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
    return lower_convolution (plan, index, done);
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
    return lower_transposed (plan, index, done);
  case CNN_OPERATOR_MATMUL:
    return lower_matmul (plan, index, done);
  case CNN_OPERATOR_GEMM:
    return lower_gemm (plan, index, done);
  case CNN_OPERATOR_BATCH_NORMALIZATION:
    return lower_batch_normalization (plan, index, done);
  case CNN_OPERATOR_POOL:
    return lower_pool (plan, index, done);
  case CNN_OPERATOR_RESIZE:
    return lower_resize (plan, index, done);
  case CNN_OPERATOR_DEPTH_TO_SPACE:
    return lower_depth_to_space (plan, index, done);
  case CNN_OPERATOR_BINARY:
    return lower_binary (plan, index, done);
  case CNN_OPERATOR_CONCAT:
    return lower_concat (plan, index, done);
  case CNN_OPERATOR_UNARY:
    return lower_unary (plan, index, done);
  case CNN_OPERATOR_PAD:
    return lower_pad (plan, index, done);
  case CNN_OPERATOR_CHANNEL_SHUFFLE:
    return cnn_lower_function (plan, index, cnn_step_shuffle, done);
  case CNN_OPERATOR_GROUP_NORMALIZATION:
    return !normalizes_instances (plan->graph, node) || lower_normalization (plan, index, done);
  case CNN_OPERATOR_SOFTMAX:
    return lower_softmax (plan, index, done);
  default:
    return true;
  }
}
