/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to chain/: several layers run as one, strip by strip. Of what lies between them only the
 * rows are kept that are still to be read, in a ring of rows a step and a worker. */
#ifndef CNN_STRIPS_H
#define CNN_STRIPS_H

#include "core/layer-private.h"

/* Steps as in cnn/chain.h; CNN_CHAIN_INPUT () counts the inputs of the strips layer. */
typedef struct {
  CnnLayer *layer;
  const int *inputs;
} CnnStripsStep;

/* The layer, which borrows the steps' layers: their own workers are dropped. NULL, and no error
 * set, when a worker would have to keep more than `most_bytes` of rows between the steps, or nearly
 * whole frames; or NULL with a sentence when memory is short. */
CnnLayer *cnn_strips_new (const CnnContext *context, const CnnStripsStep *steps, int n_steps,
    const CnnShape *inputs, int n_inputs, size_t most_bytes, CnnError *error);

#endif
