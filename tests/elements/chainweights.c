/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The weights that travel downstream with the chain: which ones, whose, and what becomes of them. */
#include "layertest.h"

typedef struct {
  gint size[4];
  gchar *element;
  gboolean first;
  GstBuffer *values;
} Carried;

static gboolean
find_chain (GstPad *pad, GstEvent **event, gpointer found)
{
  if (gst_event_has_name (*event, "cnn-chain"))
    gst_event_replace (found, *event);
  return TRUE;
}

/* FALSE when the chain at the end of the test's elements has none. */
static gboolean
carried (LayerTest *test, Carried *weights)
{
  GstEvent *event = NULL;
  gst_pad_sticky_events_foreach (test->harness->sinkpad, find_chain, &event);
  fail_unless (event != NULL, "no chain");
  const GValue *field = gst_structure_get_value (gst_event_get_structure (event), "weights");
  if (field) {
    const GstStructure *structure = gst_value_get_structure (field);
    fail_unless (gst_structure_has_name (structure, "cnn-weights"));
    const GValue *size = gst_structure_get_value (structure, "size");
    for (guint i = 0; i < 4; i++)
      weights->size[i] = g_value_get_int (gst_value_array_get_value (size, i));
    fail_unless (gst_structure_get (structure, "element", G_TYPE_STRING, &weights->element, "first",
        G_TYPE_BOOLEAN, &weights->first, "values", GST_TYPE_BUFFER, &weights->values, NULL));
  }
  gst_event_unref (event);
  return field != NULL;
}

static void
carried_clear (Carried *weights)
{
  g_free (weights->element);
  gst_buffer_unref (weights->values);
}

static void
assert_carried (LayerTest *test, const gchar *element, gboolean is_first, const gint *size,
    const gfloat *values)
{
  Carried weights;
  GstMapInfo map;
  fail_unless (carried (test, &weights), "no weights");
  fail_unless_equals_string (weights.element, element);
  fail_unless_equals_int (weights.first, is_first);
  gsize count = 1;
  for (guint i = 0; i < 4; i++) {
    fail_unless (weights.size[i] == size[i], "size %u is %d", i, weights.size[i]);
    count *= (gsize)size[i];
  }
  fail_unless (gst_buffer_map (weights.values, &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, count * sizeof (gfloat));
  const gfloat *sent = (const gfloat *)(gconstpointer)map.data;
  for (gsize i = 0; values && i < count; i++)
    fail_unless (ABS (sent[i] - values[i]) <= 1e-6, "value %u is %g instead of %g", (guint)i,
        sent[i], values[i]);
  gst_buffer_unmap (weights.values, &map);
  carried_clear (&weights);
}

static LayerTest *
run_frame (const gchar *elements, gint side, gint channels)
{
  LayerTest *test = layer_test_new (elements);
  Tensor *input = tensor_new (1, side, side, channels);
  tensor_free (layer_test_run (test, input));
  tensor_free (input);
  return test;
}

static void
check (const gchar *elements, gint channels, const gchar *element, gboolean is_first,
    const gint *size, const gfloat *values)
{
  LayerTest *test = run_frame (elements, 8, channels);
  assert_carried (test, element, is_first, size, values);
  layer_test_free (test);
}

GST_START_TEST (test_origins)
{
  static const gfloat sobel[] = {-1, 0, 1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1, -1, 0,
      1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1};
  static const gfloat given[] = {1, 2, 3, 4, 5, 6};
  check ("cnnconv name=a kernel=sobel", 2, "a", TRUE, (gint[]){4, 1, 3, 3}, sobel);
  check ("cnnconv name=a kernel-size=1x3 coefficients=<1.0,2.0,3.0,4.0,5.0,6.0>", 2, "a", TRUE,
      (gint[]){1, 2, 1, 3}, given);
  check ("cnn1x1 name=a out-channels=3 coefficients=<1.0,2.0,3.0,4.0,5.0,6.0>", 2, "a", TRUE,
      (gint[]){3, 2, 1, 1}, given);
  check ("cnnconv name=a kernel=random out-channels=5 kernel-size=2x4", 3, "a", TRUE,
      (gint[]){5, 3, 2, 4}, NULL);
}
GST_END_TEST;

GST_START_TEST (test_files)
{
  gchar *path = g_build_filename (g_getenv ("CNN_FIXTURES"), "conv_4x3x3x3.npy", NULL);
  Tensor *file = tensor_from_npy (path);
  gfloat values[4 * 3 * 3 * 3];
  for (gint i = 0; i < 4 * 3 * 3 * 3; i++)
    values[i] = *tensor_at (file, i / 27, i / 3 % 3, i % 3, i / 9 % 3);
  gchar *elements = g_strdup_printf ("cnnconv name=a weights=%s", path);
  check (elements, 3, "a", TRUE, (gint[]){4, 3, 3, 3}, values);
  g_free (elements);
  tensor_free (file);
  g_free (path);
}
GST_END_TEST;

/* What a single 1 in the input gives, less what zeros give, is a weight. */
GST_START_TEST (test_batch_norm)
{
  gchar *path =
      g_build_filename (g_getenv ("CNN_FIXTURES"), "../weights/networks/sorted.safetensors", NULL);
  gchar *elements =
      g_strdup_printf ("cnnconv name=a weights=%s layer=features.0 batch-norm=features.1", path);
  LayerTest *test = layer_test_new (elements);
  Tensor *input = tensor_new (1, 3, 3, 3);
  Tensor *zeros = layer_test_run (test, input);
  gfloat expected[4 * 27];
  for (gint i = 0; i < 27; i++) {
    gfloat *one = tensor_at (input, 0, i / 3 % 3, i % 3, i / 9);
    *one = 1;
    Tensor *output = layer_test_run (test, input);
    for (gint o = 0; o < 4; o++)
      expected[o * 27 + i] = output->values[o] - zeros->values[o];
    tensor_free (output);
    *one = 0;
  }
  assert_carried (test, "a", TRUE, (gint[]){4, 3, 3, 3}, expected);
  tensor_free (zeros);
  tensor_free (input);
  layer_test_free (test);
  g_free (elements);
  g_free (path);
}
GST_END_TEST;

/* Layers without weights pass on what made their channels; others send their own. */
GST_START_TEST (test_along_the_chain)
{
  check ("cnnconv name=a kernel=sobel ! queue ! cnnpool ! cnnupsample", 1, "a", TRUE,
      (gint[]){2, 1, 3, 3}, NULL);
  check ("cnnconv kernel=sobel ! cnnpool ! cnn1x1 name=b kernel=random out-channels=3", 1, "b",
      FALSE, (gint[]){3, 2, 1, 1}, NULL);
  check ("cnnpool ! cnnconv name=b kernel=box", 1, "b", FALSE, (gint[]){1, 1, 3, 3}, NULL);
  check ("cnnconv name=a kernel=sobel activation=crelu ! cnnpool", 1, "a", TRUE,
      (gint[]){2, 1, 3, 3}, NULL);
}
GST_END_TEST;

static void
check_none (const gchar *elements, gint channels)
{
  Carried weights;
  LayerTest *test = run_frame (elements, 8, channels);
  fail_if (carried (test, &weights), "%s has weights", elements);
  layer_test_free (test);
}

GST_START_TEST (test_none)
{
  check_none ("cnnpool", 3);
  check_none ("cnnconv kernel=sobel ! cnnconv name=b kernel=random out-channels=4 ! "
              "cnnupsample mode=pixel-shuffle",
      1);
  /* 512 x 513 values are more than a MiB, 512 x 512 are not. */
  check_none ("cnn1x1 kernel=random out-channels=513", 512);
  check ("cnn1x1 name=a kernel=random out-channels=512", 512, "a", TRUE, (gint[]){512, 512, 1, 1},
      NULL);
  check_none ("cnnconv kernel=sobel ! cnn1x1 kernel=random out-channels=512 ! cnn1x1 "
              "kernel=random out-channels=513 ! cnnpool",
      1);
}
GST_END_TEST;

/* A change while frames flow sends other values; what was sent before stays as it was. */
GST_START_TEST (test_live_change)
{
  static const gfloat changed[] = {4, 5, 6, 7};
  Carried before;
  GstMapInfo map;
  LayerTest *test = layer_test_new ("cnnconv name=a kernel-size=2 coefficients=<1.0,2.0,3.0,4.0> ! "
                                    "queue ! cnnpool");
  Tensor *input = tensor_new (1, 8, 8, 1);
  tensor_free (layer_test_run (test, input));
  fail_unless (carried (test, &before));
  gst_util_set_object_arg (
      G_OBJECT (layer_test_element (test, "a")), "coefficients", "<4.0,5.0,6.0,7.0>");
  tensor_free (layer_test_run (test, input));
  assert_carried (test, "a", TRUE, (gint[]){1, 1, 2, 2}, changed);
  fail_unless (gst_buffer_map (before.values, &map, GST_MAP_READ));
  fail_unless (((const gfloat *)(gconstpointer)map.data)[0] == 1);
  gst_buffer_unmap (before.values, &map);
  carried_clear (&before);
  /* Frames by themselves send nothing anew. */
  Carried one, other;
  fail_unless (carried (test, &one));
  tensor_free (layer_test_run (test, input));
  fail_unless (carried (test, &other));
  fail_unless (one.values == other.values);
  carried_clear (&one);
  carried_clear (&other);
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

static Suite *
chainweights_suite (void)
{
  Suite *suite = suite_create ("weights of the chain");
  TCase *tests = tcase_create ("weights");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_origins);
  tcase_add_test (tests, test_files);
  tcase_add_test (tests, test_batch_norm);
  tcase_add_test (tests, test_along_the_chain);
  tcase_add_test (tests, test_none);
  tcase_add_test (tests, test_live_change);
  return suite;
}

GST_CHECK_MAIN (chainweights);
