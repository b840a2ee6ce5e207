/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/upstream.h"

/* The round that this thread is in, 0: none. */
static GPrivate current_round;

/* The round of this thread, and whether it was opened now and is to be closed by its opener. */
static guint
enter_round (gboolean *opened)
{
  static gint rounds; /* atomic */
  guint round = GPOINTER_TO_UINT (g_private_get (&current_round));
  *opened = round == 0;
  while (round == 0)
    round = (guint)g_atomic_int_add (&rounds, 1);
  g_private_set (&current_round, GUINT_TO_POINTER (round));
  return round;
}

static void
leave_round (gboolean opened)
{
  if (opened)
    g_private_set (&current_round, NULL);
}

gboolean
gst_cnn_upstream_latency (
    GstCnnUpstream *upstream, GstElement *element, GstQuery *query, GstCnnAskLatency ask)
{
  gboolean opened;
  const guint round = enter_round (&opened);
  GST_OBJECT_LOCK (element);
  GstCnnUpstream last = *upstream;
  GST_OBJECT_UNLOCK (element);
  if (last.latency_round != round) {
    last.known = ask (element, query);
    gst_query_parse_latency (query, &last.live, &last.minimum, &last.maximum);
    GST_OBJECT_LOCK (element);
    upstream->latency_round = round;
    upstream->known = last.known;
    upstream->live = last.live;
    upstream->minimum = last.minimum;
    upstream->maximum = last.maximum;
    GST_OBJECT_UNLOCK (element);
  } else if (last.known) {
    gst_query_set_latency (query, last.live, last.minimum, last.maximum);
  }
  leave_round (opened);
  return last.known;
}

gboolean
gst_cnn_upstream_event (
    GstCnnUpstream *upstream, GstElement *element, GstEvent *event, GstCnnPassEvent pass)
{
  gboolean opened;
  const guint round = enter_round (&opened);
  const guint32 seqnum = gst_event_get_seqnum (event);
  GST_OBJECT_LOCK (element);
  const gboolean passed = upstream->event_round == round && upstream->event_seqnum == seqnum;
  gboolean result = upstream->event_result;
  if (!passed) {
    upstream->event_round = round;
    upstream->event_seqnum = seqnum;
    upstream->event_result = TRUE; /* until it is known */
  }
  GST_OBJECT_UNLOCK (element);
  if (passed) {
    gst_event_unref (event);
  } else {
    result = pass (element, event);
    GST_OBJECT_LOCK (element);
    if (upstream->event_round == round && upstream->event_seqnum == seqnum)
      upstream->event_result = result;
    GST_OBJECT_UNLOCK (element);
  }
  leave_round (opened);
  return result;
}
