/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of one number: activations, roots, roundings. */
#include "families.h"
#include "helpers.h"

#include <math.h>

static float
sigmoid (float x)
{
  return 1.0F / (1.0F + expf (-x));
}

/* Exact also where exp (x) would overflow. */
static float
softplus (float x)
{
  return fmaxf (x, 0.0F) + log1pf (expf (-fabsf (x)));
}

static float
clip (float x, float least, float most)
{
  const float above = x < least ? least : x;
  return above > most ? most : above;
}

static float
gelu_tanh (float x)
{
  const float root = 0.7978845608F; /* sqrt (2 / pi) */
  return 0.5F * x * (1.0F + tanhf (root * (x + 0.044715F * x * x * x)));
}

static float
shrink (float x, float lambda, float bias)
{
  return x < -lambda ? x + bias : x > lambda ? x - bias : 0.0F;
}

float
cnn_unary_apply (const CnnUnary *unary, float x)
{
  const float alpha = unary->alpha, beta = unary->beta;
  switch (unary->function) {
  case CNN_UNARY_NONE:
  case CNN_UNARY_PRELU: /* which needs to know the channel */
    return x;
  case CNN_UNARY_RELU:
    return x < 0.0F ? 0.0F : x;
  case CNN_UNARY_LEAKY_RELU:
    return x < 0.0F ? alpha * x : x;
  case CNN_UNARY_ELU:
    return x < 0.0F ? alpha * expm1f (x) : x;
  case CNN_UNARY_SELU:
    return beta * (x > 0.0F ? x : alpha * expm1f (x));
  case CNN_UNARY_CELU:
    return x > 0.0F ? x : alpha * expm1f (x / alpha);
  case CNN_UNARY_CLIP:
    return clip (x, alpha, beta);
  case CNN_UNARY_SIGMOID:
    return sigmoid (x);
  case CNN_UNARY_HARD_SIGMOID:
    return clip (alpha * x + beta, 0.0F, 1.0F);
  case CNN_UNARY_HARD_SWISH:
    return x * clip (x / 6.0F + 0.5F, 0.0F, 1.0F);
  case CNN_UNARY_SILU:
    return x * sigmoid (alpha * x);
  case CNN_UNARY_TANH:
    return tanhf (x);
  case CNN_UNARY_SOFTPLUS:
    return softplus (x);
  case CNN_UNARY_SOFTSIGN:
    return x / (1.0F + fabsf (x));
  case CNN_UNARY_MISH:
    return x * tanhf (softplus (x));
  case CNN_UNARY_GELU:
    return 0.5F * x * (1.0F + erff (x * 0.7071067812F));
  case CNN_UNARY_GELU_TANH:
    return gelu_tanh (x);
  case CNN_UNARY_THRESHOLDED_RELU:
    return x > alpha ? x : 0.0F;
  case CNN_UNARY_SHRINK:
    return shrink (x, alpha, beta);
  case CNN_UNARY_EXP:
    return expf (x);
  case CNN_UNARY_LOG:
    return logf (x);
  case CNN_UNARY_SQRT:
    return sqrtf (x);
  case CNN_UNARY_ABS:
    return fabsf (x);
  case CNN_UNARY_NEG:
    return -x;
  case CNN_UNARY_RECIPROCAL:
    return 1.0F / x;
  case CNN_UNARY_ERF:
    return erff (x);
  case CNN_UNARY_SIGN:
    return x > 0.0F ? 1.0F : x < 0.0F ? -1.0F : x;
  case CNN_UNARY_FLOOR:
    return floorf (x);
  case CNN_UNARY_CEIL:
    return ceilf (x);
  case CNN_UNARY_ROUND:
    return nearbyintf (x);
  case CNN_UNARY_SIN:
    return sinf (x);
  case CNN_UNARY_COS:
    return cosf (x);
  case CNN_UNARY_NOT:
    return x == 0.0F;
  case CNN_UNARY_POWER:
    return powf (x, alpha);
  case CNN_UNARY_AFFINE:
    return alpha * x + beta;
  }
  return x;
}

static int64_t
apply_to_integer (const CnnUnary *unary, int64_t x)
{
  switch (unary->function) {
  case CNN_UNARY_ABS:
    return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
  case CNN_UNARY_NEG:
    return (int64_t)(0 - (uint64_t)x);
  case CNN_UNARY_SIGN:
    return (x > 0) - (x < 0);
  case CNN_UNARY_NOT:
    return x == 0;
  case CNN_UNARY_RELU:
    return x < 0 ? 0 : x;
  default:
    return x;
  }
}

static bool
takes_integers (CnnUnaryFunction function)
{
  return function == CNN_UNARY_ABS || function == CNN_UNARY_NEG || function == CNN_UNARY_SIGN ||
         function == CNN_UNARY_NOT || function == CNN_UNARY_RELU;
}

void
cnn_read_unary (CnnNodeReader *reader, CnnNode *node)
{
  static const char *const approximations[] = {"none", "tanh", NULL};
  CnnUnary unary = {.function = (CnnUnaryFunction)node->op->function};
  switch (unary.function) {
  case CNN_UNARY_LEAKY_RELU:
    unary.alpha = cnn_read_number (reader, "alpha", 0.01F);
    break;
  case CNN_UNARY_ELU:
  case CNN_UNARY_CELU:
  case CNN_UNARY_THRESHOLDED_RELU:
    unary.alpha = cnn_read_number (reader, "alpha", 1.0F);
    break;
  case CNN_UNARY_SELU:
    unary.alpha = cnn_read_number (reader, "alpha", 1.67326319217681884765625F);
    unary.beta = cnn_read_number (reader, "gamma", 1.05070102214813232421875F);
    break;
  case CNN_UNARY_HARD_SIGMOID:
    unary.alpha = cnn_read_number (reader, "alpha", 0.2F);
    unary.beta = cnn_read_number (reader, "beta", 0.5F);
    break;
  case CNN_UNARY_SHRINK:
    unary.alpha = cnn_read_number (reader, "lambd", 0.5F);
    unary.beta = cnn_read_number (reader, "bias", 0.0F);
    break;
  case CNN_UNARY_GELU:
    if (cnn_read_word (reader, "approximate", approximations, 0) == 1)
      unary.function = CNN_UNARY_GELU_TANH;
    break;
  default:
    break;
  }
  if (unary.function == CNN_UNARY_CELU && unary.alpha == 0.0F)
    cnn_reader_refuse (reader, "alpha is 0");
  node->parameters.unary = unary;
}

bool
cnn_shape_unary (const CnnOperation *operation, CnnError *error)
{
  const CnnUnaryFunction function = operation->node->parameters.unary.function;
  return (takes_integers (function) || cnn_operation_needs_floats (operation, 0, error)) &&
         cnn_shape_same (operation, error);
}

bool
cnn_run_unary (const CnnOperation *operation, CnnError *error)
{
  const CnnUnary *unary = &operation->node->parameters.unary;
  const CnnTensor *in = operation->in[0];
  CnnTensor *out = operation->out[0];
  for (int64_t i = 0; in->floats && i < in->count; i++)
    out->floats[i] = cnn_unary_apply (unary, in->floats[i]);
  for (int64_t i = 0; in->integers && i < in->count; i++)
    out->integers[i] = apply_to_integer (unary, in->integers[i]);
  return true;
}

/* --- Clip: its bounds are inputs since opset 11 --------------------------------------------------- */

void
cnn_read_clip (CnnNodeReader *reader, CnnNode *node)
{
  if (cnn_reader_opset (reader) >= 11)
    return;
  cnn_read_number_as_input (reader, "min", -INFINITY, 1);
  cnn_read_number_as_input (reader, "max", INFINITY, 2);
}

bool
cnn_clip_bounds (const CnnOperation *operation, CnnUnary *unary, CnnError *error)
{
  *unary = (CnnUnary){CNN_UNARY_CLIP, -INFINITY, INFINITY};
  for (int i = 1; i <= 2; i++) {
    const CnnTensor *bound = cnn_operation_in (operation, i);
    if (bound && (!cnn_tensor_has_data (bound) || bound->count != 1))
      return cnn_error_set (
          error, "its %s has to be a constant of one number", i == 1 ? "min" : "max");
    if (bound && i == 1)
      unary->alpha = (float)cnn_tensor_number (bound, 0);
    else if (bound)
      unary->beta = (float)cnn_tensor_number (bound, 0);
  }
  return true;
}

bool
cnn_shape_clip (const CnnOperation *operation, CnnError *error)
{
  CnnUnary unary;
  return cnn_clip_bounds (operation, &unary, error) && cnn_shape_same (operation, error);
}

bool
cnn_run_clip (const CnnOperation *operation, CnnError *error)
{
  CnnUnary unary;
  const CnnTensor *in = operation->in[0], *least = cnn_operation_in (operation, 1);
  const CnnTensor *most = cnn_operation_in (operation, 2);
  if (!cnn_clip_bounds (operation, &unary, error))
    return false;
  for (int64_t i = 0; in->floats && i < in->count; i++)
    operation->out[0]->floats[i] = cnn_unary_apply (&unary, in->floats[i]);
  for (int64_t i = 0; in->integers && i < in->count; i++) {
    int64_t x = in->integers[i];
    if (least && least->integers && x < least->integers[0])
      x = least->integers[0];
    if (most && most->integers && x > most->integers[0])
      x = most->integers[0];
    operation->out[0]->integers[i] = x;
  }
  return true;
}
