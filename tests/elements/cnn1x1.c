/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnn1x1 by value. */
#include "layertest.h"

/* Three inputs, two outputs: a matrix product over channels. */
GST_START_TEST (test_worked_examples)
{
  assert_result (
      "cnn1x1 out-channels=2 coefficients=<1,2,3,4,5,6>", "1 2 | 3 4 | 5 6", "22 28 | 49 64");
  assert_result ("cnn1x1 out-channels=2 coefficients=<1,2,3,4,5,6> bias=<-22,0.5>",
      "1 2 | 3 4 | 5 6", "0 6 | 49.5 64.5");
  assert_result ("cnn1x1 coefficients=<0.25>", "4 8; 12 16", "1 2; 3 4");
}
GST_END_TEST;

GST_START_TEST (test_groups_and_slopes)
{
  assert_result (
      "cnn1x1 out-channels=2 groups=2 coefficients=<1,2,3,4>", "1 | 10 | 100 | 1000", "21 | 4300");
  assert_result ("cnn1x1 out-channels=2 coefficients=<1,1> activation=prelu alpha=<0.5,0.25>",
      "-4 2", "-2 2 | -1 2");
  assert_result (
      "cnn1x1 out-channels=2 coefficients=<1,-1> activation=crelu", "3", "3 | 0 | 0 | 3");
}
GST_END_TEST;

/* The fully connected layer over channels at every pixel. */
static void
check_size (gint n, gint h, gint w, gint c, gint out_channels)
{
  Tensor *input = tensor_random (n, h, w, c, (guint32)(h * 31 + w));
  Tensor *weights = tensor_random (1, 1, out_channels, c, (guint32)c);
  gchar *array = array_text (weights->values, tensor_count (weights));
  gchar *element = g_strdup_printf ("cnn1x1 out-channels=%d coefficients=%s", out_channels, array);
  gchar *what = g_strdup_printf ("%d channels of %dx%dx%dx%d", out_channels, n, h, w, c);
  Tensor *expected = expected_convolution (input, weights->values, out_channels, 1, 1, 1);
  Tensor *output = run_elements (element, input);
  assert_tensors_equal (output, expected, what);
  tensor_free (output);
  tensor_free (expected);
  tensor_free (weights);
  tensor_free (input);
  g_free (what);
  g_free (element);
  g_free (array);
}

GST_START_TEST (test_sizes)
{
  static const gint channels[] = {1, 2, 3, 4, 5, 8, 16, 17, 33, 64};
  for (guint i = 0; i < G_N_ELEMENTS (channels); i++)
    for (guint j = 0; j < G_N_ELEMENTS (channels); j++)
      check_size (1, 1 + (gint)i, 1 + (gint)(7 * j) % 19, channels[i], channels[j]);
  check_size (4, 5, 3, 6, 7);
  check_size (1, 1, 1, 512, 100);
  check_size (1, 1080, 1920, 3, 2);
}
GST_END_TEST;

static Suite *
cnn1x1_suite (void)
{
  Suite *suite = suite_create ("cnn1x1");
  TCase *tests = tcase_create ("values");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_worked_examples);
  tcase_add_test (tests, test_groups_and_slopes);
  tcase_add_test (tests, test_sizes);
  return suite;
}

GST_CHECK_MAIN (cnn1x1);
