/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: nodes onto layers of kernels/. */
#ifndef CNN_LOWER_H
#define CNN_LOWER_H

#include "../plan/place.h"

/* Whether a node reads its first input, and so on, as an image, if it is lowered at all. Says nothing about the
 * layer's own limits. */
bool cnn_lower_wants (const CnnPlan *plan, const CnnNode *node);

/* Appends the steps of a node whose inputs have places, and places its outputs. *done stays false when no layer does
 * it: then nothing was changed. False when memory is short. */
bool cnn_lower_node (CnnPlan *plan, int node, bool *done);

/* --- What lowering uses of the plan --------------------------------------------------------------- */

/* One more step, zeroed but for its node; NULL when memory is short. */
CnnStep *cnn_plan_add_step (CnnPlan *plan, int node, int n_in);
/* Takes back every step from this one on. */
void cnn_plan_drop_steps (CnnPlan *plan, int first);
/* Image `i` of a step, which reads a value through the place. */
void cnn_step_read (CnnStep *step, int i, int value, const CnnPlace *place);
void cnn_step_write (CnnStep *step, int value, const CnnPlace *place);
/* Where an output is best put: channels last, unless everybody wants it plain. */
CnnPlace cnn_plan_output_place (const CnnPlan *plan, int value);

#endif
