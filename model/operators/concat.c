/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families.h"
#include "helpers.h"

#include <string.h>

void
cnn_read_concat (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.axis.axis = cnn_read_integer (reader, "axis", INT64_MAX);
  if (node->parameters.axis.axis == INT64_MAX)
    cnn_reader_refuse (reader, "axis is missing");
}

bool
cnn_shape_concat (const CnnOperation *operation, CnnError *error)
{
  CnnDims dims = operation->in[0]->dims;
  char first[CNN_DIMS_TEXT], second[CNN_DIMS_TEXT];
  int axis;
  if (!cnn_axis_resolve_index (operation->node->parameters.axis.axis, dims.rank, &axis, error))
    return false;
  for (int i = 1; i < operation->n_in; i++) {
    const CnnTensor *in = operation->in[i];
    if (!in)
      return cnn_error_set (error, "its input %d is left out", i);
    bool fits = in->dims.rank == dims.rank && in->elements == operation->in[0]->elements;
    for (int k = 0; fits && k < dims.rank; k++)
      fits = k == axis || in->dims.size[k] == dims.size[k];
    if (!fits)
      return cnn_error_set (error, "inputs of %s and %s cannot be joined along axis %d",
          cnn_dims_text (&operation->in[0]->dims, first), cnn_dims_text (&in->dims, second), axis);
    dims.size[axis] += in->dims.size[axis];
  }
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_concat (const CnnOperation *operation, CnnError *error)
{
  CnnTensor *out = operation->out[0];
  int axis;
  if (!cnn_axis_resolve_index (operation->node->parameters.axis.axis, out->dims.rank, &axis, error))
    return false;
  const int64_t outer = cnn_dims_product (&out->dims, 0, axis);
  const int64_t row = cnn_dims_product (&out->dims, axis, out->dims.rank);
  int64_t start = 0;
  for (int i = 0; i < operation->n_in; i++) {
    const CnnTensor *in = operation->in[i];
    const int64_t part = cnn_dims_product (&in->dims, axis, in->dims.rank);
    for (int64_t o = 0; o < outer; o++)
      if (out->floats)
        memcpy (
            out->floats + o * row + start, in->floats + o * part, (size_t)part * sizeof (float));
      else
        memcpy (out->integers + o * row + start, in->integers + o * part,
            (size_t)part * sizeof (int64_t));
    start += part;
  }
  return true;
}
