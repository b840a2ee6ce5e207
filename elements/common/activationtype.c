/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/activationtype.h"

#include "common/enumwords.h"

GType
gst_cnn_activation_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_ACTIVATION_NONE, "No activation", "none"},
      {CNN_ACTIVATION_RELU, "max (x, 0)", "relu"},
      {CNN_ACTIVATION_RELU6, "min (max (x, 0), 6)", "relu6"},
      {CNN_ACTIVATION_LEAKY_RELU, "x, or alpha * x below 0", "leaky-relu"},
      {CNN_ACTIVATION_PRELU, "x, or alpha[channel] * x below 0", "prelu"},
      {CNN_ACTIVATION_CRELU, "relu (x) then relu (-x): doubles the channels", "crelu"},
      {CNN_ACTIVATION_ELU, "x, or alpha * (exp (x) - 1) below 0", "elu"},
      {CNN_ACTIVATION_SIGMOID, "1 / (1 + exp (-x))", "sigmoid"},
      {CNN_ACTIVATION_TANH, "tanh (x)", "tanh"},
      {CNN_ACTIVATION_SILU, "x * sigmoid (x)", "silu"},
      {CNN_ACTIVATION_HARD_SIGMOID, "min (max (x + 3, 0), 6) / 6", "hard-sigmoid"},
      {CNN_ACTIVATION_HARD_SWISH, "x * hard-sigmoid (x)", "hard-swish"},
      {CNN_ACTIVATION_GELU, "x / 2 * (1 + erf (x / sqrt (2)))", "gelu"},
      {CNN_ACTIVATION_ABS, "Absolute value", "abs"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"linear", CNN_ACTIVATION_NONE},
      {"identity", CNN_ACTIVATION_NONE},
      {"rectifier", CNN_ACTIVATION_RELU},
      {"lrelu", CNN_ACTIVATION_LEAKY_RELU},
      {"leaky", CNN_ACTIVATION_LEAKY_RELU},
      {"logistic", CNN_ACTIVATION_SIGMOID},
      {"swish", CNN_ACTIVATION_SILU},
      {"hsigmoid", CNN_ACTIVATION_HARD_SIGMOID},
      {"hswish", CNN_ACTIVATION_HARD_SWISH},
      {"absolute", CNN_ACTIVATION_ABS},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnActivation", values, aliases));
  return type;
}
