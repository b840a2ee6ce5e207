/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of two numbers and more, with broadcasting. */
#include "families.h"
#include "helpers.h"

#include <math.h>

static float
apply (CnnBinaryFunction function, float a, float b)
{
  switch (function) {
  case CNN_BINARY_ADD:
  case CNN_BINARY_MEAN:
    return a + b;
  case CNN_BINARY_SUB:
    return a - b;
  case CNN_BINARY_MUL:
    return a * b;
  case CNN_BINARY_DIV:
    return a / b;
  case CNN_BINARY_MIN:
    return isnan (a) || a < b ? a : b;
  case CNN_BINARY_MAX:
    return isnan (a) || a > b ? a : b;
  case CNN_BINARY_POW:
    return powf (a, b);
  case CNN_BINARY_PRELU:
    return a < 0.0F ? a * b : a;
  case CNN_BINARY_MOD:
    return a - b * floorf (a / b);
  case CNN_BINARY_FMOD:
    return fmodf (a, b);
  case CNN_BINARY_EQUAL:
    return a == b;
  case CNN_BINARY_LESS:
    return a < b;
  case CNN_BINARY_LESS_OR_EQUAL:
    return a <= b;
  case CNN_BINARY_GREATER:
    return a > b;
  case CNN_BINARY_GREATER_OR_EQUAL:
    return a >= b;
  case CNN_BINARY_AND:
    return a != 0.0F && b != 0.0F;
  case CNN_BINARY_OR:
    return a != 0.0F || b != 0.0F;
  case CNN_BINARY_XOR:
    return (a != 0.0F) != (b != 0.0F);
  }
  return a;
}

/* A file's integers may be anything: sums wrap around, and division by zero has been refused before. */
static int64_t
remainder_of (int64_t a, int64_t b)
{
  return b == -1 ? 0 : a % b;
}

static int64_t
power (int64_t base, int64_t exponent)
{
  uint64_t result = 1, factor = (uint64_t)base;
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  for (; exponent > 0; exponent >>= 1, factor *= factor)
    if (exponent & 1)
      result *= factor;
  return (int64_t)result;
}

static int64_t
apply_to_integers (CnnBinaryFunction function, int64_t a, int64_t b)
{
  switch (function) {
  case CNN_BINARY_ADD:
  case CNN_BINARY_MEAN:
    return (int64_t)((uint64_t)a + (uint64_t)b);
  case CNN_BINARY_SUB:
    return (int64_t)((uint64_t)a - (uint64_t)b);
  case CNN_BINARY_MUL:
    return (int64_t)((uint64_t)a * (uint64_t)b);
  case CNN_BINARY_DIV:
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
  case CNN_BINARY_MIN:
    return a < b ? a : b;
  case CNN_BINARY_MAX:
    return a > b ? a : b;
  case CNN_BINARY_POW:
    return power (a, b);
  case CNN_BINARY_PRELU:
    return a < 0 ? (int64_t)((uint64_t)a * (uint64_t)b) : a;
  case CNN_BINARY_MOD:
    return remainder_of (a, b) != 0 && (remainder_of (a, b) < 0) != (b < 0)
               ? remainder_of (a, b) + b
               : remainder_of (a, b);
  case CNN_BINARY_FMOD:
    return remainder_of (a, b);
  case CNN_BINARY_EQUAL:
    return a == b;
  case CNN_BINARY_LESS:
    return a < b;
  case CNN_BINARY_LESS_OR_EQUAL:
    return a <= b;
  case CNN_BINARY_GREATER:
    return a > b;
  case CNN_BINARY_GREATER_OR_EQUAL:
    return a >= b;
  case CNN_BINARY_AND:
    return a && b;
  case CNN_BINARY_OR:
    return a || b;
  case CNN_BINARY_XOR:
    return !a != !b;
  }
  return a;
}

static bool
is_decision (CnnBinaryFunction function)
{
  return function >= CNN_BINARY_EQUAL;
}

static bool
divides (CnnBinaryFunction function)
{
  return function == CNN_BINARY_DIV || function == CNN_BINARY_MOD || function == CNN_BINARY_FMOD;
}

void
cnn_read_binary (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.binary = (CnnBinaryFunction)node->op->function;
  if (node->parameters.binary == CNN_BINARY_MOD && cnn_read_flag (reader, "fmod", false))
    node->parameters.binary = CNN_BINARY_FMOD;
}

bool
cnn_shape_binary (const CnnOperation *operation, CnnError *error)
{
  const CnnBinaryFunction function = operation->node->parameters.binary;
  CnnDims dims = operation->in[0]->dims;
  CnnElements elements = operation->in[0]->elements;
  for (int i = 1; i < operation->n_in; i++) {
    const CnnTensor *in = operation->in[i];
    if (!in)
      return cnn_error_set (error, "its input %d is left out", i);
    if (!cnn_broadcast (&dims, &in->dims, error))
      return false;
    if (in->elements != elements && function != CNN_BINARY_POW)
      return cnn_error_set (error, "its inputs are floats and integers");
  }
  if (function == CNN_BINARY_PRELU && !cnn_dims_equal (&dims, &operation->in[0]->dims))
    return cnn_error_set (error, "its slopes do not broadcast to its input");
  cnn_operation_set (operation, 0, is_decision (function) ? CNN_ELEMENTS_INTEGER : elements, dims);
  return true;
}

typedef struct {
  CnnBinaryFunction function;
  const CnnTensor *a, *b;
  CnnTensor *out;
} Pair;

static void
float_row (const Pair *pair, const float *a, int64_t step_a, const float *b, int64_t step_b,
    float *out, int64_t n)
{
  switch (pair->function) {
  case CNN_BINARY_ADD:
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * step_a] + b[i * step_b];
    break;
  case CNN_BINARY_SUB:
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * step_a] - b[i * step_b];
    break;
  case CNN_BINARY_MUL:
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * step_a] * b[i * step_b];
    break;
  case CNN_BINARY_DIV:
    for (int64_t i = 0; i < n; i++)
      out[i] = a[i * step_a] / b[i * step_b];
    break;
  default:
    for (int64_t i = 0; i < n; i++)
      out[i] = apply (pair->function, a[i * step_a], b[i * step_b]);
  }
}

/* Powers and decisions mix types: element by element. */
static void
mixed_row (
    const Pair *pair, const int64_t starts[2], const int64_t steps[2], int64_t position, int64_t n)
{
  for (int64_t i = 0; i < n; i++) {
    const int64_t at = starts[0] + i * steps[0], bt = starts[1] + i * steps[1];
    if (pair->a->integers && pair->b->integers)
      pair->out->integers[position + i] =
          apply_to_integers (pair->function, pair->a->integers[at], pair->b->integers[bt]);
    else if (pair->out->integers)
      pair->out->integers[position + i] = (int64_t)apply (pair->function,
          (float)cnn_tensor_number (pair->a, at), (float)cnn_tensor_number (pair->b, bt));
    else
      pair->out->floats[position + i] = apply (pair->function,
          (float)cnn_tensor_number (pair->a, at), (float)cnn_tensor_number (pair->b, bt));
  }
}

static void
pair_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Pair *pair = data;
  const int last = walk->dims.rank - 1;
  const int64_t steps[] = {
      last < 0 ? 0 : walk->stride[0][last], last < 0 ? 0 : walk->stride[1][last]};
  if (pair->a->floats && pair->b->floats && pair->out->floats)
    float_row (pair, pair->a->floats + offsets[0], steps[0], pair->b->floats + offsets[1], steps[1],
        pair->out->floats + position, n);
  else
    mixed_row (pair, offsets, steps, position, n);
}

static bool
check_divisor (const CnnTensor *divisor, CnnError *error)
{
  for (int64_t i = 0; divisor->integers && i < divisor->count; i++)
    if (divisor->integers[i] == 0)
      return cnn_error_set (error, "an integer would be divided by 0");
  return true;
}

static void
run_pair (CnnBinaryFunction function, const CnnTensor *a, const CnnTensor *b, CnnTensor *out)
{
  CnnWalk walk = {.dims = out->dims};
  cnn_walk_add_broadcast (&walk, &a->dims);
  cnn_walk_add_broadcast (&walk, &b->dims);
  Pair pair = {function, a, b, out};
  cnn_walk (&walk, pair_row, &pair);
}

static void
copy_broadcast (const CnnTensor *in, CnnTensor *out)
{
  CnnWalk walk = {.dims = out->dims};
  cnn_walk_add_broadcast (&walk, &in->dims);
  cnn_walk_copy (&walk, in, out);
}

bool
cnn_run_binary (const CnnOperation *operation, CnnError *error)
{
  const CnnBinaryFunction function = operation->node->parameters.binary;
  CnnTensor *out = operation->out[0];
  if (operation->n_in == 1) {
    copy_broadcast (operation->in[0], out);
    return true;
  }
  if (divides (function) && !check_divisor (operation->in[1], error))
    return false;
  run_pair (function, operation->in[0], operation->in[1], out);
  /* Any further input joins what is in the output already: same index read and written. */
  for (int i = 2; i < operation->n_in; i++)
    run_pair (function, out, operation->in[i], out);
  const float share = 1.0F / (float)operation->n_in;
  for (int64_t i = 0; function == CNN_BINARY_MEAN && out->floats && i < out->count; i++)
    out->floats[i] *= share;
  return true;
}

/* --- Where ---------------------------------------------------------------------------------------- */

bool
cnn_shape_where (const CnnOperation *operation, CnnError *error)
{
  CnnDims dims = operation->in[0]->dims;
  if (!cnn_broadcast (&dims, &operation->in[1]->dims, error) ||
      !cnn_broadcast (&dims, &operation->in[2]->dims, error))
    return false;
  if (operation->in[1]->elements != operation->in[2]->elements)
    return cnn_error_set (error, "its inputs are floats and integers");
  cnn_operation_set (operation, 0, operation->in[1]->elements, dims);
  return true;
}

static void
where_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const CnnOperation *operation = data;
  const int last = walk->dims.rank - 1;
  for (int64_t i = 0; i < n; i++) {
    int64_t at[3];
    for (int k = 0; k < 3; k++)
      at[k] = offsets[k] + (last < 0 ? 0 : i * walk->stride[k][last]);
    const int chosen = cnn_tensor_number (operation->in[0], at[0]) != 0 ? 1 : 2;
    if (operation->out[0]->floats)
      operation->out[0]->floats[position + i] = operation->in[chosen]->floats[at[chosen]];
    else
      operation->out[0]->integers[position + i] = operation->in[chosen]->integers[at[chosen]];
  }
}

bool
cnn_run_where (const CnnOperation *operation, CnnError *error)
{
  CnnWalk walk = {.dims = operation->out[0]->dims};
  for (int i = 0; i < 3; i++)
    cnn_walk_add_broadcast (&walk, &operation->in[i]->dims);
  CnnOperation copy = *operation;
  cnn_walk (&walk, where_row, &copy);
  return true;
}
