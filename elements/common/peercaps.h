/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What downstream takes, asked once. A caps query that every element hands on costs as much as there are
 * ways through the graph, twice as much for every tee whose branches meet again; an answer that is
 * remembered where branches meet, and in each layer, makes it as much as there are elements.
 *
 * An answer holds until anything changes that it may rest upon: GStreamer announces that by a reconfigure
 * event to the source pad, our own elements by gst_cnn_peer_caps_forget_all () when they start, stop or get
 * other properties. One counter for the process serves all: it changes rarely, and to ask anew is cheap. */
#ifndef GST_CNN_PEER_CAPS_H
#define GST_CNN_PEER_CAPS_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct {
  GMutex lock;
  GstCaps *caps; /* NULL: not asked yet */
  guint epoch;   /* of the answer */
} GstCnnPeerCaps;

void gst_cnn_peer_caps_init (GstCnnPeerCaps *peer);
void gst_cnn_peer_caps_clear (GstCnnPeerCaps *peer);

/* All that the peer of `srcpad` takes, layouts completed (gst_cnn_caps_complete_layout ()). From any
 * thread, without locks that a query may need. */
GstCaps *gst_cnn_peer_caps_get (GstCnnPeerCaps *peer, GstPad *srcpad);

/* From any thread: no answer that was given before holds any longer. */
void gst_cnn_peer_caps_forget_all (void);

G_END_DECLS

#endif
