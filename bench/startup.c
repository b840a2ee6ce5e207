/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a network of many branches takes to its first frame, and to a new shape while it plays: residual
 * blocks one behind the other, each a tee, a convolution and a cnnmerge. One frame is in flight. */
#include "bench.h"

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <stdio.h>

#define ROUNDS 5
#define TIMEOUT (60 * G_TIME_SPAN_SECOND)

static const guint sizes[] = {5, 10, 20, 40};

typedef struct {
  GMutex lock;
  GCond changed;
  gdouble last; /* when a frame came out */
} Arrival;

static GstElement *
make_network (guint count, gboolean queues)
{
  const gchar *queue = queues ? "queue ! " : "";
  GString *launch = g_string_new (
      "appsrc name=source format=time caps=video/x-raw,format=GRAY8,width=32,height=32,"
      "framerate=1/1 ! cnnconv name=first kernel=box padding=1 ! ");
  for (guint i = 0; i < count; i++)
    g_string_append_printf (launch,
        "tee name=t%u t%u. ! %scnnconv kernel=box padding=1 ! m%u.sink_0 t%u. ! %sm%u.sink_1 "
        "cnnmerge name=m%u mode=add ! ",
        i, i, queue, i, i, queue, i, i);
  g_string_append (launch, "fakesink name=sink");
  GstElement *pipeline = gst_parse_launch (launch->str, NULL);
  g_string_free (launch, TRUE);
  return pipeline;
}

static GstPadProbeReturn
on_arrival (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Arrival *arrival = data;
  g_mutex_lock (&arrival->lock);
  arrival->last = bench_now ();
  g_cond_signal (&arrival->changed);
  g_mutex_unlock (&arrival->lock);
  return GST_PAD_PROBE_OK;
}

/* Seconds from `start` until the frame that is sent now has come out, negative: it did not. */
static gdouble
send_frame (GstElement *source, Arrival *arrival, gdouble start)
{
  const gint64 deadline = g_get_monotonic_time () + TIMEOUT;
  gboolean in_time = TRUE;
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 32 * 32, NULL);
  gst_buffer_memset (frame, 0, 100, 32 * 32);
  gst_app_src_push_buffer (GST_APP_SRC (source), frame);
  g_mutex_lock (&arrival->lock);
  while (in_time && arrival->last <= start)
    in_time = g_cond_wait_until (&arrival->changed, &arrival->lock, deadline);
  const gdouble seconds = in_time ? arrival->last - start : -1;
  g_mutex_unlock (&arrival->lock);
  return seconds;
}

/* FALSE when no frame came out. */
static gboolean
time_once (guint count, gboolean queues, gdouble *start, gdouble *change)
{
  Arrival arrival = {.last = 0};
  GstElement *pipeline = make_network (count, queues);
  if (!pipeline)
    return FALSE;
  GstElement *first = gst_bin_get_by_name (GST_BIN (pipeline), "first");
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_arrival, &arrival, NULL);
  gdouble now = bench_now ();
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  *start = send_frame (source, &arrival, now);
  now = bench_now ();
  g_object_set (first, "stride", "2", NULL);
  *change = send_frame (source, &arrival, now);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (sink);
  gst_object_unref (source);
  gst_object_unref (first);
  gst_object_unref (pipeline);
  return *start >= 0 && *change >= 0;
}

bool
bench_startup (bool json)
{
  bench_load_plugin ();
  if (!json)
    printf ("%-10s %-8s %16s %16s\n", "diamonds", "queues", "first frame, ms", "new stride, ms");
  for (guint queues = 0; queues < 2; queues++) {
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      gdouble best_start = G_MAXDOUBLE, best_change = G_MAXDOUBLE;
      for (guint round = 0; round < ROUNDS; round++) {
        gdouble start, change;
        if (!time_once (sizes[i], queues != 0, &start, &change)) {
          fprintf (stderr, "%u diamonds: no frame came out\n", sizes[i]);
          return false;
        }
        best_start = MIN (best_start, start);
        best_change = MIN (best_change, change);
      }
      printf (json ? "{\"diamonds\": %u, \"queues\": %s, \"first_frame_ms\": %.1f, "
                     "\"change_ms\": %.1f}\n"
                   : "%-10u %-8s %16.1f %16.1f\n",
          sizes[i], json ? (queues ? "true" : "false") : (queues ? "yes" : "no"), best_start * 1e3,
          best_change * 1e3);
    }
  }
  return true;
}
