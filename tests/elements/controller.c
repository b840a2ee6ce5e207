/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers faded by GstController: the numbers of each frame are those of its time. */
#include "layertest.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <math.h>
#include <string.h>

#define N_FRAMES 9
#define FRAME_TIME (GST_SECOND / (N_FRAMES - 1))

/* From `first` at 0 s to `last` at 1 s. `least` and `most` are the property's. */
static void
animate (GstElement *element, const gchar *property, gdouble first, gdouble last)
{
  GstControlSource *source = gst_interpolation_control_source_new ();
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  fail_unless (gst_object_add_control_binding (GST_OBJECT (element),
      gst_direct_control_binding_new_absolute (GST_OBJECT (element), property, source)));
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), 0, first);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), GST_SECOND, last);
  gst_object_unref (source);
}

static Tensor *
push_at (LayerTest *test, const gchar *caps, GstBuffer *buffer, guint frame)
{
  GST_BUFFER_PTS (buffer) = frame * FRAME_TIME;
  GST_BUFFER_DURATION (buffer) = FRAME_TIME;
  return layer_test_output (test, layer_test_push (test, caps, buffer));
}

/* In both layouts, in floats. */
GST_START_TEST (test_fade)
{
  for (guint l = 0; l < G_N_ELEMENTS (LAYOUTS); l++) {
    const TensorFormat format = {"tensor/strided", LAYOUTS[l], "float32"};
    LayerTest *test = layer_test_new ("cnnconv name=a kernel=laplacian padding=same");
    Tensor *input = tensor_random (1, 6, 7, 3, 1);
    Tensor *result = run_elements ("cnnconv kernel=laplacian padding=same", input);
    Tensor *expected = tensor_new (1, 6, 7, 3);
    gchar *caps = tensor_caps (input, &format);
    animate (layer_test_element (test, "a"), "strength", 0, 1);
    for (guint frame = 0; frame < N_FRAMES; frame++) {
      const gfloat strength = (gfloat)frame / (N_FRAMES - 1);
      Tensor *output = push_at (test, caps, tensor_to_buffer (input, &format), frame);
      for (gsize i = 0; i < tensor_count (input); i++)
        expected->values[i] = strength * result->values[i] + (1 - strength) * input->values[i];
      assert_tensors_near (output, expected, 1e-6, 1e-6, LAYOUTS[l]);
      tensor_free (output);
    }
    g_free (caps);
    tensor_free (expected);
    tensor_free (result);
    tensor_free (input);
    layer_test_free (test);
  }
}
GST_END_TEST;

/* The three together, after the activation. */
GST_START_TEST (test_gain_and_offset)
{
  LayerTest *test = layer_test_new (
      "cnnconv name=a coefficients=-1 kernel-size=1 activation=relu strength=0.5 bias-offset=0.25");
  Tensor *input = tensor_from_text ("-3 4");
  gchar *caps = tensor_caps (input, &native_float);
  animate (layer_test_element (test, "a"), "gain", -2, 2);
  for (guint frame = 0; frame < N_FRAMES; frame++) {
    const gfloat gain = -2 + 4 * (gfloat)frame / (N_FRAMES - 1);
    Tensor *output = push_at (test, caps, tensor_to_buffer (input, &native_float), frame);
    Tensor *expected = tensor_new (1, 1, 2, 1);
    expected->values[0] = (gain * 3 + 0.25f) / 2 - 1.5f;
    expected->values[1] = 0.25f / 2 + 2;
    assert_tensors_near (output, expected, 1e-6, 1e-6, "gain");
    tensor_free (expected);
    tensor_free (output);
  }
  g_free (caps);
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

/* Video in, the same video out: white is inverted bit by bit, rounded once. */
GST_START_TEST (test_fade_of_video)
{
  const gchar *const video = "video/x-raw,format=GRAY8,width=8,height=4,framerate=8/1";
  gchar *line =
      g_strdup_printf ("cnn1x1 name=a coefficients=-1 bias=1 ! capsfilter caps=\"%s\"", video);
  LayerTest *test = layer_test_new (line);
  animate (layer_test_element (test, "a"), "strength", 0, 1);
  for (guint frame = 0; frame < N_FRAMES; frame++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 32, NULL);
    GstMapInfo map;
    gst_buffer_memset (buffer, 0, 200, 32);
    GST_BUFFER_PTS (buffer) = frame * FRAME_TIME;
    buffer = layer_test_push (test, video, buffer);
    const gdouble strength = (gdouble)frame / (N_FRAMES - 1);
    const gint expected = (gint)lrint (strength * 55 + (1 - strength) * 200);
    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
    ck_assert_uint_eq (map.size, 32);
    for (gsize i = 0; i < map.size; i++)
      fail_unless (ABS (map.data[i] - expected) <= (fmod (strength * 145, 1) == 0.5 ? 1 : 0),
          "frame %u: %d instead of %d", frame, map.data[i], expected);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  layer_test_free (test);
  g_free (line);
}
GST_END_TEST;

/* Other layers have it, too, and a strength changes nothing but values: the layer is not made anew. */
GST_START_TEST (test_pool_and_live_change)
{
  LayerTest *test = layer_test_new ("cnnpool name=a kernel-size=3 stride=1 padding=1");
  GstElement *pool = layer_test_element (test, "a");
  Tensor *input = tensor_from_text ("1 2; 3 4");
  tensor_free (layer_test_run (test, input));
  while (TRUE) {
    GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ELEMENT);
    if (!message)
      break;
    gst_message_unref (message);
  }
  static const gdouble strengths[] = {0.5, 0, 1};
  static const gchar *const expected[] = {"2.5 3; 3.5 4", "1 2; 3 4", "4 4; 4 4"};
  for (guint i = 0; i < G_N_ELEMENTS (strengths); i++) {
    g_object_set (pool, "strength", strengths[i], NULL);
    Tensor *output = layer_test_run (test, input), *wanted = tensor_from_text (expected[i]);
    assert_tensors_equal (output, wanted, expected[i]);
    tensor_free (wanted);
    tensor_free (output);
  }
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ELEMENT);
  fail_unless (message == NULL, "a new layer was told");
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

/* Where the shapes differ, one warning, and the whole result. */
GST_START_TEST (test_other_shapes)
{
  LayerTest *test = layer_test_new ("cnnpool name=a");
  Tensor *input = tensor_from_text ("1 2; 3 4"), *expected = tensor_from_text ("4");
  gchar *caps = tensor_caps (input, &native_float);
  animate (layer_test_element (test, "a"), "strength", 1, 0);
  guint warnings = 0;
  for (guint frame = 0; frame < N_FRAMES; frame++) {
    GstBuffer *buffer = tensor_to_buffer (input, &native_float);
    GST_BUFFER_PTS (buffer) = frame * FRAME_TIME;
    gst_harness_set_src_caps_str (test->harness, caps);
    fail_unless (gst_harness_push (test->harness, buffer) == GST_FLOW_OK);
    buffer = gst_harness_pull (test->harness);
    GstMessage *message;
    while ((message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING))) {
      gchar *text = complaint_text (message);
      fail_unless (
          strstr (text, "blends the result with the input, but the input is 1x2x2x1 and the "
                        "result 1x1x1x1"),
          "%s", text);
      warnings++;
      g_free (text);
      gst_message_unref (message);
    }
    Tensor *output = layer_test_output (test, buffer);
    assert_tensors_equal (output, expected, "the result");
    tensor_free (output);
  }
  ck_assert_uint_eq (warnings, 1);
  g_free (caps);
  tensor_free (expected);
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

/* No property says that it is controllable when a binding cannot drive it. */
GST_START_TEST (test_flags)
{
  static const gchar *const elements[] = {
      "cnnconv", "cnn1x1", "cnnpool", "cnnupsample", "cnnmerge"};
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstElement *element = gst_element_factory_make (elements[i], NULL);
    guint count;
    GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &count);
    for (guint p = 0; p < count; p++) {
      if (!(specs[p]->flags & GST_PARAM_CONTROLLABLE))
        continue;
      animate (element, specs[p]->name, 0, 1);
      fail_unless (gst_object_sync_values (GST_OBJECT (element), GST_SECOND));
    }
    g_free (specs);
    gst_object_unref (element);
  }
}
GST_END_TEST;

static Suite *
controller_suite (void)
{
  Suite *suite = suite_create ("controller");
  TCase *tests = tcase_create ("fades");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_fade);
  tcase_add_test (tests, test_gain_and_offset);
  tcase_add_test (tests, test_fade_of_video);
  tcase_add_test (tests, test_pool_and_live_change);
  tcase_add_test (tests, test_other_shapes);
  tcase_add_test (tests, test_flags);
  return suite;
}

GST_CHECK_MAIN (controller);
