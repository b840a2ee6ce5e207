/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of cnnmerge: the element (gstcnnmerge.c), what it does to frames (gstcnnmergejoin.c), and when it
 * may do so (gstcnnmergequeue.c). */
#ifndef GST_CNN_MERGE_PRIVATE_H
#define GST_CNN_MERGE_PRIVATE_H

#include "common/debug.h"
#include "common/layercommon.h"
#include "common/peercaps.h"
#include "common/upstream.h"
#include "merge/gstcnnmerge.h"
#include "merge/gstcnnmergepad.h"

G_BEGIN_DECLS

struct _GstCnnMerge {
  GstElement parent;
  GstPad *srcpad;
  GstCnnLayerCommon common;
  GstCnnPeerCaps downstream;
  GstCnnUpstream upstream;
  guint n_requested; /* number of the next pad; under the object lock */

  /* Properties, under the object lock. */
  CnnMergeMode mode;
  CnnMergeAxis axis;
  CnnActivation activation;
  GstCnnDoubleArray alpha;

  /* Guards the queues of the pads and what follows. Nothing is pushed, asked or posted while it is held. */
  GMutex lock;
  GCond changed;     /* a queue became shorter, a flush began or ended, the stream ended */
  gboolean busy;     /* a thread joins frames: the others leave theirs to it */
  gboolean flushing; /* downstream is */
  gboolean ended;  /* until a flush or a new stream: an end was sent, or the user told of a fault */
  gboolean warned; /* of frames that nobody else brings */
  GstFlowReturn flow; /* of the last frame */
  guint n_flushes;    /* a result of before a flush counts no longer */
  guint32 seek_seqnum;
  GstClockTime branch_latency; /* of the slowest branch */
  guint group_id;              /* of the first branch's stream */
  gboolean stream_started;

  /* Only for the thread that is busy; the pool also under the object lock. */
  CnnLayer *merge;
  CnnImage *images; /* one a branch of `merge` */
  guint n_branches;
  GstCnnStreamInfo out_info;
  GstBufferPool *pool;
  GstSegment segment;                 /* as downstream knows it, */
  guint segment_flushes;              /* since that many flushes */
  gboolean new_branches;              /* caps arrived that `merge` was not made for */
  gboolean new_chain;                 /* a branch has another history */
  GstCnnChain chain;                  /* as published */
  struct _GstCnnOperation *operation; /* of `merge`, when told already */
  gint operations_wanted;             /* atomic: by one further downstream */
};

/* --- gstcnnmergejoin.c: frames that belong together --- */

/* Joins them and pushes the result, in a thread that is `busy` and without the lock. `segment` is the first
 * branch's. GST_FLOW_CUSTOM_ERROR after the user was told of a fault. */
GstFlowReturn gst_cnn_merge_process (GstCnnMerge *self, const GPtrArray *pads,
    const GPtrArray *frames, const GstSegment *segment, guint32 seqnum);

/* Ends what was made for a stream. */
void gst_cnn_merge_forget_join (GstCnnMerge *self);

/* --- gstcnnmergeoperation.c: how frames were made --- */

/* Events from downstream. */
void gst_cnn_merge_note_operation_event (GstCnnMerge *self, GstEvent *event);

/* Another join from now on. */
void gst_cnn_merge_forget_operation (GstCnnMerge *self);

/* Tells on an output buffer how it was made of the frames, where somebody asked. */
void gst_cnn_merge_attach_operation (
    GstCnnMerge *self, const GPtrArray *pads, const GPtrArray *frames, GstBuffer *output);

/* --- gstcnnmergequeue.c: threads that bring frames --- */

/* Puts a frame (taking it) into the queue of its pad; joins what belongs together by then. */
GstFlowReturn gst_cnn_merge_put_frame (GstCnnMerge *self, GstCnnMergePad *pad, GstBuffer *frame);

/* The same for a serialized event, which never waits. */
void gst_cnn_merge_put_event (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event);

G_END_DECLS

#endif
