/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_ONNX_UNPACK_H
#define CNN_ONNX_UNPACK_H

#include "onnx.pb-c.h"

#include <cnn/error.h>

/* protobuf-c's message of a file, or NULL with a sentence. Takes no more memory than the file's contents account
 * for. Freed by cnn_onnx_unpacked_free (). */
CnnOnnx__Model *cnn_onnx_unpack (const uint8_t *bytes, size_t size, CnnError *error);
void cnn_onnx_unpacked_free (CnnOnnx__Model *model);

#endif
