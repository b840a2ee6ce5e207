/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look at the bytes of a file before protobuf-c unpacks them. */
#ifndef CNN_ONNX_WIRE_H
#define CNN_ONNX_WIRE_H

#include <cnn/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest file that is read. */
#define CNN_ONNX_MAX_BYTES ((size_t)1 << 31)

/* Checks that every field of every message that onnx.proto knows lies within its message, has the wire type it
 * should, and that what may be there once is there once (protobuf merges the rest, in a time that grows with the
 * square). `bytes_needed` becomes what unpacking may allocate at most. False with a sentence that names the byte. */
bool cnn_onnx_scan (const uint8_t *bytes, size_t size, size_t *bytes_needed, CnnError *error);

#endif
