/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layers a file's names and shapes tell of, as PyTorch's modules name their parameters.
 */
#pragma once

#include "weights.h"

G_BEGIN_DECLS

typedef enum {
  CNN_MODULE_CONV2D, /* NAME.weight of rank 4; a tensor NAME of rank 4 if no name ends so */
  CNN_MODULE_CONV2D_OR_TRANSPOSE, /* the same when it may be either */
  CNN_MODULE_CONV_TRANSPOSE2D,    /* NAME.weight of rank 4, whose bias or name tells */
  CNN_MODULE_LINEAR,              /* NAME.weight of rank 2, or a tensor NAME likewise */
  CNN_MODULE_BATCH_NORM,          /* NAME.running_mean and NAME.running_var */
  CNN_MODULE_PRELU,               /* NAME.weight of rank 1 without a NAME.bias */
} CnnModuleKind;

typedef struct {
  CnnModuleKind kind;
  gchar
      *name; /* what layer=, batch-norm= or alpha-layer= takes; "" for a bare BatchNorm2d; owned */
  const CnnTensorInfo *weight; /* of the file; running_mean for a batch normalisation */
  const CnnTensorInfo *bias;   /* or NULL */
  gint64 in_channels;          /* of one group, or inputs; 0 for a normalisation or slopes */
  gint64 out_channels;         /* or outputs, or channels */
  gint64 n_parameters;         /* what PyTorch counts: without running mean and variance */
} CnnModule;

/* "Conv2d", "Conv2d or ConvTranspose2d", "ConvTranspose2d", "Linear", "BatchNorm2d" or "PReLU". Static. */
const gchar *cnn_module_kind_name (CnnModuleKind kind);

/* Whether a layer of rank 4 is a convolution, transposed or not, of either kind. */
gboolean cnn_module_is_convolution (const CnnModule *module);

/* Conv2d has O,I,H,W and one bias an O; ConvTranspose2d has I,O,H,W and one bias an O. */
typedef enum {
  CNN_TRANSPOSED_NO,
  CNN_TRANSPOSED_POSSIBLY, /* the shapes fit both, and it is called "up" or its kernel has an even size */
  CNN_TRANSPOSED_BY_NAME, /* the shapes fit both, and the name says so */
  CNN_TRANSPOSED_BY_BIAS, /* the shapes fit it alone */
} CnnTransposed;

/* Whether a weight of rank 4 is a ConvTranspose2d's. `bias` is the one beside it, or NULL. */
CnnTransposed cnn_weights_guess_transposed (const CnnTensorInfo *weight, const CnnTensorInfo *bias);

/* A sentence about the first module that belongs to a residual block by its name or by the shapes around it,
 * to be freed; or NULL. A file does not tell what is added to what. */
gchar *cnn_modules_find_skip (const GArray *modules);

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
