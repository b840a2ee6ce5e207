/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A graph of known shapes as a list of steps over one block of memory. */
#ifndef CNN_PLAN_H
#define CNN_PLAN_H

#include "graph.h"

typedef enum {
  CNN_STEP_REFERENCE, /* the operator's reference function */
  CNN_STEP_ALIAS,     /* output 0 is input 0 under another shape: nothing to do */
} CnnStepKind;

typedef struct {
  CnnStepKind kind;
  int node;
  const CnnTensor **in;
  CnnTensor **out;
} CnnStep;

typedef struct {
  CnnGraph *graph;
  CnnTensor
      *tensors; /* one for each value: constants, parts of the arena, or the caller's arrays */
  CnnStep *steps;
  int n_steps;
  unsigned char *arena;
  size_t arena_bytes;
} CnnPlan;

/* Takes the graph over, also on refusal. */
CnnPlan *cnn_plan_new (CnnGraph *graph, CnnError *error);
void cnn_plan_free (CnnPlan *plan);
bool
cnn_plan_run (CnnPlan *plan, const float *const *inputs, float *const *outputs, CnnError *error);

#endif
