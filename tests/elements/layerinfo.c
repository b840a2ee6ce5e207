/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layer-info, as property and as message, and receptive fields along chains. */
#include "layertest.h"

#include <string.h>

static void
assert_ints (const GstStructure *structure, const gchar *field, guint count, const gint *expected)
{
  const GValue *array = gst_structure_get_value (structure, field);
  fail_unless (array && gst_value_array_get_size (array) == count, "no %s of %u", field, count);
  for (guint i = 0; i < count; i++) {
    const gint value = g_value_get_int (gst_value_array_get_value (array, i));
    fail_unless (value == expected[i], "%s[%u] is %d instead of %d", field, i, value, expected[i]);
  }
}

static void
assert_int64 (const GstStructure *structure, const gchar *field, gint64 expected)
{
  gint64 value = -1;
  fail_unless (gst_structure_get_int64 (structure, field, &value), "no %s", field);
  fail_unless (value == expected, "%s is %" G_GINT64_FORMAT " instead of %" G_GINT64_FORMAT, field,
      value, expected);
}

static void
assert_groups (const GstStructure *info, gint expected)
{
  gint groups = 0;
  fail_unless (gst_structure_get_int (info, "groups", &groups));
  fail_unless_equals_int (groups, expected);
}

/* Receptive field, jump and offset of rows; the columns' are the same unless tested otherwise. */
static void
assert_field (const GstStructure *info, gint field, gint jump, gdouble offset)
{
  const gint fields[] = {field, field}, jumps[] = {jump, jump};
  assert_ints (info, "receptive-field", 2, fields);
  assert_ints (info, "receptive-jump", 2, jumps);
  const GValue *array = gst_structure_get_value (info, "receptive-offset");
  for (guint i = 0; i < 2; i++) {
    const gdouble value = g_value_get_double (gst_value_array_get_value (array, i));
    fail_unless (value == offset, "receptive-offset[%u] is %g instead of %g", i, value, offset);
  }
}

static GstStructure *
layer_info (LayerTest *test, const gchar *name)
{
  GstStructure *info = NULL;
  g_object_get (layer_test_element (test, name), "layer-info", &info, NULL);
  fail_unless (info != NULL, "%s has no layer-info", name);
  return info;
}

/* The layer-info of `last` after one frame of zeros through `elements`. */
static GstStructure *
info_after (const gchar *elements, gint h, gint w, gint c, const gchar *last)
{
  LayerTest *test = layer_test_new (elements);
  Tensor *input = tensor_new (1, h, w, c);
  tensor_free (layer_test_run (test, input));
  GstStructure *info = layer_info (test, last);
  tensor_free (input);
  layer_test_free (test);
  return info;
}

GST_START_TEST (test_fields)
{
  GstStructure *info = info_after (
      "cnnconv name=layer kernel=random kernel-size=5x3 stride=2 padding=1 out-channels=8 bias="
      "<1,2,3,4,5,6,7,8>",
      20, 30, 3, "layer");
  fail_unless_equals_string (gst_structure_get_name (info), "cnn-layer-info");
  assert_ints (info, "input", 4, (gint[]){1, 20, 30, 3});
  assert_ints (info, "output", 4, (gint[]){1, 9, 15, 8});
  assert_int64 (info, "parameters", 8 * 3 * 5 * 3 + 8);
  assert_int64 (info, "dense-parameters", G_GINT64_CONSTANT (20) * 30 * 3 * 9 * 15 * 8);
  assert_int64 (info, "macs", G_GINT64_CONSTANT (9) * 15 * 8 * 3 * 5 * 3);
  assert_ints (info, "kernel", 2, (gint[]){5, 3});
  assert_ints (info, "stride", 2, (gint[]){2, 2});
  assert_ints (info, "padding", 4, (gint[]){1, 1, 1, 1});
  assert_ints (info, "dilation", 2, (gint[]){1, 1});
  assert_groups (info, 1);
  assert_ints (info, "receptive-field", 2, (gint[]){5, 3});
  assert_ints (info, "receptive-jump", 2, (gint[]){2, 2});
  const GValue *offset = gst_structure_get_value (info, "receptive-offset");
  fail_unless_equals_float (g_value_get_double (gst_value_array_get_value (offset, 0)), 1);
  fail_unless_equals_float (g_value_get_double (gst_value_array_get_value (offset, 1)), 0);
  fail_unless (strlen (gst_structure_get_string (info, "isa")) > 0);
  fail_unless (strlen (gst_structure_get_string (info, "kernel-name")) > 0);
  gst_structure_free (info);

  info = info_after ("cnnconv name=layer kernel=sobel", 10, 10, 3, "layer");
  assert_int64 (info, "parameters", 6 * 9);
  assert_int64 (info, "macs", 8 * 8 * 6 * 9);
  gst_structure_free (info);
  info = info_after ("cnnpool name=layer", 10, 10, 3, "layer");
  assert_int64 (info, "parameters", 0);
  assert_int64 (info, "dense-parameters", 10 * 10 * 3 * 5 * 5 * 3);
  gst_structure_free (info);
}
GST_END_TEST;

/* What the properties do not say is told, too. */
GST_START_TEST (test_windows)
{
  GstStructure *info = info_after (
      "cnnconv name=layer kernel=sobel padding=same stride=2 dilation=1x2", 10, 11, 3, "layer");
  assert_ints (info, "kernel", 2, (gint[]){3, 3});
  assert_ints (info, "padding", 4, (gint[]){0, 2, 1, 2});
  assert_ints (info, "dilation", 2, (gint[]){1, 2});
  assert_groups (info, 3);
  gst_structure_free (info);
  info = info_after ("cnnpool name=layer kernel-size=3x2 padding=1,0,0,1", 10, 11, 3, "layer");
  assert_ints (info, "kernel", 2, (gint[]){3, 2});
  assert_ints (info, "stride", 2, (gint[]){3, 2});
  assert_ints (info, "padding", 4, (gint[]){1, 0, 0, 1});
  fail_if (gst_structure_has_field (info, "groups"));
  gst_structure_free (info);
  info = info_after ("cnn1x1 name=layer kernel=random groups=3 out-channels=6", 4, 4, 3, "layer");
  assert_ints (info, "kernel", 2, (gint[]){1, 1});
  assert_groups (info, 3);
  gst_structure_free (info);
  info = info_after ("cnnpool name=layer output-size=1", 4, 4, 3, "layer");
  fail_if (gst_structure_has_field (info, "kernel"));
  gst_structure_free (info);
}
GST_END_TEST;

static void
assert_previous (const GstStructure *info, const gchar *name, const gchar *other)
{
  const gchar *const names[] = {name, other};
  const GValue *array = gst_structure_get_value (info, "previous");
  fail_unless (array && gst_value_array_get_size (array) == (other ? 2 : 1));
  for (guint i = 0; i < gst_value_array_get_size (array); i++)
    fail_unless_equals_string (g_value_get_string (gst_value_array_get_value (array, i)), names[i]);
}

static void
check_chain (
    const gchar *elements, gint side, const gchar *last, gint field, gint jump, gdouble offset)
{
  GstStructure *info = info_after (elements, side, side, 1, last);
  assert_field (info, field, jump, offset);
  gst_structure_free (info);
}

#define SEVEN_STRIDE_2                                                                             \
  "cnnconv kernel=random kernel-size=7 stride=2 padding=3 name=a ! cnnpool kernel-size=3 "         \
  "stride=2 "                                                                                      \
  "padding=1 name=b ! cnnconv kernel=random padding=1 name=c"

GST_START_TEST (test_chains)
{
  check_chain ("cnnconv name=a kernel=box", 20, "a", 3, 1, 1);
  check_chain (
      "cnnconv kernel=box ! cnnconv kernel=box ! cnnconv name=c kernel=box", 20, "c", 7, 1, 3);
  check_chain (
      "cnnconv kernel=box padding=1 ! cnnconv kernel=box padding=1 ! cnnconv name=c kernel=box "
      "padding=1",
      20, "c", 7, 1, 0);
  check_chain (SEVEN_STRIDE_2, 224, "a", 7, 2, 0);
  check_chain (SEVEN_STRIDE_2, 224, "b", 11, 4, 0);
  check_chain (SEVEN_STRIDE_2, 224, "c", 19, 4, 0);
  check_chain ("cnnpool ! cnnpool ! cnn1x1 name=c kernel=random", 16, "c", 4, 4, 1.5);
  check_chain ("cnnconv kernel=box dilation=3 name=a", 16, "a", 7, 1, 3);
  check_chain ("cnnconv kernel=box ! cnnpool name=b output-size=1", 16, "b", 16, 14, 7.5);
}
GST_END_TEST;

/* Elements that are none of ours let the chain pass. */
GST_START_TEST (test_past_queues)
{
  check_chain ("cnnconv kernel=box ! queue ! cnnconv kernel=box ! identity ! queue ! "
               "cnnconv name=c kernel=box",
      20, "c", 7, 1, 3);
}
GST_END_TEST;

/* The messages of a pipeline: the last of each element. */
static const GstStructure *
last_message (GPtrArray *messages, const gchar *element)
{
  for (guint i = messages->len; i > 0; i--) {
    GstMessage *message = g_ptr_array_index (messages, i - 1);
    if (g_str_equal (GST_MESSAGE_SRC_NAME (message), element))
      return gst_message_get_structure (message);
  }
  fail ("%s posted no message", element);
  return NULL;
}

GST_START_TEST (test_past_tees)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint = run_pipeline (
      "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64 ! cnnconv kernel=box ! tee "
      "name=t "
      "t. ! queue ! cnnconv kernel=box ! cnnconv kernel=box name=left ! fakesink async=false "
      "t. ! queue ! cnnpool ! cnnpool name=right ! fakesink async=false",
      "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  assert_field (last_message (messages, "left"), 7, 1, 3);
  assert_field (last_message (messages, "right"), 6, 4, 2.5);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

/* The graph can be drawn from the messages alone. */
GST_START_TEST (test_previous)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint = run_pipeline (
      "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64,format=GRAY8 ! tee name=t0 "
      "t0. ! cnnconv name=a kernel=box padding=1 ! tee name=t1 t1. ! queue ! "
      "cnnconv name=b kernel=box padding=1 ! identity ! cnnpool name=c kernel-size=1 ! m.sink_3 "
      "t1. ! m.sink_1 cnnmerge name=m ! tee name=t2 t2. ! n.sink_0 t0. ! n.sink_1 "
      "cnnmerge name=n ! cnnconv name=d kernel=box ! fakesink",
      "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  assert_previous (last_message (messages, "a"), "", NULL);
  assert_previous (last_message (messages, "b"), "a", NULL);
  assert_previous (last_message (messages, "c"), "b", NULL);
  assert_previous (last_message (messages, "m"), "a", "c");
  assert_previous (last_message (messages, "n"), "m", "");
  assert_previous (last_message (messages, "d"), "n", NULL);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

/* A picture scaled between two layers starts a new chain. */
GST_START_TEST (test_scaled_between)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint =
      run_pipeline ("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8,width=64,height=64 ! "
                    "cnnconv kernel=box ! videoscale ! video/x-raw,width=32,height=32 ! cnnconv "
                    "kernel=box name=b "
                    "! fakesink",
          "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  assert_field (last_message (messages, "b"), 3, 1, 1);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

/* A change upstream reaches the layers behind it, also when their own shapes stay. */
GST_START_TEST (test_live_change_upstream)
{
  LayerTest *test = layer_test_new (
      "cnnconv name=a kernel=box padding=1 ! queue ! cnnconv name=b kernel=box ! cnnpool name=c");
  Tensor *input = tensor_new (1, 20, 20, 1);
  tensor_free (layer_test_run (test, input));
  GstStructure *info = layer_info (test, "c");
  assert_field (info, 6, 2, 1.5);
  gst_structure_free (info);
  g_object_set (layer_test_element (test, "a"), "kernel-size", "5", "padding", "2", NULL);
  tensor_free (layer_test_run (test, input));
  info = layer_info (test, "c");
  assert_field (info, 8, 2, 1.5);
  gst_structure_free (info);
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

/* One message a negotiation: not one a frame. */
GST_START_TEST (test_messages_are_few)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint =
      run_pipeline ("videotestsrc num-buffers=30 ! cnnconv kernel=box name=a ! cnnpool name=b ! "
                    "fakesink",
          "cnn-layer-info", messages);
  fail_unless (complaint == NULL);
  fail_unless (messages->len >= 2 && messages->len <= 4, "%u messages", messages->len);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

static Suite *
layerinfo_suite (void)
{
  Suite *suite = suite_create ("layerinfo");
  TCase *tests = tcase_create ("chains");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_fields);
  tcase_add_test (tests, test_windows);
  tcase_add_test (tests, test_previous);
  tcase_add_test (tests, test_chains);
  tcase_add_test (tests, test_past_queues);
  tcase_add_test (tests, test_past_tees);
  tcase_add_test (tests, test_scaled_between);
  tcase_add_test (tests, test_live_change_upstream);
  tcase_add_test (tests, test_messages_are_few);
  return suite;
}

GST_CHECK_MAIN (layerinfo);
