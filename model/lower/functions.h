/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: operators over images that kernels/ has no layer for yet. */
#ifndef CNN_LOWER_FUNCTIONS_H
#define CNN_LOWER_FUNCTIONS_H

#include "lower.h"

/* Does one part of a step: a row of the output, or a block of channels. Parts do not depend on each other; parts with
 * the same `worker` do not overlap in time. */
typedef void CnnStepFunction (const CnnGraph *graph, const CnnStep *step, int part, int worker);

/* step->unary of every element; in and out may be the same. */
CnnStepFunction cnn_step_unary;
CnnStepFunction cnn_step_copy;
/* Instance normalization, CNN_NORMALIZED_CHANNELS a part. */
CnnStepFunction cnn_step_normalize;
#define CNN_NORMALIZED_CHANNELS 16
/* Softmax over channels. */
CnnStepFunction cnn_step_softmax;
/* Any resizing of rows and columns, by step->taps. */
CnnStepFunction cnn_step_resize;

/* A step of a function with one input; *done stays false when its input is no image. */
bool cnn_lower_function (CnnPlan *plan, int node, CnnStepFunction *function, bool *done);
/* The same to a place of the caller's choice, from an input that is an image. */
bool cnn_lower_add_function (
    CnnPlan *plan, int node, CnnStepFunction *function, CnnPlace out, bool *done);

#endif
