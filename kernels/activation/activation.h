/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_ACTIVATION_KERNEL_H
#define CNN_ACTIVATION_KERNEL_H

#include "cpu/kernel.h"
#include "cnn/activation.h"

/* out[i][c] = activation (in[i][c]) for count pixels of `channels`; a row of one plane is channels
 * = 1. `out` may be `in`, except for CRELU: there `out` has 2 * channels a pixel and does not
 * overlap `in`. `alpha` as in CnnConv2dDesc: n_alpha is 1 or `channels`, never NULL here. */
typedef void CnnActivationFunc (CnnActivation activation, const float *alpha, int n_alpha,
    const float *in, int count, int channels, float *out);

CnnActivationFunc cnn_activation_c;

#endif
