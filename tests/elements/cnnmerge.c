/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnnmerge: values, matching of frames, ends, gaps, flushes and changes. */
#include "layertest.h"

#define N_PADS 2

typedef struct {
  GstElement *element;
  GstBus *bus;
  GstHarness *pads[N_PADS]; /* the first has the source pad too */
} MergeTest;

static MergeTest *
merge_test_new (const gchar *properties)
{
  MergeTest *test = g_new0 (MergeTest, 1);
  gchar *line = g_strdup_printf ("cnnmerge name=merge %s", properties);
  test->element = gst_parse_launch (line, NULL);
  fail_unless (test->element != NULL, "%s", line);
  gst_object_ref_sink (test->element);
  test->bus = gst_bus_new ();
  gst_element_set_bus (test->element, test->bus);
  test->pads[0] = gst_harness_new_with_element (test->element, "sink_0", "src");
  test->pads[1] = gst_harness_new_with_element (test->element, "sink_1", NULL);
  g_free (line);
  return test;
}

static void
merge_test_free (MergeTest *test)
{
  gst_harness_teardown (test->pads[1]);
  gst_harness_teardown (test->pads[0]);
  gst_element_set_bus (test->element, NULL);
  gst_object_unref (test->bus);
  gst_object_unref (test->element);
  g_free (test);
}

static void
set_caps (MergeTest *test, guint pad, const Tensor *tensor, const TensorFormat *format)
{
  gchar *caps = tensor_caps (tensor, format);
  gst_harness_set_src_caps_str (test->pads[pad], caps);
  g_free (caps);
}

/* Frame `number` of a stream of 25 a second. */
static void
push (MergeTest *test, guint pad, const Tensor *tensor, const TensorFormat *format, guint number)
{
  GstBuffer *buffer = tensor_to_buffer (tensor, format);
  GST_BUFFER_PTS (buffer) = number * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  fail_unless_equals_int (gst_harness_push (test->pads[pad], buffer), GST_FLOW_OK);
}

static Tensor *
pull (MergeTest *test, GstClockTime *pts)
{
  GstBuffer *buffer = gst_harness_pull (test->pads[0]);
  fail_unless (buffer != NULL, "no frame came out");
  if (pts)
    *pts = GST_BUFFER_PTS (buffer);
  GstCaps *caps = gst_pad_get_current_caps (test->pads[0]->sinkpad);
  Tensor *tensor = tensor_from_buffer (buffer, caps);
  gst_caps_unref (caps);
  return tensor;
}

static void
assert_frame (MergeTest *test, const gchar *expected, guint number)
{
  GstClockTime pts;
  Tensor *output = pull (test, &pts), *wanted = tensor_from_text (expected);
  assert_tensors_equal (output, wanted, expected);
  fail_unless_equals_uint64 (pts, number * 40 * GST_MSECOND);
  tensor_free (output);
  tensor_free (wanted);
}

/* --- Values --------------------------------------------------------------------------------------- */

static void
check_values_as (const gchar *properties, const gchar *first, const gchar *second,
    const gchar *expected, const TensorFormat formats[N_PADS])
{
  MergeTest *test = merge_test_new (properties);
  Tensor *inputs[] = {tensor_from_text (first), tensor_from_text (second)};
  for (guint i = 0; i < N_PADS; i++) {
    set_caps (test, i, inputs[i], &formats[i]);
    push (test, i, inputs[i], &formats[i], 0);
  }
  assert_frame (test, expected, 0);
  tensor_free (inputs[0]);
  tensor_free (inputs[1]);
  merge_test_free (test);
}

static void
check_values (
    const gchar *properties, const gchar *first, const gchar *second, const gchar *expected)
{
  static const TensorFormat formats[] = {
      {"tensor/strided", "nhwc", "float32"},
      {"tensor/strided", "nchw", "float32"},
      {"other/tensors", NULL, "float32"},
      {"other/tensors", "nchw", "float32"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    const TensorFormat pair[] = {formats[i], formats[(i + 1) % G_N_ELEMENTS (formats)]};
    check_values_as (properties, first, second, expected, pair);
  }
}

GST_START_TEST (test_values)
{
  check_values ("mode=concat", "1 2; 3 4", "5 6; 7 8 | 9 1; 2 3", "1 2; 3 4 | 5 6; 7 8 | 9 1; 2 3");
  check_values ("mode=add", "1 2; 3 4 | 1 1; 1 1", "5 6; 7 8 | 9 1; 2 3", "6 8; 10 12 | 10 2; 3 4");
  check_values ("mode=multiply", "1 2; 3 4", "5 6; 7 -8", "5 12; 21 -32");
  /* One channel against all. */
  check_values ("mode=add", "1 2; 3 4", "5 6; 7 8 | 9 1; 2 3", "6 8; 10 12 | 10 3; 5 7");
  check_values ("mode=multiply", "5 6; 7 8 | 9 1; 2 3", "1 2; 3 0", "5 12; 21 0 | 9 2; 6 0");
  check_values ("mode=subtract", "1 2; 3 4", "5 6; 7 -8", "-4 -4; -4 12");
  check_values ("mode=divide", "1 2; 3 4", "2 4; -1 8", "0.5 0.5; -3 0.5");
  check_values ("mode=maximum", "1 2; 3 4", "5 0; 7 -8", "5 2; 7 4");
  check_values ("mode=minimum", "1 2; 3 4", "5 0; 7 -8", "1 0; 3 -8");
  check_values ("mode=average", "1 2; 3 4", "5 0; 7 -8", "3 1; 5 -2");
  /* One row, one column, one pixel against all. */
  check_values ("mode=multiply", "1 2; 3 4 | 5 6; 7 8", "2 | 3", "2 4; 6 8 | 15 18; 21 24");
  check_values ("mode=subtract", "10 20", "1 2; 3 4", "9 18; 7 16");
  check_values ("mode=add", "1; 2", "10 20; 30 40", "11 21; 32 42");
  check_values ("mode=concat axis=rows", "1 2", "3 4; 5 6", "1 2; 3 4; 5 6");
  check_values ("axis=columns", "1; 2", "3 4; 5 6", "1 3 4; 2 5 6");
  check_values ("mode=add activation=relu", "1 -2 3", "-4 1 1", "0 0 4");
  check_values ("mode=concat activation=crelu", "1 -2", "-3 4", "1 0 | 0 4 | 0 2 | 3 0");
  check_values ("mode=concat activation=prelu alpha=\"<0.5,2>\"", "1 -2", "-3 4", "1 -1 | -6 4");
}
GST_END_TEST;

GST_START_TEST (test_integers)
{
  static const TensorFormat formats[] = {
      {"tensor/strided", "nhwc", "uint8"}, {"tensor/strided", "nchw", "float32"}};
  check_values_as ("mode=add scale=0.5", "0 2 255", "1 1 1", "1 2 128.5", formats);
}
GST_END_TEST;

/* sink_0 comes first, whichever pad was asked for first. */
GST_START_TEST (test_order_of_pads)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint = run_pipeline (
      "videotestsrc num-buffers=1 ! video/x-raw,width=8,height=6,format=RGB ! tee name=t "
      "t. ! queue ! cnn1x1 kernel=random out-channels=5 ! m.sink_7 t. ! queue ! m.sink_2 "
      "cnnmerge name=m ! fakesink",
      "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  const GstStructure *info = NULL;
  for (guint i = 0; i < messages->len; i++)
    if (g_str_equal (GST_MESSAGE_SRC_NAME (messages->pdata[i]), "m"))
      info = gst_message_get_structure (messages->pdata[i]);
  fail_unless (info != NULL);
  const GValue *input = gst_structure_get_value (info, "input");
  const GValue *output = gst_structure_get_value (info, "output");
  fail_unless_equals_int (g_value_get_int (gst_value_array_get_value (input, 3)), 3);
  fail_unless_equals_int (g_value_get_int (gst_value_array_get_value (output, 3)), 8);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

/* --- Matching ------------------------------------------------------------------------------------- */

static MergeTest *
running_test (Tensor **a, Tensor **b)
{
  MergeTest *test = merge_test_new ("mode=add");
  *a = tensor_from_text ("1 2");
  *b = tensor_from_text ("10 20");
  set_caps (test, 0, *a, &native_float);
  set_caps (test, 1, *b, &native_float);
  push (test, 0, *a, &native_float, 0);
  push (test, 1, *b, &native_float, 0);
  assert_frame (test, "11 22", 0);
  return test;
}

static void
end_test (MergeTest *test, Tensor *a, Tensor *b)
{
  tensor_free (a);
  tensor_free (b);
  merge_test_free (test);
}

/* A frame that one branch lost is dropped from the other. */
GST_START_TEST (test_lost_frames)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  push (test, 1, b, &native_float, 3);
  push (test, 0, a, &native_float, 1);
  push (test, 0, a, &native_float, 2);
  push (test, 0, a, &native_float, 3);
  assert_frame (test, "11 22", 3);
  fail_unless_equals_int (gst_harness_buffers_in_queue (test->pads[0]), 0);
  end_test (test, a, b);
}
GST_END_TEST;

/* Frames without timestamps join in the order in which they come. */
GST_START_TEST (test_no_timestamps)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  for (guint i = 0; i < 3; i++) {
    fail_unless_equals_int (
        gst_harness_push (test->pads[0], tensor_to_buffer (a, &native_float)), GST_FLOW_OK);
    fail_unless_equals_int (
        gst_harness_push (test->pads[1], tensor_to_buffer (b, &native_float)), GST_FLOW_OK);
    tensor_free (pull (test, NULL));
  }
  end_test (test, a, b);
}
GST_END_TEST;

GST_START_TEST (test_end_of_one_branch)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  fail_unless (gst_harness_push_event (test->pads[1], gst_event_new_eos ()));
  fail_unless_equals_int (
      gst_harness_push (test->pads[0], tensor_to_buffer (a, &native_float)), GST_FLOW_EOS);
  gboolean ended = FALSE;
  while (!ended) {
    GstEvent *event = gst_harness_pull_event (test->pads[0]);
    fail_unless (event != NULL, "the end did not come through");
    ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  end_test (test, a, b);
}
GST_END_TEST;

GST_START_TEST (test_gap)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  push (test, 0, a, &native_float, 1);
  fail_unless (gst_harness_push_event (
      test->pads[1], gst_event_new_gap (40 * GST_MSECOND, 40 * GST_MSECOND)));
  push (test, 0, a, &native_float, 2);
  push (test, 1, b, &native_float, 2);
  assert_frame (test, "11 22", 2);
  gboolean gap = FALSE;
  for (GstEvent *event; (event = gst_harness_try_pull_event (test->pads[0]));
       gst_event_unref (event))
    gap |= GST_EVENT_TYPE (event) == GST_EVENT_GAP;
  fail_unless (gap, "the gap did not come through");
  end_test (test, a, b);
}
GST_END_TEST;

/* Branches may count time differently: their running times agree. */
GST_START_TEST (test_segments)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = 40 * GST_MSECOND;
  segment.start = segment.time = 10 * GST_SECOND;
  fail_unless (gst_harness_push_event (test->pads[1], gst_event_new_segment (&segment)));
  push (test, 0, a, &native_float, 2);
  push (test, 1, b, &native_float, 251);
  assert_frame (test, "11 22", 2);
  end_test (test, a, b);
}
GST_END_TEST;

GST_START_TEST (test_flush)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  push (test, 0, a, &native_float, 1);
  GstEvent *start = gst_event_new_flush_start (), *stop = gst_event_new_flush_stop (TRUE);
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < N_PADS; i++)
    gst_harness_push_event (test->pads[i], gst_event_ref (start));
  for (guint i = 0; i < N_PADS; i++)
    gst_harness_push_event (test->pads[i], gst_event_ref (stop));
  for (guint i = 0; i < N_PADS; i++)
    gst_harness_push_event (test->pads[i], gst_event_new_segment (&segment));
  gst_event_unref (start);
  gst_event_unref (stop);
  push (test, 0, a, &native_float, 5);
  push (test, 1, b, &native_float, 5);
  assert_frame (test, "11 22", 5);
  end_test (test, a, b);
}
GST_END_TEST;

/* --- Changes -------------------------------------------------------------------------------------- */

GST_START_TEST (test_new_sizes)
{
  Tensor *a, *b, *bigger = tensor_from_text ("1 2 3; 4 5 6");
  MergeTest *test = running_test (&a, &b);
  /* One branch is a frame ahead: its new size waits for the other's. */
  push (test, 1, b, &native_float, 1);
  push (test, 0, a, &native_float, 1);
  assert_frame (test, "11 22", 1);
  set_caps (test, 1, bigger, &native_float);
  push (test, 1, bigger, &native_float, 3);
  push (test, 0, a, &native_float, 2);
  set_caps (test, 0, bigger, &native_float);
  push (test, 0, bigger, &native_float, 3);
  assert_frame (test, "2 4 6; 8 10 12", 3);
  tensor_free (bigger);
  end_test (test, a, b);
}
GST_END_TEST;

GST_START_TEST (test_new_properties)
{
  static const struct {
    const gchar *property, *value, *expected;
  } changes[] = {
      {"mode", "multiply", "10 40"},
      {"mode", "concat", "1 2 | 10 20"},
      {"activation", "relu6", "1 2 | 6 6"},
      {"mode", "add", "6 6"},
      {"activation", "crelu", "11 22 | 0 0"},
      {"n-threads", "1", "11 22 | 0 0"},
  };
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    gst_util_set_object_arg (G_OBJECT (test->element), changes[i].property, changes[i].value);
    push (test, 0, a, &native_float, i + 1);
    push (test, 1, b, &native_float, i + 1);
    assert_frame (test, changes[i].expected, i + 1);
  }
  end_test (test, a, b);
}
GST_END_TEST;

/* What does not fit the branches warns and leaves the old setting in place. */
GST_START_TEST (test_impossible_property)
{
  Tensor *a = tensor_from_text ("1 2 | 3 4"), *b = tensor_from_text ("1 1 | 2 2 | 3 3");
  MergeTest *test = merge_test_new ("mode=concat");
  for (guint i = 0; i < 2; i++) {
    set_caps (test, 0, a, &native_float);
    set_caps (test, 1, b, &native_float);
    push (test, 0, a, &native_float, i);
    push (test, 1, b, &native_float, i);
    assert_frame (test, "1 2 | 3 4 | 1 1 | 2 2 | 3 3", i);
    gst_util_set_object_arg (G_OBJECT (test->element), "mode", "add");
  }
  GstMessage *warning = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
  fail_unless (warning != NULL);
  gchar *text = complaint_text (warning);
  fail_unless (strstr (text, "sink_1 has 3 and sink_0 2") != NULL, "%s", text);
  g_free (text);
  gst_message_unref (warning);
  end_test (test, a, b);
}
GST_END_TEST;

/* --- Refusals ------------------------------------------------------------------------------------- */

static void
check_refused (const gchar *properties, const gchar *first, const gchar *second, const gchar *part)
{
  MergeTest *test = merge_test_new (properties);
  Tensor *inputs[] = {tensor_from_text (first), tensor_from_text (second)};
  for (guint i = 0; i < N_PADS; i++) {
    set_caps (test, i, inputs[i], &native_float);
    gst_harness_push (test->pads[i], tensor_to_buffer (inputs[i], &native_float));
  }
  GstMessage *error = gst_bus_timed_pop_filtered (test->bus, 10 * GST_SECOND, GST_MESSAGE_ERROR);
  fail_unless (error != NULL, "%s was accepted", part);
  gchar *text = complaint_text (error);
  fail_unless (g_str_has_prefix (text, "merge: ") && strstr (text, part) != NULL, "%s", text);
  g_free (text);
  gst_message_unref (error);
  end_test (test, inputs[0], inputs[1]);
}

GST_START_TEST (test_refusals)
{
  check_refused ("mode=concat", "1 2", "1 2 3",
      "branches differ in size: sink_0 has 1x1x2 (N,H,W) and sink_1 1x1x3");
  check_refused ("mode=add", "1 | 2", "1 | 2 | 3",
      "mode=add joins branches of the same number of channels, or of one channel: sink_1 has 3 and "
      "sink_0 2");
  check_refused ("activation=prelu alpha=\"<1,2,3>\"", "1 2", "1 2",
      "alpha has 3 values, but the branches joined have 2 channels");
  check_refused ("activation=relu alpha=\"<1,2,3>\"", "1 2", "1 2", "only activation=prelu");
}
GST_END_TEST;

/* A frame shorter than its caps say. */
GST_START_TEST (test_short_frame)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  push (test, 0, a, &native_float, 1);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 4, NULL);
  GST_BUFFER_PTS (buffer) = 40 * GST_MSECOND;
  gst_harness_push (test->pads[1], buffer);
  GstMessage *error = gst_bus_timed_pop_filtered (test->bus, 10 * GST_SECOND, GST_MESSAGE_ERROR);
  fail_unless (error != NULL);
  gchar *text = complaint_text (error);
  fail_unless (strstr (text, "merge: sink_1: a buffer has 4 bytes") != NULL, "%s", text);
  g_free (text);
  gst_message_unref (error);
  end_test (test, a, b);
}
GST_END_TEST;

/* --- Branches of one source ----------------------------------------------------------------------- */

#define ONE_SOURCE                                                                                 \
  "videotestsrc num-buffers=100 ! video/x-raw,width=16,height=12,format=RGB,framerate=100/1 ! "    \
  "tee name=t t. ! %s ! m.sink_0 t. ! %s ! m.sink_1 cnnmerge name=m mode=add ! fakesink name=sink"

/* How many frames came out. */
static guint
run_branches (const gchar *first, const gchar *second)
{
  gchar *line = g_strdup_printf (ONE_SOURCE, first, second);
  GstElement *pipeline = gst_parse_launch (line, NULL);
  fail_unless (pipeline != NULL, "%s", line);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstStructure *stats = NULL;
  guint64 rendered = 0;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *end =
      gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (end != NULL, "%s does not end", line);
  fail_unless (GST_MESSAGE_TYPE (end) == GST_MESSAGE_EOS, "%s", line);
  g_object_get (sink, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "rendered", &rendered));
  gst_message_unref (end);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_structure_free (stats);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_free (line);
  return (guint)rendered;
}

/* With queues, without, and with one: nothing is lost, whichever branch is slow. */
GST_START_TEST (test_queues)
{
  static const gchar *const branches[] = {"identity", "queue", "queue max-size-buffers=1",
      "queue ! identity sleep-time=500", "identity sleep-time=500", "cnnconv kernel=box padding=1",
      "queue ! cnnconv kernel=box padding=1", "queue ! cnnconv kernel=box padding=1 ! queue"};
  for (guint i = 0; i < G_N_ELEMENTS (branches); i++)
    for (guint j = 0; j < G_N_ELEMENTS (branches); j++)
      fail_unless_equals_int (run_branches (branches[i], branches[j]), 100);
}
GST_END_TEST;

/* A branch that drops frames, holds them or ends early, with and without a queue before it or beside it: the
 * others go on, and what both have is joined. */
GST_START_TEST (test_branches_that_drop)
{
  static const struct {
    const gchar *first, *second;
    guint least, most;
  } rows[] = {
      {"identity", "identity drop-probability=0.5", 20, 80},
      {"identity", "queue ! identity drop-probability=0.5", 20, 80},
      {"queue", "queue ! identity drop-probability=0.9", 1, 40},
      {"queue max-size-buffers=3", "queue ! identity drop-probability=0.5", 20, 80},
      {"identity", "videorate ! video/x-raw,framerate=10/1", 9, 11},
      {"identity", "queue ! videorate ! video/x-raw,framerate=10/1", 9, 11},
      {"identity", "queue ! videorate ! video/x-raw,framerate=2/1", 1, 3},
      {"identity", "identity eos-after=10", 1, 11},
      {"queue", "identity eos-after=10", 1, 11},
      {"identity", "queue ! identity eos-after=10", 1, 11},
      {"identity", "jpegenc ! jpegdec ! videoconvert ! video/x-raw,format=RGB", 100, 100},
      {"identity", "queue ! jpegenc ! jpegdec ! videoconvert ! video/x-raw,format=RGB", 100, 100},
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint swapped = 0; swapped < 2; swapped++) {
      const guint frames = swapped ? run_branches (rows[i].second, rows[i].first)
                                   : run_branches (rows[i].first, rows[i].second);
      fail_unless (frames >= rows[i].least && frames <= rows[i].most, "%s, %s: %u frames of 100",
          rows[i].first, rows[i].second, frames);
    }
}
GST_END_TEST;

static gpointer
push_frames (gpointer data)
{
  MergeTest *test = data;
  Tensor *tensor = tensor_from_text ("1 2");
  for (guint i = 1; i <= 100; i++)
    push (test, 1, tensor, &native_float, i);
  tensor_free (tensor);
  return NULL;
}

static gboolean
has_warning (MergeTest *test, const gchar *part)
{
  GstMessage *warning = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
  if (!warning)
    return FALSE;
  gchar *text = complaint_text (warning);
  fail_unless (strstr (text, part) != NULL, "%s", text);
  g_free (text);
  gst_message_unref (warning);
  return TRUE;
}

/* Frames of one thread never wait for frames of the same: the oldest are given up, with one warning. */
GST_START_TEST (test_same_thread)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  push_frames (test);
  fail_unless (has_warning (test, "merge: 64 frames of sink_1 wait for those of another branch"));
  fail_if (has_warning (test, ""));
  push (test, 0, a, &native_float, 36);
  fail_unless_equals_int (gst_harness_buffers_in_queue (test->pads[0]), 0);
  push (test, 0, a, &native_float, 37);
  assert_frame (test, "2 4", 37);
  end_test (test, a, b);
}
GST_END_TEST;

/* A thread that is ahead of another waits, as long as the other brings frames. */
GST_START_TEST (test_other_thread)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  GThread *thread = g_thread_new ("branch", push_frames, test);
  for (guint i = 1; i <= 100; i++) {
    g_usleep (2000);
    push (test, 0, a, &native_float, i);
    assert_frame (test, "2 4", i);
  }
  g_thread_join (thread);
  fail_if (has_warning (test, ""));
  end_test (test, a, b);
}
GST_END_TEST;

/* Branches come and go while frames flow. */
GST_START_TEST (test_branch_more_and_less)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  for (guint i = 0; i < 3; i++) {
    GstHarness *third = gst_harness_new_with_element (test->element, "sink_7", NULL);
    gchar *caps = tensor_caps (a, &native_float);
    gst_harness_set_src_caps_str (third, caps);
    push (test, 0, a, &native_float, 2 * i + 1);
    push (test, 1, b, &native_float, 2 * i + 1);
    GstBuffer *buffer = tensor_to_buffer (a, &native_float);
    GST_BUFFER_PTS (buffer) = (2 * i + 1) * 40 * GST_MSECOND;
    gst_harness_push (third, buffer);
    assert_frame (test, "12 24", 2 * i + 1);
    gst_harness_teardown (third); /* releases the pad */
    push (test, 0, a, &native_float, 2 * i + 2);
    push (test, 1, b, &native_float, 2 * i + 2);
    assert_frame (test, "11 22", 2 * i + 2);
    g_free (caps);
  }
  end_test (test, a, b);
}
GST_END_TEST;

GST_START_TEST (test_latency)
{
  Tensor *a, *b;
  MergeTest *test = running_test (&a, &b);
  gst_harness_set_upstream_latency (test->pads[0], 40 * GST_MSECOND);
  gst_harness_set_upstream_latency (test->pads[1], 70 * GST_MSECOND);
  fail_unless_equals_uint64 (gst_harness_query_latency (test->pads[0]), 70 * GST_MSECOND);
  gst_harness_set_upstream_latency (test->pads[1], 10 * GST_MSECOND);
  fail_unless_equals_uint64 (gst_harness_query_latency (test->pads[0]), 40 * GST_MSECOND);
  end_test (test, a, b);
}
GST_END_TEST;

/* --- Pipelines ------------------------------------------------------------------------------------ */

GST_START_TEST (test_pipelines)
{
  /* Branches of different speed, live and not; video in and out; a size that downstream asks for. */
  assert_pipeline_runs (
      "videotestsrc num-buffers=100 ! video/x-raw,width=64,height=48 ! tee name=t "
      "t. ! queue ! cnnconv kernel=gabor padding=same ! cnnconv kernel=box padding=1 ! m. "
      "t. ! queue ! m. t. ! queue ! cnnpool stride=1 kernel-size=3 padding=1 ! m. "
      "cnnmerge name=m ! fakesink");
  assert_pipeline_runs (
      "videotestsrc num-buffers=20 is-live=true ! video/x-raw,width=64,height=48,format=RGB ! "
      "tee name=t t. ! queue ! cnnconv kernel=sharpen padding=1 ! m. t. ! queue ! m. "
      "cnnmerge name=m mode=multiply ! videoconvert ! fakesink sync=true");
  assert_pipeline_runs ("videotestsrc num-buffers=5 ! tee name=t t. ! queue ! cnnconv kernel=sobel "
                        "stride=2 padding=1 "
                        "! m. t. ! queue ! cnnpool ! m. cnnmerge name=m ! "
                        "tensor/strided,dims=(int)<1,30,40,[1,max]> ! fakesink");
}
GST_END_TEST;

/* Squeeze and excitation: one value a channel gates the whole picture, also where downstream wants a size. */
GST_START_TEST (test_gate)
{
  assert_pipeline_runs (
      "videotestsrc num-buffers=3 ! video/x-raw,format=RGB ! cnnconv kernel=random out-channels=8 "
      "stride=2 padding=1 ! tee name=t t. ! m.sink_0 t. ! cnnpool output-size=1 ! "
      "cnn1x1 kernel=random out-channels=2 activation=relu ! "
      "cnn1x1 kernel=random out-channels=8 activation=sigmoid ! m.sink_1 "
      "cnnmerge name=m mode=multiply ! tensor/strided,dims=(int)<1,60,80,[1,max]> ! fakesink");
}
GST_END_TEST;

/* The field of the join is the smallest around those of the branches. */
GST_START_TEST (test_receptive_field)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint = run_pipeline (
      "videotestsrc num-buffers=1 ! tee name=t t. ! queue ! cnnconv kernel=sobel padding=1 ! m. "
      "t. ! queue ! cnnconv kernel=gaussian kernel-size=5 padding=2 ! m. cnnmerge name=m ! "
      "cnnconv name=after kernel=box padding=1 ! fakesink",
      "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  gint last = 0;
  for (guint i = 0; i < messages->len; i++) {
    if (!g_str_equal (GST_MESSAGE_SRC_NAME (messages->pdata[i]), "after"))
      continue;
    const GValue *field =
        gst_structure_get_value (gst_message_get_structure (messages->pdata[i]), "receptive-field");
    last = g_value_get_int (gst_value_array_get_value (field, 0));
  }
  fail_unless_equals_int (last, 7);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

static Suite *
cnnmerge_suite (void)
{
  Suite *suite = suite_create ("cnnmerge");
  TCase *tests = tcase_create ("general");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_values);
  tcase_add_test (tests, test_integers);
  tcase_add_test (tests, test_order_of_pads);
  tcase_add_test (tests, test_lost_frames);
  tcase_add_test (tests, test_no_timestamps);
  tcase_add_test (tests, test_end_of_one_branch);
  tcase_add_test (tests, test_gap);
  tcase_add_test (tests, test_segments);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_new_sizes);
  tcase_add_test (tests, test_new_properties);
  tcase_add_test (tests, test_impossible_property);
  tcase_add_test (tests, test_refusals);
  tcase_add_test (tests, test_short_frame);
  tcase_add_test (tests, test_queues);
  tcase_add_test (tests, test_branches_that_drop);
  tcase_add_test (tests, test_same_thread);
  tcase_add_test (tests, test_other_thread);
  tcase_add_test (tests, test_branch_more_and_less);
  tcase_add_test (tests, test_latency);
  tcase_add_test (tests, test_pipelines);
  tcase_add_test (tests, test_gate);
  tcase_add_test (tests, test_receptive_field);
  return suite;
}

GST_CHECK_MAIN (cnnmerge);
