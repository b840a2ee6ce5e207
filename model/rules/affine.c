/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scale and shift of channels - batch normalization, multiplication and addition of constants - into the convolution
 * or the fully connected layer in front of them or behind. */
#include "match.h"

#include <cnn/memory.h>
#include <math.h>

/* More than layers have: what says so has no weights of that size. */
#define MAX_CHANNELS 65536

/* y = scale[c] * x + shift[c], c along dimension 1. */
typedef struct {
  int input;
  int64_t channels;
  double *scale, *shift; /* one block of memory, at `scale` */
} Affine;

/* The number for channel `c` of a constant that broadcasts along everything but dimension 1 of `dims`. */
static bool
is_per_channel (const CnnTensor *constant, const CnnDims *dims)
{
  if (!constant->floats || constant->dims.rank > dims->rank)
    return false;
  const int more = dims->rank - constant->dims.rank;
  for (int i = 0; i < constant->dims.rank; i++)
    if (constant->dims.size[i] != 1 && (i + more != 1 || constant->dims.size[i] != dims->size[1]))
      return false;
  return true;
}

static double
channel_number (const CnnTensor *constant, int64_t c)
{
  return constant->floats[constant->count == 1 ? 0 : c];
}

/* Of a scalar function or a sum, difference, product or quotient with constants a channel. */
static bool
match_arithmetic (const CnnGraph *graph, const CnnNode *node, const CnnDims *dims, Affine *affine)
{
  const int variable = cnn_match_variable_input (graph, node);
  if (variable < 0)
    return false;
  const CnnTensor *constant = cnn_graph_constant (graph, node->inputs[!variable]);
  affine->input = node->inputs[variable];
  if (!is_per_channel (constant, dims) ||
      !cnn_dims_equal (&graph->values[affine->input].dims, dims))
    return false;
  for (int64_t c = 0; c < affine->channels; c++) {
    const double number = channel_number (constant, c);
    affine->scale[c] = 1;
    affine->shift[c] = 0;
    switch (node->parameters.binary) {
    case CNN_BINARY_ADD:
      affine->shift[c] = number;
      break;
    case CNN_BINARY_SUB:
      affine->scale[c] = variable == 0 ? 1 : -1;
      affine->shift[c] = variable == 0 ? -number : number;
      break;
    case CNN_BINARY_MUL:
      affine->scale[c] = number;
      break;
    case CNN_BINARY_DIV:
      if (variable == 1 || number == 0)
        return false;
      affine->scale[c] = 1 / number;
      break;
    default:
      return false;
    }
  }
  return true;
}

static bool
match_batch_normalization (const CnnGraph *graph, const CnnNode *node, Affine *affine)
{
  const CnnTensor *vectors[5];
  for (int i = 1; i < 5; i++) {
    vectors[i] = cnn_graph_constant (graph, node->inputs[i]);
    if (!vectors[i])
      return false;
  }
  affine->input = node->inputs[0];
  for (int64_t c = 0; c < affine->channels; c++) {
    affine->scale[c] = vectors[1]->floats[c] / sqrt ((double)vectors[4]->floats[c] +
                                                     node->parameters.normalization.epsilon);
    affine->shift[c] = vectors[2]->floats[c] - affine->scale[c] * vectors[3]->floats[c];
  }
  return true;
}

static void
clear (Affine *affine)
{
  cnn_free (affine->scale);
}

/* *match tells whether the node is one; false when memory is short. Cleared only after a match. */
static bool
match_affine (const CnnGraph *graph, const CnnNode *node, Affine *affine, bool *match)
{
  const CnnOperatorKind kind = node->op->kind;
  *match = false;
  if ((kind != CNN_OPERATOR_UNARY && kind != CNN_OPERATOR_BINARY &&
          kind != CNN_OPERATOR_BATCH_NORMALIZATION) ||
      (kind == CNN_OPERATOR_UNARY && node->n_inputs != 1) || node->outputs[0] == CNN_NO_VALUE)
    return true;
  const CnnDims *dims = &graph->values[node->outputs[0]].dims;
  if (dims->rank < 2 || dims->size[1] > MAX_CHANNELS)
    return true;
  *affine = (Affine){.channels = dims->size[1]};
  affine->scale = cnn_alloc ((size_t)affine->channels, 2 * sizeof *affine->scale);
  if (!affine->scale)
    return false;
  affine->shift = affine->scale + affine->channels;
  if (kind == CNN_OPERATOR_BINARY) {
    *match = match_arithmetic (graph, node, dims, affine);
  } else if (kind == CNN_OPERATOR_BATCH_NORMALIZATION) {
    *match = match_batch_normalization (graph, node, affine);
  } else if (node->parameters.unary.function == CNN_UNARY_AFFINE) {
    affine->input = node->inputs[0];
    for (int64_t c = 0; c < affine->channels; c++) {
      affine->scale[c] = node->parameters.unary.alpha;
      affine->shift[c] = node->parameters.unary.beta;
    }
    *match = true;
  }
  if (!*match)
    clear (affine);
  return true;
}

/* --- Layers with weights -------------------------------------------------------------------------- */

/* How the weights of a layer are indexed: outputs x inputs x taps, each with a stride of its own. */
typedef struct {
  const CnnTensor *weights, *bias;
  int64_t outputs, inputs, taps, groups; /* inputs of one group */
  int64_t output_stride, input_stride, tap_stride;
  int64_t group_stride; /* of the transposed: from one group's outputs to the next */
  bool transposed;
} Weights;

static bool
get_weights (const CnnGraph *graph, const CnnNode *node, Weights *w)
{
  const CnnOperatorKind kind = node->op->kind;
  if (kind != CNN_OPERATOR_CONVOLUTION && kind != CNN_OPERATOR_CONVOLUTION_TRANSPOSE &&
      kind != CNN_OPERATOR_GEMM)
    return false;
  const int bias = cnn_node_input (node, 2);
  *w = (Weights){.weights = cnn_graph_constant (graph, node->inputs[1]),
      .bias = cnn_graph_constant (graph, bias),
      .groups = 1};
  if (!w->weights || (bias != CNN_NO_VALUE && !w->bias))
    return false;
  const CnnDims *dims = &w->weights->dims;
  if (kind == CNN_OPERATOR_GEMM) {
    const bool outputs_first = node->parameters.gemm.transpose_b;
    w->outputs = dims->size[outputs_first ? 0 : 1];
    w->inputs = dims->size[outputs_first ? 1 : 0];
    w->taps = 1;
    w->output_stride = outputs_first ? w->inputs : 1;
    w->input_stride = outputs_first ? 1 : w->outputs;
    return !node->parameters.gemm.transpose_a && node->parameters.gemm.alpha == 1.0F &&
           node->parameters.gemm.beta == 1.0F && (!w->bias || w->bias->count == w->outputs) &&
           (!w->bias || w->bias->dims.size[w->bias->dims.rank - 1] == w->outputs);
  }
  w->groups = node->parameters.window.groups;
  w->taps = cnn_dims_product (dims, 2, dims->rank);
  w->tap_stride = 1;
  w->transposed = kind == CNN_OPERATOR_CONVOLUTION_TRANSPOSE;
  w->outputs = w->transposed ? dims->size[1] * w->groups : dims->size[0];
  w->inputs = w->transposed ? dims->size[0] / w->groups : dims->size[1];
  w->output_stride = w->transposed ? w->taps : w->inputs * w->taps;
  w->input_stride = w->transposed ? dims->size[1] * w->taps : w->taps;
  return true;
}

/* The weight of output `o` for input `i` of its group, first tap. */
static int64_t
weight_index (const Weights *w, int64_t o, int64_t i)
{
  const int64_t members = w->outputs / w->groups;
  if (!w->transposed)
    return o * w->output_stride + i * w->input_stride;
  return (o / members * w->inputs + i) * w->input_stride + o % members * w->output_stride;
}

/* weight * in[group's input] * out[o], and bias' = bias * out[o] + shift[o] + sum of weight * in_shift. NULL stands
 * for ones or zeros. */
static bool
rewrite (CnnGraph *graph, int index, const Weights *w, const double *in, const double *in_shift,
    const double *out, const double *shift)
{
  CnnTensor *weights, *bias;
  const CnnDims bias_dims = {1, {w->outputs}};
  const char *name = graph->nodes[index].name;
  const int weights_value = cnn_add_floats (graph, name, &w->weights->dims, &weights);
  const int bias_value = weights_value < 0 ? -1 : cnn_add_floats (graph, name, &bias_dims, &bias);
  if (bias_value < 0)
    return false;
  const int64_t members = w->outputs / w->groups;
  for (int64_t o = 0; o < w->outputs; o++) {
    double sum = w->bias ? w->bias->floats[o] : 0;
    for (int64_t i = 0; i < w->inputs; i++) {
      const int64_t channel = o / members * w->inputs + i;
      for (int64_t t = 0; t < w->taps; t++) {
        const int64_t at = weight_index (w, o, i) + t * w->tap_stride;
        const double weight = w->weights->floats[at];
        weights->floats[at] = (float)(weight * (in ? in[channel] : 1) * (out ? out[o] : 1));
        sum += in_shift ? weight * in_shift[channel] : 0;
      }
    }
    bias->floats[o] = (float)(sum * (out ? out[o] : 1) + (shift ? shift[o] : 0));
  }
  CnnNode *node = &graph->nodes[index];
  node->inputs[1] = weights_value;
  return cnn_node_set_input (node, 2, bias_value);
}

/* --- Rules ---------------------------------------------------------------------------------------- */

bool
cnn_rule_affine_behind (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  Affine affine;
  Weights weights;
  bool match, done = true;
  if (!match_affine (graph, node, &affine, &match))
    return false;
  if (!match)
    return true;
  const int layer = graph->values[affine.input].producer;
  if (layer != CNN_NO_NODE && !graph->nodes[layer].is_removed &&
      graph->nodes[layer].activation.function == CNN_UNARY_NONE &&
      cnn_graph_only_user (graph, affine.input) == index &&
      get_weights (graph, &graph->nodes[layer], &weights) && weights.outputs == affine.channels) {
    done = rewrite (graph, layer, &weights, NULL, NULL, affine.scale, affine.shift);
    if (done) {
      const CnnUnary activation = node->activation;
      CnnTensor *slopes = node->slopes;
      node->slopes = NULL;
      cnn_graph_absorb (graph, layer, index);
      graph->nodes[layer].activation = activation;
      graph->nodes[layer].slopes = slopes;
    }
    *changed = true;
  }
  clear (&affine);
  return done;
}

/* Nothing is added around the input: then what comes before may be shifted. */
static bool
has_no_padding (const CnnNode *node)
{
  const CnnSpatialWindow *window = &node->parameters.window;
  if (node->op->kind == CNN_OPERATOR_GEMM)
    return true;
  if (node->op->kind != CNN_OPERATOR_CONVOLUTION)
    return false;
  for (int i = 0; i < CNN_MAX_SPATIAL; i++)
    if (window->pad_before[i] != 0 || window->pad_after[i] != 0)
      return false;
  return window->auto_pad == CNN_AUTO_PAD_NONE || window->auto_pad == CNN_AUTO_PAD_VALID;
}

static bool
shifts_nothing (const Affine *affine)
{
  for (int64_t c = 0; c < affine->channels; c++)
    if (affine->shift[c] != 0)
      return false;
  return true;
}

bool
cnn_rule_affine_before (CnnGraph *graph, int index, bool *changed)
{
  CnnNode *node = &graph->nodes[index];
  Affine affine;
  Weights weights;
  bool match, done = true;
  if (!get_weights (graph, node, &weights) || node->inputs[0] == CNN_NO_VALUE)
    return true;
  const int before = graph->values[node->inputs[0]].producer;
  if (before == CNN_NO_NODE || graph->nodes[before].is_removed ||
      graph->nodes[before].activation.function != CNN_UNARY_NONE ||
      cnn_graph_only_user (graph, node->inputs[0]) != index)
    return true;
  if (!match_affine (graph, &graph->nodes[before], &affine, &match))
    return false;
  if (!match)
    return true;
  const bool scaling = node->op->kind == CNN_OPERATOR_CONVOLUTION && shifts_nothing (&affine);
  if ((has_no_padding (node) || scaling) && affine.channels == weights.inputs * weights.groups) {
    done = rewrite (graph, index, &weights, affine.scale, affine.shift, NULL, NULL);
    graph->nodes[index].inputs[0] = affine.input;
    cnn_graph_remove_node (graph, before);
    *changed = true;
  }
  clear (&affine);
  return done;
}

/* The node becomes a batch normalization with these numbers. */
static bool
become_normalization (CnnGraph *graph, int index, const Affine *affine)
{
  const CnnDims dims = {1, {affine->channels}};
  int inputs[5] = {affine->input};
  for (int i = 1; i < 5; i++) {
    CnnTensor *vector;
    inputs[i] = cnn_add_floats (graph, graph->nodes[index].name, &dims, &vector);
    if (inputs[i] < 0)
      return false;
    for (int64_t c = 0; c < affine->channels; c++)
      vector->floats[c] = (float)(i == 1 ? affine->scale[c] : i == 2 ? affine->shift[c] : i == 4);
  }
  CnnNode *node = &graph->nodes[index];
  node->op = cnn_operator_find ("BatchNormalization", CNN_LAST_OPSET);
  node->parameters.normalization.epsilon = 0;
  return cnn_node_set_inputs (node, 5, inputs);
}

bool
cnn_rule_merge_affine (CnnGraph *graph, int index, bool *changed)
{
  Affine second, first;
  bool match, matches_first = false, done;
  if (graph->nodes[index].op->kind == CNN_OPERATOR_UNARY)
    return true; /* A number alone: another rule's. */
  if (!match_affine (graph, &graph->nodes[index], &second, &match))
    return false;
  if (!match)
    return true;
  const int before = graph->values[second.input].producer;
  const bool alone = before != CNN_NO_NODE && !graph->nodes[before].is_removed &&
                     graph->nodes[before].activation.function == CNN_UNARY_NONE &&
                     cnn_graph_only_user (graph, second.input) == index;
  done = !alone || match_affine (graph, &graph->nodes[before], &first, &matches_first);
  if (matches_first) {
    for (int64_t c = 0; c < second.channels; c++) {
      second.shift[c] += second.scale[c] * first.shift[c];
      second.scale[c] *= first.scale[c];
    }
    second.input = first.input;
    done = become_normalization (graph, index, &second);
    cnn_graph_remove_node (graph, before);
    clear (&first);
    *changed = true;
  }
  clear (&second);
  return done;
}
