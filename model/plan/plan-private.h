/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to plan/. */
#ifndef CNN_PLAN_PRIVATE_H
#define CNN_PLAN_PRIVATE_H

#include "../operators/families.h"
#include "plan.h"

/* A value that is plain: itself, or a copy that a step makes. -1 when memory is short. */
int cnn_plan_plain_value (CnnPlan *plan, int value);

/* *done: the outputs of the node are views of what is there. False when memory is short. */
bool cnn_plan_place_without_step (CnnPlan *plan, const CnnNode *node, bool *done);

/* Layers have packed their weights: constants that nothing else reads give their memory back. */
bool cnn_plan_drop_constants (CnnPlan *plan);
/* Headers of every value, whether a step uses it or not. */
void cnn_plan_make_tensors (CnnPlan *plan);
/* Memory for every root that steps make. */
bool cnn_plan_make_arena (CnnPlan *plan, CnnError *error);

#endif
