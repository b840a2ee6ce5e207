/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Branches of a network joined into one: torch.cat, a + b + ..., a * b * ..., torch.maximum. A
 * layer with an input a branch, in the order of the description: cnn_layer_run () takes that many
 * images. They may overlap each other, not the output. */
#ifndef CNN_MERGE_H
#define CNN_MERGE_H

#include "cnn/api.h"
#include "cnn/activation.h"
#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

/* More branches than any network joins at one place. */
#define CNN_MAX_BRANCHES 1024

/* All but CONCAT join value by value, from the first branch to the last: ((a - b) - c) - d. A size
 * of 1, along any dimension, counts for every place of the others. */
typedef enum {
  CNN_MERGE_CONCAT, /* one branch after the other along `axis`; the other dimensions are the same */
  CNN_MERGE_ADD,
  CNN_MERGE_MULTIPLY,
  CNN_MERGE_SUBTRACT,
  CNN_MERGE_DIVIDE,
  CNN_MERGE_MAXIMUM, /* NaN when any value is */
  CNN_MERGE_MINIMUM, /* the same */
  CNN_MERGE_AVERAGE, /* the sum over the number of branches */
} CnnMergeMode;

typedef enum {
  CNN_AXIS_CHANNELS,
  CNN_AXIS_ROWS,
  CNN_AXIS_COLUMNS,
} CnnMergeAxis;

typedef struct {
  const char *name; /* what sentences call the branch, "sink_0"; not kept */
  CnnShape shape;
  CnnFormat format;
  CnnNormalization normalization; /* for integer samples */
} CnnBranch;

typedef struct {
  CnnMergeMode mode;
  CnnMergeAxis axis; /* of CONCAT */
  int n_branches;    /* in [1, CNN_MAX_BRANCHES] */
  const CnnBranch *branches;
  CnnFormat output_format;
  CnnActivation activation;
  const float *alpha; /* slopes; n_alpha is 1 or, for PRELU, the joined channels; NULL means 0.01 */
  int n_alpha;
} CnnMergeDesc;

/* The output shape, the activation included. On refusal false and a sentence that names the two
 * branches which do not fit together. */
CNN_API bool cnn_merge_output (const CnnMergeDesc *desc, CnnShape *output, CnnError *error);

/* Copies what it needs of the description. NULL with a sentence when it is impossible or memory is
 * short. */
CNN_API CnnLayer *
cnn_merge_new (const CnnContext *context, const CnnMergeDesc *desc, CnnError *error);

CNN_END_DECLARATIONS

#endif
