/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: the rows of levels.inc and features.inc as constants. */
#ifndef CNN_LEVELS_H
#define CNN_LEVELS_H

#include "cnn/cpu.h"

typedef enum {
#define CNN_LEVEL(level, LEVEL, architecture, BASE, vectors, lanes, panel, registers, FEATURES)    \
  CNN_ISA_##LEVEL,
#include "cpu/levels.inc"
  CNN_N_ISAS
} CnnIsa;

/* "avx512" */
const char *cnn_isa_name (CnnIsa isa);

/* All that a CPU needs for kernels of this level. */
CnnFeatures cnn_isa_features (CnnIsa isa);

/* The level this one stands on; itself for CNN_ISA_C. */
CnnIsa cnn_isa_base (CnnIsa isa);

/* True when `features` has all that kernels of this level need. */
bool cnn_features_allow (CnnFeatures features, CnnIsa isa);

/* Floats of one vector register; packed weights are made for it. C: 4, so that the reference walks
 * the same panels. */
int cnn_isa_lanes (CnnIsa isa);

/* The widest panel of output channels, in floats, that a convolution tile computes at once. */
int cnn_isa_panel (CnnIsa isa);

/* The best level among `features` that has kernels in this build. */
CnnIsa cnn_isa_best (CnnFeatures features);

#endif
