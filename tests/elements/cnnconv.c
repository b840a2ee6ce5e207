/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cnnconv by value: the worked examples of the theory, sizes from 1x1, named filters. */
#include "layertest.h"

#include <math.h>
#include <string.h>

#define EXAMPLE "0 1 2; 3 4 5; 6 7 8"

GST_START_TEST (test_worked_examples)
{
  assert_result ("cnnconv coefficients=<0,1,2,3> kernel-size=2", EXAMPLE, "19 25; 37 43");
  assert_result ("cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=1", EXAMPLE,
      "0 3 8 4; 9 19 25 10; 21 37 43 16; 6 7 8 0");
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=1 stride=3x2", EXAMPLE, "0 8; 6 8");
  assert_result ("cnnconv coefficients=<0,1,2,3,1,2,3,4> kernel-size=2",
      EXAMPLE "| 1 2 3; 4 5 6; 7 8 9", "56 72; 104 120");
}
GST_END_TEST;

/* An odd total padding lies on one side only, whichever side is asked for. */
GST_START_TEST (test_one_sided_padding)
{
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=1,0,0,0", EXAMPLE, "3 8; 19 25; 37 43");
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=0,0,1,0", EXAMPLE, "19 25; 37 43; 7 8");
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=0,1,0,0", EXAMPLE, "9 19 25; 21 37 43");
  /* "same": the odd row and column at bottom and right */
  assert_result ("cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=same", EXAMPLE,
      "19 25 10; 37 43 16; 7 8 0");
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=same stride=2", EXAMPLE, "19 10; 7 0");
  assert_result (
      "cnnconv coefficients=<0,1,2,3> kernel-size=2 padding=valid", EXAMPLE, "19 25; 37 43");
}
GST_END_TEST;

GST_START_TEST (test_padding_modes)
{
  const gchar *row = "1 2 3";
  assert_result ("cnnconv coefficients=<1,10,100> kernel-size=1x3 padding=0x1 padding-mode=zeros",
      row, "210 321 32");
  assert_result ("cnnconv coefficients=<1,10,100> kernel-size=1x3 padding=0x1 padding-mode=reflect",
      row, "212 321 232");
  assert_result (
      "cnnconv coefficients=<1,10,100> kernel-size=1x3 padding=0x1 padding-mode=replicate", row,
      "211 321 332");
  assert_result (
      "cnnconv coefficients=<1,10,100> kernel-size=1x3 padding=0x1 padding-mode=circular", row,
      "213 321 132");
  /* two columns, to tell symmetric from replicate */
  assert_result (
      "cnnconv coefficients=<1,10,100,0,0> kernel-size=1x5 padding=0x2 padding-mode=symmetric", row,
      "112 211 321");
  assert_result (
      "cnnconv coefficients=<1,10,100,0,0> kernel-size=1x5 padding=0x2 padding-mode=replicate", row,
      "111 211 321");
}
GST_END_TEST;

GST_START_TEST (test_dilation_groups_bias)
{
  assert_result ("cnnconv coefficients=<1,2,3,4> kernel-size=2 dilation=2", EXAMPLE, "54");
  assert_result ("cnnconv coefficients=<1,2> kernel-size=1x2 dilation=1x2", "1 2 3 4", "7 10");
  assert_result ("cnnconv coefficients=<2,3> kernel-size=1 groups=2 out-channels=2", "1 2 | 3 4",
      "2 4 | 9 12");
  assert_result ("cnnconv coefficients=<1,1,2,2> kernel-size=1 groups=2 out-channels=2",
      "1 | 2 | 3 | 4", "3 | 14");
  assert_result ("cnnconv coefficients=<1,2,3> kernel-size=1 out-channels=3 bias=<0.5,-1,100>",
      "1 2", "1.5 2.5 | 1 3 | 103 106");
}
GST_END_TEST;

/* One output a kernel as large as the input: a fully connected layer. */
GST_START_TEST (test_whole_input_kernel)
{
  Tensor *input = tensor_random (1, 5, 4, 3, 7), *weights = tensor_random (6, 5, 4, 3, 8);
  gfloat *coefficients = g_new (gfloat, 6 * 3 * 5 * 4), *weight = coefficients;
  Tensor *expected = tensor_new (1, 1, 1, 6);
  for (gint o = 0; o < 6; o++)
    for (gint c = 0; c < 3; c++)
      for (gint y = 0; y < 5; y++)
        for (gint x = 0; x < 4; x++) {
          *weight++ = *tensor_at (weights, o, y, x, c);
          expected->values[o] += *tensor_at (weights, o, y, x, c) * *tensor_at (input, 0, y, x, c);
        }
  gchar *array = array_text (coefficients, 6 * 3 * 5 * 4);
  gchar *element =
      g_strdup_printf ("cnnconv kernel-size=5x4 out-channels=6 coefficients=%s", array);
  Tensor *output = run_elements (element, input);
  assert_tensors_equal (output, expected, "whole-input kernel");
  tensor_free (output);
  tensor_free (expected);
  tensor_free (weights);
  tensor_free (input);
  g_free (element);
  g_free (array);
  g_free (coefficients);
}
GST_END_TEST;

static void
check_size (gint n, gint h, gint w, gint c, gint out_channels, gint kernel, gint stride)
{
  const gsize count = (gsize)out_channels * c * kernel * kernel;
  Tensor *input = tensor_random (n, h, w, c, (guint32)(h * 31 + w));
  Tensor *weights = tensor_random (1, 1, 1, (gint)count, (guint32)count);
  gchar *array = array_text (weights->values, count);
  gchar *element =
      g_strdup_printf ("cnnconv kernel-size=%d stride=%d out-channels=%d coefficients=%s", kernel,
          stride, out_channels, array);
  gchar *what = g_strdup_printf ("%dx%dx%dx%d (N,H,W,C), %d outputs, kernel %d, stride %d", n, h, w,
      c, out_channels, kernel, stride);
  Tensor *output = run_elements (element, input);
  Tensor *expected =
      expected_convolution (input, weights->values, out_channels, kernel, kernel, stride);
  assert_tensors_equal (output, expected, what);
  tensor_free (expected);
  tensor_free (output);
  tensor_free (weights);
  tensor_free (input);
  g_free (what);
  g_free (element);
  g_free (array);
}

GST_START_TEST (test_sizes)
{
  static const gint sides[] = {1, 2, 3, 5, 7, 16, 17, 33, 67};
  static const gint channels[] = {1, 2, 3, 4, 5, 8, 17};
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    for (guint j = 0; j < G_N_ELEMENTS (channels); j++)
      for (gint kernel = 1; kernel <= MIN (sides[i], 5); kernel += 2)
        check_size (1, sides[i], sides[(i * 5 + j) % 9] + kernel, channels[j],
            channels[(i + 3 * j) % 7], kernel, 1 + (gint)(i + j) % 3);
  check_size (3, 6, 5, 2, 4, 3, 1); /* a batch */
  check_size (1, 1080, 1920, 1, 2, 3, 1);
  check_size (1, 1080, 1920, 3, 4, 3, 2);
}
GST_END_TEST;

/* A filter sees each channel by itself; groups=1 sums its results over channels. */
GST_START_TEST (test_named_filters)
{
  const gchar *corner = "0 0 0; 0 0 0; 0 0 1 | 0 0 0; 0 2 0; 0 0 0";
  assert_result ("cnnconv kernel=identity", corner, "0 | 2");
  assert_result ("cnnconv kernel=identity kernel-size=1", "1 2 | 3 4", "1 2 | 3 4");
  assert_result ("cnnconv kernel=sharpen", corner, "0 | 10");
  assert_result ("cnnconv kernel=emboss", corner, "2 | 2");
  assert_result ("cnnconv kernel=laplacian", corner, "0 | -8");
  assert_result ("cnnconv kernel=sobel-x", corner, "1 | 0");
  assert_result ("cnnconv kernel=sobel-y", corner, "1 | 0");
  assert_result ("cnnconv kernel=scharr-x", "0 0 0; 1 0 0; 0 0 0", "-10");
  assert_result ("cnnconv kernel=scharr-y", "0 1 0; 0 0 0; 0 0 0", "-10");
  assert_result ("cnnconv kernel=prewitt-x", "0 0 0; 0 0 3; 0 0 0", "3");
  assert_result ("cnnconv kernel=prewitt-y", "0 0 0; 0 0 0; 0 3 0", "3");
  assert_result (
      "cnnconv kernel=sobel", "0 0 0; 0 0 1; 0 0 0 | 0 1 0; 0 0 0; 0 0 0", "2 | 0 | 0 | -2");
  assert_result ("cnnconv kernel=sharpen groups=1", corner, "10");
  assert_result ("cnnconv kernel=gaussian", "16 0 0; 0 16 0; 0 0 0", "5");
  assert_result ("cnnconv kernel=box kernel-size=2", "1 2; 3 6", "3");
}
GST_END_TEST;

GST_START_TEST (test_gabor)
{
  Tensor *flat = tensor_new (1, 9, 9, 1);
  for (gint i = 0; i < 81; i++)
    flat->values[i] = 1;
  Tensor *output = run_elements ("cnnconv kernel=gabor kernel-size=7", flat);
  fail_unless_equals_int (output->c, 8);
  for (gsize i = 0; i < tensor_count (output); i++)
    fail_unless (fabsf (output->values[i]) < 1e-5f, "a flat area gives %g", output->values[i]);
  tensor_free (output);

  /* Upright stripes speak to the first orientation, level ones to the fifth. */
  for (gint turned = 0; turned < 2; turned++) {
    for (gint y = 0; y < 9; y++)
      for (gint x = 0; x < 9; x++)
        *tensor_at (flat, 0, y, x, 0) =
            cosf (2 * (gfloat)G_PI * (gfloat)((turned ? y : x) - 4) / 7);
    output = run_elements ("cnnconv kernel=gabor kernel-size=7", flat);
    const gfloat *centre = tensor_at (output, 0, 1, 1, 0);
    for (gint c = 0; c < 8; c++)
      fail_unless (centre[c] <= centre[turned ? 4 : 0], "orientation %d answers most", c);
    tensor_free (output);
  }
  tensor_free (flat);
}
GST_END_TEST;

GST_START_TEST (test_random_weights)
{
  Tensor *one = tensor_from_text ("1");
  Tensor *first = run_elements ("cnnconv kernel=random kernel-size=1 out-channels=1000", one);
  Tensor *again =
      run_elements ("cnnconv kernel=random kernel-size=1 out-channels=1000 seed=0", one);
  Tensor *other =
      run_elements ("cnnconv kernel=random kernel-size=1 out-channels=1000 seed=1", one);
  assert_tensors_equal (again, first, "the same seed");
  gint differing = 0;
  gdouble mean = 0, most = 0;
  for (gint i = 0; i < 1000; i++) {
    differing += first->values[i] != other->values[i];
    mean += first->values[i] / 1000;
    most = MAX (most, fabs (first->values[i]));
  }
  fail_unless (differing > 990, "seed does nothing");
  /* He-uniform: within sqrt (6 / fan_in), mean 0 */
  fail_unless (most <= sqrt (6) && most > 2.4, "largest weight %g", most);
  fail_unless (fabs (mean) < 0.2, "mean weight %g", mean);
  tensor_free (other);
  tensor_free (again);
  tensor_free (first);
  tensor_free (one);
}
GST_END_TEST;

GST_START_TEST (test_activations)
{
  const gchar *one = "cnnconv coefficients=<1> kernel-size=1 activation=";
  static const struct {
    const gchar *activation, *output; /* of -4 -1 0 1 8 */
  } rows[] = {
      {"none", "-4 -1 0 1 8"},
      {"relu", "0 0 0 1 8"},
      {"relu6", "0 0 0 1 6"},
      {"leaky-relu alpha=<0.5>", "-2 -0.5 0 1 8"},
      {"prelu alpha=<0.25>", "-1 -0.25 0 1 8"},
      {"crelu", "0 0 0 1 8 | 4 1 0 0 0"},
      {"hard-sigmoid", "0 0.333333333 0.5 0.666666667 1"},
      {"hard-swish", "0 -0.333333333 0 0.666666667 8"},
      {"sigmoid", "0.0179862100 0.268941421 0.5 0.731058579 0.999664650"},
      {"tanh", "-0.999329300 -0.761594156 0 0.761594156 0.999999775"},
      {"silu", "-0.0719448400 -0.268941421 0 0.731058579 7.99731720"},
      {"elu alpha=<1>", "-0.981684361 -0.632120559 0 1 8"},
      {"gelu", "-0.000126685 -0.158655254 0 0.841344746 8"},
      {"abs", "4 1 0 1 8"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *element = g_strconcat (one, rows[i].activation, NULL);
    Tensor *input = tensor_from_text ("-4 -1 0 1 8");
    Tensor *expected = tensor_from_text (rows[i].output), *output = run_elements (element, input);
    assert_tensors_near (output, expected, 1e-6, 1e-6, element);
    tensor_free (output);
    tensor_free (expected);
    tensor_free (input);
    g_free (element);
  }
}
GST_END_TEST;

static Suite *
cnnconv_suite (void)
{
  Suite *suite = suite_create ("cnnconv");
  TCase *tests = tcase_create ("values");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_worked_examples);
  tcase_add_test (tests, test_one_sided_padding);
  tcase_add_test (tests, test_padding_modes);
  tcase_add_test (tests, test_dilation_groups_bias);
  tcase_add_test (tests, test_whole_input_kernel);
  tcase_add_test (tests, test_sizes);
  tcase_add_test (tests, test_named_filters);
  tcase_add_test (tests, test_gabor);
  tcase_add_test (tests, test_random_weights);
  tcase_add_test (tests, test_activations);
  return suite;
}

GST_CHECK_MAIN (cnnconv);
