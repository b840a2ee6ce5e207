/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activation functions, with the definitions and constants of torch.nn. */
#ifndef CNN_ACTIVATION_H
#define CNN_ACTIVATION_H

#include "cnn/api.h"

CNN_BEGIN_DECLARATIONS

typedef enum {
  CNN_ACTIVATION_NONE,
  CNN_ACTIVATION_RELU,       /* max (x, 0), NaN stays NaN */
  CNN_ACTIVATION_RELU6,      /* min (max (x, 0), 6) */
  CNN_ACTIVATION_LEAKY_RELU, /* x < 0 ? alpha[0] * x : x */
  CNN_ACTIVATION_PRELU,      /* x < 0 ? alpha[channel] * x : x; one alpha serves all channels */
  CNN_ACTIVATION_CRELU,      /* relu (x) then relu (-x): channels double */
  CNN_ACTIVATION_ELU,        /* x < 0 ? alpha[0] * (exp (x) - 1) : x */
  CNN_ACTIVATION_SIGMOID,    /* 1 / (1 + exp (-x)) */
  CNN_ACTIVATION_TANH,
  CNN_ACTIVATION_SILU,         /* x * sigmoid (x) */
  CNN_ACTIVATION_HARD_SIGMOID, /* min (max (x + 3, 0), 6) / 6 */
  CNN_ACTIVATION_HARD_SWISH,   /* x * hard_sigmoid (x) */
  CNN_ACTIVATION_GELU,         /* x / 2 * (1 + erf (x / sqrt (2))) */
  CNN_ACTIVATION_ABS,
} CnnActivation;

/* Channels after the activation: twice as many for CRELU. */
static inline int
cnn_activation_channels (CnnActivation activation, int channels)
{
  return activation == CNN_ACTIVATION_CRELU ? 2 * channels : channels;
}

CNN_END_DECLARATIONS

#endif
