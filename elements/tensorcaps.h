/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes <-> caps, and nothing else: both tensor dialects and raw video. */
#ifndef CNN_TENSOR_CAPS_H
#define CNN_TENSOR_CAPS_H

#include "cnn.h"

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

/* How a pad's frames are carried. */
typedef enum {
  GST_CNN_STREAM_TENSOR,     /* tensor/strided */
  GST_CNN_STREAM_NNSTREAMER, /* other/tensors */
  GST_CNN_STREAM_VIDEO,      /* video/x-raw */
} GstCnnStreamKind;

/* Fixed caps, parsed: one frame's shape and how its samples lie in a buffer. */
typedef struct {
  GstCnnStreamKind kind;
  CnnShape shape;
  CnnSampleType type;
  CnnLayout layout;
  GstVideoInfo video; /* only for GST_CNN_STREAM_VIDEO */
  gint fps_n, fps_d;  /* 0/1 when unknown */
  gsize bytes;        /* of one frame; for video GST_VIDEO_INFO_SIZE */
} GstCnnStreamInfo;

/* Caps fields of the two tensor dialects, for pad templates: no dims there, since GStreamer's
 * subset test does not look into arrays of ranges. */
#define GST_CNN_TENSOR_CAPS(types)                                                                 \
  "tensor/strided, type=(string)" types ", dims-order=(string)row-major, "                         \
  "layout=(string){ nhwc, nchw }, framerate=(fraction)[ 0/1, max ]"
#define GST_CNN_NNSTREAMER_CAPS(types)                                                             \
  "other/tensors, format=(string)static, num_tensors=(int)1, types=(string)" types ", "            \
  "framerate=(fraction)[ 0/1, max ]"

/* Reads fixed caps of any of the three kinds. On failure returns FALSE and a sentence without the
 * element's name in `error` (may be NULL). */
gboolean
gst_cnn_stream_info_from_caps (GstCnnStreamInfo *info, const GstCaps *caps, CnnError *error);

/* A mapped buffer of such a stream as the kernels see it: R,G,B order for video, strides from the
 * video frame. `frame` is for video streams only, `data` for tensors only. */
CnnImage
gst_cnn_stream_image (const GstCnnStreamInfo *info, guint8 *data, const GstVideoFrame *frame);

G_END_DECLS

#endif
