/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnnclassify: lines, messages, label files, smoothing. */
#include "layertest.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static gchar *
write_file (const gchar *contents, gssize length)
{
  gchar *path = NULL;
  const gint fd = g_file_open_tmp ("cnn-labels-XXXXXX", &path, NULL);
  fail_unless (fd >= 0);
  close (fd);
  fail_unless (g_file_set_contents (path, contents, length, NULL));
  return path;
}

static gchar *
buffer_text (GstBuffer *buffer)
{
  GstMapInfo map;
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  gchar *text = g_strndup ((const gchar *)map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return text;
}

static void
assert_text (
    LayerTest *test, const gchar *scores, const TensorFormat *format, const gchar *expected)
{
  Tensor *tensor = tensor_from_text (scores);
  gchar *caps = tensor_caps (tensor, format);
  gchar *text = buffer_text (layer_test_push (test, caps, tensor_to_buffer (tensor, format)));
  fail_unless_equals_string (text, expected);
  g_free (text);
  g_free (caps);
  tensor_free (tensor);
}

static void
check_text (const gchar *properties, const gchar *scores, const gchar *expected)
{
  gchar *line = g_strdup_printf ("cnnclassify %s", properties);
  LayerTest *test = layer_test_new (line);
  assert_text (test, scores, &native_float, expected);
  layer_test_free (test);
  g_free (line);
}

GST_START_TEST (test_lines)
{
  /* exp (1), exp (3), exp (2) over their sum */
  check_text ("", "1 | 3 | 2", "1 66.5%\n2 24.5%\n0 9.0%\n");
  check_text ("top=1", "1 | 3 | 2", "1 66.5%\n");
  check_text ("top=100 threshold=0.1", "1 | 3 | 2", "1 66.5%\n2 24.5%\n");
  check_text ("threshold=0.9", "1 | 3 | 2", "");
  check_text ("softmax=false", "0.25 | 0.5 | 0.25", "1 50.0%\n0 25.0%\n2 25.0%\n");
  /* Maps are averaged before the softmax. */
  check_text ("softmax=false", "0 1; 1 0 | 0 0; 0 1", "0 50.0%\n1 25.0%\n");
  check_text ("", "1000 | 1000 | -1000", "0 50.0%\n1 50.0%\n2 0.0%\n");
  check_text ("", "5", "0 100.0%\n");
  check_text ("softmax=false", "nan | 1", "1 100.0%\n");
}
GST_END_TEST;

GST_START_TEST (test_formats)
{
  static const TensorFormat formats[] = {
      {"tensor/strided", "nchw", "float32"},
      {"tensor/strided", NULL, "float32"},
      {"other/tensors", NULL, "float32"},
      {"other/tensors", "nchw", "float32"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    LayerTest *test = layer_test_new ("cnnclassify top=2 softmax=false");
    assert_text (test, "1 0 | 1 1 | 0 0", &formats[i], "1 100.0%\n0 50.0%\n");
    layer_test_free (test);
  }
  static const TensorFormat bytes = {"tensor/strided", "nhwc", "uint8"};
  LayerTest *test = layer_test_new ("cnnclassify softmax=false");
  assert_text (test, "51 | 255", &bytes, "1 100.0%\n0 20.0%\n");
  layer_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_labels)
{
  static const gchar *const files[] = {
      "cup\nespresso\nÄpfel, rot\n",
      "cup\r\nespresso\r\nÄpfel, rot",
      "\xef\xbb\xbf cup \nespresso\nÄpfel, rot\n\n\n",
      /* ImageNet's synset_words.txt has a number before each class. */
      "n03147509 cup\nn07920052 espresso\nn07739125 Äpfel, rot\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    gchar *path = write_file (files[i], -1);
    gchar *properties = g_strdup_printf ("labels=%s", path);
    check_text (properties, "1 | 3 | 2", "espresso 66.5%\nÄpfel, rot 24.5%\ncup 9.0%\n");
    g_free (properties);
    g_unlink (path);
    g_free (path);
  }
}
GST_END_TEST;

static void
check_labels_refused (const gchar *path, const gchar *part)
{
  gchar *line = g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! "
                                 "cnnclassify name=c labels=%s ! fakesink",
      path);
  GstMessage *error = run_pipeline (line, NULL, NULL);
  fail_unless (error != NULL, "%s was accepted", part);
  gchar *text = complaint_text (error);
  fail_unless (g_str_has_prefix (text, "c: labels ") && strstr (text, part) != NULL, "%s", text);
  g_free (text);
  gst_message_unref (error);
  g_free (line);
}

static void
check_contents_refused (const gchar *contents, gssize length, const gchar *part)
{
  gchar *path = write_file (contents, length);
  check_labels_refused (path, part);
  g_unlink (path);
  g_free (path);
}

GST_START_TEST (test_bad_labels)
{
  gchar *folder = g_dir_make_tmp (NULL, NULL), *fifo = g_build_filename (folder, "fifo", NULL);
  fail_unless (mkfifo (fifo, 0600) == 0);
  check_labels_refused (fifo, "is not a regular file");
  check_labels_refused (folder, "is not a regular file");
  check_labels_refused ("/nowhere/labels.txt", "cannot be opened: No such file");
  g_unlink (fifo);
  g_rmdir (folder);
  g_free (fifo);
  g_free (folder);
  check_contents_refused ("a\nb\xff\nc\n", -1, "line 2 is not UTF-8 text");
  check_contents_refused ("a\nb\0\nc\n", 7, "line 2 is not UTF-8 text");
  check_contents_refused ("\n\n", -1, "has no lines");
  check_contents_refused ("", -1, "has no lines");
  check_contents_refused (
      "a\nb\n", -1, "has 2 lines, but the scores have 3 channels: one line a class is needed");
  gchar *long_line = g_strnfill (1001, 'x');
  check_contents_refused (long_line, -1, "line 1 has 1001 bytes");
  g_free (long_line);
  gchar *long_file = g_strnfill ((16 << 20) + 1, 'x');
  check_contents_refused (long_file, -1, "has 16777217 bytes; at most 16777216");
  g_free (long_file);
}
GST_END_TEST;

/* What only looks like it is kept. */
GST_START_TEST (test_names_with_digits)
{
  gchar *path = write_file ("n03147509 cup\nn0792005 espresso\nn077391255 apple\n", -1);
  gchar *properties = g_strdup_printf ("labels=%s", path);
  check_text (properties, "1 | 3 | 2",
      "n0792005 espresso 66.5%\nn077391255 apple 24.5%\nn03147509 cup 9.0%\n");
  g_free (properties);
  g_unlink (path);
  g_free (path);
}
GST_END_TEST;

/* One fault is one error, though upstream offers its caps again and again. */
GST_START_TEST (test_one_error)
{
  gchar *path = write_file ("cup\nespresso\n", -1);
  gchar *launch = g_strdup_printf ("videotestsrc num-buffers=5 ! video/x-raw,format=RGB,width=4,"
                                   "height=4 ! cnnclassify name=c labels=%s ! fakesink",
      path);
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  guint errors = 0;
  GstMessage *message;
  while ((message = gst_bus_timed_pop_filtered (bus, GST_SECOND / 2, GST_MESSAGE_ERROR))) {
    errors += g_str_equal (GST_MESSAGE_SRC_NAME (message), "c");
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  ck_assert_uint_eq (errors, 1);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  g_unlink (path);
  g_free (launch);
  g_free (path);
}
GST_END_TEST;

/* A labels file that does not fit a running stream warns; the old one stays. */
GST_START_TEST (test_labels_while_running)
{
  gchar *good = write_file ("a\nb\n", -1), *bad = write_file ("a\nb\nc\n", -1);
  LayerTest *test = layer_test_new ("cnnclassify name=c top=1");
  GstElement *c = layer_test_element (test, "c");
  assert_text (test, "1 | 300", &native_float, "1 100.0%\n");
  g_object_set (c, "labels", good, NULL);
  assert_text (test, "1 | 300", &native_float, "b 100.0%\n");
  g_object_set (c, "labels", bad, NULL);
  GstMessage *warning = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
  fail_unless (warning != NULL);
  gst_message_unref (warning);
  assert_text (test, "300 | 1", &native_float, "a 100.0%\n");
  g_object_set (c, "labels", NULL, NULL);
  assert_text (test, "300 | 1", &native_float, "0 100.0%\n");
  layer_test_free (test);
  g_unlink (good);
  g_unlink (bad);
  g_free (good);
  g_free (bad);
}
GST_END_TEST;

GST_START_TEST (test_smoothing)
{
  LayerTest *test = layer_test_new ("cnnclassify softmax=false smoothing=0.75");
  assert_text (test, "1 | 0", &native_float, "0 100.0%\n1 0.0%\n");
  assert_text (test, "0 | 1", &native_float, "0 75.0%\n1 25.0%\n");
  assert_text (test, "nan | 1", &native_float, "0 75.0%\n1 43.8%\n");
  /* Other classes, other memories. */
  assert_text (test, "1 | 0 | 0.5", &native_float, "0 100.0%\n2 50.0%\n1 0.0%\n");
  gst_harness_push_event (test->harness, gst_event_new_flush_start ());
  gst_harness_push_event (test->harness, gst_event_new_flush_stop (FALSE));
  assert_text (test, "0 | 0 | 1", &native_float, "2 100.0%\n0 0.0%\n1 0.0%\n");
  layer_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_message)
{
  LayerTest *test = layer_test_new ("cnnclassify top=2");
  Tensor *scores = tensor_from_text ("1 | 3 | 2");
  gchar *caps = tensor_caps (scores, &native_float);
  GstBuffer *buffer = tensor_to_buffer (scores, &native_float);
  GST_BUFFER_PTS (buffer) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  gst_harness_set_src_caps_str (test->harness, caps);
  fail_unless_equals_int (gst_harness_push (test->harness, buffer), GST_FLOW_OK);
  buffer = gst_harness_pull (test->harness);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 3 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), GST_SECOND);
  gst_buffer_unref (buffer);
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ELEMENT);
  fail_unless (message != NULL && gst_message_has_name (message, "cnn-classes"));
  const GstStructure *structure = gst_message_get_structure (message);
  const GValue *classes = gst_structure_get_value (structure, "class");
  const GValue *labels = gst_structure_get_value (structure, "label");
  const GValue *probabilities = gst_structure_get_value (structure, "probability");
  fail_unless_equals_int (gst_value_array_get_size (classes), 2);
  fail_unless_equals_int (g_value_get_int (gst_value_array_get_value (classes, 0)), 1);
  fail_unless_equals_string (g_value_get_string (gst_value_array_get_value (labels, 1)), "2");
  fail_unless_equals_float (
      g_value_get_double (gst_value_array_get_value (probabilities, 0)), 0.66524095577);
  guint64 time;
  fail_unless (gst_structure_get_uint64 (structure, "running-time", &time));
  fail_unless_equals_uint64 (time, 3 * GST_SECOND);
  gst_message_unref (message);
  tensor_free (scores);
  g_free (caps);
  layer_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_batch_refused)
{
  GstMessage *error = run_pipeline (
      "fakesrc num-buffers=1 sizetype=fixed sizemax=24 ! capsfilter caps=\"tensor/strided,"
      "type=(string)float32,dims=(int)<2,1,1,3>,dims-order=(string)row-major,layout=(string)nhwc,"
      "framerate=(fraction)1/1\" ! cnnclassify name=c ! fakesink",
      NULL, NULL);
  fail_unless (error != NULL);
  gchar *text = complaint_text (error);
  fail_unless (
      strstr (text, "c: the scores 2x1x1x3 (N,H,W,C) are a batch of 2") != NULL, "%s", text);
  g_free (text);
  gst_message_unref (error);
}
GST_END_TEST;

static Suite *
cnnclassify_suite (void)
{
  Suite *suite = suite_create ("cnnclassify");
  TCase *tests = tcase_create ("general");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_lines);
  tcase_add_test (tests, test_formats);
  tcase_add_test (tests, test_labels);
  tcase_add_test (tests, test_names_with_digits);
  tcase_add_test (tests, test_one_error);
  tcase_add_test (tests, test_bad_labels);
  tcase_add_test (tests, test_labels_while_running);
  tcase_add_test (tests, test_smoothing);
  tcase_add_test (tests, test_message);
  tcase_add_test (tests, test_batch_refused);
  return suite;
}

GST_CHECK_MAIN (cnnclassify);
