/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples out: floats to images. */
#ifndef CNN_STORE_H
#define CNN_STORE_H

#include "cpu/kernel.h"
#include "cnn/image.h"

#include <stddef.h>

/* Floats row[count][c] to row (n, y), columns [x0, x0 + count) of an image of any layout: floats as
 * they are, bytes clamp (255 * v rounded to nearest, ties to even, 0, 255) with NaN giving 0, and
 * the padding bytes of a pixel 255. */
typedef void
CnnStoreInterleavedFunc (const float *row, const CnnImage *image, int n, int y, int x0, int count);

/* The same from channel c at planes + c * plane_stride (in floats). */
typedef void CnnStorePlanarFunc (const float *planes, size_t plane_stride, const CnnImage *image,
    int n, int y, int x0, int count);

CnnStoreInterleavedFunc cnn_store_interleaved_c;
CnnStorePlanarFunc cnn_store_planar_c;

#endif
