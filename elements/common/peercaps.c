/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/peercaps.h"

#include "common/tensorcaps.h"

/* Counts the moments from which on answers may differ; atomic. */
static gint current_epoch;

void
gst_cnn_peer_caps_init (GstCnnPeerCaps *peer)
{
  g_mutex_init (&peer->lock);
  peer->caps = NULL;
}

void
gst_cnn_peer_caps_clear (GstCnnPeerCaps *peer)
{
  gst_clear_caps (&peer->caps);
  g_mutex_clear (&peer->lock);
}

GstCaps *
gst_cnn_peer_caps_get (GstCnnPeerCaps *peer, GstPad *srcpad)
{
  /* Read before the peer is asked: what changes meanwhile makes the answer an old one. */
  const guint epoch = (guint)g_atomic_int_get (&current_epoch);
  GstCaps *caps = NULL;
  g_mutex_lock (&peer->lock);
  if (peer->caps && peer->epoch == epoch && gst_pad_is_linked (srcpad))
    caps = gst_caps_ref (peer->caps);
  g_mutex_unlock (&peer->lock);
  if (caps)
    return caps;
  caps = gst_cnn_caps_complete_layout (gst_pad_peer_query_caps (srcpad, NULL));
  g_mutex_lock (&peer->lock);
  gst_caps_replace (&peer->caps, caps);
  peer->epoch = epoch;
  g_mutex_unlock (&peer->lock);
  return caps;
}

void
gst_cnn_peer_caps_forget_all (void)
{
  g_atomic_int_inc (&current_epoch);
}
