/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_DEINTERLEAVE_H
#define CNN_DEINTERLEAVE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* planes[c * plane_stride + p] = pixels[p * channels + c], p in [0, n_pixels), c in [0, channels).
 */
typedef void CnnDeinterleaveFunc (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride);

CnnDeinterleaveFunc cnn_deinterleave_c;

#endif
