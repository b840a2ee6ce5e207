/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer that computes nothing: rows, columns and channels of the input, chosen and put in order. Slices, padding,
 * cropping, flips and channel shuffles are such choices. */
#ifndef CNN_GATHER_H
#define CNN_GATHER_H

#include "cnn/activation.h"
#include "cnn/layer.h"
#include "cnn/shape-rules.h"

CNN_BEGIN_DECLARATIONS

typedef struct {
  CnnShape input;
  CnnFormat input_format, output_format;
  CnnNormalization normalization; /* of integer input */
  CnnShape output;                /* before the activation; n is the input's */
  /* For each row, column and channel of the output its place in the input, or -1 for the fill value. NULL: the
   * same place, and as many as the input has. Copied. */
  const int *rows, *columns, *channels;
  float fill;
  CnnActivation activation; /* applied to all of the output */
  const float *alpha;       /* as in CnnConv2dDesc */
  int n_alpha;
} CnnGatherDesc;

/* NULL with a sentence when a place is outside the input, the shapes do not fit or memory is short. */
CNN_API CnnLayer *
cnn_gather_new (const CnnContext *context, const CnnGatherDesc *desc, CnnError *error);

/* Fills in the places of one axis: `places` has room for the rule's output of `size` inputs, which is not 0. */
CNN_API void cnn_gather_slice (const CnnSlice *slice, int size, int *places);
CNN_API void cnn_gather_pad (const CnnPadAxis *pad, int size, int *places);
/* torch.nn.ChannelShuffle: the first channel of every group, then the second ... `groups` divides `channels`. */
CNN_API void cnn_gather_shuffle (int groups, int channels, int *places);

CNN_END_DECLARATIONS

#endif
