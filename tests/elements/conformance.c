/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cases and networks nobody here made, from the folder CNN_SHARED: the convolution and pooling cases of the
 * ONNX backend tests, and pretrained networks as pipelines, with CNN_EXACT=1 and without. Skipped where the
 * folder is absent. */
#include "layertest.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#define SKIPPED 77 /* what meson takes for a skipped test */

static gchar *cases, *models;

/* --- ONNX backend tests --------------------------------------------------------------------------- */

static gint
number (JsonObject *params, const gchar *key)
{
  return json_object_has_member (params, key) ? (gint)json_object_get_int_member (params, key) : 0;
}

/* "[a, b]" as "axb", "[a, b, c, d]" as "a,b,c,d". */
static gchar *
numbers (JsonObject *params, const gchar *key, const gchar *separator)
{
  JsonArray *array = json_object_get_array_member (params, key);
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_string_append_printf (
        text, "%s%d", i ? separator : "", (gint)json_array_get_int_element (array, i));
  return g_string_free (text, FALSE);
}

static void
append_window (GString *element, JsonObject *params)
{
  gchar *stride = numbers (params, "stride", "x"), *dilation = numbers (params, "dilation", "x");
  gchar *pads = numbers (params, "pads", ",");
  g_string_append_printf (element, " stride=%s dilation=%s padding=%s", stride, dilation, pads);
  g_free (pads);
  g_free (dilation);
  g_free (stride);
}

/* The array of a .npy file, in O,I,H,W order. */
static gchar *
array_of (const gchar *folder, const gchar *file)
{
  gchar *path = g_build_filename (folder, file, NULL);
  Tensor *tensor = tensor_from_npy (path);
  GString *text = g_string_new ("<");
  for (gint n = 0; n < tensor->n; n++)
    for (gint c = 0; c < tensor->c; c++)
      for (gint y = 0; y < tensor->h; y++)
        for (gint x = 0; x < tensor->w; x++)
          g_string_append_printf (
              text, "%s%.9g", text->len > 1 ? "," : "", (gdouble)*tensor_at (tensor, n, y, x, c));
  g_string_append_c (text, '>');
  tensor_free (tensor);
  g_free (path);
  return g_string_free (text, FALSE);
}

static void
append_convolution (GString *element, JsonObject *params, const gchar *folder)
{
  g_string_append_printf (
      element, "cnnconv weights=%s/weight.npy groups=%d", folder, number (params, "groups"));
  if (json_object_get_boolean_member (params, "has_bias")) {
    gchar *bias = array_of (folder, "bias.npy");
    g_string_append_printf (element, " bias=%s", bias);
    g_free (bias);
  }
  append_window (element, params);
}

/* Bytes less a zero point, with weights that are bytes less one zero point a filter. */
static void
append_integer_convolution (GString *element, JsonObject *params, const gchar *folder)
{
  JsonObject *tensors = json_object_get_object_member (params, "tensors");
  gchar *path = g_build_filename (folder, "weight.npy", NULL);
  Tensor *weights = tensor_from_npy (path), *zeros = NULL;
  g_free (path);
  if (json_object_has_member (tensors, "w_zero_point")) {
    path = g_build_filename (folder, "w_zero_point.npy", NULL);
    zeros = tensor_from_npy (path);
    g_free (path);
  }
  g_string_append_printf (element,
      "cnnconv scale=1 out-channels=%d kernel-size=%dx%d coefficients=<", weights->n, weights->h,
      weights->w);
  for (gint o = 0; o < weights->n; o++)
    for (gint i = 0; i < weights->c; i++)
      for (gint y = 0; y < weights->h; y++)
        for (gint x = 0; x < weights->w; x++) {
          const gfloat zero = zeros ? zeros->values[tensor_count (zeros) > 1 ? o : 0] : 0;
          g_string_append_printf (element, "%s%g", o + i + y + x ? "," : "",
              (gdouble)(*tensor_at (weights, o, y, x, i) - zero));
        }
  g_string_append_c (element, '>');
  if (json_object_has_member (tensors, "x_zero_point")) {
    gchar *mean = array_of (folder, "x_zero_point.npy");
    g_string_append_printf (element, " mean=%s", mean);
    g_free (mean);
  }
  append_window (element, params);
  if (zeros)
    tensor_free (zeros);
  tensor_free (weights);
}

static void
append_pooling (GString *element, JsonObject *params, const gchar *mode)
{
  gchar *kernel = numbers (params, "kernel", "x");
  g_string_append_printf (element,
      "cnnpool scale=1 mode=%s kernel-size=%s ceil-mode=%d count-include-pad=%d "
      "divisor-override=%d",
      mode, kernel, number (params, "ceil_mode"), number (params, "count_include_pad"),
      number (params, "divisor_override"));
  append_window (element, params);
  g_free (kernel);
}

/* The element that computes a case, or NULL with the reason why none does. */
static gchar *
element_of_case (JsonObject *params, const gchar *folder, const gchar **reason)
{
  const gchar *op = json_object_get_string_member (params, "op");
  GString *element = g_string_new (NULL);
  if (g_str_equal (op, "conv"))
    append_convolution (element, params, folder);
  else if (g_str_equal (op, "convinteger"))
    append_integer_convolution (element, params, folder);
  else if (g_str_equal (op, "maxpool"))
    append_pooling (element, params, "max");
  else if (g_str_equal (op, "avgpool"))
    append_pooling (element, params, "average");
  else if (g_str_equal (op, "globalmaxpool"))
    g_string_append (element, "cnnpool output-size=1 mode=max");
  else if (g_str_equal (op, "globalavgpool"))
    g_string_append (element, "cnnpool output-size=1 mode=average");
  else if (g_str_equal (op, "adaptiveavgpool")) {
    gchar *size = numbers (params, "output_size", "x");
    g_string_append_printf (element, "cnnpool mode=average output-size=%s", size);
    g_free (size);
  } else
    *reason = g_str_equal (op, "qlinearconv") ? "layers give float32, not quantised bytes"
                                              : "no element computes this operator";
  return g_string_free (element, *reason != NULL);
}

static void
run_case (JsonObject *params, const gchar *folder, const gchar *element)
{
  gchar *input_path = g_build_filename (folder, "input.npy", NULL);
  gchar *output_path = g_build_filename (folder, "output.npy", NULL);
  Tensor *input = tensor_from_npy (input_path), *expected = tensor_from_npy (output_path);
  const gboolean bytes = g_str_equal (json_object_get_string_member (params, "dtype"), "uint8");
  const TensorFormat format = {"tensor/strided", "nchw", bytes ? "uint8" : "float32"};
  LayerTest *test = layer_test_new (element);
  gchar *caps = tensor_caps (input, &format);
  GstBuffer *buffer = layer_test_push (test, caps, tensor_to_buffer (input, &format));
  Tensor *output = layer_test_output (test, buffer);
  assert_tensors_near (output, expected, json_object_get_double_member (params, "atol"),
      json_object_get_double_member (params, "rtol"),
      json_object_get_string_member (params, "name"));
  tensor_free (output);
  layer_test_free (test);
  tensor_free (expected);
  tensor_free (input);
  g_free (caps);
  g_free (output_path);
  g_free (input_path);
}

/* TRUE when it ran, FALSE when it was skipped. */
static gboolean
run_folder (const gchar *name)
{
  GError *error = NULL;
  const gchar *reason = NULL;
  gchar *folder = g_build_filename (cases, name, NULL);
  gchar *path = g_build_filename (folder, "params.json", NULL);
  JsonParser *parser = json_parser_new ();
  fail_unless (json_parser_load_from_file (parser, path, &error), "%s", path);
  JsonObject *params = json_node_get_object (json_parser_get_root (parser));
  gchar *element = element_of_case (params, folder, &reason);
  if (element)
    run_case (params, folder, element);
  else
    g_print ("%s: skipped, %s\n", name, reason);
  const gboolean ran = element != NULL;
  g_object_unref (parser);
  g_free (element);
  g_free (path);
  g_free (folder);
  return ran;
}

GST_START_TEST (test_onnx_cases)
{
  guint ran = 0, skipped = 0;
  GDir *directory = g_dir_open (cases, 0, NULL);
  fail_unless (directory != NULL, "%s cannot be read", cases);
  const gchar *name;
  while ((name = g_dir_read_name (directory))) {
    gchar *folder = g_build_filename (cases, name, NULL);
    if (g_file_test (folder, G_FILE_TEST_IS_DIR)) {
      if (run_folder (name))
        ran++;
      else
        skipped++;
    }
    g_free (folder);
  }
  g_dir_close (directory);
  g_print ("%u ONNX cases ran, %u were skipped\n", ran, skipped);
  fail_unless (ran >= 50, "only %u cases ran", ran);
}
GST_END_TEST;

/* --- Networks ------------------------------------------------------------------------------------- */

#define LEAKY " activation=leaky-relu alpha=<0.1> ! cnnconv weights=@ layer=conv"

/* A fire module of SqueezeNet: a 1x1 layer whose maps a 1x1 and a 3x3 layer share, joined. */
#define FIRE(module, squeeze, small, large)                                                        \
  " ! cnn1x1 weights=@ layer=convrelu_" #squeeze " activation=relu ! tee name=tee" #module         \
  " tee" #module ". ! cnn1x1 weights=@ layer=convrelu_" #small " activation=relu ! "               \
  "cnnmerge name=fire" #module " tee" #module ". ! cnnconv weights=@ layer=convrelu_" #large       \
  " padding=1 activation=relu ! fire" #module ". fire" #module "."
#define FIRE_0 FIRE (0, 1, 3, 2)
#define FIRE_1 FIRE (1, 4, 6, 5)
#define FIRE_2 FIRE (2, 7, 9, 8)
#define FIRE_3 FIRE (3, 10, 12, 11)
#define FIRE_4 FIRE (4, 13, 15, 14)
#define FIRE_5 FIRE (5, 16, 18, 17)
#define FIRE_6 FIRE (6, 19, 21, 20)
#define FIRE_7 FIRE (7, 22, 24, 23)
#define POOL " ! cnnpool kernel-size=3 stride=2 ceil-mode=true"

/* "@" is the weights file. `shuffle`: the factor of a depth-to-space behind the elements. `softmax`: of the
 * channels, behind that. */
static const struct {
  const gchar *name, *elements;
  gint shuffle;
  gboolean softmax;
  gboolean winograd; /* large layers of 3x3, which run by Winograd unless they have to be exact */
} networks[] = {
    {"mnist-cntk",
        "cnnconv weights=@ layer=conv1 padding=2 activation=relu ! cnnpool ! "
        "cnnconv weights=@ layer=conv2 padding=2 activation=relu ! cnnpool kernel-size=3 ! "
        "cnnconv weights=@ layer=fc",
        1, FALSE, FALSE},
    {"espcn-ffmpeg",
        "cnnconv weights=@ layer=conv1 padding=4 padding-mode=symmetric activation=tanh ! "
        "cnnconv weights=@ layer=conv2 activation=tanh ! "
        "cnnconv weights=@ layer=conv3 activation=sigmoid",
        2, FALSE, TRUE},
    {"srcnn-ffmpeg",
        "cnnconv weights=@ layer=conv1 padding=6 padding-mode=symmetric activation=relu ! "
        "cnn1x1 weights=@ layer=conv2 activation=relu ! "
        "cnnconv weights=@ layer=conv3 activation=relu",
        1, FALSE, FALSE},
    {"waifu2x-vgg7-noise1",
        "cnnconv padding=7 padding-mode=replicate weights=@ layer=conv1" LEAKY "2" LEAKY "3" LEAKY
        "4" LEAKY "5" LEAKY "6" LEAKY "7",
        1, FALSE, TRUE},
    {"anime4k-cnn-x2-s",
        "cnnconv weights=@ layer=conv2d_tf padding=1 activation=crelu ! "
        "cnnconv weights=@ layer=conv2d_1_tf padding=1 activation=crelu ! "
        "cnnconv weights=@ layer=conv2d_2_tf padding=1 activation=crelu ! "
        "cnnconv weights=@ layer=conv2d_last_tf padding=1",
        1, FALSE, FALSE},
    {"squeezenet1.1-torchvision",
        "cnnconv weights=@ layer=convrelu_0 stride=2 activation=relu" POOL FIRE_0 FIRE_1 POOL FIRE_2
            FIRE_3 POOL FIRE_4 FIRE_5 FIRE_6 FIRE_7
        " ! cnn1x1 weights=@ layer=convrelu_25 activation=relu ! cnnpool mode=average "
        "output-size=1",
        1, TRUE, TRUE},
};

/* Channels of one pixel become a square of pixels. */
static Tensor *
depth_to_space (const Tensor *input, gint factor)
{
  Tensor *output =
      tensor_new (input->n, input->h * factor, input->w * factor, input->c / (factor * factor));
  for (gint n = 0; n < output->n; n++)
    for (gint y = 0; y < output->h; y++)
      for (gint x = 0; x < output->w; x++)
        for (gint c = 0; c < output->c; c++)
          *tensor_at (output, n, y, x, c) = *tensor_at (
              input, n, y / factor, x / factor, (c * factor + y % factor) * factor + x % factor);
  return output;
}

/* Of one pixel, in place; the channels become columns, as the file of expectations has them. */
static void
softmax (Tensor *scores)
{
  gdouble sum = 0;
  for (gint c = 0; c < scores->c; c++)
    sum += exp (scores->values[c]);
  for (gint c = 0; c < scores->c; c++)
    scores->values[c] = (gfloat)(exp (scores->values[c]) / sum);
  scores->w = scores->c;
  scores->c = 1;
}

static void
run_network (const gchar *name, const gchar *description, gint shuffle, gboolean with_softmax,
    gboolean with_winograd)
{
  gchar *weights = g_build_filename (models, name, "model.safetensors", NULL);
  gchar *input_path = g_build_filename (models, name, "test_input.npy", NULL);
  gchar *output_path = g_build_filename (models, name, "test_output.npy", NULL);
  gchar **parts = g_strsplit (description, "@", 0), *elements = g_strjoinv (weights, parts);
  Tensor *input = tensor_from_npy (input_path), *expected = tensor_from_npy (output_path);
  LayerTest *test = layer_test_new (elements);
  Tensor *maps = layer_test_run (test, input), *output = depth_to_space (maps, shuffle);
  const gboolean winograd = layer_test_runs_winograd (test);
  if (with_winograd && g_strcmp0 (g_getenv ("CNN_EXACT"), "1") != 0)
    fail_unless (winograd, "%s: no layer runs by Winograd", name);
  if (with_softmax)
    softmax (output);
  gdouble largest = 0;
  for (gsize i = 0; i < tensor_count (expected); i++)
    largest = MAX (largest, fabs (expected->values[i]));
  assert_tensors_near (output, expected, (winograd ? 1e-4 : 2e-5) * largest, 0, name);
  tensor_free (output);
  tensor_free (maps);
  layer_test_free (test);
  tensor_free (expected);
  tensor_free (input);
  g_free (elements);
  g_strfreev (parts);
  g_free (output_path);
  g_free (input_path);
  g_free (weights);
}

GST_START_TEST (test_networks)
{
  run_network (networks[__i__].name, networks[__i__].elements, networks[__i__].shuffle,
      networks[__i__].softmax, networks[__i__].winograd);
}
GST_END_TEST;

static Suite *
conformance_suite (void)
{
  Suite *suite = suite_create ("conformance");
  TCase *tests = tcase_create ("shared");
  suite_add_tcase (suite, tests);
  if (g_file_test (cases, G_FILE_TEST_IS_DIR))
    tcase_add_test (tests, test_onnx_cases);
  if (g_file_test (models, G_FILE_TEST_IS_DIR))
    tcase_add_loop_test (tests, test_networks, 0, G_N_ELEMENTS (networks));
  return suite;
}

int
main (int argc, char **argv)
{
  const gchar *shared = g_getenv ("CNN_SHARED");
  cases = g_build_filename (shared ? shared : "", "conformance", "onnx-node", NULL);
  models = g_build_filename (shared ? shared : "", "models", NULL);
  if (!g_file_test (cases, G_FILE_TEST_IS_DIR) && !g_file_test (models, G_FILE_TEST_IS_DIR)) {
    g_print ("SKIPPED: neither %s nor %s is there; CNN_SHARED names their folder\n", cases, models);
    return SKIPPED;
  }
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (conformance_suite (), "conformance", __FILE__);
}
