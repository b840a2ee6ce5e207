/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples in: images to floats. */
#ifndef CNN_LOAD_H
#define CNN_LOAD_H

#include "cpu/kernel.h"
#include "cnn/image.h"
#include "cnn/layer.h"

#include <stddef.h>

/* Row (n, y), columns [x0, x0 + count) of an image of any sample type, strides and planes, as
 * floats row[count][c]. Integer samples become sample * scale[c] + offset[c] (product and sum
 * rounded separately; NULL arrays mean 1 and 0), floats are copied. */
typedef void CnnLoadInterleavedFunc (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *row);

/* The same, channel c at planes + c * plane_stride (in floats). */
typedef void CnnLoadPlanarFunc (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride);

CnnLoadInterleavedFunc cnn_load_interleaved_c;
CnnLoadPlanarFunc cnn_load_planar_c;

#endif
