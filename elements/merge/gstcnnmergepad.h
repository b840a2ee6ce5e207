/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sink pads of cnnmerge, one a branch: the frames that wait there, and how frames of several branches
 * find each other. Everything here is under the lock of the merge. */
#ifndef GST_CNN_MERGE_PAD_H
#define GST_CNN_MERGE_PAD_H

#include "common/gstcnnchain.h"
#include "common/tensorcaps.h"

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_MERGE_PAD (gst_cnn_merge_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnMergePad, gst_cnn_merge_pad, GST, CNN_MERGE_PAD, GstPad)

/* Frames that wait in a branch before its thread does, when no branch drops any. */
#define GST_CNN_MERGE_ROOM 2

struct _GstCnnMergePad {
  GstPad parent;

  /* What came and waits: GstBuffer and serialized GstEvent. */
  GQueue items;
  guint n_frames;
  gsize bytes;
  guint room;            /* frames that may wait before their thread does */
  GThread *thread;       /* brought the last of all; NULL: nothing came yet */
  GQueue arrivals;       /* of the frames, in ms of the monotonic time */
  gint64 last_frame;     /* monotonic time of its arrival in us, 0: none came yet */
  gint64 lag;            /* how long after the first branch's its frames come, in us */
  gint64 starving_since; /* frames wait for others, since this monotonic time; 0: they do not */
  gboolean flushing;     /* or not active */
  gboolean awaits_flush;
  guint32 flush_seqnum; /* of the last flush */
  GstClockTime latency; /* of its branch, as it was last asked */

  /* What stood before the next frame. Only who joins frames changes it, and so may read it without lock. */
  gboolean has_info, has_chain, is_eos;
  GstCaps *caps;
  GstCnnStreamInfo info;
  GstCnnChain chain;
  gchar *previous; /* name of the layer before, or NULL */
  GstSegment segment;
  guint32 segment_seqnum;
};

/* The sink pads in the order of their numbers, each with a reference; unref the array. */
GPtrArray *gst_cnn_merge_pads (GstElement *element);

/* The chain that ends in this pad: what upstream said where it fits the frames that arrive, otherwise a
 * chain that begins here. */
GstCnnChain gst_cnn_merge_pad_chain (const GstCnnMergePad *pad);

/* Puts a buffer or a serialized event at the end of the queue, in the thread that brings it. Takes it. */
void gst_cnn_merge_pad_append (GstCnnMergePad *pad, GstMiniObject *item);

/* Takes the oldest frame out of the queue, if there is one. */
void gst_cnn_merge_pad_drop_oldest (GstCnnMergePad *pad);

/* Forgets frames, segment and end. */
void gst_cnn_merge_pad_flush (GstCnnMergePad *pad);

/* Forgets its stream, too. */
void gst_cnn_merge_pad_reset (GstCnnMergePad *pad);

/* From the first to the last frame that waits. */
GstClockTime gst_cnn_merge_pad_waiting_time (GstCnnMergePad *pad);

typedef enum {
  GST_CNN_MATCH_FOUND,   /* `frames` belong together */
  GST_CNN_MATCH_GAP,     /* they do, but one branch has a gap instead of a frame */
  GST_CNN_MATCH_DROPPED, /* frames without partners were dropped: look again */
  GST_CNN_MATCH_WAIT,    /* a branch has nothing yet */
  GST_CNN_MATCH_EOS,     /* a branch has ended: nothing can be joined any more */
} GstCnnMatch;

/* What stood before the next frames. */
typedef struct {
  gboolean new_caps;  /* on some pad */
  gboolean new_chain; /* on some pad */
  GPtrArray *events;  /* GstEvent, with references: what downstream is to get of the first pad's */
} GstCnnMergeEvents;

/* Takes one frame of each pad, and the events before it. Frames belong together when their running times
 * differ by at most half a frame, of the fastest branch; a frame that is older than that has no partner and
 * is dropped. Frames without timestamps go with whatever arrives at the same time. For FOUND and GAP `frames`
 * (an array of GstBuffer, with references) is filled in the order of `pads`. */
GstCnnMatch
gst_cnn_merge_take_frames (const GPtrArray *pads, GPtrArray *frames, GstCnnMergeEvents *events);

G_END_DECLS

#endif
