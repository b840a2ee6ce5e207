/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnview-private.h"

#define GST_CAT_DEFAULT gst_cnn_view_debug

/* Microseconds that a redraw waits for further changes. */
#define GATHERING 5000

static gboolean ends_in_this_thread (GstPad *pad);

/* One step of an iteration over the pads that a pad leads to. */
static gboolean
stays_in_this_thread (const GValue *item, GValue *result, gpointer unused)
{
  GstPad *pad = g_value_get_object (item);
  const gboolean stays =
      gst_pad_get_task_state (pad) == GST_TASK_STOPPED && ends_in_this_thread (pad);
  g_value_set_boolean (result, stays);
  return stays;
}

/* TRUE when what is pushed on the pad reaches its sinks before the push returns. */
static gboolean
ends_in_this_thread (GstPad *pad)
{
  GstPad *peer = gst_pad_get_peer (pad);
  if (!peer)
    return TRUE;
  GstIterator *links = gst_pad_iterate_internal_links (peer);
  GValue result = G_VALUE_INIT;
  g_value_init (&result, G_TYPE_BOOLEAN);
  GstIteratorResult end = GST_ITERATOR_DONE;
  do {
    g_value_set_boolean (&result, TRUE);
    if (links && end == GST_ITERATOR_RESYNC)
      gst_iterator_resync (links);
    if (links)
      end = gst_iterator_fold (links, stays_in_this_thread, &result, NULL);
  } while (end == GST_ITERATOR_RESYNC);
  if (links)
    gst_iterator_free (links);
  gst_object_unref (peer);
  return end != GST_ITERATOR_ERROR && g_value_get_boolean (&result);
}

static gboolean
has_changes (GstCnnView *self)
{
  GST_OBJECT_LOCK (self);
  gboolean changed = self->changes != self->drawn_changes;
  GST_OBJECT_UNLOCK (self);
  return changed;
}

/* In a thread that nobody waits for: the start of a flush waits for the streaming thread, which the
 * sender of an event might keep from going on. Pads that flush take no events: those that a window sends
 * together, a movement and a click, arrive before. */
static void
start_flush (GstElement *element, gpointer unused)
{
  GstCnnView *self = GST_CNN_VIEW (element);
  GstCnnViewRedraw *redraw = &self->redraw;
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_usleep (GATHERING);
  g_atomic_int_set (&redraw->scheduled, FALSE);
  if (!g_atomic_int_get (&redraw->paused) || !has_changes (self))
    return;
  if (!ends_in_this_thread (pad)) {
    GST_DEBUG_OBJECT (self, "no redraw: a queue downstream would lose pictures by the flush");
    return;
  }
  g_mutex_lock (&redraw->lock);
  if (redraw->pushing && !redraw->flushed && !redraw->stream_flushing) {
    redraw->flushed = TRUE;
    GST_DEBUG_OBJECT (self, "redraw: flushing the picture that is shown");
    gst_pad_push_event (pad, gst_event_new_flush_start ());
  }
  g_mutex_unlock (&redraw->lock);
}

void
gst_cnn_view_redraw_wish (GstCnnView *self)
{
  if (g_atomic_int_get (&self->redraw.enabled) && g_atomic_int_get (&self->redraw.paused) &&
      g_atomic_int_compare_and_exchange (&self->redraw.scheduled, FALSE, TRUE)) {
    GST_DEBUG_OBJECT (self, "redraw scheduled");
    gst_element_call_async (GST_ELEMENT (self), start_flush, NULL, NULL);
  }
}

static void
count_change (GstCnnView *self)
{
  GST_OBJECT_LOCK (self);
  self->changes++;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
wish_now (GstClock *clock, GstClockTime time, GstClockID id, gpointer user_data)
{
  GstCnnView *self = user_data;
  count_change (self);
  gst_cnn_view_redraw_wish (self);
  return TRUE;
}

/* Takes the wish to come out of the clock; `next` takes its place. */
static void
replace_later (GstCnnView *self, GstClockID next)
{
  GST_OBJECT_LOCK (self);
  GstClockID later = self->redraw.later;
  self->redraw.later = next;
  GST_OBJECT_UNLOCK (self);
  if (later) {
    gst_clock_id_unschedule (later);
    gst_clock_id_unref (later);
  }
}

void
gst_cnn_view_redraw_wish_later (GstCnnView *self, GstClockTime delay)
{
  GstClock *clock = gst_system_clock_obtain ();
  GstClockID id = gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock) + delay);
  replace_later (self, gst_clock_id_ref (id));
  gst_clock_id_wait_async (id, wish_now, gst_object_ref (self), gst_object_unref);
  gst_clock_id_unref (id);
  gst_object_unref (clock);
}

void
gst_cnn_view_redraw_note_event (GstCnnView *self, GstEvent *event)
{
  const GstEventType type = GST_EVENT_TYPE (event);
  if (type == GST_EVENT_FLUSH_START || type == GST_EVENT_FLUSH_STOP) {
    g_mutex_lock (&self->redraw.lock);
    self->redraw.stream_flushing = type == GST_EVENT_FLUSH_START;
    g_mutex_unlock (&self->redraw.lock);
  } else if (type == GST_EVENT_RECONFIGURE) {
    /* Perhaps another size of the window. */
    count_change (self);
    gst_cnn_view_redraw_wish (self);
  }
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstCnnView *self = GST_CNN_VIEW (element);
  GstElementClass *parent = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);
  const gboolean pauses = GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_PAUSED;
  g_atomic_int_set (&self->redraw.paused, FALSE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    replace_later (self, NULL);
  GstStateChangeReturn change = parent->change_state (element, transition);
  if (change == GST_STATE_CHANGE_FAILURE || !pauses)
    return change;
  g_atomic_int_set (&self->redraw.paused, TRUE);
  if (has_changes (self))
    gst_cnn_view_redraw_wish (self);
  return change;
}

void
gst_cnn_view_redraw_drawn (GstCnnView *self)
{
  g_mutex_lock (&self->redraw.lock);
  self->redraw.pushing = TRUE;
  g_mutex_unlock (&self->redraw.lock);
  /* While it was drawn. */
  if (has_changes (self))
    gst_cnn_view_redraw_wish (self);
}

/* After a push: TRUE when we have freed it. The flush is over then. */
static gboolean
end_flush (GstCnnView *self)
{
  GstCnnViewRedraw *redraw = &self->redraw;
  g_mutex_lock (&redraw->lock);
  const gboolean ours = redraw->flushed && !redraw->stream_flushing;
  redraw->pushing = redraw->flushed = FALSE;
  if (ours)
    gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self), gst_event_new_flush_stop (FALSE));
  g_mutex_unlock (&redraw->lock);
  return ours;
}

static GstFlowReturn
push_again (GstCnnView *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  const GstBaseTransformClass *class = GST_BASE_TRANSFORM_GET_CLASS (self);
  GstBuffer *frame = self->redraw.frame, *picture = NULL;
  GstEvent *segment = gst_pad_get_sticky_event (base->sinkpad, GST_EVENT_SEGMENT, 0);
  if (segment)
    gst_pad_push_event (base->srcpad, segment);
  /* A window may have got another size. */
  if (!gst_base_transform_reconfigure (base))
    return GST_PAD_IS_FLUSHING (base->srcpad) ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  GstFlowReturn flow = class->prepare_output_buffer (base, frame, &picture);
  if (flow == GST_FLOW_OK)
    flow = class->transform (base, frame, picture);
  if (flow != GST_FLOW_OK) {
    gst_clear_buffer (&picture);
    return flow;
  }
  GST_BUFFER_FLAG_SET (picture, GST_BUFFER_FLAG_DISCONT);
  return gst_pad_push (base->srcpad, picture);
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *frame)
{
  GstCnnView *self = GST_CNN_VIEW (parent);
  GstCnnViewRedraw *redraw = &self->redraw;
  if (!g_atomic_int_get (&redraw->enabled))
    return redraw->chain (pad, parent, frame);
  gst_buffer_replace (&redraw->frame, frame);
  GstFlowReturn flow = redraw->chain (pad, parent, frame);
  for (redraw->again = TRUE; end_flush (self);)
    flow = push_again (self);
  redraw->again = FALSE;
  gst_buffer_replace (&redraw->frame, NULL);
  return flow;
}

void
gst_cnn_view_redraw_install (GstElementClass *element_class)
{
  element_class->change_state = change_state;
}

void
gst_cnn_view_redraw_init (GstCnnView *self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SINK_PAD (self);
  g_mutex_init (&self->redraw.lock);
  self->redraw.enabled = TRUE;
  self->redraw.chain = GST_PAD_CHAINFUNC (pad);
  gst_pad_set_chain_function (pad, chain);
}

void
gst_cnn_view_redraw_clear (GstCnnView *self)
{
  replace_later (self, NULL);
  g_mutex_clear (&self->redraw.lock);
}

void
gst_cnn_view_redraw_enable (GstCnnView *self, gboolean enabled)
{
  g_atomic_int_set (&self->redraw.enabled, enabled);
}

gboolean
gst_cnn_view_redraw_is_enabled (GstCnnView *self)
{
  return g_atomic_int_get (&self->redraw.enabled);
}

void
gst_cnn_view_redraw_reset (GstCnnView *self)
{
  g_mutex_lock (&self->redraw.lock);
  self->redraw.pushing = self->redraw.flushed = self->redraw.stream_flushing = FALSE;
  g_mutex_unlock (&self->redraw.lock);
}
