/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our layers as elements in a pipeline: appsrc ! cnnconv ! ... ! fakesink. One frame is in flight; its
 * time runs from leaving appsrc until it has arrived and appsrc has its thread back. */
#include "bench.h"

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

#define FRAME_TIMEOUT (60 * G_TIME_SPAN_SECOND)

struct BenchRun {
  BenchNetwork network;
  GstElement *pipeline, *source;
  GstMemory *frame;
  guint64 n_frames;
  GMutex lock;
  GCond changed;
  /* Under the lock. */
  gdouble departure, end;
  gboolean departed, arrived, returned, keep_next;
  GstBuffer *kept;
};

/* ---- Frames ---------------------------------------------------------------------------------- */

/* Wakes who pushed the frame when all is done, not before: on a virtual machine waking a thread costs as
 * much as a small layer, and the pipeline is not to pay for it. Called with the lock held. */
static void
tell_if_done (BenchRun *run)
{
  if (run->arrived && run->returned)
    g_cond_signal (&run->changed);
}

static GstPadProbeReturn
on_departure (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  BenchRun *run = data;
  g_mutex_lock (&run->lock);
  run->departed = TRUE;
  run->departure = bench_now ();
  g_mutex_unlock (&run->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_arrival (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  BenchRun *run = data;
  const gdouble now = bench_now ();
  g_mutex_lock (&run->lock);
  run->arrived = TRUE;
  run->end = MAX (run->end, now);
  if (run->keep_next)
    gst_buffer_replace (&run->kept, GST_PAD_PROBE_INFO_BUFFER (info));
  tell_if_done (run);
  g_mutex_unlock (&run->lock);
  return GST_PAD_PROBE_OK;
}

/* appsrc asks for more when its thread is back from downstream and finds nothing queued. */
static void
on_need_data (GstAppSrc *source, guint length, gpointer data)
{
  BenchRun *run = data;
  const gdouble now = bench_now ();
  g_mutex_lock (&run->lock);
  if (run->departed && !run->returned) {
    run->returned = TRUE;
    run->end = MAX (run->end, now);
    tell_if_done (run);
  }
  g_mutex_unlock (&run->lock);
}

/* Prints what stopped the pipeline. */
static void
report_error (BenchRun *run)
{
  GstBus *bus = gst_element_get_bus (run->pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s: %s\n", run->network.name, error->message);
    g_error_free (error);
    gst_message_unref (message);
  } else
    g_printerr ("%s: no frame came out of the pipeline\n", run->network.name);
  gst_object_unref (bus);
}

static gboolean
has_failed (BenchRun *run)
{
  GstBus *bus = gst_element_get_bus (run->pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message)
    gst_bus_post (bus, message);
  gst_object_unref (bus);
  return message != NULL;
}

/* The seconds of one frame, or a negative number when it does not come out. The frame's memory is the
 * same every time. */
static gdouble
push_frame (BenchRun *run)
{
  GstBuffer *buffer = gst_buffer_new ();
  gst_buffer_append_memory (buffer, gst_memory_ref (run->frame));
  GST_BUFFER_PTS (buffer) = run->n_frames++ * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  run->departed = run->arrived = run->returned = FALSE;
  run->end = 0;
  gst_app_src_push_buffer (GST_APP_SRC (run->source), buffer);
  const gint64 deadline = g_get_monotonic_time () + FRAME_TIMEOUT;
  gboolean done = FALSE;
  g_mutex_lock (&run->lock);
  while (!(done = run->arrived && run->returned) && g_get_monotonic_time () < deadline) {
    const gint64 look = MIN (deadline, g_get_monotonic_time () + G_TIME_SPAN_SECOND);
    if (!g_cond_wait_until (&run->changed, &run->lock, look) && has_failed (run))
      break;
  }
  const gdouble seconds = run->end - run->departure;
  g_mutex_unlock (&run->lock);
  return done ? seconds : -1;
}

/* ---- Pipelines ------------------------------------------------------------------------------- */

static void
set_values (GstElement *element, const gchar *property, const float *values, size_t count)
{
  GValue array = G_VALUE_INIT, number = G_VALUE_INIT;
  g_value_init (&array, GST_TYPE_ARRAY);
  g_value_init (&number, G_TYPE_DOUBLE);
  for (size_t i = 0; i < count; i++) {
    g_value_set_double (&number, (gdouble)values[i]);
    gst_value_array_append_value (&array, &number);
  }
  g_object_set_property (G_OBJECT (element), property, &array);
  g_value_unset (&number);
  g_value_unset (&array);
}

static void
set_weights (GstElement *element, const BenchLayer *layer)
{
  float *weights = bench_weights (layer), *bias = bench_bias (layer);
  set_values (element, "coefficients", weights, bench_weight_count (layer));
  if (!layer->bytes_out)
    set_values (element, "bias", bias, (size_t)layer->outputs);
  bench_free (bias);
  bench_free (weights);
}

static gchar *
describe_window (const BenchLayer *layer)
{
  return g_strdup_printf ("kernel-size=%d stride=%d padding=%d dilation=%d", layer->kernel,
      layer->stride, layer->padding, layer->dilation);
}

static gchar *
describe_convolution (const BenchLayer *layer)
{
  static const gchar *const activations[] = {
      [BENCH_NO_ACTIVATION] = "none",
      [BENCH_RELU] = "relu",
      [BENCH_LEAKY_RELU] = "leaky-relu alpha=<0.1>",
      [BENCH_CRELU] = "crelu",
      [BENCH_TANH] = "tanh",
      [BENCH_SIGMOID] = "sigmoid",
  };
  const gboolean pointwise = layer->kernel == 1 && layer->stride == 1 && layer->padding == 0;
  gchar *window = pointwise ? g_strdup ("") : describe_window (layer);
  gchar *description = g_strdup_printf ("%s %s out-channels=%d groups=%d activation=%s",
      pointwise ? "cnn1x1" : "cnnconv", window, layer->outputs, layer->groups,
      activations[layer->activation]);
  g_free (window);
  return description;
}

static gchar *
describe_element (const BenchLayer *layer)
{
  switch (layer->kind) {
  case BENCH_CONVOLUTION:
    return describe_convolution (layer);
  case BENCH_MAX_POOL:
  case BENCH_AVERAGE_POOL: {
    gchar *window = describe_window (layer);
    gchar *description = g_strdup_printf (
        "cnnpool mode=%s %s", layer->kind == BENCH_MAX_POOL ? "max" : "average", window);
    g_free (window);
    return description;
  }
  case BENCH_PIXEL_SHUFFLE:
    return g_strdup_printf ("cnnupsample mode=pixel-shuffle factor=%d", layer->stride);
  case BENCH_BILINEAR:
    return g_strdup_printf ("cnnupsample mode=bilinear factor=%d", layer->stride);
  case BENCH_CONCATENATE:
    return g_strdup ("cnnmerge mode=concat");
  case BENCH_ADD:
    return g_strdup ("cnnmerge mode=add");
  }
  return NULL;
}

/* NULL when the plugin is not there. */
static GstElement *
make_element (BenchRun *run, const BenchLayer *layer, gint n_threads)
{
  gchar *text = describe_element (layer);
  gchar *description = g_strdup_printf ("%s n-threads=%d", text, n_threads);
  GError *error = NULL;
  GstElement *element = gst_parse_launch (description, &error);
  if (error) {
    g_printerr ("%s: %s\n", run->network.name, error->message);
    g_clear_error (&error);
    gst_clear_object (&element);
  } else {
    gst_bin_add (GST_BIN (run->pipeline), element);
    if (layer->kind == BENCH_CONVOLUTION)
      set_weights (element, layer);
  }
  g_free (description);
  g_free (text);
  return element;
}

static guint
count_consumers (const BenchNetwork *network, gint index)
{
  guint count = 0;
  for (gint i = 0; i < network->n_layers; i++) {
    const BenchLayer *layer = &network->layers[i];
    const gboolean merges = layer->kind == BENCH_CONCATENATE || layer->kind == BENCH_ADD;
    count += (guint)(layer->from == index) + (guint)(merges && layer->second == index);
  }
  return count;
}

/* What hands out the output of an element: the element itself, or a tee behind it. Branches have no
 * queues, so that they use no more threads than they are told. */
static GstElement *
add_outlet (BenchRun *run, GstElement *element, gint index)
{
  if (count_consumers (&run->network, index) < 2)
    return element;
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  gst_bin_add (GST_BIN (run->pipeline), tee);
  return gst_element_link (element, tee) ? tee : NULL;
}

static GstCaps *
make_caps (const BenchLayer *layer, gboolean output)
{
  const gint h = output ? bench_output_size (layer, layer->height) : layer->height;
  const gint w = output ? bench_output_size (layer, layer->width) : layer->width;
  const gint c = output ? bench_output_channels (layer) : layer->inputs;
  if (output ? layer->bytes_out : layer->bytes_in)
    return gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, c == 1 ? "GRAY8" : "RGB",
        "width", G_TYPE_INT, w, "height", G_TYPE_INT, h, "framerate", GST_TYPE_FRACTION, 1, 1,
        NULL);
  gchar *text = layer->planar ? g_strdup_printf ("1,%d,%d,%d", c, h, w)
                              : g_strdup_printf ("1,%d,%d,%d", h, w, c);
  gchar *description =
      g_strdup_printf ("tensor/strided, type=float32, dims-order=row-major, dims=(int)<%s>, "
                       "layout=%s, framerate=1/1",
          text, layer->planar ? "nchw" : "nhwc");
  GstCaps *caps = gst_caps_from_string (description);
  g_free (description);
  g_free (text);
  return caps;
}

static void
add_probe (GstElement *element, const gchar *pad_name, GstPadProbeCallback callback, BenchRun *run)
{
  GstPad *pad = gst_element_get_static_pad (element, pad_name);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, run, NULL);
  gst_object_unref (pad);
}

static gboolean
add_source (BenchRun *run)
{
  const BenchLayer *first = &run->network.layers[0];
  GstAppSrcCallbacks callbacks = {.need_data = on_need_data};
  GstCaps *caps = make_caps (first, FALSE);
  const size_t samples = bench_input_count (first);
  run->source = gst_element_factory_make ("appsrc", NULL);
  if (!run->source) {
    g_printerr ("The element appsrc is not installed: it is among the base plugins\n");
    return FALSE;
  }
  gst_bin_add (GST_BIN (run->pipeline), run->source);
  g_object_set (
      run->source, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes", (guint64)0, NULL);
  gst_app_src_set_callbacks (GST_APP_SRC (run->source), &callbacks, run, NULL);
  add_probe (run->source, "src", on_departure, run);
  gst_caps_unref (caps);
  void *values = first->bytes_in ? (void *)bench_input_bytes (first) : (void *)bench_input (first);
  const size_t bytes = samples * (first->bytes_in ? 1 : sizeof (float));
  run->frame = gst_memory_new_wrapped (
      GST_MEMORY_FLAG_READONLY, values, bytes, 0, bytes, values, (GDestroyNotify)bench_free);
  return TRUE;
}

static gboolean
add_sink (BenchRun *run, GstElement *last)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstCaps *caps = make_caps (bench_last_layer (&run->network), TRUE);
  g_object_set (sink, "sync", FALSE, "enable-last-sample", FALSE, NULL);
  gst_bin_add (GST_BIN (run->pipeline), sink);
  add_probe (sink, "sink", on_arrival, run);
  const gboolean linked = gst_element_link_filtered (last, sink, caps);
  gst_caps_unref (caps);
  return linked;
}

static gboolean
build (BenchRun *run, gint n_threads)
{
  const BenchNetwork *network = &run->network;
  GstElement *outlets[BENCH_MAX_LAYERS + 1], **of = outlets + 1; /* of[BENCH_NETWORK_INPUT] */
  if (!add_source (run))
    return FALSE;
  of[BENCH_NETWORK_INPUT] = add_outlet (run, run->source, BENCH_NETWORK_INPUT);
  for (gint i = 0; i < network->n_layers; i++) {
    const BenchLayer *layer = &network->layers[i];
    const gboolean merges = layer->kind == BENCH_CONCATENATE || layer->kind == BENCH_ADD;
    GstElement *element = make_element (run, layer, n_threads);
    if (!element || !gst_element_link (of[layer->from], element) ||
        (merges && !gst_element_link (of[layer->second], element)))
      return FALSE;
    of[i] = add_outlet (run, element, i);
  }
  return add_sink (run, of[network->n_layers - 1]);
}

/* ---- The contender --------------------------------------------------------------------------- */

/* The plugin of this build comes before an installed one. */
void
bench_load_plugin (void)
{
  static gboolean loaded = FALSE;
  if (!loaded) {
    gst_init (NULL, NULL);
    GstPlugin *plugin = gst_plugin_load_file (BENCH_PLUGIN, NULL);
    gst_clear_object (&plugin);
    loaded = TRUE;
  }
}

static void
release (BenchRun *run)
{
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_object_unref (run->pipeline);
  gst_clear_buffer (&run->kept);
  if (run->frame)
    gst_memory_unref (run->frame);
  g_cond_clear (&run->changed);
  g_mutex_clear (&run->lock);
  g_free (run);
}

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  bench_load_plugin ();
  BenchRun *run = g_new0 (BenchRun, 1);
  run->network = *network;
  run->pipeline = gst_pipeline_new (NULL);
  g_mutex_init (&run->lock);
  g_cond_init (&run->changed);
  if (!build (run, n_threads)) {
    release (run);
    return NULL;
  }
  if (gst_element_set_state (run->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE ||
      push_frame (run) < 0) {
    report_error (run);
    release (run);
    return NULL;
  }
  return run;
}

static double
run_once (BenchRun *run)
{
  const gdouble seconds = push_frame (run);
  if (seconds < 0) {
    report_error (run);
    exit (1);
  }
  return seconds;
}

static float *
output (BenchRun *run)
{
  const BenchLayer *last = bench_last_layer (&run->network);
  const size_t count = bench_output_count (last);
  GstMapInfo map;
  run->keep_next = TRUE;
  run_once (run);
  run->keep_next = FALSE;
  float *values = NULL;
  if (gst_buffer_map (run->kept, &map, GST_MAP_READ)) {
    if (last->bytes_out && map.size >= count)
      values = bench_floats_of_bytes (map.data, count);
    else if (!last->bytes_out && map.size >= count * sizeof *values) {
      values = bench_values (count);
      memcpy (values, map.data, count * sizeof *values);
    }
    gst_buffer_unmap (run->kept, &map);
  }
  gst_clear_buffer (&run->kept);
  return values;
}

const BenchContender bench_element = {"element", true, prepare, run_once, output, release};
const BenchContender bench_cnn_pipeline = {"cnn", true, prepare, run_once, output, release};
