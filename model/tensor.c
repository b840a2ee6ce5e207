/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor.h"

#include <cnn/memory.h>

#include <inttypes.h>
#include <stdio.h>

bool
cnn_dims_count (const CnnDims *dims, int64_t *count, CnnError *error)
{
  char text[CNN_DIMS_TEXT];
  *count = 1;
  bool fits = dims->rank >= 0 && dims->rank <= CNN_MAX_RANK, empty = false;
  for (int i = 0; fits && i < dims->rank; i++) {
    const int64_t size = dims->size[i];
    fits = size >= 0 && (size == 0 || *count <= CNN_MAX_ELEMENTS / size);
    if (fits && size == 0)
      empty = true;
    else if (fits)
      *count *= size;
  }
  if (!fits)
    return cnn_error_set (error, "a tensor of %s has more than %" PRId64 " values or none",
        cnn_dims_text (dims, text), CNN_MAX_ELEMENTS);
  if (empty)
    *count = 0;
  return true;
}

bool
cnn_dims_equal (const CnnDims *a, const CnnDims *b)
{
  bool equal = a->rank == b->rank;
  for (int i = 0; equal && i < a->rank; i++)
    equal = a->size[i] == b->size[i];
  return equal;
}

int64_t
cnn_dims_product (const CnnDims *dims, int first, int end)
{
  int64_t product = 1;
  for (int i = first; i < end; i++)
    product *= dims->size[i];
  return product;
}

void
cnn_dims_strides (const CnnDims *dims, int64_t strides[CNN_MAX_RANK])
{
  int64_t stride = 1;
  for (int i = dims->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims->size[i];
  }
}

const char *
cnn_dims_text (const CnnDims *dims, char text[CNN_DIMS_TEXT])
{
  if (dims->rank == 0)
    snprintf (text, CNN_DIMS_TEXT, "scalar");
  size_t at = 0;
  for (int i = 0; i < dims->rank && i < CNN_MAX_RANK; i++) {
    const char *times = i > 0 ? "x" : "";
    if (dims->size[i] == CNN_DYNAMIC)
      at += (size_t)snprintf (text + at, CNN_DIMS_TEXT - at, "%s?", times);
    else
      at += (size_t)snprintf (text + at, CNN_DIMS_TEXT - at, "%s%" PRId64, times, dims->size[i]);
  }
  return text;
}

CnnTensor *
cnn_tensor_new (CnnElements elements, const CnnDims *dims, CnnError *error)
{
  int64_t count;
  if (!cnn_dims_count (dims, &count, error))
    return NULL;
  CnnTensor *tensor = cnn_alloc (1, sizeof *tensor);
  const bool is_float = elements == CNN_ELEMENTS_FLOAT;
  void *data = cnn_alloc ((size_t)count, is_float ? sizeof (float) : sizeof (int64_t));
  if (!tensor || !data) {
    cnn_error_set (error, "not enough memory for %" PRId64 " values", count);
    cnn_free (tensor);
    cnn_free (data);
    return NULL;
  }
  *tensor = (CnnTensor){.elements = elements, .dims = *dims, .count = count, .references = 1};
  if (is_float)
    tensor->floats = data;
  else
    tensor->integers = data;
  return tensor;
}

CnnTensor *
cnn_tensor_ref (CnnTensor *tensor)
{
  __atomic_add_fetch (&tensor->references, 1, __ATOMIC_RELAXED);
  return tensor;
}

void
cnn_tensor_unref (CnnTensor *tensor)
{
  if (!tensor || __atomic_sub_fetch (&tensor->references, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  if (!tensor->borrowed) {
    cnn_free (tensor->floats);
    cnn_free (tensor->integers);
  }
  cnn_free (tensor);
}
