/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A graph of known shapes as a list of steps over one block of memory.
 *
 * A value of rank 4 lies anywhere as long as a CnnImage can say where: dense in ONNX's order ("plain"), channels last,
 * or as a part of another value. So slices, splits and transposes are no steps at all. Layers of kernels/ read and
 * write images; reference functions read and write plain tensors; where one meets the other, a step copies. */
#ifndef CNN_PLAN_H
#define CNN_PLAN_H

#include "../graph.h"

#include <cnn/layer.h>

typedef struct {
  int root;      /* the value whose memory it is: that of a step, an input or a constant */
  size_t offset; /* bytes from there */
  bool is_plain; /* dense, in ONNX's order */
  bool is_image; /* `image` says where the elements are: rank 4, data is NULL */
  CnnImage image;
} CnnPlace;

/* An image as a step sees it. */
typedef struct {
  int root;
  size_t offset;
  CnnImage image; /* data is set in each run */
} CnnStepImage;

typedef struct CnnStep CnnStep;

struct CnnStep {
  int node; /* of the graph; CNN_NO_NODE for a copy */
  /* A layer of kernels/, or a function over images, or, when both are NULL, the operator's reference function. */
  CnnLayer *layer;
  void (*function) (const CnnGraph *graph, const CnnStep *step, int part, int worker);
  int n_parts; /* of a function: pieces of work that do not depend on each other */
  CnnStepImage *in;
  int n_in;
  CnnStepImage out;
  CnnUnary unary;               /* of functions of one number */
  struct CnnResizeTaps *taps;   /* of resizing: rows, columns */
  float *scratch;               /* the same: one row of the input */
  const CnnTensor **in_tensors; /* of the reference */
  CnnTensor **out_tensors;
};

typedef struct {
  CnnGraph *graph;
  const CnnContext *context; /* NULL: reference functions alone */
  CnnPlace *places;          /* one a value */
  CnnTensor *tensors;
  unsigned char **bases; /* where each root's memory is */
  int *plain_copies;     /* of a value that is not plain: a value that is, or CNN_NO_VALUE */
  int values_room;       /* of the arrays above */
  CnnStep *steps;
  int n_steps, steps_room;
  unsigned char *arena;
  size_t arena_bytes;
  double *
      seconds; /* somebody else's, one a step: what each has taken so far; NULL: nobody wants to know */
} CnnPlan;

/* "Conv 3x3, relu: conv-tile-6x64". For cnn_free (). */
char *cnn_plan_step_title (const CnnPlan *plan, int step);

/* Takes the graph over, also on refusal. Without a context every operator is computed by its reference function. The
 * context has to outlive the plan. */
CnnPlan *cnn_plan_new (CnnGraph *graph, const CnnContext *context, CnnError *error);
void cnn_plan_free (CnnPlan *plan);
/* n_threads = 0: all of the context's. The result does not depend on it. */
bool cnn_plan_run (CnnPlan *plan, const float *const *inputs, float *const *outputs, int n_threads,
    CnnError *error);

/* Steps that are layers of kernels/. */
int cnn_plan_count_layers (const CnnPlan *plan);

#endif
