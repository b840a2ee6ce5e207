/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes asked for downstream, answered upstream: for random chains of five layers the caps query allows
 * exactly the input sizes that lead to the wanted output, by the definition of each layer. */
#include "layertest.h"

#define N_CHAINS 300
#define N_LAYERS 5
#define LARGEST 96

static const guint SEED = 1712;

/* One layer, the same for rows and columns but for the padding. */
typedef struct {
  gboolean pools, same, ceil_mode;
  gint kernel, stride, dilation, padding[4]; /* top, left, bottom, right */
  gint adaptive;                             /* output size of adaptive pooling, or 0 */
} LayerSpec;

static LayerSpec
random_layer (GRand *random)
{
  LayerSpec layer = {
      .pools = g_rand_boolean (random),
      .kernel = g_rand_int_range (random, 1, 6),
      .stride = g_rand_int_range (random, 1, 4),
      .dilation = g_rand_int_range (random, 1, 3),
  };
  const gint window = layer.dilation * (layer.kernel - 1) + 1;
  const gint most = layer.pools ? window : 6;
  for (guint i = 0; i < 4; i++)
    layer.padding[i] = g_rand_int_range (random, 0, MIN (most, 6));
  layer.same = g_rand_int_range (random, 0, 4) == 0;
  layer.ceil_mode = layer.pools && g_rand_boolean (random);
  if (layer.pools && g_rand_int_range (random, 0, 8) == 0)
    layer.adaptive = g_rand_int_range (random, 1, 9);
  return layer;
}

static void
append_layer (GString *launch, const LayerSpec *layer)
{
  const gint *padding = layer->padding;
  if (launch->len > 0)
    g_string_append (launch, " ! ");
  if (layer->adaptive > 0) {
    g_string_append_printf (launch, "cnnpool output-size=%d", layer->adaptive);
    return;
  }
  g_string_append_printf (launch, "%s kernel-size=%d stride=%d dilation=%d",
      layer->pools ? "cnnpool" : "cnnconv kernel=box", layer->kernel, layer->stride,
      layer->dilation);
  if (layer->ceil_mode)
    g_string_append (launch, " ceil-mode=true");
  if (layer->same)
    g_string_append (launch, " padding=same");
  else
    g_string_append_printf (
        launch, " padding=%d,%d,%d,%d", padding[0], padding[1], padding[2], padding[3]);
}

/* The output size by the definition, 0 when there is none: counts the places where a window can stand. */
static gint
output_size (const LayerSpec *layer, gint input, gint before, gint after)
{
  const gint window = layer->dilation * (layer->kernel - 1) + 1;
  if (layer->adaptive > 0)
    return layer->adaptive;
  if (layer->same)
    return (input + layer->stride - 1) / layer->stride;
  gint count = 0;
  for (gint start = -before; start + window <= input + after; start += layer->stride)
    count++;
  /* One more window may hang over the end when it starts within the input or before it. */
  const gint next = count * layer->stride - before;
  const gboolean something_left = (count - 1) * layer->stride - before + window < input + after;
  if (layer->ceil_mode && count > 0 && something_left && next < input)
    count++;
  return count;
}

/* Rows when `axis` is 0, columns when it is 1. */
static gint
chain_output (const LayerSpec *layers, gint axis, gint input)
{
  for (guint i = 0; i < N_LAYERS && input > 0; i++)
    input = output_size (&layers[i], input, layers[i].padding[axis], layers[i].padding[axis + 2]);
  return input;
}

static gboolean
query_allows (const GstCaps *allowed, const gchar *media_type, gint rows, gint columns)
{
  gchar *text = g_str_equal (media_type, "video/x-raw")
                    ? g_strdup_printf ("video/x-raw,format=RGB,width=%d,height=%d", columns, rows)
                    : g_strdup_printf ("%s,type=float32,layout=nchw,dims=(int)<1,3,%d,%d>",
                          media_type, rows, columns);
  GstCaps *caps = gst_caps_from_string (text);
  const gboolean allows = gst_caps_can_intersect (allowed, caps);
  gst_caps_unref (caps);
  g_free (text);
  return allows;
}

static void
check_chain (GRand *random)
{
  LayerSpec layers[N_LAYERS];
  GString *launch = g_string_new (NULL);
  for (guint i = 0; i < N_LAYERS; i++) {
    layers[i] = random_layer (random);
    append_layer (launch, &layers[i]);
  }
  const gint rows = g_rand_int_range (random, 1, LARGEST);
  const gint columns = g_rand_int_range (random, 1, LARGEST);
  const gint wanted_rows = chain_output (layers, 0, rows);
  const gint wanted_columns = chain_output (layers, 1, columns);
  if (wanted_rows > 0 && wanted_columns > 0) {
    GstHarness *harness = gst_harness_new_parse (launch->str);
    gchar *wanted =
        g_strdup_printf ("tensor/strided,dims=(int)<1,%d,%d,[1,max]>", wanted_rows, wanted_columns);
    gst_harness_set_sink_caps_str (harness, wanted);
    gst_harness_play (harness);
    GstCaps *allowed = gst_pad_peer_query_caps (harness->srcpad, NULL);
    for (gint size = 1; size <= LARGEST; size++) {
      fail_unless (query_allows (allowed, "tensor/strided", size, columns) ==
                       (chain_output (layers, 0, size) == wanted_rows),
          "seed %u: %s: %d rows and %s", SEED, launch->str, size, wanted);
      fail_unless (query_allows (allowed, "video/x-raw", rows, size) ==
                       (chain_output (layers, 1, size) == wanted_columns),
          "seed %u: %s: %d columns and %s", SEED, launch->str, size, wanted);
    }
    gst_caps_unref (allowed);
    g_free (wanted);
    gst_harness_teardown (harness);
  }
  g_string_free (launch, TRUE);
}

GST_START_TEST (test_random_chains)
{
  GRand *random = g_rand_new_with_seed (SEED);
  for (guint i = 0; i < N_CHAINS; i++)
    check_chain (random);
  g_rand_free (random);
}

GST_END_TEST

/* Runs a launch line whose last element is named "sink", and gives the input shape of its layer "first". */
static void
check_first_input (const gchar *launch, gint rows, gint columns, gint channels)
{
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  fail_unless (pipeline != NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s", launch);
  gst_message_unref (message);

  GstElement *layer = gst_bin_get_by_name (GST_BIN (pipeline), "first");
  GstStructure *info = NULL;
  g_object_get (layer, "layer-info", &info, NULL);
  const GValue *input = gst_structure_get_value (info, "input");
  const gint expected[] = {1, rows, columns, channels};
  for (guint i = 0; i < 4; i++)
    fail_unless_equals_int (g_value_get_int (gst_value_array_get_value (input, i)), expected[i]);
  gst_structure_free (info);
  gst_object_unref (layer);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* The elements upstream make what the network needs. */
GST_START_TEST (test_upstream_follows)
{
  check_first_input ("videotestsrc num-buffers=2 ! cnnconv name=first kernel=sobel stride=2 "
                     "padding=1 ! tensor/strided,dims=(int)<1,120,160,[1,max]> ! fakesink",
      240, 320, 3);
  check_first_input ("videotestsrc num-buffers=2 ! video/x-raw,format=YUY2,width=64,height=48 ! "
                     "videoconvert ! videoscale ! cnnconv name=first kernel=box kernel-size=5 ! "
                     "queue ! cnnpool ! cnnpool ! tensor/strided,dims=(int)<1,5,7,[1,max]> ! "
                     "fakesink",
      27, 35, 3);
  /* one channel in, so the converter makes gray pictures */
  check_first_input ("videotestsrc num-buffers=2 ! video/x-raw,format=I420 ! videoconvert ! "
                     "cnnconv name=first coefficients=<1,2,3,4> kernel-size=2 ! tee ! queue ! "
                     "fakesink",
      240, 320, 1);
  check_first_input ("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8 ! videoconvert ! "
                     "cnn1x1 name=first coefficients=<1,2,3> ! fakesink",
      240, 320, 3);
}

GST_END_TEST

/* Twenty layers agree on a shape in little time. */
GST_START_TEST (test_long_chain)
{
  GString *launch = g_string_new ("cnnconv kernel=box padding=1");
  for (guint i = 1; i < 20; i++)
    g_string_append (launch, " ! cnnconv kernel=box padding=1");
  GstHarness *harness = gst_harness_new_parse (launch->str);
  gst_harness_set_sink_caps_str (harness, "tensor/strided,dims=(int)<1,48,64,[1,max]>");
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=64,height=48,framerate=30/1");
  GstBuffer *frame =
      gst_harness_push_and_pull (harness, gst_harness_create_buffer (harness, 64 * 48 * 3));
  fail_unless (frame != NULL);
  fail_unless_equals_uint64 (gst_buffer_get_size (frame), 48 * 64 * 3 * sizeof (gfloat));
  gst_buffer_unref (frame);
  gst_harness_teardown (harness);
  g_string_free (launch, TRUE);
}

GST_END_TEST

static Suite *
shapes_suite (void)
{
  Suite *suite = suite_create ("shapes");
  TCase *tests = tcase_create ("queries");
  suite_add_tcase (suite, tests);
  tcase_set_timeout (tests, 120);
  tcase_add_test (tests, test_random_chains);
  tcase_add_test (tests, test_upstream_follows);
  tcase_add_test (tests, test_long_chain);
  return suite;
}

GST_CHECK_MAIN (shapes)
