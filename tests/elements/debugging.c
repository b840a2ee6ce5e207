/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GST_DEBUG tells a maintainer: a category an element; properties, plans, buffers, negotiations and why;
 * a line a frame at LOG only. */
#include "layertest.h"

#include <string.h>

static GMutex lock;
static GString *written; /* "category object: message" a line */

static void
write_down (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message, gpointer data)
{
  const gchar *name = gst_debug_category_get_name (category);
  if (!g_str_has_prefix (name, "cnn"))
    return;
  g_mutex_lock (&lock);
  g_string_append_printf (written, "%s %s: %s\n", name,
      GST_IS_OBJECT (object) ? GST_OBJECT_NAME (object) : "-", gst_debug_message_get (message));
  g_mutex_unlock (&lock);
}

static void
begin (GstDebugLevel level)
{
  written = g_string_new (NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_from_string ("0", TRUE);
  gst_debug_set_threshold_for_name ("cnn*", level);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (write_down, NULL, NULL);
}

static void
end (void)
{
  gst_debug_remove_log_function (write_down);
  gst_debug_set_threshold_for_name ("cnn*", GST_LEVEL_NONE);
  g_string_free (written, TRUE);
}

static void
assert_written (const gchar *text)
{
  fail_unless (strstr (written->str, text) != NULL, "\"%s\" is not in\n%s", text, written->str);
}

static void
assert_not_written (const gchar *text)
{
  fail_if (strstr (written->str, text) != NULL, "\"%s\" is in\n%s", text, written->str);
}

/* A frame of the stream as it is, without new caps. */
static void
push_frame (LayerTest *test, const Tensor *input)
{
  GstBuffer *maps =
      gst_harness_push_and_pull (test->harness, tensor_to_buffer (input, &native_float));
  fail_unless (maps != NULL);
  gst_buffer_unref (maps);
}

GST_START_TEST (test_layers)
{
  begin (GST_LEVEL_DEBUG);
  LayerTest *test =
      layer_test_new ("cnnconv name=a kernel=sobel stride=2 ! cnnpool name=b mode=average");
  Tensor *input = tensor_random (1, 20, 20, 1, 1);
  tensor_free (layer_test_run (test, input));
  assert_written ("cnnconv a: property kernel taken: ");
  assert_written ("cnnconv a: property stride taken: 2\n");
  assert_written ("cnnpool b: property mode taken: ");
  assert_written ("cnnconv a: caps tensor/strided");
  assert_written ("for 1x20x20x1 to 1x9x9x2 (N,H,W,C) nhwc, 18 parameters, 1458 multiply-adds");
  assert_written ("cnnpool b: plan: ");
  assert_written ("cnnconv a: buffers: pool ");
  assert_written ("aligned to 64 bytes");

  const gsize length = written->len;
  push_frame (test, input);
  fail_unless (written->len == length, "a frame is told: %s", written->str + length);

  g_string_truncate (written, 0);
  g_object_set (layer_test_element (test, "a"), "stride", "1", NULL);
  push_frame (test, input);
  assert_written ("cnnconv a: negotiating anew: a property changed\n");
  assert_written ("cnnconv a: a property changed: another output shape, which downstream takes\n");
  assert_written ("for 1x18x18x2 to 1x9x9x2");
  g_string_truncate (written, 0);
  gst_util_set_object_arg (G_OBJECT (layer_test_element (test, "a")), "activation", "relu");
  push_frame (test, input);
  assert_written ("cnnconv a: a property changed: the shape stays\n");
  assert_not_written ("cnnpool b");
  tensor_free (input);
  layer_test_free (test);
  end ();
}
GST_END_TEST;

GST_START_TEST (test_refused_property)
{
  begin (GST_LEVEL_DEBUG);
  GstElement *conv = gst_element_factory_make ("cnnconv", "a");
  g_object_set (conv, "stride", "none", NULL);
  assert_written ("cnnconv a: property stride refused: stride=\"none\" is neither");
  assert_written ("; it stays 1\n");
  gst_object_unref (conv);
  end ();
}
GST_END_TEST;

GST_START_TEST (test_merge)
{
  begin (GST_LEVEL_DEBUG);
  assert_pipeline_runs (
      "videotestsrc num-buffers=3 ! video/x-raw,width=16,height=12,format=GRAY8 ! "
      "tee name=t t. ! m.sink_0 t. ! cnn1x1 name=b kernel=random ! m.sink_1 "
      "cnnmerge name=m mode=add n-threads=1 ! fakesink");
  assert_written ("cnnmerge m: property n-threads taken: 1\n");
  assert_written ("cnnmerge m: joining anew: a property changed, a branch has new caps,");
  assert_written ("cnnmerge m: plan: merge");
  assert_written ("cnnmerge m: buffers: pool ");
  assert_written ("cnnmerge m: a branch has ended");
  assert_written ("cnn1x1 b: plan: ");
  end ();
}
GST_END_TEST;

GST_START_TEST (test_frames)
{
  begin (GST_LEVEL_LOG);
  assert_pipeline_runs ("videotestsrc num-buffers=3 ! tee name=t t. ! cnnupsample name=u ! "
                        "cnnpool ! m.sink_0 t. ! m.sink_1 cnnmerge name=m ! fakesink");
  guint frames = 0;
  for (const gchar *at = written->str; (at = strstr (at, "cnnupsample u: buffer: ")); at++)
    frames++;
  fail_unless_equals_int (frames, 3);
  assert_written ("cnnmerge m: pushing buffer: ");
  end ();
}
GST_END_TEST;

static Suite *
debugging_suite (void)
{
  Suite *suite = suite_create ("debugging");
  TCase *tests = tcase_create ("messages");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_layers);
  tcase_add_test (tests, test_refused_property);
  tcase_add_test (tests, test_merge);
  tcase_add_test (tests, test_frames);
  return suite;
}

GST_CHECK_MAIN (debugging);
