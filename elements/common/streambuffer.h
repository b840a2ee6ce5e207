/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers of a stream: mapped as images, and where they come from. */
#ifndef CNN_STREAM_BUFFER_H
#define CNN_STREAM_BUFFER_H

#include "common/tensorcaps.h"

G_BEGIN_DECLS

/* A mapped buffer of such a stream as the kernels see it: R,G,B order for video, strides from the
 * video frame. `frame` is for video streams only, `data` for tensors only. */
CnnImage
gst_cnn_stream_image (const GstCnnStreamInfo *info, guint8 *data, const GstVideoFrame *frame);

/* A mapped buffer. Only `image` is for users; it lives until gst_cnn_frame_unmap (). */
typedef struct {
  CnnImage image;
  GstCnnStreamKind kind;
  GstBuffer *buffer;
  GstMapInfo map;
  GstVideoFrame frame;
} GstCnnMappedFrame;

/* Maps a buffer of a stream, whatever its memories and strides. The buffer stays the caller's. FALSE with
 * a sentence when its size is not the one its caps say. */
gboolean gst_cnn_frame_map (GstCnnMappedFrame *frame, const GstCnnStreamInfo *info,
    GstBuffer *buffer, GstMapFlags flags, CnnError *error);
void gst_cnn_frame_unmap (GstCnnMappedFrame *frame);

/* Answers an upstream allocation query: an allocator of the kernels' memory, a pool of it (not for other/tensors),
 * and that GstVideoMeta is understood. FALSE when the query's caps are none of ours. */
gboolean gst_cnn_allocation_propose (GstQuery *query);

/* Completes a downstream allocation query: takes the peer's pool and allocator where it has them, and a
 * pool of our own and the kernels' memory where not. */
gboolean gst_cnn_allocation_decide (GstQuery *query);

/* Configures the pool of a completed query, for base classes that leave that to their subclasses. FALSE
 * when the pool refuses. */
gboolean gst_cnn_allocation_configure_pool (GstQuery *query);

/* An active pool for what `srcpad` sends in these caps, as its peer wishes, for elements without a base class
 * that asks. NULL when there is none to be had. */
GstBufferPool *gst_cnn_allocation_make_pool (GstPad *srcpad, GstCaps *caps);

G_END_DECLS

#endif
