/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ONNX's operators mean, in one table. A row names an operator and the opsets it is valid for, and has three
 * functions: how its attributes are read, which shape its outputs have, and a readable reference of what it
 * computes. Constant folding and the tests run the reference, and a network runs it where no layer of kernels/
 * does the same.
 *
 * A new operator is a row in table.c and its functions in the file of its family. */
#ifndef CNN_OPERATORS_H
#define CNN_OPERATORS_H

#include "../node.h"

/* One application of a node. An input is NULL when it is left out; an output is NULL when nobody wants it. */
typedef struct {
  const CnnNode *node;
  const CnnTensor *const *in;
  int n_in;
  CnnTensor *const *out;
  int n_out;
} CnnOperation;

typedef struct CnnNodeReader CnnNodeReader;

struct CnnOperator {
  const char *name;
  int since, until; /* opsets, both included; until = 0: to the newest */
  int min_inputs, max_inputs, max_outputs;
  CnnOperatorKind kind;
  int function; /* of the kind: a CnnUnaryFunction, a CnnBinaryFunction ... */
  /* Attributes to parameters. NULL: there are none. */
  void (*read) (CnnNodeReader *reader, CnnNode *node);
  /* Sets `elements` and `dims` of the outputs from those of the inputs, and from the numbers of inputs that are
   * constants. False with a sentence when that cannot be. */
  bool (*shape) (const CnnOperation *operation, CnnError *error);
  /* Computes the outputs, which have the shapes that `shape` says and memory. No output overlaps an input. False
   * with a sentence when memory is short, or a number is impossible. */
  bool (*run) (const CnnOperation *operation, CnnError *error);
};

/* Opsets that are read. */
#define CNN_FIRST_OPSET 7
#define CNN_LAST_OPSET 21

/* The operator of this name in this opset, or NULL. */
const CnnOperator *cnn_operator_find (const char *name, int opset);
/* One of those that only rules use. */
const CnnOperator *cnn_operator_internal (const char *name);
/* Row `i` of the table, or NULL behind the last. */
const CnnOperator *cnn_operator_row (int i);

/* Shapes of a whole operation: the operator's own, with everything about arity checked before, and sizes after. */
bool cnn_operation_shape (const CnnOperation *operation, CnnError *error);
/* The operator and the activation behind it. */
bool cnn_operation_run (const CnnOperation *operation, CnnError *error);

/* f(x) of one number. */
float cnn_unary_apply (const CnnUnary *unary, float x);

#endif
