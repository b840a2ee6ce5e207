/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A paused pipeline draws its picture again when something is to be seen, and loses nothing. */
#include "viewtest.h"

#include <gst/app/app.h>
#include <gst/video/navigation.h>
#include <string.h>

#define N_FRAMES 25
/* 5 s of pipeline time in the worst case, far above what a redraw takes. */
#define PATIENCE (5 * GST_SECOND)

typedef struct {
  GstElement *pipeline, *view, *sink;
  GMutex lock;
  GArray *times; /* of what cnnview pushed, in order */
} Paused;

static GstPadProbeReturn
note_time (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Paused *test = data;
  GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  g_mutex_lock (&test->lock);
  g_array_append_val (test->times, time);
  g_mutex_unlock (&test->lock);
  return GST_PAD_PROBE_OK;
}

static guint
count_pictures (Paused *test)
{
  g_mutex_lock (&test->lock);
  guint count = test->times->len;
  g_mutex_unlock (&test->lock);
  return count;
}

/* How many there are when `least` have come, or when they do not come. */
static guint
wait_for_pictures (Paused *test, guint least)
{
  for (gint i = 0; i < 500 && count_pictures (test) < least; i++)
    g_usleep (10000);
  return count_pictures (test);
}

static void
wait_for_state (Paused *test, GstState state)
{
  GstState now;
  fail_unless (gst_element_set_state (test->pipeline, state) != GST_STATE_CHANGE_FAILURE);
  GstStateChangeReturn change = gst_element_get_state (test->pipeline, &now, NULL, PATIENCE);
  fail_unless (change == GST_STATE_CHANGE_SUCCESS && now == state, "state %s: %s",
      gst_element_state_get_name (state), gst_element_state_change_return_get_name (change));
}

static Paused *
paused_new (const gchar *properties, const gchar *between)
{
  Paused *test = g_new0 (Paused, 1);
  g_mutex_init (&test->lock);
  test->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  gchar *line = g_strdup_printf (
      "videotestsrc pattern=ball num-buffers=%d ! video/x-raw,format=GRAY8,width=64,height=48,"
      "framerate=25/1 ! cnnconv kernel=gabor padding=same ! cnnview name=view %s ! "
      "video/x-raw,width=320,height=240 %s ! appsink name=sink max-buffers=1000",
      N_FRAMES, properties, between);
  test->pipeline = gst_parse_launch (line, NULL);
  fail_unless (test->pipeline != NULL);
  g_free (line);
  test->view = gst_bin_get_by_name (GST_BIN (test->pipeline), "view");
  test->sink = gst_bin_get_by_name (GST_BIN (test->pipeline), "sink");
  GstPad *pad = gst_element_get_static_pad (test->view, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_time, test, NULL);
  gst_object_unref (pad);
  return test;
}

static void
paused_free (Paused *test)
{
  gst_element_set_state (test->pipeline, GST_STATE_NULL);
  gst_object_unref (test->view);
  gst_object_unref (test->sink);
  gst_object_unref (test->pipeline);
  g_array_unref (test->times);
  g_mutex_clear (&test->lock);
  g_free (test);
}

/* The picture that the paused sink holds; waits until it has one that nobody took. */
static GBytes *
held_picture (Paused *test, GstClockTime expected_time)
{
  GstMapInfo map;
  GstSample *sample = gst_app_sink_try_pull_preroll (GST_APP_SINK (test->sink), PATIENCE);
  fail_unless (sample != NULL, "the sink got no picture");
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), expected_time);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  GBytes *picture = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_sample_unref (sample);
  return picture;
}

/* While a redraw's flush lasts, pads take no events of others. */
static void
send_key (Paused *test, const gchar *key)
{
  gboolean sent = FALSE;
  for (gint i = 0; i < 100 && !sent; i++) {
    if (i > 0)
      g_usleep (1000);
    sent = gst_element_send_event (
        test->sink, gst_navigation_event_new_key_press (key, GST_NAVIGATION_MODIFIER_NONE));
  }
  fail_unless (sent);
}

static void
expect_frames (Paused *test, guint least)
{
  guint count = 0;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  for (;;) {
    GstSample *sample = gst_app_sink_try_pull_sample (GST_APP_SINK (test->sink), PATIENCE);
    if (!sample)
      break;
    GstClockTime time = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last) || time > last, "a frame came twice");
    fail_unless_equals_uint64 (time % (GST_SECOND / 25), 0);
    last = time;
    count++;
    gst_sample_unref (sample);
  }
  fail_unless (gst_app_sink_is_eos (GST_APP_SINK (test->sink)));
  fail_unless (count >= least && count <= N_FRAMES, "%u frames of %d", count, N_FRAMES);
}

/* A caption comes with a key, and goes by itself. */
GST_START_TEST (test_notice_goes)
{
  Paused *test = paused_new ("", "");
  wait_for_state (test, GST_STATE_PAUSED);
  GBytes *before = held_picture (test, 0);
  send_key (test, "g");
  GBytes *captioned = held_picture (test, 0);
  gst_element_send_event (
      test->sink, gst_navigation_event_new_key_release ("g", GST_NAVIGATION_MODIFIER_NONE));
  GBytes *after = held_picture (test, 0);
  fail_if (g_bytes_equal (before, captioned));
  fail_if (g_bytes_equal (captioned, after));
  g_bytes_unref (before);
  g_bytes_unref (captioned);
  g_bytes_unref (after);
  paused_free (test);
}
GST_END_TEST;

/* redraw-paused=false leaves a paused picture alone; the change shows with the next frame. */
GST_START_TEST (test_off)
{
  Paused *test = paused_new ("redraw-paused=false", "");
  wait_for_state (test, GST_STATE_PAUSED);
  g_bytes_unref (held_picture (test, 0));
  send_key (test, "Right");
  g_usleep (200000);
  fail_unless_equals_int (count_pictures (test), 1);
  wait_for_state (test, GST_STATE_PLAYING);
  expect_frames (test, N_FRAMES);
  paused_free (test);
}
GST_END_TEST;

/* A key, a click and a property each show at once, with the frame's time; then every frame comes, once. */
GST_START_TEST (test_redraw)
{
  Paused *test = paused_new ("smoothing=0.5", "");
  wait_for_state (test, GST_STATE_PAUSED);
  GBytes *grid = held_picture (test, 0);
  send_key (test, "Right");
  GBytes *first = held_picture (test, 0);
  fail_if (g_bytes_equal (grid, first));
  send_key (test, "Escape");
  GBytes *again = held_picture (test, 0);
  fail_unless (g_bytes_equal (grid, again));
  g_object_set (test->view, "channel", 0, NULL);
  GBytes *set = held_picture (test, 0);
  fail_unless (g_bytes_equal (first, set));
  gst_element_send_event (test->sink,
      gst_navigation_event_new_mouse_button_press (1, 100, 100, GST_NAVIGATION_MODIFIER_NONE));
  g_bytes_unref (again);
  again = held_picture (test, 0);
  fail_if (g_bytes_equal (first, again));
  g_bytes_unref (grid);
  g_bytes_unref (first);
  g_bytes_unref (again);
  g_bytes_unref (set);
  wait_for_state (test, GST_STATE_PLAYING);
  expect_frames (test, N_FRAMES);
  paused_free (test);
}
GST_END_TEST;

/* What was changed while the frame was on its way shows when the pipeline pauses at it. */
GST_START_TEST (test_pause)
{
  Paused *test = paused_new ("", "");
  wait_for_state (test, GST_STATE_PAUSED);
  g_bytes_unref (held_picture (test, 0));
  wait_for_state (test, GST_STATE_PLAYING);
  gst_sample_unref (gst_app_sink_pull_sample (GST_APP_SINK (test->sink)));
  g_object_set (test->view, "help", TRUE, NULL);
  wait_for_state (test, GST_STATE_PAUSED);
  gint64 position = -1;
  gst_element_query_position (test->sink, GST_FORMAT_TIME, &position);
  guint before = count_pictures (test);
  send_key (test, "h");
  fail_unless (wait_for_pictures (test, before + 1) > before);
  wait_for_state (test, GST_STATE_PLAYING);
  expect_frames (test, 1);
  paused_free (test);
}
GST_END_TEST;

/* A queue holds later frames: they stay, and nothing is drawn again. */
GST_START_TEST (test_queue)
{
  Paused *test = paused_new ("", "! identity ! queue max-size-buffers=3");
  wait_for_state (test, GST_STATE_PAUSED);
  g_bytes_unref (held_picture (test, 0));
  guint before = wait_for_pictures (test, 5);
  send_key (test, "c");
  send_key (test, "Right");
  g_usleep (200000);
  fail_unless_equals_int (count_pictures (test), before);
  wait_for_state (test, GST_STATE_PLAYING);
  expect_frames (test, N_FRAMES);
  paused_free (test);
}
GST_END_TEST;

/* Likewise. */
static void
seek (Paused *test, gint frame)
{
  const gint64 time = frame * (gint64)GST_SECOND / 25;
  gboolean done = FALSE;
  for (gint i = 0; i < 100 && !done; i++) {
    if (i > 0)
      g_usleep (1000);
    done = gst_element_seek_simple (test->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, time);
  }
  fail_unless (done);
}

typedef struct {
  Paused *test;
  gint stop;
} Fidget;

static gpointer
fidget (gpointer data)
{
  Fidget *fidgeting = data;
  for (guint i = 0; !g_atomic_int_get (&fidgeting->stop); i++) {
    g_object_set (fidgeting->test->view, "channel", (gint)(i % 3) - 1, NULL);
    g_usleep (300);
  }
  return NULL;
}

/* Redraws in the middle of seeks, of state changes and of the end: nothing hangs or ends early. */
GST_START_TEST (test_races)
{
  Paused *test = paused_new ("", "! videoconvert ! tee allow-not-linked=true");
  Fidget fidgeting = {test, FALSE};
  wait_for_state (test, GST_STATE_PAUSED);
  GThread *thread = g_thread_new ("fidget", fidget, &fidgeting);
  for (guint i = 0; i < 60; i++) {
    seek (test, (gint)(i % N_FRAMES));
    if (i % 3 == 0)
      wait_for_state (test, GST_STATE_PAUSED);
    else
      g_usleep (i % 7 * 300);
  }
  for (guint i = 0; i < 30; i++) {
    wait_for_state (test, i % 2 == 0 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    seek (test, 0);
  }
  for (guint i = 0; i < 30; i++) {
    wait_for_state (test, GST_STATE_PAUSED);
    g_usleep (i % 5 * 500);
    wait_for_state (test, i % 2 == 0 ? GST_STATE_READY : GST_STATE_NULL);
  }
  g_atomic_int_set (&fidgeting.stop, TRUE);
  g_thread_join (thread);
  wait_for_state (test, GST_STATE_PAUSED);
  guint before = count_pictures (test);
  send_key (test, "c");
  fail_unless (wait_for_pictures (test, before + 1) > before);
  wait_for_state (test, GST_STATE_PLAYING);
  expect_frames (test, N_FRAMES);
  paused_free (test);
}
GST_END_TEST;

static Suite *
view_suite (void)
{
  Suite *suite = suite_create ("cnnview paused");
  TCase *tests = tcase_create ("redraw");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_redraw);
  tcase_add_test (tests, test_notice_goes);
  tcase_add_test (tests, test_off);
  tcase_add_test (tests, test_pause);
  tcase_add_test (tests, test_queue);
  tcase_add_test (tests, test_races);
  return suite;
}

GST_CHECK_MAIN (view);
