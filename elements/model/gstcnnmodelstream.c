/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From caps to a runner and its outputs' caps, and frames through it. In the streaming thread. */
#include "model/gstcnnmodel-private.h"

#include "common/gstcnncontext.h"
#include "common/shapenegotiation.h"
#include "common/streambuffer.h"
#include "common/tensormeta.h"

#include <string.h>

guint
gst_cnn_model_pad_number (GstPad *pad)
{
  return (guint)g_ascii_strtoull (GST_PAD_NAME (pad) + strlen ("src_"), NULL, 10);
}

static gint
compare_pads (gconstpointer a, gconstpointer b)
{
  const guint first = gst_cnn_model_pad_number (*(GstPad *const *)a);
  const guint second = gst_cnn_model_pad_number (*(GstPad *const *)b);
  return first < second ? -1 : first > second;
}

GPtrArray *
gst_cnn_model_pads (GstCnnModel *self)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);
  GST_OBJECT_LOCK (self);
  for (GList *item = GST_ELEMENT (self)->srcpads; item; item = item->next)
    g_ptr_array_add (pads, gst_object_ref (item->data));
  GST_OBJECT_UNLOCK (self);
  g_ptr_array_sort (pads, compare_pads);
  return pads;
}

/* --- What the network takes ----------------------------------------------------------------------- */

static CnnRange
range_of (gint size)
{
  return size > 0 ? (CnnRange){size, size} : (CnnRange){1, G_MAXINT};
}

GstCaps *
gst_cnn_model_sink_caps (GstCnnModel *self, GstPad *pad)
{
  GstCnnNetwork *network = gst_cnn_model_get_network (self);
  if (!network)
    return gst_pad_get_pad_template_caps (pad);
  const GstCnnShapeRange range = {range_of (network->input.n), range_of (network->input.h),
      range_of (network->input.w), range_of (network->input.c)};
  gst_cnn_network_unref (network);
  GstCaps *caps = gst_caps_new_empty ();
  gst_cnn_caps_append_tensor (caps, &range, "{ float32, uint8 }", NULL);
  gst_cnn_caps_append_nnstreamer (caps, &range, "{ float32, uint8 }", NULL);
  if (range.c.min <= 3 && range.c.max >= 3)
    gst_cnn_caps_append_video (caps, &range, GST_CNN_COLOR_FORMATS, NULL);
  if (range.c.min == 1)
    gst_cnn_caps_append_video (caps, &range, GST_CNN_GRAY_FORMATS, NULL);
  return caps;
}

static gboolean
check_size (const GstCnnNetwork *network, CnnShape shape, CnnError *error)
{
  const CnnShape *input = &network->input;
  if ((input->n && input->n != shape.n) || (input->h && input->h != shape.h) ||
      (input->w && input->w != shape.w))
    return cnn_error_set (error,
        "the network takes frames of %dx%d, but the stream has %dx%d (rows x columns): put "
        "videoscale before it",
        input->h, input->w, shape.h, shape.w);
  if (input->c && input->c != shape.c)
    return cnn_error_set (error, "the network takes %d channel%s, but the stream has %d%s",
        input->c, input->c == 1 ? "" : "s", shape.c,
        input->c == 1 && shape.c == 3   ? ": put video/x-raw,format=GRAY8 before it"
        : input->c == 3 && shape.c == 1 ? ": put video/x-raw,format=RGB before it"
                                        : "");
  return TRUE;
}

/* --- Runners -------------------------------------------------------------------------------------- */

/* A copy of the properties that say how samples become the network's numbers; to be cleared. */
static void
get_normalizer (GstCnnModel *self, GstCnnNormalizer *normalizer, gboolean *swap_colors)
{
  GST_OBJECT_LOCK (self);
  const GstCnnNormalizer *current = &self->common.normalizer;
  *normalizer = (GstCnnNormalizer){.scale = current->scale, .scale_is_set = current->scale_is_set};
  gst_cnn_double_array_copy (&normalizer->mean, &current->mean);
  gst_cnn_double_array_copy (&normalizer->std, &current->std);
  *swap_colors = self->channel_order == GST_CNN_CHANNEL_ORDER_BGR;
  GST_OBJECT_UNLOCK (self);
}

static GstCnnModelRunner *
make_runner (GstCnnModel *self, GstCnnNetwork *network, CnnError *error)
{
  const CnnContext *context = gst_cnn_context_get (error);
  if (!context || !check_size (network, self->in_info.shape, error))
    return NULL;
  GstCnnNormalizer normalizer;
  gboolean swap_colors;
  get_normalizer (self, &normalizer, &swap_colors);
  GstCnnModelRunner *runner = gst_cnn_model_runner_new (
      context, network->model, &self->in_info, &normalizer, swap_colors, error);
  gst_cnn_normalizer_clear (&normalizer);
  return runner;
}

static void
take_runner (GstCnnModel *self, GstCnnModelRunner *runner, GstCnnNetwork *network)
{
  g_clear_pointer (&self->runner, gst_cnn_model_runner_free);
  self->runner = runner;
  gst_cnn_network_ref (network);
  g_clear_pointer (&self->running, gst_cnn_network_unref);
  self->running = network;
  gst_cnn_model_forget_streams (self);
}

/* --- Outputs -------------------------------------------------------------------------------------- */

static void
output_free (gpointer data)
{
  GstCnnModelOutput *output = data;
  if (output->pool) {
    gst_buffer_pool_set_active (output->pool, FALSE);
    gst_object_unref (output->pool);
  }
  gst_object_unref (output->pad);
  g_free (output);
}

void
gst_cnn_model_forget_streams (GstCnnModel *self)
{
  g_clear_pointer (&self->streams, g_ptr_array_unref);
}

static GstCnnModelOutput *
open_output (GstCnnModel *self, GstPad *pad, CnnError *error)
{
  const guint number = gst_cnn_model_pad_number (pad);
  const guint n_outputs = gst_cnn_model_runner_n_outputs (self->runner);
  if (number >= n_outputs) {
    cnn_error_set (error, "%s is asked for, but the network has %u output%s", GST_PAD_NAME (pad),
        n_outputs, n_outputs == 1 ? "" : "s");
    return NULL;
  }
  CnnShape shape;
  if (!gst_cnn_model_runner_output (self->runner, number, &shape, error))
    return NULL;
  GValue framerate = G_VALUE_INIT;
  g_value_init (&framerate, GST_TYPE_FRACTION);
  gst_value_set_fraction (&framerate, self->in_info.fps_n, self->in_info.fps_d);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (pad, NULL);
  g_autoptr (GstCaps) downstream = gst_cnn_caps_complete_layout (gst_caps_copy (peer));
  g_autoptr (GstCaps) caps = gst_cnn_caps_choose_output (shape, &framerate, downstream);
  g_value_unset (&framerate);
  if (gst_caps_is_empty (caps)) {
    cnn_error_set (error,
        "%s gives %dx%dx%dx%d (N,H,W,C), which what is linked to it does not take",
        GST_PAD_NAME (pad), shape.n, shape.h, shape.w, shape.c);
    return NULL;
  }
  GstCnnModelOutput *output = g_new0 (GstCnnModelOutput, 1);
  output->pad = gst_object_ref (pad);
  output->output = number;
  GST_DEBUG_OBJECT (pad, "caps %" GST_PTR_FORMAT, caps);
  if (gst_cnn_stream_info_from_caps (&output->info, caps, error) &&
      gst_cnn_model_runner_want (self->runner, number, &output->info, error)) {
    gst_pad_push_event (pad, gst_event_new_caps (caps));
    output->pool = gst_cnn_allocation_make_pool (pad, caps);
    if (output->pool)
      return output;
    cnn_error_set (error, "there are no buffers of %" G_GSIZE_FORMAT " bytes", output->info.bytes);
  }
  output_free (output);
  return NULL;
}

/* A pad that was asked for while frames flow has seen nothing of the stream yet. */
static gboolean
copy_event (GstPad *sinkpad, GstEvent **event, gpointer srcpad)
{
  if (GST_EVENT_TYPE (*event) > GST_EVENT_CAPS &&
      GST_EVENT_TYPE (*event) != GST_EVENT_CUSTOM_DOWNSTREAM_STICKY)
    gst_pad_push_event (srcpad, gst_event_ref (*event));
  return TRUE;
}

static GstCnnModelOutput *
begin_output (GstCnnModel *self, GstPad *pad, CnnError *error)
{
  g_autoptr (GstEvent) begun = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);
  GstEvent *start = gst_pad_get_sticky_event (self->sinkpad, GST_EVENT_STREAM_START, 0);
  if (start && !begun)
    gst_pad_push_event (pad, start);
  else
    g_clear_pointer (&start, gst_event_unref);
  GstCnnModelOutput *output = open_output (self, pad, error);
  if (output && !begun)
    gst_pad_sticky_events_foreach (self->sinkpad, copy_event, pad);
  return output;
}

/* Opens the linked pads, anew when one came, went, or wants something else. */
static gboolean
update_outputs (GstCnnModel *self, CnnError *error)
{
  g_autoptr (GPtrArray) pads = gst_cnn_model_pads (self);
  gboolean same = self->streams && self->streams->len == pads->len;
  for (guint i = 0; i < pads->len; i++) {
    same = !gst_pad_check_reconfigure (pads->pdata[i]) && same;
    same = same && ((GstCnnModelOutput *)self->streams->pdata[i])->pad == pads->pdata[i];
  }
  if (same)
    return TRUE;
  GST_DEBUG_OBJECT (self, "opening %u outputs", pads->len);
  gst_cnn_model_forget_streams (self);
  for (guint i = 0; i < gst_cnn_model_runner_n_outputs (self->runner); i++)
    gst_cnn_model_runner_want (self->runner, i, NULL, error);
  GPtrArray *streams = g_ptr_array_new_with_free_func (output_free);
  for (guint i = 0; i < pads->len; i++) {
    GstCnnModelOutput *output = begin_output (self, pads->pdata[i], error);
    if (!output) {
      g_ptr_array_unref (streams);
      return FALSE;
    }
    g_ptr_array_add (streams, output);
  }
  self->streams = streams;
  return TRUE;
}

/* --- Changes -------------------------------------------------------------------------------------- */

gboolean
gst_cnn_model_receive_caps (GstCnnModel *self, GstCaps *caps)
{
  CnnError error;
  GstCnnStreamInfo info;
  if (!gst_cnn_stream_info_from_caps (&info, caps, &error)) {
    gst_cnn_layer_common_post_error (&self->common, &error);
    return FALSE;
  }
  self->in_info = info;
  GstCnnNetwork *network = gst_cnn_model_get_network (self);
  GstCnnModelRunner *runner = network ? make_runner (self, network, &error) : NULL;
  gboolean taken = FALSE;
  if (runner) {
    take_runner (self, runner, network);
    gst_cnn_model_publish_info (self);
    taken = update_outputs (self, &error);
  }
  if (taken)
    gst_cnn_layer_common_succeeded (&self->common);
  else if (network)
    gst_cnn_layer_common_post_error (&self->common, &error);
  g_clear_pointer (&network, gst_cnn_network_unref);
  return taken;
}

/* A network that takes frames of another size plays when upstream sends them. */
static gboolean
upstream_can_change (GstCnnModel *self)
{
  g_autoptr (GstCaps) wanted = gst_cnn_model_sink_caps (self, self->sinkpad);
  g_autoptr (GstCaps) possible = gst_pad_peer_query_caps (self->sinkpad, wanted);
  return !gst_caps_is_empty (possible);
}

/* The network that was read meanwhile takes over between two frames. */
static void
take_next (GstCnnModel *self)
{
  CnnError error;
  GST_OBJECT_LOCK (self);
  GstCnnNetwork *next = g_steal_pointer (&self->next);
  GST_OBJECT_UNLOCK (self);
  if (!next)
    return;
  GstCnnModelRunner *runner = make_runner (self, next, &error);
  GST_OBJECT_LOCK (self);
  GstCnnNetwork *old = self->network;
  self->network = next;
  GST_OBJECT_UNLOCK (self);
  gst_cnn_peer_caps_forget_all ();
  if (runner) {
    take_runner (self, runner, next);
    gst_cnn_model_publish_info (self);
  } else if (!check_size (next, self->in_info.shape, &error) && upstream_can_change (self)) {
    GST_DEBUG_OBJECT (self, "the new network takes frames of another size: asking upstream");
    gst_pad_push_event (self->sinkpad, gst_event_new_reconfigure ());
  } else {
    gst_cnn_layer_common_post_settings_warning (&self->common, &error);
    GST_OBJECT_LOCK (self);
    self->network = old;
    GST_OBJECT_UNLOCK (self);
    old = next;
  }
  g_clear_pointer (&old, gst_cnn_network_unref);
}

static void
take_properties (GstCnnModel *self)
{
  CnnError error;
  GstCnnNormalizer normalizer;
  gboolean swap_colors;
  if (!g_atomic_int_compare_and_exchange (&self->common.changed, TRUE, FALSE) || !self->runner)
    return;
  get_normalizer (self, &normalizer, &swap_colors);
  if (!gst_cnn_model_runner_read (self->runner, &self->in_info, &normalizer, swap_colors, &error))
    gst_cnn_layer_common_post_settings_warning (&self->common, &error);
  gst_cnn_normalizer_clear (&normalizer);
}

/* --- Frames --------------------------------------------------------------------------------------- */

/* Maps a frame of each output and the input, and computes. */
static gboolean
run (GstCnnModel *self, GstBuffer *buffer, GstBuffer **frames, CnnError *error)
{
  GstCnnMappedFrame in;
  if (!gst_cnn_frame_map (&in, &self->in_info, buffer, GST_MAP_READ, error))
    return FALSE;
  const guint n_outputs = gst_cnn_model_runner_n_outputs (self->runner);
  g_autofree CnnImage *images = g_new0 (CnnImage, n_outputs);
  g_autofree GstCnnMappedFrame *out = g_new (GstCnnMappedFrame, self->streams->len + 1);
  guint mapped = 0;
  for (; mapped < self->streams->len; mapped++) {
    const GstCnnModelOutput *output = self->streams->pdata[mapped];
    if (!gst_cnn_frame_map (&out[mapped], &output->info, frames[mapped], GST_MAP_WRITE, error))
      break;
    images[output->output] = out[mapped].image;
  }
  const gboolean done = mapped == self->streams->len &&
                        gst_cnn_model_runner_run (self->runner, &in.image, images,
                            gst_cnn_layer_common_get_n_threads (&self->common), error);
  while (mapped > 0)
    gst_cnn_frame_unmap (&out[--mapped]);
  gst_cnn_frame_unmap (&in);
  return done;
}

static GstFlowReturn
push_frames (GstCnnModel *self, GstBuffer **frames)
{
  GstFlowReturn flow = GST_FLOW_OK;
  for (guint i = 0; i < self->streams->len; i++) {
    GstCnnModelOutput *output = self->streams->pdata[i];
    if (output->info.kind != GST_CNN_STREAM_VIDEO)
      gst_cnn_tensor_meta_attach (frames[i], &output->info);
    const GstFlowReturn result = gst_pad_push (output->pad, g_steal_pointer (&frames[i]));
    GST_OBJECT_LOCK (self);
    flow = gst_flow_combiner_update_pad_flow (self->flows, output->pad, result);
    GST_OBJECT_UNLOCK (self);
  }
  return flow;
}

static GstFlowReturn
process (GstCnnModel *self, GstBuffer *buffer)
{
  CnnError error;
  if (!update_outputs (self, &error)) {
    gst_cnn_layer_common_post_error (&self->common, &error);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (self->streams->len == 0) {
    cnn_error_set (&error, "nothing is linked to an output of the network: it gives src_0%s",
        gst_cnn_model_runner_n_outputs (self->runner) > 1 ? ", src_1 ..." : "");
    gst_cnn_layer_common_post_error (&self->common, &error);
    return GST_FLOW_NOT_LINKED;
  }
  g_autofree GstBuffer **frames = g_new0 (GstBuffer *, self->streams->len + 1);
  GstFlowReturn flow = GST_FLOW_OK;
  for (guint i = 0; i < self->streams->len && flow == GST_FLOW_OK; i++) {
    const GstCnnModelOutput *output = self->streams->pdata[i];
    flow = gst_buffer_pool_acquire_buffer (output->pool, &frames[i], NULL);
    if (flow == GST_FLOW_OK)
      gst_buffer_copy_into (
          frames[i], buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  }
  if (flow == GST_FLOW_OK && !run (self, buffer, frames, &error)) {
    gst_cnn_layer_common_post_error (&self->common, &error);
    flow = GST_FLOW_ERROR;
  }
  if (flow == GST_FLOW_OK)
    flow = push_frames (self, frames);
  for (guint i = 0; i < self->streams->len; i++)
    gst_clear_buffer (&frames[i]);
  return flow;
}

GstFlowReturn
gst_cnn_model_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstCnnModel *self = GST_CNN_MODEL (parent);
  take_next (self);
  take_properties (self);
  GST_LOG_OBJECT (self, "frame %" GST_PTR_FORMAT, buffer);
  const GstFlowReturn flow = self->runner ? process (self, buffer) : GST_FLOW_NOT_NEGOTIATED;
  gst_buffer_unref (buffer);
  return flow;
}
