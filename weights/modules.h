/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layers a file's names and shapes tell of, as PyTorch's modules name their parameters.
 */
#pragma once

#include "weights.h"

G_BEGIN_DECLS

typedef enum {
  CNN_MODULE_CONV2D,     /* NAME.weight of rank 4; a tensor NAME of rank 4 if no name ends so */
  CNN_MODULE_LINEAR,     /* NAME.weight of rank 2, or a tensor NAME likewise */
  CNN_MODULE_BATCH_NORM, /* NAME.running_mean and NAME.running_var */
  CNN_MODULE_PRELU,      /* NAME.weight of rank 1 without a NAME.bias */
} CnnModuleKind;

typedef struct {
  CnnModuleKind kind;
  gchar *name;                 /* what layer=, batch-norm= or alpha-layer= takes; owned */
  const CnnTensorInfo *weight; /* of the file; running_mean for a batch normalisation */
  const CnnTensorInfo *bias;   /* or NULL */
} CnnModule;

/* "Conv2d", "Linear", "BatchNorm2d" or "PReLU". Static. */
const gchar *cnn_module_kind_name (CnnModuleKind kind);

/* The modules of `file` in the order of their first tensors: a new array of CnnModule, which frees
 * the names with it. Tensors that belong to no module known here are left out. */
GArray *cnn_weights_list_modules (const CnnWeightsFile *file);

/* Sorts modules by name, numbers in names by value: features.2 before features.10. The order of the
 * layers, usually, in files whose writer sorted the tensors. */
void cnn_modules_sort_by_name (GArray *modules);

/* Moves the parts of a network that have Linear layers and no convolution behind the others, which stay
 * in order: "classifier" behind "features". A part is all up to the first dot of the names. */
void cnn_modules_put_linear_last (GArray *modules);

G_END_DECLS
