/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of lowering does: activations of layers, and steps. */
#include "lower-private.h"

#include "../rules/match.h"
#include "functions.h"

/* --- Activations ---------------------------------------------------------------------------------- */

/* The kernels' activation that is this function; NONE with *matches false when there is none. */
CnnActivation
cnn_lower_find_activation (const CnnUnary *unary, bool *matches)
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

CnnLowerActivation
cnn_lower_activation_of (const CnnNode *node)
{
  bool matches;
  CnnLowerActivation found = {
      .activation = cnn_lower_find_activation (&node->activation, &matches)};
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
bool
cnn_lower_add_layer (
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
bool
cnn_lower_add_unary (CnnPlan *plan, int index, const CnnUnary *unary, int value, const CnnPlace *in,
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
bool
cnn_lower_finish (
    CnnPlan *plan, int index, const CnnLowerActivation *activation, const CnnPlace *out)
{
  const CnnNode *node = &plan->graph->nodes[index];
  plan->places[node->outputs[0]] = *out;
  return !activation->apart ||
         cnn_lower_add_unary (plan, index, &node->activation, node->outputs[0], out, out);
}
