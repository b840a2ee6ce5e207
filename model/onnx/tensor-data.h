/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_ONNX_TENSOR_DATA_H
#define CNN_ONNX_TENSOR_DATA_H

#include "../tensor.h"
#include "onnx.pb-c.h"

/* A file's tensor as floats or integers, or NULL with a sentence. `path` is the file that external data lies beside,
 * or NULL when there is none. */
CnnTensor *cnn_onnx_tensor (const CnnOnnx__Tensor *tensor, const char *path, CnnError *error);

/* Whether a type of the file becomes floats or integers; false for texts, complex numbers and the like. */
bool cnn_onnx_elements (int data_type, CnnElements *elements);

#endif
