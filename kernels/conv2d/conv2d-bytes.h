/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to conv2d*.c: one filter for every channel, from bytes to bytes in integers. For filters
 * whose weights are small integers over a common divisor, which the named ones are: every byte is the
 * exact sum, rounded once. */
#ifndef CNN_CONV2D_BYTES_H
#define CNN_CONV2D_BYTES_H

#include "conv2d/conv2d-private.h"

typedef struct CnnConvBytesPlan CnnConvBytesPlan;

/* NULL when this convolution cannot run in integers, or memory is short: then the floats do it. */
CnnConvBytesPlan *cnn_conv_bytes_new (const CnnConv2d *conv, const CnnConv2dDesc *desc);
void cnn_conv_bytes_free (CnnConvBytesPlan *plan);

/* True when both images have pixels of the same adjacent bytes. */
bool cnn_conv_bytes_fits (const CnnImage *in, const CnnImage *out);

/* Turns `worker` to a frame, and forgets what it has kept of the last. */
void cnn_conv_bytes_begin (const CnnConvBytesPlan *plan, int worker, const CnnImage *in);

/* Output rows [y, y + rows) of frame n, after cnn_conv_bytes_begin (). Two rows together are faster
 * than one by one. */
void cnn_conv_bytes_compute (const CnnConvBytesPlan *plan, int worker, const CnnImage *in,
    const CnnImage *out, int n, int y, int rows);

#endif
