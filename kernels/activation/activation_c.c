/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "activation/activation.h"

#include <math.h>

/* Comparisons are written so that NaN stays NaN. */
static float
at_least (float x, float low)
{
  return x < low ? low : x;
}

static float
at_most (float x, float high)
{
  return x > high ? high : x;
}

static float
sigmoid (float x)
{
  return 1 / (1 + expf (-x));
}

static float
hard_sigmoid (float x)
{
  return at_most (at_least (x + 3, 0), 6) / 6;
}

static float
activate (CnnActivation activation, float alpha, float x)
{
  switch (activation) {
  case CNN_ACTIVATION_RELU:
  case CNN_ACTIVATION_CRELU:
    return at_least (x, 0);
  case CNN_ACTIVATION_RELU6:
    return at_most (at_least (x, 0), 6);
  case CNN_ACTIVATION_LEAKY_RELU:
  case CNN_ACTIVATION_PRELU:
    return x < 0 ? alpha * x : x;
  case CNN_ACTIVATION_ELU:
    return x < 0 ? alpha * expm1f (x) : x;
  case CNN_ACTIVATION_SIGMOID:
    return sigmoid (x);
  case CNN_ACTIVATION_TANH:
    return tanhf (x);
  case CNN_ACTIVATION_SILU:
    return x * sigmoid (x);
  case CNN_ACTIVATION_HARD_SIGMOID:
    return hard_sigmoid (x);
  case CNN_ACTIVATION_HARD_SWISH:
    return x * hard_sigmoid (x);
  case CNN_ACTIVATION_GELU:
    return x / 2 * (1 + erff (x * 0.70710678f));
  case CNN_ACTIVATION_ABS:
    return fabsf (x);
  case CNN_ACTIVATION_NONE:
    break;
  }
  return x;
}

void
cnn_activation_c (CnnActivation activation, const float *alpha, int n_alpha, const float *in,
    int count, int channels, float *out)
{
  const int out_channels = cnn_activation_channels (activation, channels);
  for (int i = 0; i < count; i++, in += channels, out += out_channels)
    for (int c = 0; c < channels; c++) {
      if (activation == CNN_ACTIVATION_CRELU)
        out[channels + c] = at_least (-in[c], 0);
      out[c] = activate (activation, alpha[n_alpha > 1 ? c : 0], in[c]);
    }
}
