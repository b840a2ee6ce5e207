/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnnupsample: values of torch, shapes in both directions, video. */
#include "layertest.h"

GST_START_TEST (test_values)
{
  assert_result ("cnnupsample", "1 2; 3 4", "1 1 2 2; 1 1 2 2; 3 3 4 4; 3 3 4 4");
  assert_result ("cnnupsample factor=3", "1 2 | 3 4",
      "1 1 1 2 2 2; 1 1 1 2 2 2; 1 1 1 2 2 2 | "
      "3 3 3 4 4 4; 3 3 3 4 4 4; 3 3 3 4 4 4");
  assert_result ("cnnupsample factor=1 mode=bilinear", "1 2; 3 5", "1 2; 3 5");
  /* torch.nn.Upsample (scale_factor=2, mode="bilinear") */
  assert_result ("cnnupsample mode=bilinear", "1 2; 3 5",
      "1 1.25 1.75 2; 1.5 1.8125 2.4375 2.75; 2.5 2.9375 3.8125 4.25; 3 3.5 4.5 5");
  assert_result ("cnnupsample mode=bilinear factor=4", "0 8",
      "0 0 1 3 5 7 8 8; "
      "0 0 1 3 5 7 8 8; "
      "0 0 1 3 5 7 8 8; "
      "0 0 1 3 5 7 8 8");
  /* torch.nn.PixelShuffle (2) */
  assert_result ("cnnupsample mode=pixel-shuffle", "1 2 | 3 4 | 5 6 | 7 8", "1 3 2 4; 5 7 6 8");
  assert_result (
      "cnnupsample mode=pixel-shuffle", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8", "1 2; 3 4 | 5 6; 7 8");
}
GST_END_TEST;

/* nhwc and nchw through both give the same. */
GST_START_TEST (test_layouts)
{
  static const gchar *const modes[] = {"nearest", "bilinear", "pixel-shuffle"};
  Tensor *input = tensor_random (1, 5, 7, 18, 3);
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    gchar *line = g_strdup_printf ("cnnupsample factor=3 mode=%s", modes[m]);
    Tensor *expected = run_elements (line, input);
    fail_unless_equals_int (expected->h, 15);
    fail_unless_equals_int (expected->w, 21);
    fail_unless_equals_int (expected->c, m == 2 ? 2 : 18);
    gchar *filtered = g_strdup_printf ("%s ! capsfilter caps=tensor/strided,layout=nchw", line);
    Tensor *planar = run_elements (filtered, input);
    assert_tensors_near (planar, expected, 1e-6, 0, filtered);
    tensor_free (planar);
    tensor_free (expected);
    g_free (filtered);
    g_free (line);
  }
  tensor_free (input);
}
GST_END_TEST;

/* Sizes that downstream asks for reach the source, and sizes that cannot be are explained. */
GST_START_TEST (test_negotiation)
{
  assert_pipeline_runs ("videotestsrc num-buffers=2 ! cnnupsample factor=3 ! "
                        "tensor/strided,dims=(int)<1,90,120,3> ! fakesink");
  assert_pipeline_runs ("videotestsrc num-buffers=2 ! cnnconv kernel=random out-channels=12 "
                        "padding=1 ! cnnupsample mode=pixel-shuffle ! "
                        "video/x-raw,width=200,height=100,format=RGB ! fakesink");
  GstMessage *error = run_pipeline ("videotestsrc num-buffers=2 ! video/x-raw,format=RGB ! "
                                    "cnnupsample name=up mode=pixel-shuffle ! fakesink",
      NULL, NULL);
  fail_unless (error != NULL);
  gchar *text = complaint_text (error);
  fail_unless (strstr (text, "up: the input has 3 channels, not a multiple of the 4 channels "
                             "(factor * factor) that pixel-shuffle makes one of") != NULL,
      "%s", text);
  g_free (text);
  gst_message_unref (error);
}
GST_END_TEST;

/* Values of a picture come out as bytes of a picture. */
GST_START_TEST (test_video)
{
  static const guint8 input[] = {10, 20, 30, 0, 40, 50, 60, 0};
  static const guint8 expected[] = {10, 20, 30, 10, 20, 30, 40, 50, 60, 40, 50, 60};
  LayerTest *test = layer_test_new ("cnnupsample ! capsfilter caps=video/x-raw,format=RGB");
  GstBuffer *output =
      layer_test_push (test, "video/x-raw,format=RGBx,width=2,height=1,framerate=25/1",
          gst_buffer_new_memdup (input, sizeof input));
  GstMapInfo map;
  fail_unless (gst_buffer_map (output, &map, GST_MAP_READ));
  fail_unless (memcmp (map.data, expected, sizeof expected) == 0);
  fail_unless (memcmp (map.data + sizeof expected, expected, sizeof expected) == 0);
  gst_buffer_unmap (output, &map);
  gst_buffer_unref (output);
  layer_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_live_change)
{
  LayerTest *test = layer_test_new ("cnnupsample name=up");
  GstElement *up = layer_test_element (test, "up");
  Tensor *input = tensor_from_text ("1 2");
  static const gint factors[] = {2, 5, 1, 3};
  for (guint i = 0; i < G_N_ELEMENTS (factors); i++) {
    g_object_set (up, "factor", factors[i], NULL);
    Tensor *output = layer_test_run (test, input);
    fail_unless_equals_int (output->w, 2 * factors[i]);
    fail_unless_equals_int (output->h, factors[i]);
    tensor_free (output);
  }
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

static Suite *
cnnupsample_suite (void)
{
  Suite *suite = suite_create ("cnnupsample");
  TCase *tests = tcase_create ("general");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_values);
  tcase_add_test (tests, test_layouts);
  tcase_add_test (tests, test_negotiation);
  tcase_add_test (tests, test_video);
  tcase_add_test (tests, test_live_change);
  return suite;
}

GST_CHECK_MAIN (cnnupsample);
