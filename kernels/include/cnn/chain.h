/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer made of layers: a whole network, or a part of one, with one output. What lies between its
 * layers is planned once: frames share memory when their times do not overlap, and where a frame
 * would leave the caches before it is read again, the layers around it run strip by strip, with a
 * few rows between them that stay there. The output is bit for bit that of the layers one after the
 * other, whatever n_threads. */
#ifndef CNN_CHAIN_H
#define CNN_CHAIN_H

#include "cnn/api.h"
#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

/* Input i of the chain, as an input of a step. */
#define CNN_CHAIN_INPUT(i) (-1 - (i))

typedef struct {
  CnnLayer *layer;
  /* One an input of the layer: an earlier step, whose output has the input's shape, or
   * CNN_CHAIN_INPUT (). NULL: the step before, or input 0 for the first. Between steps flow dense
   * tensors of the producer's output format. */
  const int *inputs;
} CnnChainStep;

/* The chain of `n_steps` steps in the order in which they run; the last one's output is its output,
 * and every other step is somebody's input. The layers are of the same context. They become the
 * chain's, also on refusal: then NULL with a sentence that names the step, counted from 1, or says
 * that memory is short. */
CNN_API CnnLayer *
cnn_chain_new (const CnnContext *context, const CnnChainStep *steps, int n_steps, CnnError *error);

CNN_END_DECLARATIONS

#endif
