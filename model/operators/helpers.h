/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to operators/: what the families share. */
#ifndef CNN_OPERATOR_HELPERS_H
#define CNN_OPERATOR_HELPERS_H

#include "operators.h"

/* --- Attributes ----------------------------------------------------------------------------------- */

/* The integer attribute, or `otherwise`. What these functions find wrong, the node's reader keeps: the node is
 * then refused with the first of the sentences. */
int64_t cnn_read_integer (CnnNodeReader *reader, const char *name, int64_t otherwise);
float cnn_read_number (CnnNodeReader *reader, const char *name, float otherwise);
bool cnn_read_flag (CnnNodeReader *reader, const char *name, bool otherwise);
/* An integer within [least, most]. */
int64_t cnn_read_within (
    CnnNodeReader *reader, const char *name, int64_t otherwise, int64_t least, int64_t most);
/* A list of at most CNN_MAX_RANK integers; count -1 when there is none. */
CnnNumbers cnn_read_integers (CnnNodeReader *reader, const char *name);
/* The index of the attribute's word in a NULL-ended list. */
int
cnn_read_word (CnnNodeReader *reader, const char *name, const char *const *words, int otherwise);
/* The tensor of an attribute, a new reference, or NULL. */
CnnTensor *cnn_read_tensor (CnnNodeReader *reader, const char *name);
/* An attribute of earlier opsets that is input `i` of later ones. */
void cnn_read_as_input (CnnNodeReader *reader, const char *name, int i);
/* A number that is always there, the attribute's or `otherwise`, as input `i`. */
void cnn_read_number_as_input (CnnNodeReader *reader, const char *name, float otherwise, int i);
/* An attribute that says nothing about results. */
void cnn_read_ignored (CnnNodeReader *reader, const char *name);
/* The attribute, if present, has to have this value. */
void cnn_read_only (CnnNodeReader *reader, const char *name, int64_t value);
int cnn_reader_opset (const CnnNodeReader *reader);
void cnn_reader_refuse (CnnNodeReader *reader, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* --- Inputs and outputs --------------------------------------------------------------------------- */

const CnnTensor *cnn_operation_in (const CnnOperation *operation, int i);
CnnTensor *cnn_operation_out (const CnnOperation *operation, int i);
/* Output `i`, if anybody wants it, gets this shape. */
void cnn_operation_set (const CnnOperation *operation, int i, CnnElements elements, CnnDims dims);
/* The numbers of an input that has to be a constant, as integers; count -1 when it is left out. `what` is what
 * the sentence calls it. */
bool cnn_operation_integers (
    const CnnOperation *operation, int i, const char *what, CnnNumbers *numbers, CnnError *error);
/* False with a sentence when the input is not of floats. */
bool cnn_operation_needs_floats (const CnnOperation *operation, int i, CnnError *error);

/* An axis counted from the end when negative; false with a sentence when there is none such among `rank`. */
bool cnn_axis_resolve_index (int64_t axis, int rank, int *index, CnnError *error);
/* The same for a list, each axis at most once. */
bool
cnn_axes_resolve (const CnnNumbers *axes, int rank, bool chosen[CNN_MAX_RANK], CnnError *error);

/* The shape that both broadcast to, as NumPy does it. */
bool cnn_broadcast (CnnDims *dims, const CnnDims *other, CnnError *error);

/* The shape of the output is the shape of input 0. */
bool cnn_shape_same (const CnnOperation *operation, CnnError *error);
/* Copies the elements of input 0: for operators that only give them another shape. */
bool cnn_run_copy (const CnnOperation *operation, CnnError *error);

/* --- Walking over arrays -------------------------------------------------------------------------- */

#define CNN_WALK_OPERANDS 3

/* A walk over the elements of `dims` in order, with up to three arrays read at strides of their own. */
typedef struct {
  CnnDims dims;
  int n_operands;
  int64_t stride[CNN_WALK_OPERANDS][CNN_MAX_RANK];
} CnnWalk;

/* One row: `n` elements, the first at these offsets, with the walk's innermost strides between them. `position`
 * counts the elements before it. */
typedef void CnnWalkRow (void *data, const CnnWalk *walk, const int64_t offsets[CNN_WALK_OPERANDS],
    int64_t position, int64_t n);

void cnn_walk (const CnnWalk *walk, CnnWalkRow *row, void *data);
/* Adds an array of `dims` that broadcasts to the walk's. */
void cnn_walk_add_broadcast (CnnWalk *walk, const CnnDims *dims);
/* out = in read at the walk's first strides. */
void cnn_walk_copy (const CnnWalk *walk, const CnnTensor *in, CnnTensor *out);

#endif
