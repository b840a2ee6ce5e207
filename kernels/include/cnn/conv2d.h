/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 2-D cross-correlation, torch.nn.Conv2d:
 *
 *     out[n,y,x,o] = activation (bias[o] + sum over i,ky,kx of weights[o,i,ky,kx] *
 *         in[n, y*stride + ky*dilation - top, x*stride + kx*dilation - left, g*I + i])
 *
 * with I = c / groups and g the group of output channel o. */
#ifndef CNN_CONV2D_H
#define CNN_CONV2D_H

#include "cnn/api.h"
#include "cnn/activation.h"
#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

typedef struct {
  CnnShape input;
  CnnFormat input_format, output_format;
  CnnNormalization normalization;
  CnnWindow window;     /* rule EXPLICIT or SAME */
  int out_channels;     /* before the activation; CRELU doubles them */
  int groups;           /* divides input.c and out_channels */
  const float *weights; /* out_channels x input.c/groups x rows.kernel x columns.kernel */
  const float *bias;    /* out_channels values, or NULL for zeros */
  CnnActivation activation;
  const float *alpha; /* slopes; n_alpha is 1 or, for PRELU, out_channels; NULL means 0.01 */
  int n_alpha;
} CnnConv2dDesc;

/* Copies what it needs of the description. NULL with a sentence in `error` when the description is
 * impossible or memory is short. */
CNN_API CnnLayer *
cnn_conv2d_new (const CnnContext *context, const CnnConv2dDesc *desc, CnnError *error);

CNN_END_DECLARATIONS

#endif
