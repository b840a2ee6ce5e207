/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer's result, scaled and shifted, blended with the layer's input: what fades a layer in and
 * out. */
#ifndef CNN_BLEND_H
#define CNN_BLEND_H

#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

typedef struct {
  CnnShape shape;   /* of the result and of the output */
  CnnLayout layout; /* of the result, whose samples are CNN_SAMPLE_FLOAT32 */
  CnnShape input;   /* of the layer's input: strengths below 1 need `shape` */
  CnnFormat input_format;
  CnnNormalization normalization; /* of the input */
  CnnFormat output_format;
} CnnBlendDesc;

/* A layer of two inputs, the result and the layer's input, that gives
 *
 *     strength * (gain * result + offset) + (1 - strength) * input
 *
 * and begins with strength 1, gain 1, offset 0: a copy. Where strength is 1 the input is not looked at, where it
 * is 0 the result is not. NULL with a sentence when the shapes are none or memory is short. */
CNN_API CnnLayer *
cnn_blend_new (const CnnContext *context, const CnnBlendDesc *desc, CnnError *error);

/* Between two runs. `strength` is in [0, 1], and 1 where the two shapes differ. */
CNN_API void cnn_blend_set (CnnLayer *layer, double strength, double gain, double offset);

CNN_END_DECLARATIONS

#endif
