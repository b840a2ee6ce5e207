/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events and questions that go upstream, each element reached once. They go through all branches of all
 * merges, one after the other and in one thread; what lies before a tee would be reached once for each way
 * that leads there. So the first of our elements that is reached opens a round, and an element that is
 * reached again in the same round has passed the event on already, or knows the answer. */
#ifndef GST_CNN_UPSTREAM_H
#define GST_CNN_UPSTREAM_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* What an element remembers; zeroed to begin with, guarded by its object lock. */
typedef struct {
  guint latency_round; /* 0: none */
  gboolean known, live;
  GstClockTime minimum, maximum;

  guint event_round;
  guint32 event_seqnum;
  gboolean event_result;
} GstCnnUpstream;

/* Asks for latency on behalf of an element: as gst_query_set_latency (), FALSE when nobody knows. */
typedef gboolean (*GstCnnAskLatency) (GstElement *element, GstQuery *query);

/* Answers a latency query to the element's source pad. */
gboolean gst_cnn_upstream_latency (
    GstCnnUpstream *upstream, GstElement *element, GstQuery *query, GstCnnAskLatency ask);

/* Passes an event on; takes it. */
typedef gboolean (*GstCnnPassEvent) (GstElement *element, GstEvent *event);

/* Does so, unless that was done in this round: then the result is the same. Takes the event. */
gboolean gst_cnn_upstream_event (
    GstCnnUpstream *upstream, GstElement *element, GstEvent *event, GstCnnPassEvent pass);

G_END_DECLS

#endif
