/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sink pads of cnnmerge, one a branch, and how frames of several branches find each other. */
#ifndef GST_CNN_MERGE_PAD_H
#define GST_CNN_MERGE_PAD_H

#include "common/gstcnnchain.h"
#include "common/tensorcaps.h"

#include <gst/base/gstaggregator.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_MERGE_PAD (gst_cnn_merge_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnMergePad, gst_cnn_merge_pad, GST, CNN_MERGE_PAD, GstAggregatorPad)

/* Everything here belongs to the source pad's thread. */
struct _GstCnnMergePad {
  GstAggregatorPad parent;
  gboolean has_info, has_chain;
  GstCnnStreamInfo info;
  GstCnnChain chain;
};

/* The sink pads in the order of their numbers, each with a reference; unref the array. */
GPtrArray *gst_cnn_merge_pads (GstElement *element);

/* The chain that ends in this pad: what upstream said where it fits the frames that arrive, otherwise a
 * chain that begins here. */
GstCnnChain gst_cnn_merge_pad_chain (const GstCnnMergePad *pad);

typedef enum {
  GST_CNN_MATCH_FOUND,   /* `frames` belong together */
  GST_CNN_MATCH_GAP,     /* they do, but one branch has a gap instead of a frame */
  GST_CNN_MATCH_DROPPED, /* frames without partners were dropped: look again */
  GST_CNN_MATCH_WAIT,    /* a branch has nothing yet */
  GST_CNN_MATCH_EOS,     /* a branch has ended: nothing can be joined any more */
} GstCnnMatch;

/* Takes one frame of each pad. They belong together when their running times differ by at most half a
 * frame, of the fastest branch; a frame that is older than that has no partner and is dropped. Frames
 * without timestamps go with whatever arrives at the same time. For FOUND and GAP `frames` (an array of
 * GstBuffer, with references) is filled in the order of `pads`. */
GstCnnMatch gst_cnn_merge_take_frames (const GPtrArray *pads, GPtrArray *frames);

G_END_DECLS

#endif
