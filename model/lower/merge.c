/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arithmetic of several inputs, Concat, and functions of one number. */
#include "lower-private.h"

#include "../operators/helpers.h"

#include <cnn/memory.h>
#include <cnn/merge.h>

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
    const CnnLowerActivation *activation, bool *done)
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
      kept = cnn_lower_finish (plan, index, activation, &out);
      *done = true;
    } else {
      cnn_layer_free (layer);
    }
  }
  cnn_free (places);
  cnn_free (branches);
  return kept;
}

bool
cnn_lower_binary (CnnPlan *plan, int index, bool *done)
{
  static const struct {
    CnnBinaryFunction function;
    CnnMergeMode mode;
  } modes[] = {{CNN_BINARY_ADD, CNN_MERGE_ADD}, {CNN_BINARY_SUB, CNN_MERGE_SUBTRACT},
      {CNN_BINARY_MUL, CNN_MERGE_MULTIPLY}, {CNN_BINARY_DIV, CNN_MERGE_DIVIDE},
      {CNN_BINARY_MAX, CNN_MERGE_MAXIMUM}, {CNN_BINARY_MIN, CNN_MERGE_MINIMUM},
      {CNN_BINARY_MEAN, CNN_MERGE_AVERAGE}};
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
  CnnShape shape;
  if (node->n_inputs > CNN_MAX_BRANCHES ||
      !cnn_image_shape (&plan->graph->values[node->outputs[0]].dims, &shape))
    return true;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (modes[i].function == node->parameters.binary)
      return add_merge (plan, index, modes[i].mode, CNN_AXIS_CHANNELS, &activation, done);
  return true;
}

bool
cnn_lower_concat (CnnPlan *plan, int index, bool *done)
{
  static const CnnMergeAxis axes[] = {0, CNN_AXIS_CHANNELS, CNN_AXIS_ROWS, CNN_AXIS_COLUMNS};
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnLowerActivation activation = cnn_lower_activation_of (node);
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
  const CnnPlace from = cnn_place_vectors (&plan->places[node->inputs[0]], &out->dims);
  const CnnPlace to = cnn_place_vectors (&plain, &out->dims);
  if (!from.is_image || !to.is_image)
    return true;
  plan->places[node->outputs[0]] = plain;
  *done = true;
  return cnn_lower_add_unary (plan, index, &node->parameters.unary, node->inputs[0], &from, &to);
}

bool
cnn_lower_unary (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  bool matches;
  const CnnUnary *unary = &node->parameters.unary;
  CnnLowerActivation activation = {
      .activation = cnn_lower_find_activation (unary, &matches), .alpha = &unary->alpha};
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
  return cnn_lower_add_unary (plan, index, unary, node->inputs[0], in, &out);
}
