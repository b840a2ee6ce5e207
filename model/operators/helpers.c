/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helpers.h"

#include <inttypes.h>
#include <string.h>

const CnnTensor *
cnn_operation_in (const CnnOperation *operation, int i)
{
  return i < operation->n_in ? operation->in[i] : NULL;
}

CnnTensor *
cnn_operation_out (const CnnOperation *operation, int i)
{
  return i < operation->n_out ? operation->out[i] : NULL;
}

void
cnn_operation_set (const CnnOperation *operation, int i, CnnElements elements, CnnDims dims)
{
  CnnTensor *out = cnn_operation_out (operation, i);
  if (out) {
    out->elements = elements;
    out->dims = dims;
  }
}

bool
cnn_operation_integers (
    const CnnOperation *operation, int i, const char *what, CnnNumbers *numbers, CnnError *error)
{
  const CnnTensor *in = cnn_operation_in (operation, i);
  numbers->count = -1;
  if (!in)
    return true;
  if (!cnn_tensor_has_data (in))
    return cnn_error_set (
        error, "its %s is computed from the picture; it has to be a constant", what);
  if (in->dims.rank > 1 || in->count > CNN_MAX_RANK)
    return cnn_error_set (
        error, "its %s has %" PRId64 " numbers, more than %d", what, in->count, CNN_MAX_RANK);
  numbers->count = (int)in->count;
  for (int k = 0; k < numbers->count; k++) {
    const double number = cnn_tensor_number (in, k);
    if (in->floats && !(number >= -9e15 && number <= 9e15))
      return cnn_error_set (error, "its %s has a number that is none", what);
    numbers->values[k] = in->integers ? in->integers[k] : (int64_t)number;
  }
  return true;
}

bool
cnn_operation_needs_floats (const CnnOperation *operation, int i, CnnError *error)
{
  const CnnTensor *in = cnn_operation_in (operation, i);
  if (!in || in->elements == CNN_ELEMENTS_FLOAT)
    return true;
  return cnn_error_set (error, "its input %d has integers, not floats", i);
}

bool
cnn_axis_resolve_index (int64_t axis, int rank, int *index, CnnError *error)
{
  if (axis < -rank || axis >= rank)
    return cnn_error_set (
        error, "axis %" PRId64 " does not exist in a tensor of rank %d", axis, rank);
  *index = (int)(axis < 0 ? axis + rank : axis);
  return true;
}

bool
cnn_axes_resolve (const CnnNumbers *axes, int rank, bool chosen[CNN_MAX_RANK], CnnError *error)
{
  memset (chosen, 0, CNN_MAX_RANK * sizeof *chosen);
  for (int i = 0; i < axes->count; i++) {
    int index = 0;
    if (!cnn_axis_resolve_index (axes->values[i], rank, &index, error))
      return false;
    if (chosen[index])
      return cnn_error_set (error, "axis %d is named twice", index);
    chosen[index] = true;
  }
  return true;
}

bool
cnn_broadcast (CnnDims *dims, const CnnDims *other, CnnError *error)
{
  CnnDims result = dims->rank >= other->rank ? *dims : *other;
  char first[CNN_DIMS_TEXT], second[CNN_DIMS_TEXT];
  for (int i = 1; i <= result.rank; i++) {
    const int64_t a = i <= dims->rank ? dims->size[dims->rank - i] : 1;
    const int64_t b = i <= other->rank ? other->size[other->rank - i] : 1;
    if (a != b && a != 1 && b != 1)
      return cnn_error_set (error, "tensors of %s and %s do not broadcast to one another",
          cnn_dims_text (dims, first), cnn_dims_text (other, second));
    result.size[result.rank - i] = a == 1 ? b : a;
  }
  *dims = result;
  return true;
}

bool
cnn_shape_same (const CnnOperation *operation, CnnError *error)
{
  cnn_operation_set (operation, 0, operation->in[0]->elements, operation->in[0]->dims);
  return true;
}

bool
cnn_run_copy (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  CnnTensor *out = operation->out[0];
  if (in->floats)
    memcpy (out->floats, in->floats, (size_t)in->count * sizeof *in->floats);
  else
    memcpy (out->integers, in->integers, (size_t)in->count * sizeof *in->integers);
  return true;
}

/* --- Walking over arrays -------------------------------------------------------------------------- */

void
cnn_walk (const CnnWalk *walk, CnnWalkRow *row, void *data)
{
  const int rank = walk->dims.rank;
  const int64_t n = rank > 0 ? walk->dims.size[rank - 1] : 1;
  int64_t index[CNN_MAX_RANK] = {0}, offsets[CNN_WALK_OPERANDS] = {0}, count;
  if (!cnn_dims_count (&walk->dims, &count, NULL))
    return;
  for (int64_t position = 0; position < count; position += n) {
    row (data, walk, offsets, position, n);
    for (int i = rank - 2; i >= 0; i--) {
      for (int k = 0; k < walk->n_operands; k++)
        offsets[k] += walk->stride[k][i];
      if (++index[i] < walk->dims.size[i])
        break;
      for (int k = 0; k < walk->n_operands; k++)
        offsets[k] -= walk->stride[k][i] * index[i];
      index[i] = 0;
    }
  }
}

void
cnn_walk_add_broadcast (CnnWalk *walk, const CnnDims *dims)
{
  int64_t strides[CNN_MAX_RANK];
  const int more = walk->dims.rank - dims->rank;
  cnn_dims_strides (dims, strides);
  for (int i = 0; i < walk->dims.rank; i++)
    walk->stride[walk->n_operands][i] =
        i < more || dims->size[i - more] == 1 ? 0 : strides[i - more];
  walk->n_operands++;
}

typedef struct {
  const CnnTensor *in;
  CnnTensor *out;
} Copy;

static void
copy_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Copy *copy = data;
  const int64_t stride = walk->dims.rank > 0 ? walk->stride[0][walk->dims.rank - 1] : 1;
  if (copy->in->floats) {
    const float *from = copy->in->floats + offsets[0];
    float *to = copy->out->floats + position;
    for (int64_t i = 0; i < n; i++)
      to[i] = from[i * stride];
  } else {
    for (int64_t i = 0; i < n; i++)
      copy->out->integers[position + i] = copy->in->integers[offsets[0] + i * stride];
  }
}

void
cnn_walk_copy (const CnnWalk *walk, const CnnTensor *in, CnnTensor *out)
{
  Copy copy = {in, out};
  cnn_walk (walk, copy_row, &copy);
}
