/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnmerge
 * @title: cnnmerge
 * @short_description: Branches of a network joined (torch.cat, a + b, a * b)
 *
 * Each branch enters through a pad sink_0, sink_1 ...; their order is that of the numbers. mode=concat lines up
 * their channels, or with `axis` their rows or columns, and needs the same size along the others. The other
 * modes combine them value by value, from the first to the last; a branch that has one channel, one row or one
 * column counts there for all of the others', as the gate of a squeeze-and-excitation block does.
 *
 * Frames are joined when their running times agree within half a frame; a frame that some branch does not
 * have is dropped from the others, and the stream ends with the first branch that ends. Frames keep the
 * timestamps and the flags they have on the first pad, and tags and other events are those of the first.
 *
 * The branch that comes last joins the frames and pushes the result, in its own thread: branches that come
 * from one tee need no queues, and without them a frame passes the whole network in one thread. A queue in a
 * branch makes it run beside the others. Frames that are early wait, a few of each branch, until the others
 * have come; where a branch drops frames or ends, the others go on.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=3 ! tee name=t cnnmerge name=m ! fakesink t. ! cnnconv kernel=sobel ! m. t. ! cnnconv kernel=gaussian padding=1 ! cnnconv kernel=laplacian ! m.
 * ]| Two branches of feature maps, one behind the other.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! video/x-raw,format=RGB ! tee name=t cnnmerge name=m mode=add ! videoconvert ! autovideosink t. ! queue ! m. t. ! queue ! cnnconv kernel=laplacian padding=1 groups=1 ! m.
 * ]| A residual: the picture plus what one convolution finds in it.
 */
#include "merge/gstcnnmerge-private.h"

#include "common/activationtype.h"
#include "common/shapenegotiation.h"
#include "common/enumwords.h"
#include "common/streambuffer.h"

#include <string.h>

enum {
  PROP_MODE = GST_CNN_LAYER_N_PROPERTIES,
  PROP_AXIS,
  PROP_ACTIVATION,
  PROP_ALPHA,
};

#define DEFAULT_MODE CNN_MERGE_CONCAT
#define DEFAULT_AXIS CNN_AXIS_CHANNELS

G_DEFINE_TYPE (GstCnnMerge, gst_cnn_merge, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (cnnmerge, "cnnmerge", GST_RANK_NONE, GST_TYPE_CNN_MERGE)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_CNN_LAYER_SINK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_CNN_LAYER_SRC_CAPS));

#define GST_TYPE_CNN_MERGE_MODE (merge_mode_get_type ())

static GType
merge_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_MERGE_CONCAT, "Channels one branch after the other", "concat"},
      {CNN_MERGE_ADD, "Sum of the branches", "add"},
      {CNN_MERGE_MULTIPLY, "Product of the branches", "multiply"},
      {CNN_MERGE_SUBTRACT, "The first branch less the others", "subtract"},
      {CNN_MERGE_DIVIDE, "The first branch over the others", "divide"},
      {CNN_MERGE_MAXIMUM, "Largest value of the branches", "maximum"},
      {CNN_MERGE_MINIMUM, "Smallest value of the branches", "minimum"},
      {CNN_MERGE_AVERAGE, "Mean of the branches", "average"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"concatenate", CNN_MERGE_CONCAT},
      {"cat", CNN_MERGE_CONCAT},
      {"sum", CNN_MERGE_ADD},
      {"plus", CNN_MERGE_ADD},
      {"mul", CNN_MERGE_MULTIPLY},
      {"product", CNN_MERGE_MULTIPLY},
      {"sub", CNN_MERGE_SUBTRACT},
      {"minus", CNN_MERGE_SUBTRACT},
      {"difference", CNN_MERGE_SUBTRACT},
      {"div", CNN_MERGE_DIVIDE},
      {"quotient", CNN_MERGE_DIVIDE},
      {"max", CNN_MERGE_MAXIMUM},
      {"min", CNN_MERGE_MINIMUM},
      {"mean", CNN_MERGE_AVERAGE},
      {"avg", CNN_MERGE_AVERAGE},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnMergeMode", values, aliases));
  return type;
}

#define GST_TYPE_CNN_MERGE_AXIS (merge_axis_get_type ())

static GType
merge_axis_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_AXIS_CHANNELS, "Channels", "channels"},
      {CNN_AXIS_ROWS, "Rows: one below the other", "rows"},
      {CNN_AXIS_COLUMNS, "Columns: one beside the other", "columns"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"height", CNN_AXIS_ROWS},
      {"width", CNN_AXIS_COLUMNS},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnMergeAxis", values, aliases));
  return type;
}

/* --- Queries -------------------------------------------------------------------------------------- */

/* A branch of one row, of one column, or of both, that counts for all. */
static void
append_broadcast (GstCaps *caps)
{
  const GstCnnShapeRange any = gst_cnn_shape_range_any ();
  const CnnRange one = {1, 1};
  const GstCnnShapeRange ranges[] = {
      {any.n, one, one, any.c}, {any.n, one, any.w, any.c}, {any.n, any.h, one, any.c}};
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    gst_cnn_caps_append_tensor (caps, &ranges[i], "{ float32, uint8 }", NULL);
    gst_cnn_caps_append_nnstreamer (caps, &ranges[i], "{ float32, uint8 }", NULL);
  }
}

/* What a branch may be, given what downstream takes: any channels, its rows and columns. */
static GstCaps *
sink_caps (GstCnnMerge *self, GstPad *pad, GstCaps *filter)
{
  GST_OBJECT_LOCK (self);
  const CnnMergeMode mode = self->mode;
  const gboolean any_size = mode == CNN_MERGE_CONCAT && self->axis != CNN_AXIS_CHANNELS;
  GST_OBJECT_UNLOCK (self);
  if (any_size || gst_cnn_layer_common_is_linking (&self->common, pad))
    return gst_cnn_layer_common_answer_caps (pad, gst_pad_get_pad_template_caps (pad), filter);
  GstCnnGeometry geometry;
  gst_cnn_geometry_init (&geometry);
  geometry.rule.channels.kind = CNN_CHANNELS_FREE;
  g_autoptr (GstCaps) peer = gst_cnn_peer_caps_get (&self->downstream, self->srcpad);
  g_autoptr (GstCaps) template_caps = gst_pad_get_pad_template_caps (self->srcpad);
  g_autoptr (GstCaps) taken =
      gst_caps_intersect_full (peer, template_caps, GST_CAPS_INTERSECT_FIRST);
  GstCaps *fitting = gst_cnn_geometry_transform_caps (&geometry, GST_PAD_SRC, taken);
  if (mode != CNN_MERGE_CONCAT && !gst_caps_is_empty (fitting))
    append_broadcast (fitting);
  return gst_cnn_layer_common_answer_caps (pad, fitting, filter);
}

static gboolean
is_first (GstCnnMerge *self, GstPad *pad)
{
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  return pads->len > 0 && pads->pdata[0] == pad;
}

/* Caps and buffers are answered here; what else is asked goes on for the first branch only, so that a question
 * does not come to downstream once a way that leads there. */
static gboolean
gst_cnn_merge_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  GstCaps *filter, *caps;
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    gst_query_parse_caps (query, &filter);
    caps = sink_caps (self, pad, filter);
    gst_query_set_caps_result (query, caps);
    gst_caps_unref (caps);
    return TRUE;
  case GST_QUERY_ALLOCATION:
    return gst_cnn_allocation_propose (query);
  case GST_QUERY_ACCEPT_CAPS: /* what is not taken is told why */
    gst_query_set_accept_caps_result (query, TRUE);
    return TRUE;
  default:
    return is_first (self, pad) && gst_pad_peer_query (self->srcpad, query);
  }
}

/* Latency is that of the slowest branch; faster ones wait here for as long. */
static gboolean
ask_latency (GstElement *element, GstQuery *query)
{
  GstCnnMerge *self = GST_CNN_MERGE (element);
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (element);
  g_autofree GstClockTime *least = g_new0 (GstClockTime, pads->len + 1);
  g_autofree GstClockTime *most = g_new0 (GstClockTime, pads->len + 1);
  gboolean known = FALSE, live = FALSE;
  GstClockTime slowest = 0, bound = GST_CLOCK_TIME_NONE;
  for (guint i = 0; i < pads->len; i++) {
    g_autoptr (GstQuery) branch = gst_query_new_latency ();
    gboolean branch_live = FALSE;
    most[i] = GST_CLOCK_TIME_NONE;
    if (!gst_pad_peer_query (pads->pdata[i], branch))
      continue;
    known = TRUE;
    gst_query_parse_latency (branch, &branch_live, &least[i], &most[i]);
    live |= branch_live;
    slowest = MAX (slowest, least[i]);
  }
  for (guint i = 0; i < pads->len; i++)
    if (GST_CLOCK_TIME_IS_VALID (most[i]))
      bound = MIN (bound, most[i] + slowest - least[i]);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < pads->len; i++)
    GST_CNN_MERGE_PAD (pads->pdata[i])->latency = least[i];
  self->branch_latency = slowest;
  g_mutex_unlock (&self->lock);
  GST_CNN_DEBUG (self, "latency of %u branches: %s, %" GST_TIME_FORMAT " to %" GST_TIME_FORMAT,
      pads->len, live ? "live" : "not live", GST_TIME_ARGS (slowest), GST_TIME_ARGS (bound));
  gst_query_set_latency (query, live, slowest, bound);
  return known;
}

static gboolean
gst_cnn_merge_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_LATENCY:
    return gst_cnn_upstream_latency (&self->upstream, GST_ELEMENT (self), query, ask_latency);
  case GST_QUERY_CAPS:
  case GST_QUERY_ACCEPT_CAPS: /* from the template */
    return gst_pad_query_default (pad, parent, query);
  default: {
    /* Position, duration, seeking: as the first branch has it. */
    g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
    return pads->len > 0 && gst_pad_peer_query (pads->pdata[0], query);
  }
  }
}

/* --- Events from downstream ----------------------------------------------------------------------- */

/* TRUE when downstream is flushing and nobody else is any longer: it is to stop. With the lock. */
static gboolean
may_end_flush (GstCnnMerge *self)
{
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  if (!self->flushing)
    return FALSE;
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnMergePad *pad = pads->pdata[i];
    if (pad->awaits_flush || pad->flushing)
      return FALSE;
  }
  self->flushing = self->ended = FALSE;
  self->flow = GST_FLOW_OK;
  self->n_flushes++;
  g_cond_broadcast (&self->changed);
  return TRUE;
}

/* Before the flush of a seek has come from every branch, frames of before and after would meet. */
static void
await_flushes (GstCnnMerge *self, const GPtrArray *pads, GstEvent *event)
{
  GstSeekFlags flags;
  gst_event_parse_seek (event, NULL, NULL, &flags, NULL, NULL, NULL, NULL);
  g_mutex_lock (&self->lock);
  self->seek_seqnum = gst_event_get_seqnum (event);
  for (guint i = 0; i < pads->len; i++) {
    GstCnnMergePad *pad = pads->pdata[i];
    pad->flush_seqnum = GST_SEQNUM_INVALID;
    pad->awaits_flush = (flags & GST_SEEK_FLAG_FLUSH) != 0;
  }
  g_mutex_unlock (&self->lock);
}

static gboolean
has_flushed (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *seek)
{
  g_mutex_lock (&self->lock);
  const gboolean flushed = pad->flush_seqnum == gst_event_get_seqnum (seek);
  g_mutex_unlock (&self->lock);
  return flushed;
}

/* A branch has answered a seek: when that brought no flush, none will come. */
static void
end_awaiting (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *seek)
{
  const guint32 seqnum = gst_event_get_seqnum (seek);
  g_mutex_lock (&self->lock);
  if (pad->flush_seqnum != seqnum)
    pad->awaits_flush = FALSE;
  const gboolean ends = may_end_flush (self);
  g_mutex_unlock (&self->lock);
  if (!ends)
    return;
  GstEvent *stop = gst_event_new_flush_stop (TRUE);
  gst_event_set_seqnum (stop, seqnum);
  gst_pad_push_event (self->srcpad, stop);
}

/* To every branch; a seek only to those that the flush of it has not reached yet by another one, from the
 * same source. */
static gboolean
send_to_branches (GstElement *element, GstEvent *event)
{
  GstCnnMerge *self = GST_CNN_MERGE (element);
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (element);
  const gboolean is_seek = GST_EVENT_TYPE (event) == GST_EVENT_SEEK;
  gboolean result = FALSE;
  if (is_seek)
    await_flushes (self, pads, event);
  for (guint i = 0; i < pads->len; i++) {
    GstCnnMergePad *pad = pads->pdata[i];
    if (is_seek && has_flushed (self, pad, event))
      continue;
    result |= gst_pad_push_event (GST_PAD (pad), gst_event_ref (event));
    if (is_seek)
      end_awaiting (self, pad, event);
  }
  gst_event_unref (event);
  return result;
}

static gboolean
gst_cnn_merge_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    gst_cnn_peer_caps_forget_all ();
  return gst_cnn_upstream_event (&self->upstream, GST_ELEMENT (self), event, send_to_branches);
}

/* --- Events from branches ------------------------------------------------------------------------- */

/* Downstream is flushed when all branches are, or when it asked for it. */
static void
start_flush (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  const guint32 seqnum = gst_event_get_seqnum (event);
  g_mutex_lock (&self->lock);
  pad->flushing = TRUE;
  pad->flush_seqnum = seqnum;
  gboolean all = TRUE;
  for (guint i = 0; i < pads->len; i++)
    all &= GST_CNN_MERGE_PAD (pads->pdata[i])->flushing;
  const gboolean passes = !self->flushing && (all || seqnum == self->seek_seqnum);
  self->flushing |= passes;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (passes)
    gst_pad_push_event (self->srcpad, event);
  else
    gst_event_unref (event);
}

static void
stop_flush (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  g_mutex_lock (&self->lock);
  gst_cnn_merge_pad_flush (pad);
  pad->flushing = pad->awaits_flush = FALSE;
  const gboolean passes = may_end_flush (self);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (passes)
    gst_pad_push_event (self->srcpad, event);
  else
    gst_event_unref (event);
}

/* A branch that had ended may go on in a new stream. */
static void
receive_stream_start (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  guint group_id;
  g_mutex_lock (&self->lock);
  pad->thread = g_thread_self ();
  if (self->group_id == GST_GROUP_ID_INVALID && gst_event_parse_group_id (event, &group_id))
    self->group_id = group_id;
  if (pad->is_eos) {
    pad->is_eos = FALSE;
    self->ended = self->stream_started = FALSE;
    self->flow = GST_FLOW_OK;
  }
  g_mutex_unlock (&self->lock);
  gst_event_unref (event);
}

/* Caps that cannot be read end the stream with a sentence; those that do not fit the other branches are
 * refused when frames meet. */
static void
receive_caps (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  GstCaps *caps;
  GstCnnStreamInfo info;
  CnnError error, with_pad;
  gst_event_parse_caps (event, &caps);
  const gboolean valid = gst_cnn_stream_info_from_caps (&info, caps, &error);
  if (!valid) {
    cnn_error_set (&with_pad, "%s: %s", GST_OBJECT_NAME (pad), error.message);
    gst_cnn_layer_common_post_error (&self->common, &with_pad);
  }
  g_mutex_lock (&self->lock);
  self->ended = !valid;
  g_mutex_unlock (&self->lock);
  gst_cnn_merge_put_event (self, pad, event);
}

/* The time without a frame takes the place of one. */
static void
receive_gap (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  GstBuffer *gap = gst_buffer_new ();
  gst_event_parse_gap (event, &GST_BUFFER_PTS (gap), &GST_BUFFER_DURATION (gap));
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DROPPABLE);
  gst_event_unref (event);
  gst_cnn_merge_put_frame (self, pad, gap);
}

static gboolean
gst_cnn_merge_sink_event (GstPad *sinkpad, GstObject *parent, GstEvent *event)
{
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  GstCnnMergePad *pad = GST_CNN_MERGE_PAD (sinkpad);
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    start_flush (self, pad, event);
    return TRUE;
  case GST_EVENT_FLUSH_STOP:
    stop_flush (self, pad, event);
    return TRUE;
  case GST_EVENT_STREAM_START:
    receive_stream_start (self, pad, event);
    return TRUE;
  case GST_EVENT_CAPS:
    receive_caps (self, pad, event);
    return TRUE;
  case GST_EVENT_GAP:
    receive_gap (self, pad, event);
    return TRUE;
  default:
    if (GST_EVENT_IS_SERIALIZED (event)) {
      gst_cnn_merge_put_event (self, pad, event);
      return TRUE;
    }
    if (is_first (self, sinkpad))
      return gst_pad_push_event (self->srcpad, event);
    gst_event_unref (event);
    return TRUE;
  }
}

static GstFlowReturn
gst_cnn_merge_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  return gst_cnn_merge_put_frame (GST_CNN_MERGE (parent), GST_CNN_MERGE_PAD (pad), buffer);
}

/* --- Pads ----------------------------------------------------------------------------------------- */

/* Threads that wait must not wait for a pad that stops. */
static gboolean
gst_cnn_merge_activate_sink (GstPad *sinkpad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstCnnMergePad *pad = GST_CNN_MERGE_PAD (sinkpad);
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  if (!parent) { /* a pad that is about to be added */
    pad->flushing = !active;
    return TRUE;
  }
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  g_mutex_lock (&self->lock);
  pad->flushing = !active;
  if (active)
    gst_cnn_merge_pad_reset (pad);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Nor for a buffer of a pool that gives none any longer. */
static gboolean
gst_cnn_merge_activate_src (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstCnnMerge *self = GST_CNN_MERGE (parent);
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  GST_OBJECT_LOCK (self);
  GstBufferPool *pool = self->pool && !active ? gst_object_ref (self->pool) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (pool) {
    gst_buffer_pool_set_flushing (pool, TRUE);
    gst_object_unref (pool);
  }
  return TRUE;
}

/* The pad's number, of its name or the next one; -1 when the name is none. */
static gint64
choose_number (GstCnnMerge *self, const gchar *name)
{
  guint64 number;
  GST_OBJECT_LOCK (self);
  number = self->n_requested;
  GST_OBJECT_UNLOCK (self);
  if (name &&
      (!g_str_has_prefix (name, "sink_") || !g_ascii_string_to_unsigned (name + strlen ("sink_"),
                                                10, 0, G_MAXUINT - 1, &number, NULL)))
    return -1;
  GST_OBJECT_LOCK (self);
  self->n_requested = MAX (self->n_requested, (guint)number + 1);
  GST_OBJECT_UNLOCK (self);
  return (gint64)number;
}

static GstPad *
gst_cnn_merge_request_new_pad (
    GstElement *element, GstPadTemplate *templ, const gchar *wanted, const GstCaps *caps)
{
  GstCnnMerge *self = GST_CNN_MERGE (element);
  const gint64 number = choose_number (self, wanted);
  if (number < 0) {
    GST_CNN_WARNING (self, "a pad cannot be called %s, only sink_0, sink_1 ...", wanted);
    return NULL;
  }
  g_autofree gchar *name = g_strdup_printf ("sink_%u", (guint)number);
  g_autoptr (GstPad) existing = gst_element_get_static_pad (element, name);
  if (existing) {
    GST_CNN_WARNING (self, "there is a pad %s already", name);
    return NULL;
  }
  GstPad *pad = g_object_new (
      GST_TYPE_CNN_MERGE_PAD, "name", name, "direction", GST_PAD_SINK, "template", templ, NULL);
  gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (gst_cnn_merge_chain));
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (gst_cnn_merge_sink_event));
  gst_pad_set_query_function (pad, GST_DEBUG_FUNCPTR (gst_cnn_merge_sink_query));
  gst_pad_set_activatemode_function (pad, GST_DEBUG_FUNCPTR (gst_cnn_merge_activate_sink));
  gst_object_ref (pad);
  if (g_atomic_int_get (&self->common.started))
    gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  gst_object_unref (pad);
  return pad;
}

/* A branch more or less. */
static void
gst_cnn_merge_release_pad (GstElement *element, GstPad *pad)
{
  GstCnnMerge *self = GST_CNN_MERGE (element);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
start (GstCnnMerge *self)
{
  CnnError error;
  if (!gst_cnn_layer_common_start (&self->common, &error)) {
    gst_cnn_layer_common_post_settings_error (&self->common, &error);
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  self->flow = GST_FLOW_OK;
  self->flushing = self->ended = self->warned = self->stream_started = FALSE;
  self->group_id = GST_GROUP_ID_INVALID;
  self->seek_seqnum = GST_SEQNUM_INVALID;
  self->branch_latency = 0;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
stop (GstCnnMerge *self)
{
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < pads->len; i++)
    gst_cnn_merge_pad_reset (pads->pdata[i]);
  g_mutex_unlock (&self->lock);
  gst_cnn_merge_forget_join (self);
  gst_cnn_layer_common_stop (&self->common);
}

static GstStateChangeReturn
gst_cnn_merge_change_state (GstElement *element, GstStateChange transition)
{
  GstCnnMerge *self = GST_CNN_MERGE (element);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS (gst_cnn_merge_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop (self);
  return result;
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
gst_cnn_merge_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  if (id < GST_CNN_LAYER_N_PROPERTIES) {
    gst_cnn_layer_common_set_property (&self->common, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->mode = (CnnMergeMode)word;
    break;
  case PROP_AXIS:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->axis = (CnnMergeAxis)word;
    break;
  case PROP_ACTIVATION:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->activation = (CnnActivation)word;
    break;
  case PROP_ALPHA:
    valid = gst_cnn_double_array_set (&self->alpha, pspec->name, value, &error);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_common_property_set (&self->common, pspec, valid ? NULL : &error);
}

static void
gst_cnn_merge_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  if (id < GST_CNN_LAYER_N_PROPERTIES) {
    gst_cnn_layer_common_get_property (&self->common, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    g_value_set_enum (value, (gint)self->mode);
    break;
  case PROP_AXIS:
    g_value_set_enum (value, (gint)self->axis);
    break;
  case PROP_ACTIVATION:
    g_value_set_enum (value, (gint)self->activation);
    break;
  case PROP_ALPHA:
    gst_cnn_double_array_get (&self->alpha, value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_merge_finalize (GObject *object)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  gst_cnn_double_array_clear (&self->alpha);
  gst_cnn_layer_common_clear (&self->common);
  gst_cnn_peer_caps_clear (&self->downstream);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_cnn_merge_parent_class)->finalize (object);
}

static void
gst_cnn_merge_init (GstCnnMerge *self)
{
  gst_cnn_layer_common_init (&self->common, GST_ELEMENT (self));
  gst_cnn_peer_caps_init (&self->downstream);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->mode = DEFAULT_MODE;
  self->axis = DEFAULT_AXIS;
  self->alpha.values = g_new (gdouble, 1);
  self->alpha.values[0] = 0.01;
  self->alpha.count = 1;
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, GST_DEBUG_FUNCPTR (gst_cnn_merge_src_event));
  gst_pad_set_query_function (self->srcpad, GST_DEBUG_FUNCPTR (gst_cnn_merge_src_query));
  gst_pad_set_activatemode_function (self->srcpad, GST_DEBUG_FUNCPTR (gst_cnn_merge_activate_src));
  GST_PAD_SET_ACCEPT_TEMPLATE (self->srcpad);
  GST_PAD_SET_ACCEPT_INTERSECT (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}

static void
install_properties (GObjectClass *object_class)
{
  gst_cnn_layer_common_install_properties (object_class);
  g_object_class_install_property (object_class, PROP_MODE,
      gst_cnn_param_spec_enum ("mode", "Mode", "How branches become one", GST_TYPE_CNN_MERGE_MODE,
          DEFAULT_MODE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_AXIS,
      gst_cnn_param_spec_enum ("axis", "Axis", "Along which mode=concat lines up the branches",
          GST_TYPE_CNN_MERGE_AXIS, DEFAULT_AXIS, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ACTIVATION,
      gst_cnn_param_spec_enum ("activation", "Activation", "Function applied to each output",
          GST_TYPE_CNN_ACTIVATION, CNN_ACTIVATION_NONE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ALPHA,
      gst_cnn_param_spec_double_array ("alpha", "Alpha",
          "Slope of leaky-relu and elu, slope or per-channel slopes of prelu", "<0.01>"));
}

static void
gst_cnn_merge_class_init (GstCnnMergeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_cnn_merge_set_property;
  object_class->get_property = gst_cnn_merge_get_property;
  object_class->finalize = gst_cnn_merge_finalize;
  install_properties (object_class);
  element_class->request_new_pad = GST_DEBUG_FUNCPTR (gst_cnn_merge_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_cnn_merge_release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_cnn_merge_change_state);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &sink_template, GST_TYPE_CNN_MERGE_PAD);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Merge of branches", "Filter/Effect/Video",
      "Joins the branches of a network: concatenation, sum or product (torch.cat)",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_MERGE_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_MERGE_AXIS, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_MERGE_PAD, 0);
}
