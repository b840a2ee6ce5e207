/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnnpool by value. */
#include "layertest.h"

#define EXAMPLE "0 1 2; 3 4 5; 6 7 8"

GST_START_TEST (test_worked_examples)
{
  assert_result ("cnnpool stride=1", EXAMPLE, "4 5; 7 8");
  assert_result ("cnnpool stride=1 mode=average", EXAMPLE, "2 3; 5 6");
  assert_result ("cnnpool", "1 2 3 4; 5 6 7 8 | 8 7 6 5; 4 3 2 1", "6 8 | 8 6");
  assert_result ("cnnpool kernel-size=1x3 stride=1", "3 1 2 0", "3 2");
}
GST_END_TEST;

/* Padded places never win a maximum. */
GST_START_TEST (test_padding)
{
  assert_result ("cnnpool stride=1 padding=1", "-5 -6; -7 -8", "-5 -5 -6; -5 -5 -6; -7 -7 -8");
  assert_result ("cnnpool stride=1 padding=1,0,0,0", "-5 -6; -7 -8", "-5; -5");
  assert_result ("cnnpool stride=1 padding=0,0,0,1", "-5 -6; -7 -8", "-5 -6");
  assert_result ("cnnpool padding=same", "1 2 3", "2 3");
  assert_result ("cnnpool mode=average stride=1 padding=0x1 kernel-size=1x2", "4 8", "2 6 4");
  assert_result (
      "cnnpool mode=average stride=1 padding=0x1 kernel-size=1x2 count-include-pad=false", "4 8",
      "4 6 8");
  assert_result ("cnnpool mode=average stride=1 padding=0x1 kernel-size=1x2 divisor-override=4",
      "4 8", "1 3 2");
}
GST_END_TEST;

GST_START_TEST (test_dilation)
{
  assert_result ("cnnpool kernel-size=1x2 stride=1 dilation=1x2", "5 9 1 3", "5 9");
  assert_result ("cnnpool kernel-size=1x2 stride=1 dilation=1x2 mode=average", "5 9 1 3", "3 6");
  assert_result ("cnnpool stride=1 dilation=2", EXAMPLE, "8");
}
GST_END_TEST;

GST_START_TEST (test_ceil_mode)
{
  assert_result ("cnnpool kernel-size=1x2 stride=1x2 ceil-mode=false", "1 2 3 4 5", "2 4");
  assert_result ("cnnpool kernel-size=1x2 stride=1x2 ceil-mode=true", "1 2 3 4 5", "2 4 5");
  /* places beyond the padding never count in the divisor */
  assert_result (
      "cnnpool mode=average kernel-size=1x2 stride=1x2 ceil-mode=true", "1 2 3 4 5", "1.5 3.5 5");
  /* a window that would start in the right padding does not exist */
  assert_result (
      "cnnpool kernel-size=1x2 stride=1x3 padding=0x1 ceil-mode=true", "1 2 3 4 5", "1 4");
  assert_result ("cnnpool kernel-size=1x2 stride=1x2 padding=0x1 ceil-mode=true", "1 2 3", "1 3");
}
GST_END_TEST;

GST_START_TEST (test_output_size)
{
  assert_result ("cnnpool output-size=1", EXAMPLE "| 9 1 1; 1 1 1; 1 1 1", "8 | 9");
  assert_result ("cnnpool output-size=1 mode=average", EXAMPLE, "4");
  assert_result ("cnnpool output-size=2 mode=average", EXAMPLE, "2 3; 5 6");
  assert_result ("cnnpool output-size=1x2", "1 2 3 4 5", "3 5");
  assert_result ("cnnpool output-size=1x2 mode=average", "1 2 3 4 5", "2 4");
  assert_result ("cnnpool output-size=2x3", "1 2", "1 2 2; 1 2 2");
}
GST_END_TEST;

/* As in PyTorch, a maximum is NaN when any value of its window is. */
GST_START_TEST (test_not_a_number)
{
  assert_result ("cnnpool stride=1", "1 2 nan; 3 4 5; 6 7 inf", "4 nan; 7 inf");
  assert_result ("cnnpool output-size=1", "nan 9", "nan");
  assert_result ("cnnpool stride=1 mode=average", "1 2 nan; 2 3 5; 6 7 8", "2 nan; 4.5 5.75");
}
GST_END_TEST;

static Tensor *
expected_maximum (const Tensor *input, gint kernel, gint stride)
{
  Tensor *output = tensor_new (
      input->n, (input->h - kernel) / stride + 1, (input->w - kernel) / stride + 1, input->c);
  for (gint n = 0; n < output->n; n++)
    for (gint y = 0; y < output->h; y++)
      for (gint x = 0; x < output->w; x++)
        for (gint c = 0; c < output->c; c++) {
          gfloat most = -G_MAXFLOAT;
          for (gint i = 0; i < kernel * kernel; i++)
            most = MAX (
                most, *tensor_at (input, n, y * stride + i / kernel, x * stride + i % kernel, c));
          *tensor_at (output, n, y, x, c) = most;
        }
  return output;
}

static void
check_size (gint n, gint h, gint w, gint c, gint kernel, gint stride)
{
  Tensor *input = tensor_random (n, h, w, c, (guint32)(h * 31 + w));
  Tensor *expected = expected_maximum (input, kernel, stride);
  gchar *element = g_strdup_printf ("cnnpool kernel-size=%d stride=%d", kernel, stride);
  gchar *what = g_strdup_printf ("%s of %dx%dx%dx%d (N,H,W,C)", element, n, h, w, c);
  Tensor *output = run_elements (element, input);
  assert_tensors_equal (output, expected, what);
  tensor_free (output);
  tensor_free (expected);
  tensor_free (input);
  g_free (what);
  g_free (element);
}

GST_START_TEST (test_sizes)
{
  static const gint sides[] = {1, 2, 3, 5, 7, 16, 17, 33, 67};
  static const gint channels[] = {1, 2, 3, 4, 8, 15, 33};
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    for (guint j = 0; j < G_N_ELEMENTS (channels); j++)
      for (gint kernel = 1; kernel <= MIN (sides[i], 4); kernel++)
        check_size (
            1, sides[i], sides[(i * 5 + j) % 9] + 3, channels[j], kernel, 1 + (gint)(i + j) % 3);
  check_size (3, 6, 5, 2, 2, 2);
  check_size (1, 1080, 1920, 1, 2, 2);
  check_size (1, 1080, 1920, 3, 3, 2);
}
GST_END_TEST;

/* The stride is the window until it is set, and becomes it again when unset. */
GST_START_TEST (test_default_stride)
{
  GstElement *pool = gst_element_factory_make ("cnnpool", NULL);
  gchar *stride;
  g_object_set (pool, "kernel-size", "3x2", NULL);
  g_object_get (pool, "stride", &stride, NULL);
  fail_unless_equals_string (stride, "3x2");
  g_free (stride);
  g_object_set (pool, "stride", "1", NULL);
  g_object_get (pool, "stride", &stride, NULL);
  fail_unless_equals_string (stride, "1");
  g_free (stride);
  g_object_set (pool, "stride", NULL, NULL);
  g_object_get (pool, "stride", &stride, NULL);
  fail_unless_equals_string (stride, "3x2");
  g_free (stride);
  gst_object_unref (pool);
}
GST_END_TEST;

static Suite *
cnnpool_suite (void)
{
  Suite *suite = suite_create ("cnnpool");
  TCase *tests = tcase_create ("values");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_worked_examples);
  tcase_add_test (tests, test_padding);
  tcase_add_test (tests, test_dilation);
  tcase_add_test (tests, test_ceil_mode);
  tcase_add_test (tests, test_output_size);
  tcase_add_test (tests, test_not_a_number);
  tcase_add_test (tests, test_sizes);
  tcase_add_test (tests, test_default_stride);
  return suite;
}

GST_CHECK_MAIN (cnnpool);
