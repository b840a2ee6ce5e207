/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge/gstcnnmergepad.h"

#include "merge/gstcnnmerge-private.h"

#include <string.h>

#define NO_TIME G_MININT64

G_DEFINE_TYPE (GstCnnMergePad, gst_cnn_merge_pad, GST_TYPE_PAD)

static guint64
pad_number (GstPad *pad)
{
  return g_ascii_strtoull (GST_PAD_NAME (pad) + strlen ("sink_"), NULL, 10);
}

static gint
compare_pads (gconstpointer a, gconstpointer b)
{
  const guint64 first = pad_number (*(GstPad *const *)a), second = pad_number (*(GstPad *const *)b);
  return first < second ? -1 : first > second;
}

GPtrArray *
gst_cnn_merge_pads (GstElement *element)
{
  GPtrArray *pads = g_ptr_array_new_with_free_func (gst_object_unref);
  GST_OBJECT_LOCK (element);
  for (GList *item = element->sinkpads; item; item = item->next)
    g_ptr_array_add (pads, gst_object_ref (item->data));
  GST_OBJECT_UNLOCK (element);
  g_ptr_array_sort (pads, compare_pads);
  return pads;
}

GstCnnChain
gst_cnn_merge_pad_chain (const GstCnnMergePad *pad)
{
  GstCnnChain chain;
  if (pad->has_chain && pad->chain.output.h == pad->info.shape.h &&
      pad->chain.output.w == pad->info.shape.w)
    return pad->chain;
  gst_cnn_chain_init (&chain, pad->info.shape);
  return chain;
}

/* --- The queue ------------------------------------------------------------------------------------ */

void
gst_cnn_merge_pad_append (GstCnnMergePad *pad, GstMiniObject *item)
{
  pad->thread = g_thread_self ();
  g_queue_push_tail (&pad->items, item);
  if (!GST_IS_BUFFER (item))
    return;
  pad->last_frame = g_get_monotonic_time ();
  pad->n_frames++;
  pad->bytes += gst_buffer_get_size (GST_BUFFER_CAST (item));
  g_queue_push_tail (&pad->arrivals, GUINT_TO_POINTER ((guint)(pad->last_frame / 1000)));
}

/* A frame leaves the queue: when it came, in ms. */
static guint
count_out (GstCnnMergePad *pad, GstBuffer *frame)
{
  pad->n_frames--;
  pad->bytes -= gst_buffer_get_size (frame);
  return GPOINTER_TO_UINT (g_queue_pop_head (&pad->arrivals));
}

void
gst_cnn_merge_pad_drop_oldest (GstCnnMergePad *pad)
{
  for (GList *link = pad->items.head; link; link = link->next) {
    GstMiniObject *item = link->data;
    if (!GST_IS_BUFFER (item))
      continue;
    count_out (pad, GST_BUFFER_CAST (item));
    g_queue_delete_link (&pad->items, link);
    gst_mini_object_unref (item);
    return;
  }
}

/* Caps and whatever else upstream does not say again. */
static gboolean
outlives_flush (GstMiniObject *item)
{
  return GST_IS_EVENT (item) && GST_EVENT_IS_STICKY (item) &&
         GST_EVENT_TYPE (item) != GST_EVENT_SEGMENT && GST_EVENT_TYPE (item) != GST_EVENT_EOS;
}

void
gst_cnn_merge_pad_flush (GstCnnMergePad *pad)
{
  for (GList *link = pad->items.head, *next; link; link = next) {
    GstMiniObject *item = link->data;
    next = link->next;
    if (outlives_flush (item))
      continue;
    g_queue_delete_link (&pad->items, link);
    gst_mini_object_unref (item);
  }
  g_queue_clear (&pad->arrivals);
  pad->n_frames = 0;
  pad->bytes = 0;
  pad->last_frame = pad->starving_since = 0;
  pad->is_eos = FALSE;
  gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
}

void
gst_cnn_merge_pad_reset (GstCnnMergePad *pad)
{
  gst_cnn_merge_pad_flush (pad);
  g_queue_clear_full (&pad->items, (GDestroyNotify)gst_mini_object_unref);
  pad->thread = NULL;
  pad->room = GST_CNN_MERGE_ROOM;
  pad->lag = 0;
  pad->awaits_flush = FALSE;
  pad->flush_seqnum = GST_SEQNUM_INVALID;
  pad->latency = 0;
  pad->has_info = pad->has_chain = FALSE;
  gst_clear_caps (&pad->caps);
  g_clear_pointer (&pad->previous, g_free);
}

static GstBuffer *
first_frame (const GstCnnMergePad *pad)
{
  for (GList *link = pad->items.head; link; link = link->next)
    if (GST_IS_BUFFER (link->data))
      return link->data;
  return NULL;
}

GstClockTime
gst_cnn_merge_pad_waiting_time (GstCnnMergePad *pad)
{
  GstBuffer *first = first_frame (pad), *last = NULL;
  for (GList *link = pad->items.tail; link && !last; link = link->prev)
    if (GST_IS_BUFFER (link->data))
      last = link->data;
  if (!first || !GST_BUFFER_PTS_IS_VALID (first) || !GST_BUFFER_PTS_IS_VALID (last) ||
      GST_BUFFER_PTS (last) < GST_BUFFER_PTS (first))
    return 0;
  return GST_BUFFER_PTS (last) - GST_BUFFER_PTS (first);
}

/* --- Events before a frame ------------------------------------------------------------------------ */

static void
read_caps (GstCnnMergePad *pad, GstEvent *event, GstCnnMergeEvents *events)
{
  GstCaps *caps;
  GstCnnStreamInfo info;
  gst_event_parse_caps (event, &caps);
  if (pad->caps && gst_caps_is_equal (caps, pad->caps))
    return;
  gst_caps_replace (&pad->caps, caps);
  pad->has_info = gst_cnn_stream_info_from_caps (&info, caps, NULL);
  pad->info = info;
  events->new_caps = TRUE;
}

static void
read_event (GstCnnMergePad *pad, GstEvent *event, gboolean is_first, GstCnnMergeEvents *events)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    read_caps (pad, event, events);
    break;
  case GST_EVENT_SEGMENT:
    gst_event_copy_segment (event, &pad->segment);
    pad->segment_seqnum = gst_event_get_seqnum (event);
    break;
  case GST_EVENT_EOS:
    pad->is_eos = TRUE;
    break;
  default:
    if (gst_cnn_chain_event_parse (event, &pad->chain)) {
      pad->has_chain = events->new_chain = TRUE;
      g_free (pad->previous);
      pad->previous = g_strdup (gst_cnn_chain_event_element (event));
    } else if (is_first) {
      g_ptr_array_add (events->events, gst_event_ref (event));
    }
  }
}

/* Everything up to the next frame. */
static void
read_events (GstCnnMergePad *pad, gboolean is_first, GstCnnMergeEvents *events)
{
  while (!g_queue_is_empty (&pad->items) && GST_IS_EVENT (g_queue_peek_head (&pad->items))) {
    GstEvent *event = g_queue_pop_head (&pad->items);
    read_event (pad, event, is_first, events);
    gst_event_unref (event);
  }
}

/* --- Matching ------------------------------------------------------------------------------------- */

static gboolean
is_gap (GstBuffer *frame)
{
  return GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_GAP) && gst_buffer_get_size (frame) == 0;
}

/* Running time, negative for frames before the segment, or NO_TIME. */
static gint64
frame_time (const GstCnnMergePad *pad, GstBuffer *frame)
{
  guint64 time;
  gint sign = 0;
  if (GST_BUFFER_PTS_IS_VALID (frame) && pad->segment.format == GST_FORMAT_TIME)
    sign = gst_segment_to_running_time_full (
        &pad->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (frame), &time);
  return sign == 0 ? NO_TIME : sign > 0 ? (gint64)time : -(gint64)time;
}

/* How long a frame is shown; G_MAXINT64 when nobody says. */
static gint64
frame_duration (const GstCnnMergePad *pad, GstBuffer *frame)
{
  if (!is_gap (frame) && GST_BUFFER_DURATION_IS_VALID (frame) && GST_BUFFER_DURATION (frame) > 0)
    return (gint64)GST_BUFFER_DURATION (frame);
  if (pad->has_info && pad->info.fps_n > 0)
    return (gint64)gst_util_uint64_scale_int (GST_SECOND, pad->info.fps_d, pad->info.fps_n);
  return G_MAXINT64;
}

static GstCnnMatch
drop_old_frames (const GPtrArray *pads)
{
  gint64 latest = NO_TIME, shortest = G_MAXINT64;
  for (guint i = 0; i < pads->len; i++) {
    GstBuffer *frame = first_frame (pads->pdata[i]);
    latest = MAX (latest, frame_time (pads->pdata[i], frame));
    shortest = MIN (shortest, frame_duration (pads->pdata[i], frame));
  }
  const gint64 tolerance = shortest == G_MAXINT64 ? 0 : shortest / 2;
  GstCnnMatch match = GST_CNN_MATCH_FOUND;
  for (guint i = 0; i < pads->len; i++) {
    GstBuffer *frame = first_frame (pads->pdata[i]);
    const gint64 time = frame_time (pads->pdata[i], frame);
    if (time == NO_TIME || latest - time <= tolerance)
      continue;
    GST_CNN_DEBUG (
        pads->pdata[i], "dropping a frame that no other branch has: %" GST_PTR_FORMAT, frame);
    gst_cnn_merge_pad_drop_oldest (pads->pdata[i]);
    match = GST_CNN_MATCH_DROPPED;
  }
  return match;
}

/* A new lag counts at once when it is longer, and little by little when it is shorter. */
static void
take_all (const GPtrArray *pads, GPtrArray *frames)
{
  g_autofree guint *arrivals = g_new (guint, pads->len);
  guint earliest = 0;
  for (guint i = 0; i < pads->len; i++) {
    GstCnnMergePad *pad = pads->pdata[i];
    g_ptr_array_add (frames, g_queue_pop_head (&pad->items));
    arrivals[i] = count_out (pad, frames->pdata[i]);
    if (i == 0 || (gint)(arrivals[i] - earliest) < 0)
      earliest = arrivals[i];
    pad->starving_since = 0;
  }
  for (guint i = 0; i < pads->len; i++) {
    GstCnnMergePad *pad = pads->pdata[i];
    pad->lag = MAX ((gint64)(arrivals[i] - earliest) * 1000, pad->lag - pad->lag / 8);
  }
}

GstCnnMatch
gst_cnn_merge_take_frames (const GPtrArray *pads, GPtrArray *frames, GstCnnMergeEvents *events)
{
  GstCnnMatch match = pads->len > 0 ? GST_CNN_MATCH_FOUND : GST_CNN_MATCH_WAIT;
  for (guint i = 0; i < pads->len; i++)
    read_events (pads->pdata[i], i == 0, events);
  for (guint i = 0; i < pads->len && match != GST_CNN_MATCH_EOS; i++) {
    const GstCnnMergePad *pad = pads->pdata[i];
    if (pad->n_frames == 0)
      match = pad->is_eos ? GST_CNN_MATCH_EOS : GST_CNN_MATCH_WAIT;
  }
  if (match == GST_CNN_MATCH_FOUND)
    match = drop_old_frames (pads);
  if (match != GST_CNN_MATCH_FOUND)
    return match;
  for (guint i = 0; i < pads->len; i++)
    if (is_gap (first_frame (pads->pdata[i])))
      match = GST_CNN_MATCH_GAP;
  take_all (pads, frames);
  return match;
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
gst_cnn_merge_pad_finalize (GObject *object)
{
  gst_cnn_merge_pad_reset (GST_CNN_MERGE_PAD (object));
  G_OBJECT_CLASS (gst_cnn_merge_pad_parent_class)->finalize (object);
}

static void
gst_cnn_merge_pad_init (GstCnnMergePad *pad)
{
  g_queue_init (&pad->items);
  g_queue_init (&pad->arrivals);
  pad->flushing = TRUE;
  gst_cnn_merge_pad_reset (pad);
}

static void
gst_cnn_merge_pad_class_init (GstCnnMergePadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_cnn_merge_pad_finalize;
}
