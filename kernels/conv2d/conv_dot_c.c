/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_dot.h"

void
cnn_conv_dot_c (const CnnConvDot *dot)
{
  for (int p = 0; p < dot->count; p++) {
    const float *weights = dot->weights;
    for (int o = 0; o < dot->outputs; o++) {
      float sum = dot->bias[o];
      for (int t = 0; t < dot->n_taps; t++, weights += dot->run_floats) {
        const float *in = dot->taps[t] + p * dot->pixel_stride;
        for (int i = 0; i < dot->run; i++)
          sum += in[i] * weights[i];
      }
      sum = sum < dot->low ? dot->low : sum;
      dot->out[p * dot->out_stride + o] = sum > dot->high ? dot->high : sum;
    }
  }
}
