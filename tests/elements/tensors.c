/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tensors on both pads: dialects, layouts, types, and buffers of every kind. */
#include "layertest.h"

#include <string.h>

static const gchar *const dialects[] = {"tensor/strided", "other/tensors"};
static const gchar *const types[] = {"float32", "uint8"};

/* One frame with these formats on the two pads. */
static Tensor *
run_formats (
    const gchar *elements, const Tensor *input, const TensorFormat *in, const TensorFormat *out)
{
  LayerTest *test = layer_test_new (elements);
  gchar *caps = tensor_caps (input, in);
  gchar *wanted = g_strdup_printf ("%s, type%s=(string)float32%s%s", out->media_type,
      g_str_equal (out->media_type, "other/tensors") ? "s" : "",
      out->layout ? ", layout=(string)" : "", out->layout ? out->layout : "");
  gst_harness_set_sink_caps_str (test->harness, wanted);
  GstBuffer *buffer = layer_test_push (test, caps, tensor_to_buffer (input, in));
  GstCaps *output_caps = layer_test_output_caps (test);
  const GstStructure *structure = gst_caps_get_structure (output_caps, 0);
  fail_unless_equals_string (gst_structure_get_name (structure), out->media_type);
  if (out->layout)
    fail_unless_equals_string (gst_structure_get_string (structure, "layout"), out->layout);
  Tensor *output = tensor_from_buffer (buffer, output_caps);
  gst_caps_unref (output_caps);
  layer_test_free (test);
  g_free (wanted);
  g_free (caps);
  return output;
}

static void
check_formats (const gchar *elements, const Tensor *input, const Tensor *expected)
{
  static const gchar *const layouts[] = {"nhwc", "nchw", NULL};
  for (guint i = 0; i < 2 * 2 * 3 * 2 * 3; i++) {
    const TensorFormat in = {dialects[i % 2], layouts[i / 2 % 3], types[i / 6 % 2]};
    const TensorFormat out = {dialects[i / 12 % 2], layouts[i / 24 % 3], "float32"};
    gchar *what = g_strdup_printf ("%s of %s %s %s as %s %s", elements, in.media_type, in.type,
        in.layout, out.media_type, out.layout);
    Tensor *output = run_formats (elements, input, &in, &out);
    assert_tensors_equal (output, expected, what);
    tensor_free (output);
    g_free (what);
  }
}

/* Every combination of dialect, layout and type gives the same numbers. */
GST_START_TEST (test_dialects_and_layouts)
{
  static const gchar *const elements[] = {
      "cnnconv kernel=random kernel-size=3 out-channels=5 seed=3 padding=1 scale=1",
      "cnnconv kernel=sobel scale=1", "cnn1x1 kernel=random out-channels=4 scale=1",
      "cnnpool scale=1", "cnnpool mode=average stride=1 padding=1 scale=1",
      "cnnpool output-size=2x3 mode=average scale=1"};
  static const gint shapes[][4] = {{1, 6, 5, 3}, {1, 3, 3, 1}, {2, 4, 7, 18}};
  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++) {
    Tensor *input = tensor_random (shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3], 11);
    for (gsize i = 0; i < tensor_count (input); i++)
      input->values[i] = input->values[i] * 8 + 100; /* bytes, too */
    for (guint e = 0; e < G_N_ELEMENTS (elements); e++) {
      Tensor *expected = run_elements (elements[e], input);
      check_formats (elements[e], input, expected);
      tensor_free (expected);
    }
    tensor_free (input);
  }
}
GST_END_TEST;

GST_START_TEST (test_layout_by_value)
{
  const TensorFormat planar = {"tensor/strided", "nchw", "float32"};
  const TensorFormat packed = {"tensor/strided", "nhwc", "float32"};
  Tensor *input = tensor_from_text ("1 2; 3 4 | 5 6; 7 8 | 9 10; 11 12");
  GstBuffer *buffer = tensor_to_buffer (input, &planar);
  const gfloat *values = input->values;
  fail_unless (values[0] == 1 && values[1] == 5 && values[2] == 9); /* the tests' own order */
  for (gint i = 0; i < 12; i++) {
    gfloat value;
    gst_buffer_extract (buffer, sizeof value * (gsize)i, &value, sizeof value);
    fail_unless_equals_float (value, (gfloat)(i + 1));
  }
  gst_buffer_unref (buffer);
  Tensor *output = run_formats ("cnnpool kernel-size=1", input, &planar, &packed);
  assert_tensors_equal (output, input, "planar to packed");
  tensor_free (output);
  output = run_formats ("cnnpool kernel-size=1", input, &packed, &planar);
  assert_tensors_equal (output, input, "packed to planar");
  tensor_free (output);
  tensor_free (input);
}
GST_END_TEST;

/* nhwc is given to a peer without a wish. */
GST_START_TEST (test_preferred_layout)
{
  static const gchar *const layouts[] = {"nhwc", "nchw"};
  for (guint i = 0; i < 2; i++) {
    Tensor *input = tensor_random (1, 4, 4, 2, 1);
    const TensorFormat format = {"tensor/strided", layouts[i], "float32"};
    LayerTest *test = layer_test_new ("cnnpool");
    gchar *text = tensor_caps (input, &format);
    gst_buffer_unref (layer_test_push (test, text, tensor_to_buffer (input, &format)));
    GstCaps *caps = layer_test_output_caps (test);
    const GstStructure *structure = gst_caps_get_structure (caps, 0);
    fail_unless_equals_string (gst_structure_get_name (structure), "tensor/strided");
    fail_unless_equals_string (gst_structure_get_string (structure, "layout"), "nhwc");
    fail_unless_equals_string (gst_structure_get_string (structure, "dims-order"), "row-major");
    gst_caps_unref (caps);
    layer_test_free (test);
    tensor_free (input);
    g_free (text);
  }
}
GST_END_TEST;

/* What the element makes of one buffer, which this takes. */
static void
assert_outcome (const gchar *element, const gchar *caps, GstBuffer *buffer, const Tensor *expected)
{
  LayerTest *test = layer_test_new (element);
  GstBuffer *outcome = layer_test_push (test, caps, buffer);
  Tensor *output = layer_test_output (test, outcome);
  assert_tensors_equal (output, expected, caps);
  tensor_free (output);
  layer_test_free (test);
}

/* NNStreamer's peers spell dimensions with and without trailing ones. */
GST_START_TEST (test_nnstreamer_spellings)
{
  static const gchar *const spellings[] = {"3:2:4", "3:2:4:1", "3:2:4:1:1:1:1:1"};
  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++) {
    Tensor *input = tensor_random (1, 4, 2, 3, 5), *expected = run_elements ("cnnpool", input);
    gchar *caps = g_strdup_printf (
        "other/tensors, format=(string)static, num_tensors=(int)1, types=(string)float32, "
        "dimensions=(string)%s, framerate=(fraction)0/1",
        spellings[i]);
    assert_outcome ("cnnpool", caps, tensor_to_buffer (input, &native_float), expected);
    tensor_free (expected);
    tensor_free (input);
    g_free (caps);
  }
}
GST_END_TEST;

/* --- Buffers -------------------------------------------------------------------------------------- */

typedef GstBuffer *(*BufferFunc) (GstBuffer *dense);

static GstBuffer *
in_three_memories (GstBuffer *dense)
{
  const gsize size = gst_buffer_get_size (dense);
  GstBuffer *buffer = gst_buffer_copy_region (dense, GST_BUFFER_COPY_MEMORY, 0, 5);
  buffer = gst_buffer_append (
      buffer, gst_buffer_copy_region (dense, GST_BUFFER_COPY_MEMORY, 5, size / 2));
  buffer = gst_buffer_append (buffer,
      gst_buffer_copy_region (dense, GST_BUFFER_COPY_MEMORY, 5 + size / 2, size - size / 2 - 5));
  gst_buffer_unref (dense);
  fail_unless (gst_buffer_n_memory (buffer) == 3);
  return buffer;
}

static GstBuffer *
unaligned (GstBuffer *dense)
{
  const gsize size = gst_buffer_get_size (dense);
  guint8 *block = g_malloc (size + 16);
  gst_buffer_extract (dense, 0, block + 1, size);
  gst_buffer_unref (dense);
  return gst_buffer_new_wrapped_full (0, block, size + 16, 1, size, block, g_free);
}

static GstBuffer *
read_only (GstBuffer *dense)
{
  const gsize size = gst_buffer_get_size (dense);
  guint8 *block = g_malloc (size);
  gst_buffer_extract (dense, 0, block, size);
  gst_buffer_unref (dense);
  return gst_buffer_new_wrapped_full (
      GST_MEMORY_FLAG_READONLY, block, size, 0, size, block, g_free);
}

static GstBuffer *
sub_buffer (GstBuffer *dense)
{
  const gsize size = gst_buffer_get_size (dense);
  GstBuffer *larger = gst_buffer_append (gst_buffer_new_allocate (NULL, 12, NULL), dense);
  GstBuffer *buffer = gst_buffer_copy_region (larger, GST_BUFFER_COPY_MEMORY, 12, size);
  gst_buffer_unref (larger);
  return buffer;
}

GST_START_TEST (test_kinds_of_buffers)
{
  static const BufferFunc kinds[] = {in_three_memories, unaligned, read_only, sub_buffer};
  static const gchar *const elements[] = {"cnnconv kernel=sobel", "cnnpool",
      "cnn1x1 kernel=random out-channels=5", "cnnconv kernel=random out-channels=18 padding=1"};
  for (guint e = 0; e < G_N_ELEMENTS (elements); e++)
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
      for (guint l = 0; l < 2; l++) {
        const TensorFormat format = {"tensor/strided", l ? "nchw" : "nhwc", "float32"};
        Tensor *input = tensor_random (1, 9, 7, 3, 4);
        Tensor *expected = run_elements (elements[e], input);
        gchar *caps = tensor_caps (input, &format);
        assert_outcome (elements[e], caps, kinds[k](tensor_to_buffer (input, &format)), expected);
        tensor_free (expected);
        tensor_free (input);
        g_free (caps);
      }
}
GST_END_TEST;

/* A buffer that is not what its caps say ends in a sentence with both sizes. */
static void
check_wrong_size (const gchar *caps, gsize size, const gchar *sentence)
{
  LayerTest *test = layer_test_new ("cnnpool name=pool");
  gst_harness_set_src_caps_str (test->harness, caps);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  fail_unless_equals_int (gst_harness_push (test->harness, buffer), GST_FLOW_EOS);
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL, "no error for %" G_GSIZE_FORMAT " bytes of %s", size, caps);
  gchar *text = complaint_text (message);
  fail_unless (strstr (text, sentence) != NULL && g_str_has_prefix (text, "pool: "),
      "\"%s\" instead of \"%s\"", text, sentence);
  g_free (text);
  gst_message_unref (message);
  layer_test_free (test);
}

GST_START_TEST (test_wrong_sizes)
{
  Tensor *shape = tensor_new (1, 4, 5, 3);
  gchar *caps = tensor_caps (shape, &native_float);
  check_wrong_size (caps, 239, "239 bytes, but its caps say 1x4x5x3 (N,H,W,C) = 240 bytes");
  check_wrong_size (caps, 241, "241 bytes");
  check_wrong_size (caps, 0, "0 bytes");
  check_wrong_size ("video/x-raw, format=RGB, width=5, height=4, framerate=25/1", 10,
      "10 bytes cannot be mapped as a RGB frame of 4 rows and 5 columns");
  g_free (caps);
  tensor_free (shape);
}
GST_END_TEST;

GST_START_TEST (test_timestamps_and_flags)
{
  Tensor *input = tensor_random (1, 4, 4, 1, 1);
  LayerTest *test = layer_test_new ("cnnconv kernel=box kernel-size=2 ! cnnpool");
  gchar *caps = tensor_caps (input, &native_float);
  GstBuffer *buffer = tensor_to_buffer (input, &native_float);
  GST_BUFFER_PTS (buffer) = 5 * GST_SECOND;
  GST_BUFFER_DTS (buffer) = 4 * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  GST_BUFFER_OFFSET (buffer) = 77;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_MARKER);
  buffer = layer_test_push (test, caps, buffer);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 5 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DTS (buffer), 4 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), 77);
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER));
  GstCaps *output_caps = layer_test_output_caps (test);
  gint numerator, denominator;
  gst_structure_get_fraction (
      gst_caps_get_structure (output_caps, 0), "framerate", &numerator, &denominator);
  fail_unless (numerator == 25 && denominator == 1);
  gst_caps_unref (output_caps);
  gst_buffer_unref (buffer);
  layer_test_free (test);
  tensor_free (input);
  g_free (caps);
}
GST_END_TEST;

/* Bit for bit the same, however many threads run. */
GST_START_TEST (test_threads)
{
  static const gchar *const elements[] = {
      "cnnconv kernel=random out-channels=17 padding=1 activation=gelu",
      "cnnconv kernel=gabor kernel-size=7", "cnn1x1 kernel=random out-channels=33",
      "cnnpool mode=average kernel-size=3 stride=1 padding=1", "cnnpool output-size=5x7"};
  static const guint threads[] = {2, 3, 7, 0};
  GRand *random = g_rand_new_with_seed (1);
  Tensor *input = tensor_new (1, 61, 47, 5);
  for (gsize i = 0; i < tensor_count (input); i++)
    input->values[i] = (gfloat)g_rand_double_range (random, -1, 1);
  g_rand_free (random);
  for (guint e = 0; e < G_N_ELEMENTS (elements); e++) {
    gchar *alone = g_strdup_printf ("%s n-threads=1", elements[e]);
    Tensor *expected = run_elements (alone, input);
    for (guint t = 0; t < G_N_ELEMENTS (threads); t++) {
      gchar *several = g_strdup_printf ("%s n-threads=%u", elements[e], threads[t]);
      Tensor *output = run_elements (several, input);
      fail_unless (
          memcmp (output->values, expected->values, tensor_count (output) * sizeof (gfloat)) == 0,
          "%s differs from one thread", several);
      tensor_free (output);
      g_free (several);
    }
    tensor_free (expected);
    g_free (alone);
  }
  tensor_free (input);
}
GST_END_TEST;

static Suite *
tensors_suite (void)
{
  Suite *suite = suite_create ("tensors");
  TCase *tests = tcase_create ("streams");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_dialects_and_layouts);
  tcase_add_test (tests, test_layout_by_value);
  tcase_add_test (tests, test_preferred_layout);
  tcase_add_test (tests, test_nnstreamer_spellings);
  tcase_add_test (tests, test_kinds_of_buffers);
  tcase_add_test (tests, test_wrong_sizes);
  tcase_add_test (tests, test_timestamps_and_flags);
  tcase_add_test (tests, test_threads);
  return suite;
}

GST_CHECK_MAIN (tensors);
