/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GStreamer's own tensors, which ride on buffers as GstTensorMeta (GStreamer 1.26 and later). Built against
 * an older GStreamer these functions do nothing and find nothing. */
#ifndef CNN_TENSOR_META_H
#define CNN_TENSOR_META_H

#include "common/tensorcaps.h"

G_BEGIN_DECLS

/* True when this build knows GstTensorMeta. */
gboolean gst_cnn_tensor_meta_is_supported (void);

/* Describes the tensor that a buffer of this stream holds by a meta on it, which shares the buffer's
 * memory. The buffer must be writable; call it after its samples are written. */
void gst_cnn_tensor_meta_attach (GstBuffer *buffer, const GstCnnStreamInfo *info);

/* The first float32 tensor on a buffer that has 1 to 4 dimensions: a new reference to the buffer with its
 * samples, and the stream it would be one frame of. Missing outer dimensions are 1; a tensor of four is taken
 * as `layout`. NULL when there is none. */
GstBuffer *gst_cnn_tensor_meta_find (GstBuffer *buffer, CnnLayout layout, GstCnnStreamInfo *info);

G_END_DECLS

#endif
