/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files. */
#ifndef CNN_ONNX_H
#define CNN_ONNX_H

#include "../graph.h"

/* The graph of a file's bytes. `path` is where they come from, for data in files beside it, or NULL. Nodes that are
 * not supported are in it, with the reason. NULL with a sentence when the file is none. */
CnnGraph *cnn_onnx_read (const uint8_t *bytes, size_t size, const char *path, CnnError *error);

#endif
