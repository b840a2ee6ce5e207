/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every line of fixtures/goldens.txt: PyTorch's numbers through elements, with CNN_EXACT=1 and without. */
#include "layertest.h"

#include <string.h>

static gchar *fixtures;

static gchar *
fixture (const gchar *name)
{
  return g_build_filename (fixtures, name, NULL);
}

/* A line's tolerance is a share of what is summed, and this. */
#define ABSOLUTE_TOLERANCE 1e-6

/* TRUE when the line runs by Winograd. */
static gboolean
run_line (const gchar *line)
{
  gchar **fields = g_strsplit (line, "\t", 5);
  fail_unless (g_strv_length (fields) == 5, "goldens.txt: %s", line);
  gchar *input_path = fixture (fields[2]), *output_path = fixture (fields[3]);
  gchar **parts = g_strsplit (fields[4], "@", 0), *elements = g_strjoinv (fixtures, parts);
  Tensor *input = tensor_from_npy (input_path), *expected = tensor_from_npy (output_path);
  LayerTest *test = layer_test_new (elements);
  Tensor *output = layer_test_run (test, input);
  const gboolean winograd = layer_test_runs_winograd (test);
  const gdouble share = g_ascii_strtod (fields[1], NULL) - ABSOLUTE_TOLERANCE;
  assert_tensors_near (
      output, expected, share * (winograd ? 10 : 1) + ABSOLUTE_TOLERANCE, 0, fields[0]);
  tensor_free (output);
  layer_test_free (test);
  tensor_free (expected);
  tensor_free (input);
  g_free (elements);
  g_strfreev (parts);
  g_free (output_path);
  g_free (input_path);
  g_strfreev (fields);
  return winograd;
}

GST_START_TEST (test_goldens)
{
  gchar *path = fixture ("goldens.txt"), *text = NULL;
  fail_unless (g_file_get_contents (path, &text, NULL, NULL), "%s is missing", path);
  gchar **lines = g_strsplit (text, "\n", 0);
  guint count = 0, winograd = 0;
  for (; lines[count] && *lines[count]; count++)
    winograd += run_line (lines[count]) ? 1 : 0;
  if (g_strcmp0 (g_getenv ("CNN_EXACT"), "1") != 0)
    fail_unless (winograd > 1, "only %u lines ran by Winograd", winograd);
  fail_unless (count > 60, "%s has only %u lines", path, count);
  g_strfreev (lines);
  g_free (text);
  g_free (path);
}
GST_END_TEST;

/* Weights, layer, batch norm and PReLU files set while frames flow. */
GST_START_TEST (test_weights_change_live)
{
  gchar *first = fixture ("conv_4x3x3x3.npy"), *second = fixture ("conv.npz");
  gchar *input_path = fixture ("in_1x3x9x11.npy");
  gchar *plain_path = fixture ("conv_plain.npy"), *bias_path = fixture ("conv_bias.npy");
  Tensor *input = tensor_from_npy (input_path);
  Tensor *plain = tensor_from_npy (plain_path), *with_bias = tensor_from_npy (bias_path);
  gchar *elements = g_strdup_printf ("cnnconv name=layer weights=%s", first);
  LayerTest *test = layer_test_new (elements);
  for (guint frame = 0; frame < 8; frame++) {
    g_object_set (layer_test_element (test, "layer"), "weights", frame % 2 ? second : first, NULL);
    Tensor *output = layer_test_run (test, input);
    assert_tensors_near (output, frame % 2 ? with_bias : plain, 1e-5, 0, "swapped weights");
    tensor_free (output);
  }
  /* exactly one tensor: the bias goes */
  g_object_set (
      layer_test_element (test, "layer"), "weights", second, "layer", "conv.weight", NULL);
  Tensor *output = layer_test_run (test, input);
  assert_tensors_near (output, plain, 1e-5, 0, "layer=conv.weight");
  tensor_free (output);
  layer_test_free (test);
  tensor_free (with_bias);
  tensor_free (plain);
  tensor_free (input);
  g_free (elements);
  g_free (bias_path);
  g_free (plain_path);
  g_free (input_path);
  g_free (second);
  g_free (first);
}
GST_END_TEST;

/* Weights of three inputs make upstream send colors, of one input gray. */
GST_START_TEST (test_weights_choose_the_format)
{
  gchar *launch = g_strdup_printf ("videotestsrc num-buffers=1 ! videoconvert ! cnnconv name=layer "
                                   "weights=%s/conv_4x3x3x3.npy ! fakesink",
      fixtures);
  assert_pipeline_runs (launch);
  g_free (launch);
  launch = g_strdup_printf ("videotestsrc num-buffers=1 ! videoconvert ! cnnconv name=layer "
                            "weights=%s/even_5x1x5x4.npy groups=1 ! fakesink",
      fixtures);
  assert_pipeline_runs (launch);
  g_free (launch);
}
GST_END_TEST;

static Suite *
goldens_suite (void)
{
  fixtures = g_strdup (g_getenv ("CNN_FIXTURES"));
  g_assert (fixtures);
  Suite *suite = suite_create ("goldens");
  TCase *tests = tcase_create ("PyTorch");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_goldens);
  tcase_add_test (tests, test_weights_change_live);
  tcase_add_test (tests, test_weights_choose_the_format);
  return suite;
}

GST_CHECK_MAIN (goldens);
