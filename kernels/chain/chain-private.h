/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: what chains decide by themselves, for tests. */
#ifndef CNN_CHAIN_PRIVATE_H
#define CNN_CHAIN_PRIVATE_H

#include "cnn/chain.h"

typedef struct {
  /* A frame between two layers that is larger does not become a whole one, if strips are worth
   * it. */
  size_t cached_bytes;
  int64_t most_macs; /* for each byte of that frame, of one of the two layers */
  size_t ring_bytes; /* of rows between the layers that one worker may keep */
} CnnChainLimits;

/* About half of a second-level cache for frames that stay there anyway, a third for rings: weights,
 * and rows of the input and the output, need room beside them. */
#define CNN_CHAIN_LIMITS                                                                           \
  ((CnnChainLimits){                                                                               \
      .cached_bytes = (size_t)1 << 20, .most_macs = 16, .ring_bytes = (size_t)384 << 10})

/* As cnn_chain_new (). Strips nowhere: ring_bytes 0. */
CnnLayer *cnn_chain_new_with (const CnnContext *context, const CnnChainStep *steps, int n_steps,
    const CnnChainLimits *limits, CnnError *error);

#endif
