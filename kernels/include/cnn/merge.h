/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Branches of a network joined into one: torch.cat along the channels, a + b + ..., a * b * .... */
#ifndef CNN_MERGE_H
#define CNN_MERGE_H

#include "cnn/activation.h"
#include "cnn/layer.h"

/* More branches than any network joins at one place. */
#define CNN_MAX_BRANCHES 1024

typedef enum {
  CNN_MERGE_CONCAT,   /* channels one branch after the other */
  CNN_MERGE_ADD,      /* sums; a branch of one channel counts for every channel of the others */
  CNN_MERGE_MULTIPLY, /* products, the same */
} CnnMergeMode;

typedef struct {
  const char *name; /* what sentences call the branch, "sink_0"; not kept */
  CnnShape shape;
  CnnFormat format;
  CnnNormalization normalization; /* for integer samples */
} CnnBranch;

typedef struct {
  CnnMergeMode mode;
  int n_branches; /* in [1, CNN_MAX_BRANCHES] */
  const CnnBranch *branches;
  CnnFormat output_format;
  CnnActivation activation;
  const float *alpha; /* slopes; n_alpha is 1 or, for PRELU, the joined channels; NULL means 0.01 */
  int n_alpha;
} CnnMergeDesc;

/* The output shape, the activation included. On refusal false and a sentence that names the two
 * branches which do not fit together. */
bool cnn_merge_output (const CnnMergeDesc *desc, CnnShape *output, CnnError *error);

typedef struct CnnMerge CnnMerge;

/* Copies what it needs of the description. NULL with a sentence when it is impossible or memory is
 * short. */
CnnMerge *cnn_merge_new (const CnnContext *context, const CnnMergeDesc *desc, CnnError *error);
void cnn_merge_free (CnnMerge *merge);

CnnShape cnn_merge_output_shape (const CnnMerge *merge);
CnnLayerInfo cnn_merge_info (const CnnMerge *merge);

/* Joins one frame of each branch, `branches` in the order of the description. Otherwise as
 * cnn_layer_run (): sums and products are formed in the order of the branches, those of one channel
 * last, so the result does not depend on n_threads. Branches may overlap each other, not `out`. */
void cnn_merge_run (CnnMerge *merge, const CnnImage *branches, const CnnImage *out, int n_threads);

#endif
