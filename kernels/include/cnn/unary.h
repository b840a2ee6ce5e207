/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer of one function, beyond those that layers apply to their own results (<cnn/activation.h>). */
#ifndef CNN_UNARY_H
#define CNN_UNARY_H

#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

typedef enum {
  CNN_UNARY_EXP,
  CNN_UNARY_SQRT, /* NaN below 0 */
  CNN_UNARY_SQUARE,
  CNN_UNARY_POWER,        /* x^a, as powf () */
  CNN_UNARY_CLIP,         /* min (max (x, a), b) */
  CNN_UNARY_HARD_SIGMOID, /* min (max (a * x + b, 0), 1) */
  CNN_UNARY_SOFTMAX,      /* over the channels of each pixel */
} CnnUnary;

typedef struct {
  CnnShape input; /* and the output's */
  CnnFormat input_format, output_format;
  CnnNormalization normalization; /* of integer input */
  CnnUnary function;
  float a, b;
} CnnUnaryDesc;

/* NULL with a sentence when the shape is none, a clip's minimum lies above its maximum or memory is short. */
CNN_API CnnLayer *
cnn_unary_new (const CnnContext *context, const CnnUnaryDesc *desc, CnnError *error);

CNN_END_DECLARATIONS

#endif
