/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks whose branches part in a tee and meet in a cnnmerge, many of them: what is asked and told in both
 * directions grows with the number of elements, not with that of ways through them. */
#include "layertest.h"

#include <string.h>
#include <time.h>

/* `count` residual blocks one behind the other, each ending in a cnnmerge "m0", "m1" ... */
static void
append_diamonds (GString *launch, guint count, gboolean queues)
{
  const gchar *queue = queues ? "queue ! " : "";
  for (guint i = 0; i < count; i++)
    g_string_append_printf (launch,
        "tee name=t%u t%u. ! %scnnconv name=b%u kernel=box padding=1 ! m%u.sink_0 "
        "t%u. ! %sm%u.sink_1 cnnmerge name=m%u mode=add ! ",
        i, i, queue, i, i, i, queue, i, i);
}

/* A U-Net: each level halves the picture, and is joined with what comes back from those below. */
static void
append_levels (GString *launch, guint depth, gboolean queues)
{
  const gchar *queue = queues ? "queue ! " : "";
  if (depth == 0) {
    g_string_append (launch, "cnnconv kernel=identity kernel-size=1 ! ");
    return;
  }
  g_string_append_printf (launch, "cnnconv kernel=box padding=1 ! tee name=t%u t%u. ! %scnnpool ! ",
      depth, depth, queue);
  append_levels (launch, depth - 1, queues);
  g_string_append_printf (launch,
      "cnnupsample ! m%u.sink_0 t%u. ! %sm%u.sink_1 cnnmerge name=m%u ! ", depth, depth, queue,
      depth, depth);
}

/* --- What is asked -------------------------------------------------------------------------------- */

typedef struct {
  gint caps, latency, other, events; /* events upstream; atomic */
} Counts;

static GstPadProbeReturn
count (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Counts *counts = data;
  if (!(info->type & GST_PAD_PROBE_TYPE_PUSH))
    return GST_PAD_PROBE_OK; /* the same, on its way back */
  if (info->type & GST_PAD_PROBE_TYPE_EVENT_UPSTREAM) {
    g_atomic_int_inc (&counts->events);
    return GST_PAD_PROBE_OK;
  }
  switch (GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info))) {
  case GST_QUERY_CAPS:
  case GST_QUERY_ACCEPT_CAPS:
    g_atomic_int_inc (&counts->caps);
    break;
  case GST_QUERY_LATENCY:
    g_atomic_int_inc (&counts->latency);
    break;
  default:
    g_atomic_int_inc (&counts->other);
  }
  return GST_PAD_PROBE_OK;
}

static void
count_at (const GValue *element, gpointer counts)
{
  GstElement *self = g_value_get_object (element);
  for (GList *pad = self->pads; pad; pad = pad->next)
    gst_pad_add_probe (pad->data, GST_PAD_PROBE_TYPE_QUERY_BOTH | GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        count, counts, NULL);
}

static GstMessage *
await (GstElement *pipeline, GstMessageType types)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, types | GST_MESSAGE_ERROR);
  gst_object_unref (bus);
  fail_unless (message != NULL, "nothing happened for a minute");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    fail ("%s", complaint_text (message));
  return message;
}

typedef void (*Append) (GString *launch, guint size, gboolean queues);

static GstElement *
network (Append append, guint size, gboolean queues, const gchar *source, Counts *counts)
{
  GString *launch = g_string_new (source);
  append (launch, size, queues);
  g_string_append (launch, "fakesink name=sink");
  GstElement *pipeline = gst_parse_launch (launch->str, NULL);
  fail_unless (pipeline != NULL, "%s", launch->str);
  memset (counts, 0, sizeof *counts);
  GstIterator *elements = gst_bin_iterate_elements (GST_BIN (pipeline));
  gst_iterator_foreach (elements, count_at, counts);
  gst_iterator_free (elements);
  g_string_free (launch, TRUE);
  return pipeline;
}

static void
end_network (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

#define SOURCE                                                                                     \
  "videotestsrc num-buffers=3 is-live=%s ! "                                                       \
  "video/x-raw,format=GRAY8,width=256,height=256,framerate=100/1 ! "

/* Start, three frames, the end. */
static Counts
counts_of_run (Append append, guint size, gboolean queues, gboolean live)
{
  Counts counts;
  gchar *source = g_strdup_printf (SOURCE, live ? "true" : "false");
  GstElement *pipeline = network (append, size, queues, source, &counts);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_message_unref (await (pipeline, GST_MESSAGE_EOS));
  GstQuery *query = gst_query_new_latency ();
  fail_unless (gst_element_query (pipeline, query));
  gst_query_unref (query);
  end_network (pipeline);
  g_free (source);
  return counts;
}

static void
assert_linear (const gchar *what, guint size, gint small, gint large)
{
  fail_unless (small > 0 && large > 0, "%s: %d and %d were counted", what, small, large);
  fail_unless (large <= 2.2 * small + 8, "%s: %d at size %u, %d at twice the size", what, small,
      size, large);
}

static void
check_linear (Append append, guint size, gboolean queues, gboolean live)
{
  const Counts small = counts_of_run (append, size, queues, live);
  const Counts large = counts_of_run (append, 2 * size, queues, live);
  assert_linear ("caps queries", size, small.caps, large.caps);
  assert_linear ("latency queries", size, small.latency, large.latency);
  assert_linear ("other queries", size, small.other, large.other);
  assert_linear ("upstream events", size, small.events, large.events);
}

GST_START_TEST (test_diamonds_are_linear)
{
  for (guint i = 0; i < 4; i++)
    check_linear (append_diamonds, 10, i & 1, i & 2);
}
GST_END_TEST;

GST_START_TEST (test_levels_are_linear)
{
  check_linear (append_levels, 4, FALSE, FALSE);
  check_linear (append_levels, 4, TRUE, TRUE);
}
GST_END_TEST;

/* --- What is told --------------------------------------------------------------------------------- */

/* Of a pipeline that shows its first frame: events sent from the sink. */
static Counts
counts_of_events (guint size, gboolean queues, GstEvent *(*make) (void))
{
  Counts counts;
  GstElement *pipeline = network (append_diamonds, size, queues,
      "videotestsrc ! video/x-raw,format=GRAY8,width=16,height=16,framerate=100/1 ! ", &counts);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_message_unref (await (pipeline, GST_MESSAGE_ASYNC_DONE));
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  g_atomic_int_set (&counts.events, 0);
  for (guint i = 0; i < 3; i++)
    fail_unless (gst_pad_push_event (pad, make ()));
  const Counts result = counts;
  gst_object_unref (pad);
  gst_object_unref (sink);
  end_network (pipeline);
  return result;
}

static GstEvent *
make_qos (void)
{
  return gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.0, 1, 0);
}

static GstEvent *
make_reconfigure (void)
{
  return gst_event_new_reconfigure ();
}

static GstEvent *
make_seek (void)
{
  return gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, GST_SECOND,
      GST_SEEK_TYPE_NONE, 0);
}

GST_START_TEST (test_events_are_linear)
{
  GstEvent *(*const makers[]) (void) = {make_qos, make_reconfigure, make_seek};
  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    for (guint queues = 0; queues < 2; queues++) {
      const Counts small = counts_of_events (10, queues, makers[i]);
      const Counts large = counts_of_events (20, queues, makers[i]);
      assert_linear ("events", 10, small.events, large.events);
    }
}
GST_END_TEST;

/* A source is sought once, though two branches lead to it. */
static GstPadProbeReturn
count_seeks (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEEK)
    g_atomic_int_inc ((gint *)data);
  return GST_PAD_PROBE_OK;
}

/* Up to the third second. */
static gboolean
seek (GstElement *pipeline, GstClockTime time)
{
  return gst_element_seek (pipeline, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
      (gint64)time, GST_SEEK_TYPE_SET, 3 * GST_SECOND);
}

GST_START_TEST (test_one_seek)
{
  Counts counts;
  gint seeks = 0;
  GstElement *pipeline = network (append_diamonds, 5, TRUE,
      "videotestsrc name=source ! "
      "video/x-raw,format=GRAY8,width=16,height=16,framerate=100/1 ! ",
      &counts);
  GstElement *source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  GstPad *pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count_seeks, &seeks, NULL);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_message_unref (await (pipeline, GST_MESSAGE_ASYNC_DONE));
  for (gint i = 0; i < 5; i++) {
    fail_unless (seek (pipeline, i % 3 * 500 * GST_MSECOND));
    gst_message_unref (await (pipeline, GST_MESSAGE_ASYNC_DONE));
    gint64 position = -1;
    fail_unless (gst_element_query_position (pipeline, GST_FORMAT_TIME, &position));
    fail_unless_equals_int64 (position, i % 3 * 500 * GST_MSECOND);
    fail_unless_equals_int (seeks, i + 1);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  fail_unless (seek (pipeline, 2500 * GST_MSECOND));
  gst_message_unref (await (pipeline, GST_MESSAGE_EOS));
  gst_object_unref (pad);
  gst_object_unref (source);
  end_network (pipeline);
}
GST_END_TEST;

/* --- How long it takes ---------------------------------------------------------------------------- */

/* Time this thread has had a processor, in us: without queues it is the one that does it all, and on a
 * machine that also does other things the clock on the wall says little. */
static gint64
processor_time (void)
{
  struct timespec time;
  fail_unless (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return time.tv_sec * G_TIME_SPAN_SECOND + time.tv_nsec / 1000;
}

/* Measured are 14 and 23 ms for 50 diamonds; sanitizers take several times as long. */
#define LONG_START G_TIME_SPAN_SECOND
#define LONG_CHANGE(start) (3 * (start) + 20 * G_TIME_SPAN_MILLISECOND)

static gint64
time_frame (GstHarness *harness, guint number)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, 32 * 32, NULL);
  gst_buffer_memset (frame, 0, 100, 32 * 32);
  GST_BUFFER_PTS (frame) = number * GST_SECOND;
  const gint64 start = processor_time ();
  GstBuffer *maps = gst_harness_push_and_pull (harness, frame);
  fail_unless (maps != NULL);
  gst_buffer_unref (maps);
  return processor_time () - start;
}

static void
check_times (Append append, guint size, const gchar *what)
{
  GString *launch = g_string_new ("cnnconv name=first kernel=box padding=1 ! ");
  append (launch, size, FALSE);
  g_string_append (launch, "identity");
  GstHarness *harness = gst_harness_new_parse (launch->str);
  g_string_free (launch, TRUE);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=32,height=32,framerate=1/1");
  GstElement *first = gst_bin_get_by_name (GST_BIN (harness->element), "first");
  const gint64 start = time_frame (harness, 0), usual = time_frame (harness, 1);
  g_object_set (first, "stride", "2", NULL);
  const gint64 stride = time_frame (harness, 2) - usual;
  g_object_set (first, "kernel-size", "5", "padding", "2", NULL);
  const gint64 kernel = time_frame (harness, 3) - usual;
  g_print ("%u %s: first frame after %.1f ms, usually %.1f ms; stride costs %.1f ms more, "
           "kernel-size %.1f ms\n",
      size, what, start / 1e3, usual / 1e3, stride / 1e3, kernel / 1e3);
#ifndef __SANITIZE_ADDRESS__ /* which makes everything slow */
  fail_unless (start < LONG_START && stride < LONG_CHANGE (start) && kernel < LONG_CHANGE (start));
#endif
  gst_object_unref (first);
  gst_harness_teardown (harness);
}

GST_START_TEST (test_times)
{
  check_times (append_diamonds, 50, "diamonds");
  check_times (append_levels, 4, "levels");
}
GST_END_TEST;

static Suite *
diamonds_suite (void)
{
  Suite *suite = suite_create ("diamonds");
  TCase *tests = tcase_create ("networks");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_diamonds_are_linear);
  tcase_add_test (tests, test_levels_are_linear);
  tcase_add_test (tests, test_events_are_linear);
  tcase_add_test (tests, test_one_seek);
  tcase_add_test (tests, test_times);
  return suite;
}

GST_CHECK_MAIN (diamonds);
