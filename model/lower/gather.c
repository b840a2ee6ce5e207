/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that choose rows, columns and channels: padding, channel shuffle, Gather, Slice where it is no view, nearest
 * resizing by any factor. */
#include "../operators/helpers.h"
#include "../rules/match.h"
#include "lower-private.h"

#include <cnn/gather.h>
#include <cnn/memory.h>

/* For each of channels, rows, columns of the output (dimensions 1, 2, 3) its place in the input; -1: filled. */
typedef struct {
  int *places[4];
  float fill;
} Choice;

static void
choice_clear (Choice *choice)
{
  for (int i = 1; i < 4; i++)
    cnn_free (choice->places[i]);
}

/* Index k takes index k. False when memory is short. */
static bool
choice_new (Choice *choice, const CnnDims *out)
{
  *choice = (Choice){.fill = 0};
  for (int i = 1; i < 4; i++) {
    choice->places[i] = cnn_alloc ((size_t)out->size[i], sizeof (int));
    if (!choice->places[i]) {
      choice_clear (choice);
      return false;
    }
    for (int64_t k = 0; k < out->size[i]; k++)
      choice->places[i][k] = (int)k;
  }
  return true;
}

/* Each sets the places that differ; false when the node is not one that chooses. */
typedef bool
ChooseFunction (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice);

static bool
choose_padding (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice)
{
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
  CnnAsked asked;
  const int value = cnn_node_input (node, 2);
  if (!cnn_ask (graph, node, &asked) ||
      (value != CNN_NO_VALUE && !cnn_match_scalar (graph, value, &choice->fill)) ||
      !cnn_pad_resolve (&asked.operation, before, after, NULL) || before[0] || after[0])
    return false;
  for (int i = 1; i < 4; i++)
    for (int64_t k = 0; k < out->size[i]; k++)
      choice->places[i][k] =
          (int)cnn_pad_source (node->parameters.pad, k - before[i], asked.in[0]->dims.size[i]);
  return true;
}

static bool
choose_shuffle (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice)
{
  cnn_gather_shuffle ((int)node->parameters.shuffle.groups, (int)out->size[1], choice->places[1]);
  return true;
}

static bool
choose_slice (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice)
{
  CnnSliceAxis axes[CNN_MAX_RANK];
  CnnAsked asked;
  if (!cnn_ask (graph, node, &asked) || !cnn_slice_resolve (&asked.operation, axes, NULL) ||
      axes[0].start != 0 || axes[0].step != 1 || axes[0].count != asked.in[0]->dims.size[0])
    return false;
  for (int i = 1; i < 4; i++)
    for (int64_t k = 0; k < out->size[i]; k++)
      choice->places[i][k] = (int)(axes[i].start + k * axes[i].step);
  return true;
}

static bool
choose_gather (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice)
{
  const CnnTensor *indices = cnn_graph_constant (graph, node->inputs[1]);
  int axis;
  if (!indices || indices->dims.rank != 1 ||
      !cnn_axis_resolve_index (node->parameters.axis.axis, 4, &axis, NULL) || axis == 0)
    return false;
  const int64_t size = graph->values[node->inputs[0]].dims.size[axis];
  for (int64_t k = 0; k < indices->count; k++) {
    const int64_t index = indices->integers[k] + (indices->integers[k] < 0 ? size : 0);
    if (index < 0 || index >= size)
      return false;
    choice->places[axis][k] = (int)index;
  }
  return true;
}

static bool
choose_nearest (const CnnGraph *graph, const CnnNode *node, const CnnDims *out, Choice *choice)
{
  CnnResizedAxis axes[CNN_MAX_RANK];
  CnnResizeTaps taps;
  CnnAsked asked;
  if (node->parameters.resize.mode != CNN_RESIZE_NEAREST ||
      node->parameters.resize.coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE ||
      !cnn_ask (graph, node, &asked) || !cnn_resize_resolve (&asked.operation, axes, NULL) ||
      axes[0].in != axes[0].out)
    return false;
  for (int i = 1; i < 4; i++) {
    if (!cnn_resize_taps (&node->parameters.resize, &axes[i], &taps, NULL))
      return false;
    for (int64_t k = 0; k < out->size[i]; k++)
      choice->places[i][k] = taps.index[k];
    cnn_resize_taps_clear (&taps);
  }
  return true;
}

/* The layer, or NULL when there is none. */
static CnnLayer *
make_layer (const CnnPlan *plan, const CnnNode *node, const CnnPlace *in, const CnnPlace *out,
    const Choice *choice)
{
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  const CnnGatherDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out->image),
      .output = out->image.shape,
      .rows = choice->places[2],
      .columns = choice->places[3],
      .channels = choice->places[1],
      .fill = choice->fill,
      .activation = activation.activation,
      .alpha = activation.alpha,
      .n_alpha = activation.n_alpha,
  };
  return cnn_gather_new (plan->context, &desc, NULL);
}

static bool
lower_choice (CnnPlan *plan, int index, ChooseFunction *choose, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnDims *dims = &plan->graph->values[node->outputs[0]].dims;
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  CnnShape shape;
  Choice choice;
  if (!in->is_image || !cnn_image_shape (dims, &shape))
    return true;
  if (!choice_new (&choice, dims))
    return false;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  CnnLayer *layer =
      choose (plan->graph, node, dims, &choice) ? make_layer (plan, node, in, &out, &choice) : NULL;
  choice_clear (&choice);
  return cnn_lower_add_layer (plan, index, layer, in, &out, done) &&
         (!*done || cnn_lower_finish (plan, index, &activation, &out));
}

bool
cnn_lower_pad (CnnPlan *plan, int index, bool *done)
{
  return lower_choice (plan, index, choose_padding, done);
}

bool
cnn_lower_shuffle (CnnPlan *plan, int index, bool *done)
{
  return lower_choice (plan, index, choose_shuffle, done);
}

bool
cnn_lower_slice (CnnPlan *plan, int index, bool *done)
{
  return lower_choice (plan, index, choose_slice, done);
}

bool
cnn_lower_gather (CnnPlan *plan, int index, bool *done)
{
  return lower_choice (plan, index, choose_gather, done);
}

bool
cnn_lower_nearest (CnnPlan *plan, int index, bool *done)
{
  return lower_choice (plan, index, choose_nearest, done);
}
