/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes <-> caps, and nothing else: both tensor dialects and raw video. */
#ifndef CNN_TENSOR_CAPS_H
#define CNN_TENSOR_CAPS_H

#include "cnn/cnn.h"

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

/* Caps fields of the two tensor dialects, for pad templates: no dims there, since GStreamer's subset
 * test does not look into arrays of ranges. */
#define GST_CNN_TENSOR_CAPS(types)                                                                 \
  "tensor/strided, type=(string)" types ", dims-order=(string)row-major, "                         \
  "layout=(string){ nhwc, nchw }, framerate=(fraction)[ 0/1, max ]"
#define GST_CNN_NNSTREAMER_CAPS(types)                                                             \
  "other/tensors, format=(string)static, num_tensors=(int)1, types=(string)" types ", "            \
  "framerate=(fraction)[ 0/1, max ]"

/* Video formats by channel count, and the subset of them that layers can write. */
#define GST_CNN_GRAY_FORMATS "GRAY8, GRAY16_LE"
#define GST_CNN_COLOR_FORMATS                                                                      \
  "RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, RGBP, BGRP, GBR"
#define GST_CNN_GRAY_OUT_FORMATS "GRAY8"
#define GST_CNN_COLOR_OUT_FORMATS "RGB, BGR, RGBx, BGRx, RGBA, BGRA"

/* Reads fixed caps of any of the three kinds. On failure returns FALSE and a sentence without the
 * element's name in `error` (may be NULL). */
gboolean
gst_cnn_stream_info_from_caps (GstCnnStreamInfo *info, const GstCaps *caps, CnnError *error);

/* A set of shapes: the product of four intervals, each within [1, G_MAXINT]. */
typedef struct {
  CnnRange n, h, w, c;
} GstCnnShapeRange;

/* Every shape there is. */
GstCnnShapeRange gst_cnn_shape_range_any (void);

/* Appends `range` to an array of GstCnnShapeRange, unless it is empty or there already. */
void gst_cnn_shape_ranges_append (GArray *ranges, const GstCnnShapeRange *range);

/* The shapes that one caps structure (fixed or not) of any of the three kinds allows, appended to
 * `ranges` (an array of GstCnnShapeRange). A list of values within one dimension counts as the interval
 * around it. Returns FALSE and appends nothing when the structure cannot hold frames of ours. */
gboolean gst_cnn_shape_ranges_from_structure (
    const GstStructure *structure, const GstCapsFeatures *features, GArray *ranges);

/* TRUE for a tensor of either dialect whose size is said, as one size or as ranges. */
gboolean gst_cnn_structure_is_sized_tensor (const GstStructure *structure);

/* The same caps with layout=nhwc written where dims or dimensions are given and the layout is left to its
 * default: an intersection would otherwise give the sizes the meaning of every layout. Takes `caps`. */
GstCaps *gst_cnn_caps_complete_layout (GstCaps *caps);

/* Appends one structure a layout (nhwc first) to `caps`. `types` is a caps value such as "float32" or
 * "{ float32, uint8 }". `framerate` may be NULL: any. */
void gst_cnn_caps_append_tensor (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *types, const GValue *framerate);
/* The same in the NNStreamer dialect, whose dimensions are text: a fixed shape is offered in each
 * spelling of its trailing ones, any other without dimensions. */
void gst_cnn_caps_append_nnstreamer (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *types, const GValue *framerate);
/* Raw video of `formats` ("RGB, BGR"), when the range allows N = 1; a size of 1 to G_MAXINT. */
void gst_cnn_caps_append_video (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *formats, const GValue *framerate);

/* Fixed caps of raw video with what others ask of them though it is the default: an element that compares caps by
 * subset refuses progressive pictures which do not say so. Other caps stay as they are. Takes `caps`. */
GstCaps *gst_cnn_caps_complete_video (GstCaps *caps);

/* Fixed caps for frames of this shape that `downstream` takes, or empty ones: tensors first, and video of 1 or 3
 * channels only to a peer that takes no tensors. */
GstCaps *gst_cnn_caps_choose_output (CnnShape shape, const GValue *framerate, GstCaps *downstream);

G_END_DECLS

#endif
