/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties set, and streams changed, while frames flow: no frame is lost, and each frame is of the old or
 * the new layer. */
#include "layertest.h"

#include <string.h>

/* `elements`, then the property set to the new value, must give what an element does that had the value
 * from the start. */
static const struct {
  const gchar *elements, *property, *value;
} changes[] = {
    {"cnnconv kernel=sobel", "kernel", "sharpen"},
    {"cnnconv kernel=sobel-x", "kernel", "sobel"},
    {"cnnconv kernel=box", "kernel-size", "5"},
    {"cnnconv kernel=box", "stride", "2x3"},
    {"cnnconv kernel=box", "padding", "1,0,2,0"},
    {"cnnconv kernel=box", "padding", "same"},
    {"cnnconv kernel=box padding=1", "padding-mode", "reflect"},
    {"cnnconv kernel=box", "dilation", "2"},
    {"cnnconv coefficients=<1,2> kernel-size=1", "coefficients", "<3,4>"},
    {"cnnconv coefficients=<1,2> kernel-size=1", "bias", "<5>"},
    {"cnnconv kernel=random", "out-channels", "7"},
    {"cnnconv kernel=random", "seed", "9"},
    {"cnnconv kernel=random out-channels=4", "groups", "2"},
    {"cnnconv kernel=sharpen", "groups", "1"},
    {"cnnconv kernel=laplacian", "activation", "relu"},
    {"cnnconv kernel=laplacian", "activation", "crelu"},
    {"cnnconv kernel=laplacian activation=leaky-relu", "alpha", "<0.5>"},
    {"cnnconv kernel=laplacian", "n-threads", "1"},
    {"cnn1x1 coefficients=<1,2>", "coefficients", "<-1,0.5>"},
    {"cnn1x1 coefficients=<1,2>", "bias", "<0.5>"},
    {"cnn1x1 kernel=random", "out-channels", "5"},
    {"cnn1x1 kernel=random out-channels=2", "groups", "2"},
    {"cnn1x1 kernel=random", "seed", "2"},
    {"cnn1x1 kernel=random", "activation", "tanh"},
    {"cnn1x1 kernel=random activation=prelu", "alpha", "<3>"},
    {"cnnpool", "mode", "average"},
    {"cnnpool", "kernel-size", "3x1"},
    {"cnnpool", "stride", "1"},
    {"cnnpool", "padding", "1"},
    {"cnnpool", "dilation", "2"},
    {"cnnpool kernel-size=4", "ceil-mode", "true"},
    {"cnnpool mode=average padding=1", "count-include-pad", "false"},
    {"cnnpool mode=average", "divisor-override", "3"},
    {"cnnpool", "output-size", "3x2"},
    {"cnnpool", "n-threads", "1"},
    {"cnnconv kernel=laplacian padding=same", "strength", "0.25"},
    {"cnnconv kernel=laplacian", "gain", "-2"},
    {"cnnpool", "bias-offset", "3"},
    {"cnnpad", "padding", "1,2,-1,0"},
    {"cnnpad padding=2", "padding-mode", "reflect"},
    {"cnnpad padding=2", "value", "0.5"},
    {"cnnslice", "rows", "::2"},
    {"cnnslice", "columns", "-3:"},
    {"cnnslice", "channels", "1"},
};

static GstElement *
only_element (LayerTest *test)
{
  return GST_ELEMENT (GST_BIN_CHILDREN (test->element)->data);
}

GST_START_TEST (test_each_property)
{
  const gchar *caps = "tensor/strided, type=(string)float32, dims=(int)<1,11,10,2>, "
                      "dims-order=(string)row-major, layout=(string)nhwc, framerate=25/1";
  Tensor *input = tensor_random (1, 11, 10, 2, 3);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    gchar *changed =
        g_strdup_printf ("%s %s=%s", changes[i].elements, changes[i].property, changes[i].value);
    Tensor *before = run_elements (changes[i].elements, input);
    Tensor *after = run_elements (changed, input);
    const gboolean computes = !g_str_equal (changes[i].property, "n-threads");
    fail_if (
        computes && tensor_count (before) == tensor_count (after) &&
            memcmp (before->values, after->values, tensor_count (after) * sizeof (gfloat)) == 0,
        "%s makes no difference to test", changed);
    LayerTest *test = layer_test_new (changes[i].elements);
    gst_harness_set_src_caps_str (test->harness, caps);
    for (guint frame = 0; frame < 6; frame++) {
      if (frame == 3)
        gst_util_set_object_arg (
            G_OBJECT (only_element (test)), changes[i].property, changes[i].value);
      Tensor *output = layer_test_run (test, input);
      assert_tensors_equal (output, frame < 3 ? before : after, changed);
      tensor_free (output);
    }
    fail_unless_equals_int (gst_harness_buffers_received (test->harness), 6);
    layer_test_free (test);
    tensor_free (after);
    tensor_free (before);
    g_free (changed);
  }
  tensor_free (input);
}
GST_END_TEST;

/* The table above knows every property there is, so that a new one is not forgotten. */
GST_START_TEST (test_no_property_is_forgotten)
{
  /* Those with tests of their own: in video.c and fixtures.c. */
  static const gchar *const elsewhere[] = {"name", "parent", "qos", "scale", "mean", "std",
      "layer-info", "weights", "layer", "batch-norm", "batch-norm-eps", "alpha-layer", NULL};
  static const gchar *const elements[] = {"cnnconv", "cnn1x1", "cnnpool", "cnnpad", "cnnslice"};
  for (guint e = 0; e < G_N_ELEMENTS (elements); e++) {
    guint count;
    GstElement *element = gst_element_factory_make (elements[e], NULL);
    GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &count);
    for (guint p = 0; p < count; p++) {
      gboolean found = g_strv_contains (elsewhere, specs[p]->name);
      for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
        found |= g_str_equal (changes[i].property, specs[p]->name);
      fail_unless (found, "no live change of %s.%s is tested", elements[e], specs[p]->name);
    }
    g_free (specs);
    gst_object_unref (element);
  }
}
GST_END_TEST;

GST_START_TEST (test_normalization_changes)
{
  const TensorFormat bytes = {"tensor/strided", "nhwc", "uint8"};
  static const struct {
    const gchar *property, *value;
    gfloat output; /* of 51, with the properties so far */
  } steps[] = {{"scale", "0.1", 5.1f}, {"mean", "<1>", 4.1f}, {"std", "<2>", 2.05f},
      {"scale", "0.2", 4.6f}, {"mean", "<>", 5.1f}};
  Tensor *input = tensor_from_text ("51");
  LayerTest *test = layer_test_new ("cnnpool kernel-size=1");
  gchar *caps = tensor_caps (input, &bytes);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    gst_util_set_object_arg (G_OBJECT (only_element (test)), steps[i].property, steps[i].value);
    GstBuffer *buffer = layer_test_push (test, caps, tensor_to_buffer (input, &bytes));
    gfloat value;
    gst_buffer_extract (buffer, 0, &value, sizeof value);
    fail_unless (ABS (value - steps[i].output) < 1e-5f, "%s=%s gives %g instead of %g",
        steps[i].property, steps[i].value, value, steps[i].output);
    gst_buffer_unref (buffer);
  }
  layer_test_free (test);
  tensor_free (input);
  g_free (caps);
}
GST_END_TEST;

/* A value that cannot work with the frames that arrive leaves the old layer running, with a warning. */
static void
check_kept (const gchar *elements, const gchar *property, const gchar *value, const gchar *sentence)
{
  Tensor *input = tensor_random (1, 4, 4, 1, 3), *before = run_elements (elements, input);
  LayerTest *test = layer_test_new (elements);
  tensor_free (layer_test_run (test, input));
  gst_util_set_object_arg (G_OBJECT (only_element (test)), property, value);
  gchar *caps = tensor_caps (input, &native_float);
  gst_harness_push (test->harness, tensor_to_buffer (input, &native_float));
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL, "%s=%s gave no warning", property, value);
  gchar *text = complaint_text (message);
  fail_unless (strstr (text, sentence) != NULL, "\"%s\" instead of \"%s\"", text, sentence);
  GstBuffer *buffer = gst_harness_pull (test->harness);
  fail_unless (buffer != NULL);
  Tensor *output = layer_test_output (test, buffer);
  assert_tensors_equal (output, before, elements);
  tensor_free (output);
  g_free (text);
  gst_message_unref (message);
  layer_test_free (test);
  tensor_free (before);
  tensor_free (input);
  g_free (caps);
}

GST_START_TEST (test_refused_changes)
{
  check_kept ("cnnconv kernel=box", "kernel-size", "9", "larger than the padded input 4x4");
  check_kept ("cnnconv kernel=box", "kernel-size", "nine", "kernel-size=\"nine\" is neither");
  check_kept ("cnnconv kernel=box", "stride", "0", "stride=\"0\"");
  check_kept ("cnnconv kernel=sobel", "kernel-size", "5", "kernel=sobel is 3x3");
  check_kept ("cnnconv kernel=sobel", "kernel", "none", "there are no weights");
  check_kept ("cnnconv kernel=sobel", "weights", "/does/not/exist.npy", "/does/not/exist.npy");
  check_kept ("cnnconv coefficients=<1> kernel-size=1", "bias", "<1,2>", "bias has 2 values");
  check_kept ("cnnpool", "padding", "2", "padding of 2 rows is not smaller than the window of 2");
  check_kept ("cnnpool", "kernel-size", "5", "kernel 5x5 is larger than the padded input 4x4");
}
GST_END_TEST;

/* Size, format and frame rate of the stream change between frames. */
GST_START_TEST (test_stream_changes)
{
  LayerTest *test = layer_test_new ("cnnconv kernel=sobel padding=1 activation=abs ! cnnpool");
  GRand *random = g_rand_new_with_seed (5);
  for (guint i = 0; i < 60; i++) {
    Tensor *input = tensor_random (1, g_rand_int_range (random, 2, 40),
        g_rand_int_range (random, 2, 40), g_rand_int_range (random, 1, 5), i);
    Tensor *expected =
        run_elements ("cnnconv kernel=sobel padding=1 activation=abs ! cnnpool", input);
    Tensor *output = layer_test_run (test, input);
    assert_tensors_equal (output, expected, "a changed stream");
    tensor_free (output);
    tensor_free (expected);
    tensor_free (input);
  }
  g_rand_free (random);
  fail_unless_equals_int (gst_harness_buffers_received (test->harness), 60);
  layer_test_free (test);
}
GST_END_TEST;

/* A thousand changes from another thread while frames flow. */
#define N_CHANGES 1000

static gpointer
change_properties (gpointer data)
{
  GstElement *bin = data;
  static const struct {
    const gchar *element, *property;
    const gchar *values[4];
  } wild[] = {
      {"first", "kernel-size", {"1", "3", "5x3", "7"}},
      {"first", "stride", {"1", "2", "1x3", "1"}},
      {"first", "padding", {"0", "1", "same", "2,1,0,3"}},
      {"first", "out-channels", {"1", "5", "16", "3"}},
      {"first", "activation", {"none", "crelu", "relu", "tanh"}},
      {"first", "seed", {"1", "2", "3", "4"}},
      {"second", "kernel-size", {"1", "2", "3x2", "2"}},
      {"second", "mode", {"max", "average", "max", "average"}},
      {"second", "ceil-mode", {"true", "false", "true", "false"}},
      {"third", "out-channels", {"1", "7", "3", "32"}},
      {"third", "n-threads", {"0", "1", "2", "5"}},
  };
  GRand *random = g_rand_new_with_seed (17);
  for (guint i = 0; i < N_CHANGES; i++) {
    const guint which = (guint)g_rand_int_range (random, 0, G_N_ELEMENTS (wild));
    GstElement *element = gst_bin_get_by_name (GST_BIN (bin), wild[which].element);
    gst_util_set_object_arg (G_OBJECT (element), wild[which].property,
        wild[which].values[g_rand_int_range (random, 0, 4)]);
    gst_object_unref (element);
    g_usleep (200);
  }
  g_rand_free (random);
  return NULL;
}

GST_START_TEST (test_thousand_changes)
{
  LayerTest *test = layer_test_new ("cnnconv name=first kernel=random ! cnnpool name=second ! "
                                    "cnn1x1 name=third kernel=random");
  Tensor *input = tensor_random (1, 31, 29, 3, 3);
  gchar *text = tensor_caps (input, &native_float);
  gst_harness_set_src_caps_str (test->harness, text);
  GThread *thread = g_thread_new ("changes", change_properties, test->element);
  guint frames = 0;
  for (; frames < 1500; frames++) {
    const GstFlowReturn flow =
        gst_harness_push (test->harness, tensor_to_buffer (input, &native_float));
    GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ERROR);
    if (message)
      fail ("frame %u: %s", frames, complaint_text (message));
    fail_unless_equals_int (flow, GST_FLOW_OK);
    GstBuffer *buffer = gst_harness_try_pull (test->harness);
    fail_unless (buffer != NULL, "frame %u was lost", frames);
    GstCaps *caps = gst_pad_get_current_caps (test->harness->sinkpad);
    tensor_free (tensor_from_buffer (buffer, caps)); /* checks the size */
    gst_caps_unref (caps);
  }
  g_thread_join (thread);
  gst_bus_set_flushing (test->bus, TRUE); /* windows too large for the moment's frame warn */
  gst_bus_set_flushing (test->bus, FALSE);
  /* What is set last holds, whatever came before. */
  GstElement *first = layer_test_element (test, "first");
  g_object_set (
      first, "kernel-size", "3", "stride", "1", "padding", "1", "out-channels", 4, "seed", 7, NULL);
  gst_util_set_object_arg (G_OBJECT (first), "activation", "relu");
  g_object_set (layer_test_element (test, "second"), "kernel-size", "2", "ceil-mode", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (layer_test_element (test, "second")), "mode", "max");
  g_object_set (layer_test_element (test, "third"), "out-channels", 6, NULL);
  Tensor *output = layer_test_run (test, input);
  Tensor *expected = run_elements ("cnnconv kernel=random padding=1 out-channels=4 seed=7 "
                                   "activation=relu ! cnnpool ! cnn1x1 kernel=random "
                                   "out-channels=6",
      input);
  assert_tensors_equal (output, expected, "after a thousand changes");
  tensor_free (expected);
  tensor_free (output);
  layer_test_free (test);
  tensor_free (input);
  g_free (text);
}
GST_END_TEST;

static Suite *
live_suite (void)
{
  Suite *suite = suite_create ("live");
  TCase *tests = tcase_create ("changes");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_each_property);
  tcase_add_test (tests, test_no_property_is_forgotten);
  tcase_add_test (tests, test_normalization_changes);
  tcase_add_test (tests, test_refused_changes);
  tcase_add_test (tests, test_stream_changes);
  tcase_add_test (tests, test_thousand_changes);
  return suite;
}

GST_CHECK_MAIN (live);
