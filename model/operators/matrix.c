/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MatMul and Gemm. */
#include "families.h"
#include "helpers.h"

#include <string.h>

/* out[m,n] += factor * a[m,k] * b[k,n]; steps say how far the next row and column of a and b are. */
static void
multiply (const float *a, const int64_t step_a[2], const float *b, const int64_t step_b[2],
    float *out, const int64_t size[3], float factor)
{
  const int64_t m = size[0], k = size[1], n = size[2];
  for (int64_t y = 0; y < m; y++)
    for (int64_t i = 0; i < k; i++) {
      const float value = factor * a[y * step_a[0] + i * step_a[1]];
      const float *row = b + i * step_b[0];
      float *to = out + y * n;
      if (step_b[1] == 1)
        for (int64_t x = 0; x < n; x++)
          to[x] += value * row[x];
      else
        for (int64_t x = 0; x < n; x++)
          to[x] += value * row[x * step_b[1]];
    }
}

void
cnn_read_gemm (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.gemm.alpha = cnn_read_number (reader, "alpha", 1.0F);
  node->parameters.gemm.beta = cnn_read_number (reader, "beta", 1.0F);
  node->parameters.gemm.transpose_a = cnn_read_integer (reader, "transA", 0) != 0;
  node->parameters.gemm.transpose_b = cnn_read_integer (reader, "transB", 0) != 0;
}

bool
cnn_shape_gemm (const CnnOperation *operation, CnnError *error)
{
  const CnnDims *a = &operation->in[0]->dims, *b = &operation->in[1]->dims;
  const CnnTensor *c = cnn_operation_in (operation, 2);
  const bool ta = operation->node->parameters.gemm.transpose_a;
  const bool tb = operation->node->parameters.gemm.transpose_b;
  char first[CNN_DIMS_TEXT], second[CNN_DIMS_TEXT];
  for (int i = 0; i < 3; i++)
    if (!cnn_operation_needs_floats (operation, i, error))
      return false;
  if (a->rank != 2 || b->rank != 2 || a->size[ta ? 0 : 1] != b->size[tb ? 1 : 0])
    return cnn_error_set (error, "matrices of %s and %s cannot be multiplied",
        cnn_dims_text (a, first), cnn_dims_text (b, second));
  CnnDims dims = {2, {a->size[ta ? 1 : 0], b->size[tb ? 0 : 1]}};
  const CnnDims product = dims;
  if (c && (!cnn_broadcast (&dims, &c->dims, error) || !cnn_dims_equal (&dims, &product)))
    return cnn_error_set (error, "its input C of %s does not fit %s",
        cnn_dims_text (&c->dims, first), cnn_dims_text (&product, second));
  cnn_operation_set (operation, 0, CNN_ELEMENTS_FLOAT, product);
  return true;
}

bool
cnn_run_gemm (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *a = operation->in[0], *b = operation->in[1],
                  *c = cnn_operation_in (operation, 2);
  CnnTensor *out = operation->out[0];
  const bool ta = operation->node->parameters.gemm.transpose_a;
  const bool tb = operation->node->parameters.gemm.transpose_b;
  memset (out->floats, 0, (size_t)out->count * sizeof *out->floats);
  if (c) {
    CnnWalk walk = {.dims = out->dims};
    cnn_walk_add_broadcast (&walk, &c->dims);
    cnn_walk_copy (&walk, c, out);
  }
  for (int64_t i = 0; i < out->count; i++)
    out->floats[i] *= operation->node->parameters.gemm.beta;
  const int64_t step_a[] = {ta ? 1 : a->dims.size[1], ta ? a->dims.size[1] : 1};
  const int64_t step_b[] = {tb ? 1 : b->dims.size[1], tb ? b->dims.size[1] : 1};
  const int64_t size[] = {out->dims.size[0], a->dims.size[ta ? 0 : 1], out->dims.size[1]};
  multiply (a->floats, step_a, b->floats, step_b, out->floats, size,
      operation->node->parameters.gemm.alpha);
  return true;
}

/* A vector is a row in front, a column behind: their dimension of 1 is not in the output. */
static bool
matrix_shapes (const CnnOperation *operation, CnnDims *a, CnnDims *b, CnnDims *out, CnnError *error)
{
  char first[CNN_DIMS_TEXT], second[CNN_DIMS_TEXT];
  *a = operation->in[0]->dims;
  *b = operation->in[1]->dims;
  const bool row = a->rank == 1, column = b->rank == 1;
  if (row)
    *a = (CnnDims){2, {1, a->size[0]}};
  if (column)
    *b = (CnnDims){2, {b->size[0], 1}};
  if (a->rank < 2 || b->rank < 2 || a->size[a->rank - 1] != b->size[b->rank - 2])
    return cnn_error_set (error, "matrices of %s and %s cannot be multiplied",
        cnn_dims_text (&operation->in[0]->dims, first),
        cnn_dims_text (&operation->in[1]->dims, second));
  CnnDims batch = *a, other = *b;
  batch.rank -= 2;
  other.rank -= 2;
  if (!cnn_broadcast (&batch, &other, error))
    return false;
  *out = batch;
  if (!row)
    out->size[out->rank++] = a->size[a->rank - 2];
  if (!column)
    out->size[out->rank++] = b->size[b->rank - 1];
  return true;
}

bool
cnn_shape_matmul (const CnnOperation *operation, CnnError *error)
{
  CnnDims a, b, out;
  for (int i = 0; i < 2; i++)
    if (!cnn_operation_needs_floats (operation, i, error))
      return false;
  if (!matrix_shapes (operation, &a, &b, &out, error))
    return false;
  cnn_operation_set (operation, 0, CNN_ELEMENTS_FLOAT, out);
  return true;
}

typedef struct {
  const float *a, *b;
  float *out;
  int64_t size[3];
} Product;

/* One row of the walk is one pair of matrices: the walk has a last dimension of 1. */
static void
multiply_pair (
    void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Product *product = data;
  const int64_t step_a[] = {product->size[1], 1}, step_b[] = {product->size[2], 1};
  const int64_t m = product->size[0], k = product->size[1], columns = product->size[2];
  multiply (product->a + offsets[0] * m * k, step_a, product->b + offsets[1] * k * columns, step_b,
      product->out + position * m * columns, product->size, 1.0F);
}

bool
cnn_run_matmul (const CnnOperation *operation, CnnError *error)
{
  CnnDims a, b, out;
  if (!matrix_shapes (operation, &a, &b, &out, error))
    return false;
  CnnDims batch_a = a, batch_b = b;
  batch_a.rank -= 2;
  batch_b.rank -= 2;
  CnnWalk walk = {.dims = batch_a};
  if (!cnn_broadcast (&walk.dims, &batch_b, error))
    return false;
  if (walk.dims.rank >= CNN_MAX_RANK)
    return cnn_error_set (error, "matrices of rank %d are not supported", CNN_MAX_RANK);
  cnn_walk_add_broadcast (&walk, &batch_a);
  cnn_walk_add_broadcast (&walk, &batch_b);
  walk.stride[0][walk.dims.rank] = walk.stride[1][walk.dims.rank] = 0;
  walk.dims.size[walk.dims.rank++] = 1;
  Product product = {operation->in[0]->floats, operation->in[1]->floats, operation->out[0]->floats,
      {a.size[a.rank - 2], a.size[a.rank - 1], b.size[b.rank - 1]}};
  memset (product.out, 0, (size_t)operation->out[0]->count * sizeof *product.out);
  cnn_walk (&walk, multiply_pair, &product);
  return true;
}
