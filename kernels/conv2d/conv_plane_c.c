/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv_plane.h"

void
cnn_conv_plane_c (const CnnConvPlane *plane)
{
  for (int o = 0; o < plane->outputs; o++) {
    for (int x = 0; x < plane->count; x++) {
      float sum = plane->bias[o];
      for (int t = 0; t < plane->n_taps; t++)
        sum += plane->taps[t][x] * plane->weights[t * plane->outputs + o];
      sum = sum < plane->low ? plane->low : sum;
      plane->out[o * plane->plane_stride + x * plane->pixel_stride] =
          sum > plane->high ? plane->high : sum;
    }
  }
}
