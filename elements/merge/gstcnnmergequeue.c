/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which thread joins frames, and which one waits.
 *
 * A branch puts its frame into the queue of its pad; the thread that completes a set joins it and pushes the
 * result, so that branches need no queue of their own, and no frame is handed to another thread. While it
 * does, threads that come leave their frames to it.
 *
 * A queue with as many frames as it has room for is full, and its thread waits. It must not wait for itself:
 * when a frame that is missing comes by the same thread (a tee without queues pushes one branch after the
 * other), that frame can only come once this one is put down, so it is put down. When the missing frames come
 * by other threads, it waits for them. Their branch may drop frames, and then brings nothing until this
 * thread has gone on: so the wait ends when nothing has come for SHORT_PATIENCE, or for several times what that
 * branch needs for a frame, and from then on the queue has room for one more. In the end, at MAX_FRAMES or
 * MAX_BYTES, the oldest frame is given up, as one that no other branch has.
 *
 * A branch from which nothing at all came, no event either, is a source of its own that starts late, and is
 * waited for as long as it takes; unless the thread that would wait is among those that feed it. */
#include "merge/gstcnnmerge-private.h"

#define MAX_FRAMES 64
#define MAX_BYTES ((gsize)256 << 20)

/* In us. LONG: for the first frame, before which weights are read, and before a frame is given up. */
#define SHORT_PATIENCE (100 * G_TIME_SPAN_MILLISECOND)
#define LONG_PATIENCE G_TIME_SPAN_SECOND
#define PATIENCE_LAGS 4

/* More elements than are looked at one after the other. */
#define MAX_STEPS 1000

/* --- Joining -------------------------------------------------------------------------------------- */

/* Downstream is to know a stream before anything else of it. */
static void
start_stream (GstCnnMerge *self, guint group_id)
{
  gchar *id = g_strdup_printf ("cnnmerge-%08x", g_random_int ());
  GstEvent *event = gst_event_new_stream_start (id);
  if (group_id != GST_GROUP_ID_INVALID)
    gst_event_set_group_id (event, group_id);
  gst_pad_push_event (self->srcpad, event);
  g_free (id);
}

/* A gap in one branch is a gap in the output. */
static GstFlowReturn
pass_gap (GstCnnMerge *self, GstBuffer *first)
{
  if (self->merge && GST_BUFFER_PTS_IS_VALID (first))
    gst_pad_push_event (
        self->srcpad, gst_event_new_gap (GST_BUFFER_PTS (first), GST_BUFFER_DURATION (first)));
  return GST_FLOW_OK;
}

/* All that follows from one look at the queues. */
typedef struct {
  GPtrArray *pads, *frames, *events;
  GstSegment segment;
  guint32 segment_seqnum;
  guint group_id;
  gboolean start_stream;
} Set;

static void
set_clear (Set *set)
{
  g_ptr_array_unref (set->pads);
  g_ptr_array_unref (set->frames);
  g_ptr_array_unref (set->events);
}

/* With the lock. */
static GstCnnMatch
take_set (GstCnnMerge *self, Set *set)
{
  *set = (Set){.pads = gst_cnn_merge_pads (GST_ELEMENT (self)),
      .frames = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_mini_object_unref),
      .events = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_mini_object_unref)};
  GstCnnMergeEvents events = {.events = set->events};
  const GstCnnMatch match = gst_cnn_merge_take_frames (set->pads, set->frames, &events);
  self->new_branches |= events.new_caps;
  self->new_chain |= events.new_chain;
  if (set->pads->len > 0) {
    const GstCnnMergePad *first = set->pads->pdata[0];
    set->segment = first->segment;
    set->segment_seqnum = first->segment_seqnum;
  }
  set->group_id = self->group_id;
  set->start_stream = !self->stream_started;
  return match;
}

/* Without the lock, while `busy`. */
static GstFlowReturn
push_set (GstCnnMerge *self, GstCnnMatch match, const Set *set)
{
  if (set->start_stream)
    start_stream (self, set->group_id);
  for (guint i = 0; i < set->events->len; i++)
    gst_pad_push_event (self->srcpad, gst_event_ref (set->events->pdata[i]));
  switch (match) {
  case GST_CNN_MATCH_FOUND:
    return gst_cnn_merge_process (self, set->pads, set->frames, &set->segment, set->segment_seqnum);
  case GST_CNN_MATCH_GAP:
    return pass_gap (self, set->frames->pdata[0]);
  case GST_CNN_MATCH_EOS:
    GST_CNN_DEBUG (self, "a branch has ended, and with it the stream");
    gst_pad_push_event (self->srcpad, gst_event_new_eos ());
    return GST_FLOW_EOS;
  default:
    return GST_FLOW_OK;
  }
}

/* With the lock, which is released meanwhile: joins all that can be joined, unless another thread is at it,
 * which will look at the queues again. */
static void
join_all (GstCnnMerge *self)
{
  gboolean more = TRUE;
  while (more && !self->busy && !self->ended && !self->flushing) {
    Set set;
    const GstCnnMatch match = take_set (self, &set);
    more = match != GST_CNN_MATCH_WAIT;
    if (match != GST_CNN_MATCH_WAIT && match != GST_CNN_MATCH_DROPPED)
      self->warned = FALSE;
    if ((more && match != GST_CNN_MATCH_DROPPED) || set.events->len > 0) {
      const guint n_flushes = self->n_flushes;
      self->busy = self->stream_started = TRUE;
      if (self->segment_flushes != n_flushes) /* downstream forgot it */
        gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
      self->segment_flushes = n_flushes;
      g_mutex_unlock (&self->lock);
      const GstFlowReturn flow = push_set (self, match, &set);
      g_mutex_lock (&self->lock);
      self->busy = FALSE;
      if (n_flushes == self->n_flushes) {
        self->ended = match == GST_CNN_MATCH_EOS || flow == GST_FLOW_CUSTOM_ERROR;
        self->flow = self->ended ? GST_FLOW_EOS : flow;
      }
      more = TRUE; /* others may have put frames down meanwhile */
    }
    set_clear (&set);
    g_cond_broadcast (&self->changed);
  }
}

/* --- Waiting -------------------------------------------------------------------------------------- */

/* A branch that is early by the latency of others keeps as much. */
static gboolean
is_full (GstCnnMerge *self, GstCnnMergePad *pad)
{
  if (pad->n_frames < pad->room)
    return FALSE;
  return self->branch_latency <= pad->latency ||
         gst_cnn_merge_pad_waiting_time (pad) >= self->branch_latency - pad->latency;
}

static gboolean
is_at_limit (const GstCnnMergePad *pad)
{
  return pad->n_frames >= MAX_FRAMES ||
         (pad->n_frames > 2 * GST_CNN_MERGE_ROOM && pad->bytes > MAX_BYTES);
}

static gboolean
has_task (GstPad *pad)
{
  GST_OBJECT_LOCK (pad);
  const gboolean has = GST_PAD_TASK (pad) != NULL;
  GST_OBJECT_UNLOCK (pad);
  return has;
}

/* The other side of the link, or what is on the other side of the element. Takes the pad. */
static GstPad *
step_upstream (GstPad *pad)
{
  GstPad *next = NULL;
  if (GST_PAD_IS_SINK (pad)) {
    next = gst_pad_get_peer (pad);
  } else {
    GValue item = G_VALUE_INIT;
    GstIterator *links = gst_pad_iterate_internal_links (pad);
    if (links && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
      next = g_value_dup_object (&item);
      g_value_unset (&item);
    }
    g_clear_pointer (&links, gst_iterator_free);
  }
  gst_object_unref (pad);
  return next;
}

/* The next pad upstream that has a thread, or NULL. Takes the pad. */
static GstPad *
next_driver (GstPad *pad)
{
  pad = step_upstream (pad);
  for (guint steps = 0; pad && !has_task (pad); steps++) {
    pad = step_upstream (pad);
    if (steps > MAX_STEPS)
      gst_clear_object (&pad);
  }
  return pad;
}

typedef enum { FEEDS_NOT, FEEDS_BY_THREADS, FEEDS_ITSELF } Feeding;

/* Whether the thread that brings the frames of `pad` brings, by itself or by others, those of `other`. */
static Feeding
find_feeding (GstCnnMergePad *pad, GstCnnMergePad *other)
{
  GstPad *own = next_driver (gst_object_ref (GST_PAD (pad)));
  GstPad *driver = next_driver (gst_object_ref (GST_PAD (other)));
  Feeding feeding = own && driver == own ? FEEDS_ITSELF : FEEDS_NOT;
  while (own && driver && feeding == FEEDS_NOT) {
    driver = next_driver (driver);
    if (driver == own)
      feeding = FEEDS_BY_THREADS;
  }
  gst_clear_object (&driver);
  gst_clear_object (&own);
  return feeding;
}

/* The monotonic time until which a frame of a branch is waited for, 0 when it comes by this thread. With the
 * lock, which is released meanwhile. */
static gint64
waiting_ends_for (GstCnnMerge *self, GstCnnMergePad *pad, GstCnnMergePad *other)
{
  if (other->thread == g_thread_self ())
    return 0;
  if (!other->thread) {
    g_mutex_unlock (&self->lock);
    const Feeding feeding = find_feeding (pad, other);
    g_mutex_lock (&self->lock);
    if (feeding == FEEDS_NOT)
      return G_MAXINT64;
    if (feeding == FEEDS_ITSELF)
      return 0;
  }
  const gint64 least = other->last_frame == 0 || is_at_limit (pad) ? LONG_PATIENCE : SHORT_PATIENCE;
  return MAX (other->last_frame, pad->starving_since) + MAX (least, PATIENCE_LAGS * other->lag);
}

/* The same for all frames that are missing beside those of `pad`. */
static gint64
waiting_ends (GstCnnMerge *self, GstCnnMergePad *pad)
{
  g_autoptr (GPtrArray) pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  gint64 end = 1;
  if (pad->starving_since == 0)
    pad->starving_since = g_get_monotonic_time ();
  for (guint i = 0; i < pads->len && end > 0; i++) {
    GstCnnMergePad *other = pads->pdata[i];
    if (other == pad || other->n_frames > 0)
      continue;
    const gint64 its_end = waiting_ends_for (self, pad, other);
    end = its_end == 0 ? 0 : MAX (end, its_end);
  }
  return end;
}

/* Frames have waited for a branch in vain. */
static void
give_up_oldest (GstCnnMerge *self, GstCnnMergePad *pad)
{
  const gboolean warn = !self->warned;
  const guint n_frames = pad->n_frames;
  self->warned = TRUE;
  GST_CNN_DEBUG (pad, "giving up the oldest of %u frames that no other branch has", n_frames);
  gst_cnn_merge_pad_drop_oldest (pad);
  if (!warn)
    return;
  g_mutex_unlock (&self->lock);
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: %u frames of %s wait for those of another branch, which drops or holds them: the "
       "oldest wait no longer",
          GST_OBJECT_NAME (self), n_frames, GST_OBJECT_NAME (pad)),
      (NULL));
  g_mutex_lock (&self->lock);
}

/* With the lock, which is released meanwhile. */
static void
wait_for_room (GstCnnMerge *self, GstCnnMergePad *pad)
{
  while (!pad->flushing && !self->ended && is_full (self, pad)) {
    join_all (self);
    if (pad->flushing || self->ended || !is_full (self, pad))
      return;
    const gint64 end = self->busy || self->flushing ? G_MAXINT64 : waiting_ends (self, pad);
    const gint64 now = g_get_monotonic_time ();
    if (pad->flushing || self->ended)
      return;
    if (now >= end) {
      if (end > 0 && pad->room < MAX_FRAMES)
        GST_CNN_DEBUG (pad, "other branches lag behind");
      pad->room = MIN (pad->room + (end > 0), MAX_FRAMES);
      break;
    }
    GST_CNN_LOG (pad, "%u frames wait for other branches", pad->n_frames);
    g_cond_wait_until (&self->changed, &self->lock, MIN (end, now + 10 * G_TIME_SPAN_SECOND));
  }
  if (is_at_limit (pad))
    give_up_oldest (self, pad);
}

GstFlowReturn
gst_cnn_merge_put_frame (GstCnnMerge *self, GstCnnMergePad *pad, GstBuffer *frame)
{
  GstFlowReturn flow = GST_FLOW_FLUSHING;
  g_mutex_lock (&self->lock);
  pad->thread = g_thread_self ();
  wait_for_room (self, pad);
  if (!pad->flushing && !self->ended) {
    gst_cnn_merge_pad_append (pad, GST_MINI_OBJECT_CAST (frame));
    join_all (self);
  } else {
    gst_buffer_unref (frame);
  }
  if (!pad->flushing)
    flow = self->ended ? GST_FLOW_EOS : self->flow;
  g_mutex_unlock (&self->lock);
  return flow;
}

void
gst_cnn_merge_put_event (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  g_mutex_lock (&self->lock);
  if (pad->flushing) {
    gst_event_unref (event);
  } else {
    gst_cnn_merge_pad_append (pad, GST_MINI_OBJECT_CAST (event));
    join_all (self);
  }
  g_mutex_unlock (&self->lock);
}
