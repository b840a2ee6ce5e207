/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: windows over the spatial dimensions of N x C x ... tensors, always as three: a tensor of two
 * has one depth of 1 in front of its rows and columns, one of one has one row as well. */
#ifndef CNN_SPATIAL_H
#define CNN_SPATIAL_H

#include "operators.h"

/* A window that an input size has made definite. */
typedef struct {
  int rank; /* spatial dimensions of the tensor, 1 to CNN_MAX_SPATIAL */
  int64_t batch, channels;
  int64_t in[CNN_MAX_SPATIAL], out[CNN_MAX_SPATIAL];
  int64_t kernel[CNN_MAX_SPATIAL], stride[CNN_MAX_SPATIAL], dilation[CNN_MAX_SPATIAL];
  int64_t pad_before[CNN_MAX_SPATIAL], pad_after[CNN_MAX_SPATIAL];
} CnnResolvedWindow;

void cnn_read_window (CnnNodeReader *reader, CnnSpatialWindow *window);
void cnn_read_transposed_window (CnnNodeReader *reader, CnnSpatialWindow *window);

/* For an input N x C x ...; `weights`, if not NULL, are O x I x ... and say the kernel. */
bool cnn_window_resolve (const CnnSpatialWindow *window, const CnnDims *input,
    const CnnDims *weights, CnnResolvedWindow *resolved, CnnError *error);
/* The same for a transposed convolution, whose padding is taken off the output. */
bool cnn_window_resolve_transposed (const CnnSpatialWindow *window, const CnnDims *input,
    const CnnDims *weights, CnnResolvedWindow *resolved, CnnError *error);
/* N x channels x out. */
CnnDims cnn_resolved_output (const CnnResolvedWindow *resolved, int64_t channels);

#endif
