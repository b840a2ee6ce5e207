/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thousand random changes of sizes, formats, rates and properties in one run of a pipeline: no frame is
 * lost, none has another size than its caps say, and nobody complains. */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/check/gstcheck.h>

#define N_CHANGES 1000

static const guint SEED = 20061;

typedef struct {
  GstElement *pipeline, *source, *conv, *pool, *mix, *sink;
  GRand *random;
  gint width, height, format, rate;
} Run;

static const gchar *const FORMATS[] = {"RGB", "BGRx", "GRAY8", "GBR", "GRAY16_LE"};
static const gint BYTES_PER_PIXEL[] = {3, 4, 1, 3, 2};

static const gchar *
pick (Run *run, const gchar *const *words, guint count)
{
  return words[g_rand_int_range (run->random, 0, (gint32)count)];
}

static GstCaps *
source_caps (const Run *run)
{
  return gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, FORMATS[run->format], "width",
      G_TYPE_INT, run->width, "height", G_TYPE_INT, run->height, "framerate", GST_TYPE_FRACTION,
      run->rate, 1, NULL);
}

static void
change_stream (Run *run)
{
  switch (g_rand_int_range (run->random, 0, 3)) {
  case 0:
    /* Rows of a multiple of four bytes in every format: what the default strides are. */
    run->width = 4 * g_rand_int_range (run->random, 4, 20);
    run->height = g_rand_int_range (run->random, 16, 60);
    break;
  case 1:
    run->format = g_rand_int_range (run->random, 0, G_N_ELEMENTS (FORMATS));
    break;
  default:
    run->rate = g_rand_int_range (run->random, 1, 61);
  }
  GstCaps *caps = source_caps (run);
  gst_app_src_set_caps (GST_APP_SRC (run->source), caps);
  gst_caps_unref (caps);
}

/* A change of one property that suits every size above. */
static void
change_property (Run *run)
{
  static const gchar *const sizes[] = {"1", "2", "3", "5", "1x3", "4x2"};
  static const gchar *const strides[] = {"1", "2", "3", "1x2", "3x1"};
  static const gchar *const paddings[] = {"0", "1", "same", "valid", "0,1,2,3", "1x0"};
  static const gchar *const activations[] = {"none", "relu", "crelu", "tanh", "gelu", "abs"};
  static const gchar *const modes[] = {"zeros", "reflect", "circular", "symmetric", "replicate"};
  static const gchar *const pools[] = {"max", "average"};
  const gint channels = g_rand_int_range (run->random, 1, 20);
  switch (g_rand_int_range (run->random, 0, 10)) {
  case 0:
    g_object_set (run->conv, "kernel-size", pick (run, sizes, G_N_ELEMENTS (sizes)), NULL);
    break;
  case 1:
    g_object_set (run->conv, "stride", pick (run, strides, G_N_ELEMENTS (strides)), NULL);
    break;
  case 2:
    g_object_set (run->conv, "padding", pick (run, paddings, G_N_ELEMENTS (paddings)), NULL);
    break;
  case 3:
    gst_util_set_object_arg (
        G_OBJECT (run->conv), "padding-mode", pick (run, modes, G_N_ELEMENTS (modes)));
    break;
  case 4:
    gst_util_set_object_arg (
        G_OBJECT (run->conv), "activation", pick (run, activations, G_N_ELEMENTS (activations)));
    break;
  case 5:
    g_object_set (run->conv, "out-channels", channels, NULL);
    break;
  case 6:
    g_object_set (
        run->pool, "kernel-size", channels % 2 ? "2" : "1x2", "ceil-mode", channels % 3 == 0, NULL);
    break;
  case 7:
    gst_util_set_object_arg (G_OBJECT (run->pool), "mode", pick (run, pools, G_N_ELEMENTS (pools)));
    break;
  case 8:
    g_object_set (run->mix, "out-channels", channels, "seed", (guint)channels, NULL);
    break;
  default:
    g_object_set (run->conv, "n-threads", (guint)channels % 3, "scale", channels / 100.0, NULL);
  }
}

static void
push_frame (Run *run)
{
  const gsize size = (gsize)run->width * run->height * BYTES_PER_PIXEL[run->format];
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_memset (buffer, 0, (guint8)g_rand_int (run->random), size);
  fail_unless_equals_int (gst_app_src_push_buffer (GST_APP_SRC (run->source), buffer), GST_FLOW_OK);
}

/* A frame of tensors as large as its caps say. */
static void
check_frame (GstSample *sample)
{
  const GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  const GValue *dims = gst_structure_get_value (caps, "dims");
  fail_unless (dims != NULL, "no tensors but %s", gst_structure_get_name (caps));
  gsize size = sizeof (gfloat);
  for (guint i = 0; i < 4; i++)
    size *= (gsize)g_value_get_int (gst_value_array_get_value (dims, i));
  fail_unless_equals_uint64 (gst_buffer_get_size (gst_sample_get_buffer (sample)), size);
}

static guint
take_frames (Run *run, GstClockTime patience)
{
  guint taken = 0;
  GstSample *sample;
  while ((sample = gst_app_sink_try_pull_sample (GST_APP_SINK (run->sink), patience))) {
    check_frame (sample);
    gst_sample_unref (sample);
    taken++;
  }
  return taken;
}

static void
check_silence (GstBus *bus)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  if (message) {
    gchar *text = gst_structure_to_string (gst_message_get_structure (message));
    fail ("seed %u: %s", SEED, text);
  }
}

GST_START_TEST (test_random_changes)
{
  Run run = {.random = g_rand_new_with_seed (SEED), .width = 64, .height = 48, .rate = 30};
  run.pipeline = gst_parse_launch (
      "appsrc name=source format=time is-live=false max-buffers=4 block=true ! "
      "cnnconv name=conv kernel=random out-channels=4 ! queue ! cnnpool name=pool ! "
      "cnn1x1 name=mix kernel=random out-channels=3 ! "
      "appsink name=sink sync=false max-buffers=0 caps=tensor/strided",
      NULL);
  fail_unless (run.pipeline != NULL);
  const struct {
    GstElement **element;
    const gchar *name;
  } parts[] = {{&run.source, "source"}, {&run.conv, "conv"}, {&run.pool, "pool"}, {&run.mix, "mix"},
      {&run.sink, "sink"}};
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    *parts[i].element = gst_bin_get_by_name (GST_BIN (run.pipeline), parts[i].name);
  GstCaps *caps = source_caps (&run);
  gst_app_src_set_caps (GST_APP_SRC (run.source), caps);
  gst_caps_unref (caps);
  GstBus *bus = gst_element_get_bus (run.pipeline);
  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);

  guint taken = 0;
  for (guint i = 0; i < N_CHANGES; i++) {
    if (g_rand_boolean (run.random))
      change_stream (&run);
    else
      change_property (&run);
    push_frame (&run);
    taken += take_frames (&run, 0);
    check_silence (bus);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (run.source));
  while (!gst_app_sink_is_eos (GST_APP_SINK (run.sink))) {
    taken += take_frames (&run, 100 * GST_MSECOND);
    check_silence (bus);
  }
  fail_unless_equals_int (taken, N_CHANGES);

  gst_element_set_state (run.pipeline, GST_STATE_NULL);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    gst_object_unref (*parts[i].element);
  gst_object_unref (bus);
  gst_object_unref (run.pipeline);
  g_rand_free (run.random);
}

GST_END_TEST

static Suite *
live_changes_suite (void)
{
  Suite *suite = suite_create ("live changes");
  TCase *tests = tcase_create ("pipeline");
  suite_add_tcase (suite, tests);
  tcase_set_timeout (tests, 120);
  tcase_add_test (tests, test_random_changes);
  return suite;
}

GST_CHECK_MAIN (live_changes)
