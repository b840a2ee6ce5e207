/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unpack.h"

#include "wire.h"

#include <stdlib.h>

/* What may still be allocated. What protobuf-c gives back meanwhile, of lists that grew, does not come back: it is
 * little, and the limit is generous. */
typedef struct {
  size_t left;
} Budget;

static void *
take (void *data, size_t size)
{
  Budget *budget = data;
  if (size > budget->left)
    return NULL;
  budget->left -= size;
  return malloc (size > 0 ? size : 1);
}

static void
give (void *data, void *block)
{
  free (block);
}

CnnOnnx__Model *
cnn_onnx_unpack (const uint8_t *bytes, size_t size, CnnError *error)
{
  Budget budget;
  ProtobufCAllocator allocator = {take, give, &budget};
  if (!cnn_onnx_scan (bytes, size, &budget.left, error))
    return NULL;
  CnnOnnx__Model *model = cnn_onnx__model__unpack (&allocator, size, bytes);
  if (!model)
    cnn_error_set (error, "it is no ONNX file, or memory is short");
  return model;
}

void
cnn_onnx_unpacked_free (CnnOnnx__Model *model)
{
  ProtobufCAllocator allocator = {take, give, NULL};
  if (model)
    cnn_onnx__model__free_unpacked (model, &allocator);
}
