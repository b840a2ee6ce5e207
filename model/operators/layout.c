/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same elements in another order or shape: Transpose, Reshape and its kin, DepthToSpace. */
#include "families.h"
#include "helpers.h"

#include <inttypes.h>

/* --- Transpose ------------------------------------------------------------------------------------ */

void
cnn_read_transpose (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.transpose.permutation = cnn_read_integers (reader, "perm");
}

/* The permutation, or the reversed order where the file gives none. */
static bool
resolve_permutation (const CnnOperation *operation, int order[CNN_MAX_RANK], CnnError *error)
{
  const CnnNumbers *permutation = &operation->node->parameters.transpose.permutation;
  const int rank = operation->in[0]->dims.rank;
  bool chosen[CNN_MAX_RANK];
  if (permutation->count >= 0 && permutation->count != rank)
    return cnn_error_set (
        error, "perm has %d numbers and its input has rank %d", permutation->count, rank);
  if (!cnn_axes_resolve (permutation, rank, chosen, error))
    return false;
  for (int i = 0; i < rank; i++)
    order[i] = permutation->count < 0       ? rank - 1 - i
               : permutation->values[i] < 0 ? (int)permutation->values[i] + rank
                                            : (int)permutation->values[i];
  return true;
}

bool
cnn_shape_transpose (const CnnOperation *operation, CnnError *error)
{
  int order[CNN_MAX_RANK];
  const CnnTensor *in = operation->in[0];
  CnnDims dims = {.rank = in->dims.rank};
  if (!resolve_permutation (operation, order, error))
    return false;
  for (int i = 0; i < dims.rank; i++)
    dims.size[i] = in->dims.size[order[i]];
  cnn_operation_set (operation, 0, in->elements, dims);
  return true;
}

/* out of `dims` = in, read with its dimensions `split` in another order. */
static void
transpose (const CnnDims *split, const int *order, const CnnTensor *in, CnnTensor *out)
{
  int64_t strides[CNN_MAX_RANK];
  CnnWalk walk = {.dims.rank = split->rank, .n_operands = 1};
  cnn_dims_strides (split, strides);
  for (int i = 0; i < split->rank; i++) {
    walk.dims.size[i] = split->size[order[i]];
    walk.stride[0][i] = strides[order[i]];
  }
  cnn_walk_copy (&walk, in, out);
}

bool
cnn_run_transpose (const CnnOperation *operation, CnnError *error)
{
  int order[CNN_MAX_RANK];
  if (!resolve_permutation (operation, order, error))
    return false;
  transpose (&operation->in[0]->dims, order, operation->in[0], operation->out[0]);
  return true;
}

/* --- DepthToSpace, SpaceToDepth, channel shuffle -------------------------------------------------- */

void
cnn_read_depth (CnnNodeReader *reader, CnnNode *node)
{
  static const char *const modes[] = {"DCR", "CRD", NULL};
  node->parameters.depth.block = cnn_read_within (reader, "blocksize", 0, 1, 65535);
  node->parameters.depth.column_row_depth = node->op->kind == CNN_OPERATOR_DEPTH_TO_SPACE &&
                                            cnn_read_word (reader, "mode", modes, 0) == 1;
}

bool
cnn_shape_depth (const CnnOperation *operation, CnnError *error)
{
  CnnDims dims = operation->in[0]->dims;
  const int64_t block = operation->node->parameters.depth.block;
  const bool to_space = operation->node->op->kind == CNN_OPERATOR_DEPTH_TO_SPACE;
  char text[CNN_DIMS_TEXT];
  if (dims.rank != 4 || (to_space && dims.size[1] % (block * block) != 0) ||
      (!to_space && (dims.size[2] % block != 0 || dims.size[3] % block != 0)))
    return cnn_error_set (error, "blocks of %" PRId64 " do not fit its input of %s", block,
        cnn_dims_text (&dims, text));
  dims.size[1] = to_space ? dims.size[1] / (block * block) : dims.size[1] * block * block;
  for (int i = 2; i < 4; i++)
    dims.size[i] = to_space ? dims.size[i] * block : dims.size[i] / block;
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_depth (const CnnOperation *operation, CnnError *error)
{
  static const int from_depth[] = {0, 3, 4, 1, 5, 2}, from_columns[] = {0, 1, 4, 2, 5, 3};
  static const int to_depth[] = {0, 3, 5, 1, 2, 4};
  const int64_t *n = operation->in[0]->dims.size, block = operation->node->parameters.depth.block;
  const int64_t small = n[1] / (block * block);
  const CnnDims depth = {6, {n[0], block, block, small, n[2], n[3]}};
  const CnnDims columns = {6, {n[0], small, block, block, n[2], n[3]}};
  const CnnDims space = {6, {n[0], n[1], n[2] / block, block, n[3] / block, block}};
  if (operation->node->op->kind == CNN_OPERATOR_SPACE_TO_DEPTH)
    transpose (&space, to_depth, operation->in[0], operation->out[0]);
  else if (operation->node->parameters.depth.column_row_depth)
    transpose (&columns, from_columns, operation->in[0], operation->out[0]);
  else
    transpose (&depth, from_depth, operation->in[0], operation->out[0]);
  return true;
}

bool
cnn_run_shuffle (const CnnOperation *operation, CnnError *error)
{
  static const int order[] = {0, 2, 1, 3};
  const CnnDims *in = &operation->in[0]->dims;
  const int64_t groups = operation->node->parameters.shuffle.groups;
  const CnnDims split = {
      4, {in->size[0], groups, in->size[1] / groups, cnn_dims_product (in, 2, in->rank)}};
  transpose (&split, order, operation->in[0], operation->out[0]);
  return true;
}

/* --- Reshape, Flatten, Squeeze, Unsqueeze --------------------------------------------------------- */

void
cnn_read_reshape (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.reshape.function = (CnnReshapeFunction)node->op->function;
  switch (node->parameters.reshape.function) {
  case CNN_RESHAPE_TO_SHAPE:
    node->parameters.reshape.zero_is_zero = cnn_read_flag (reader, "allowzero", false);
    break;
  case CNN_RESHAPE_FLATTEN:
    node->parameters.reshape.axis = cnn_read_integer (reader, "axis", 1);
    break;
  default:
    cnn_read_as_input (reader, "axes", 1);
  }
}

/* -1 stands for what is left, 0 for the input's size. */
static bool
shape_from_numbers (
    const CnnOperation *operation, const CnnNumbers *numbers, CnnDims *dims, CnnError *error)
{
  const CnnDims *in = &operation->in[0]->dims;
  int open = -1;
  int64_t known = 1, count;
  char text[CNN_DIMS_TEXT], other[CNN_DIMS_TEXT];
  dims->rank = numbers->count;
  for (int i = 0; i < numbers->count; i++) {
    dims->size[i] = numbers->values[i];
    if (dims->size[i] == 0 && !operation->node->parameters.reshape.zero_is_zero)
      dims->size[i] = i < in->rank ? in->size[i] : -2;
    if (dims->size[i] == -1 && open < 0) {
      open = i;
      dims->size[i] = 1;
    }
  }
  bool fits = cnn_dims_count (dims, &known, NULL) && cnn_dims_count (in, &count, error);
  if (fits && open >= 0) {
    fits = known > 0 && count % known == 0;
    dims->size[open] = fits ? count / known : 0;
  } else {
    fits = fits && known == count;
  }
  if (fits)
    return true;
  const CnnDims wanted = {.rank = numbers->count};
  CnnDims shown = wanted;
  for (int i = 0; i < numbers->count; i++)
    shown.size[i] = numbers->values[i];
  return cnn_error_set (error, "its input of %s cannot become %s", cnn_dims_text (in, text),
      cnn_dims_text (&shown, other));
}

static bool
squeeze (const CnnDims *in, const CnnNumbers *axes, CnnDims *dims, CnnError *error)
{
  bool chosen[CNN_MAX_RANK];
  if (!cnn_axes_resolve (axes, in->rank, chosen, error))
    return false;
  dims->rank = 0;
  for (int i = 0; i < in->rank; i++) {
    const bool gone = axes->count < 0 ? in->size[i] == 1 : chosen[i];
    if (gone && in->size[i] != 1)
      return cnn_error_set (
          error, "axis %d has %" PRId64 " elements and cannot go", i, in->size[i]);
    if (!gone)
      dims->size[dims->rank++] = in->size[i];
  }
  return true;
}

static bool
unsqueeze (const CnnDims *in, const CnnNumbers *axes, CnnDims *dims, CnnError *error)
{
  bool chosen[CNN_MAX_RANK];
  const int rank = in->rank + axes->count;
  if (axes->count < 0 || rank > CNN_MAX_RANK)
    return cnn_error_set (error, "its output would have rank %d", rank);
  if (!cnn_axes_resolve (axes, rank, chosen, error))
    return false;
  dims->rank = rank;
  for (int i = 0, from = 0; i < rank; i++)
    dims->size[i] = chosen[i] ? 1 : in->size[from++];
  return true;
}

static bool
flatten (const CnnDims *in, int64_t axis, CnnDims *dims, CnnError *error)
{
  if (axis < -in->rank || axis > in->rank)
    return cnn_error_set (
        error, "axis %" PRId64 " does not exist in a tensor of rank %d", axis, in->rank);
  const int split = (int)(axis < 0 ? axis + in->rank : axis);
  *dims = (CnnDims){2, {cnn_dims_product (in, 0, split), cnn_dims_product (in, split, in->rank)}};
  return true;
}

bool
cnn_shape_reshape (const CnnOperation *operation, CnnError *error)
{
  const CnnReshapeFunction function = operation->node->parameters.reshape.function;
  const CnnDims *in = &operation->in[0]->dims;
  CnnDims dims = {.rank = 0};
  CnnNumbers numbers = {.count = -1};
  bool done = true;
  if (function != CNN_RESHAPE_FLATTEN && function != CNN_RESHAPE_FIXED)
    done = cnn_operation_integers (
        operation, 1, function == CNN_RESHAPE_TO_SHAPE ? "shape" : "axes", &numbers, error);
  if (!done)
    return false;
  switch (function) {
  case CNN_RESHAPE_TO_SHAPE:
    done = shape_from_numbers (operation, &numbers, &dims, error);
    break;
  case CNN_RESHAPE_FLATTEN:
    done = flatten (in, operation->node->parameters.reshape.axis, &dims, error);
    break;
  case CNN_RESHAPE_SQUEEZE:
    done = squeeze (in, &numbers, &dims, error);
    break;
  case CNN_RESHAPE_UNSQUEEZE:
    done = unsqueeze (in, &numbers, &dims, error);
    break;
  case CNN_RESHAPE_FIXED:
    dims = operation->node->parameters.reshape.fixed;
  }
  if (done)
    cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return done;
}
