/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge/gstcnnmergepad.h"

#include <string.h>

#define NO_TIME G_MININT64

G_DEFINE_TYPE (GstCnnMergePad, gst_cnn_merge_pad, GST_TYPE_AGGREGATOR_PAD)

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

/* --- Matching ------------------------------------------------------------------------------------- */

static gboolean
is_gap (GstBuffer *frame)
{
  return GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_GAP) && gst_buffer_get_size (frame) == 0;
}

/* Running time, negative for frames before the segment, or NO_TIME. */
static gint64
frame_time (GstAggregatorPad *pad, GstBuffer *frame)
{
  guint64 time;
  gint sign = 0;
  GST_OBJECT_LOCK (pad);
  if (GST_BUFFER_PTS_IS_VALID (frame) && pad->segment.format == GST_FORMAT_TIME)
    sign = gst_segment_to_running_time_full (
        &pad->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (frame), &time);
  GST_OBJECT_UNLOCK (pad);
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

/* The frame each pad would give next, with references. Their count is less than that of the pads when
 * one has none. */
static GstCnnMatch
peek_frames (const GPtrArray *pads, GPtrArray *frames)
{
  GstCnnMatch match = GST_CNN_MATCH_FOUND;
  for (guint i = 0; i < pads->len; i++) {
    GstAggregatorPad *pad = pads->pdata[i];
    GstBuffer *frame = gst_aggregator_pad_peek_buffer (pad);
    if (frame)
      g_ptr_array_add (frames, frame);
    else if (gst_aggregator_pad_is_eos (pad))
      return GST_CNN_MATCH_EOS;
    else
      match = GST_CNN_MATCH_WAIT;
  }
  return match;
}

static gboolean
drop_old_frames (const GPtrArray *pads, const GPtrArray *frames)
{
  gint64 latest = NO_TIME, shortest = G_MAXINT64;
  for (guint i = 0; i < pads->len; i++) {
    latest = MAX (latest, frame_time (pads->pdata[i], frames->pdata[i]));
    shortest = MIN (shortest, frame_duration (pads->pdata[i], frames->pdata[i]));
  }
  const gint64 tolerance = shortest == G_MAXINT64 ? 0 : shortest / 2;
  gboolean dropped = FALSE;
  for (guint i = 0; i < pads->len; i++) {
    const gint64 time = frame_time (pads->pdata[i], frames->pdata[i]);
    if (time == NO_TIME || latest - time <= tolerance)
      continue;
    GST_DEBUG_OBJECT (pads->pdata[i], "dropping a frame that no other branch has: %" GST_PTR_FORMAT,
        frames->pdata[i]);
    gst_aggregator_pad_drop_buffer (pads->pdata[i]);
    dropped = TRUE;
  }
  return dropped;
}

GstCnnMatch
gst_cnn_merge_take_frames (const GPtrArray *pads, GPtrArray *frames)
{
  GstCnnMatch match = peek_frames (pads, frames);
  if (match == GST_CNN_MATCH_FOUND && drop_old_frames (pads, frames))
    match = GST_CNN_MATCH_DROPPED;
  if (match != GST_CNN_MATCH_FOUND) {
    g_ptr_array_set_size (frames, 0);
    return match;
  }
  for (guint i = 0; i < pads->len; i++) {
    gst_aggregator_pad_drop_buffer (pads->pdata[i]); /* `frames` has it */
    if (is_gap (frames->pdata[i]))
      match = GST_CNN_MATCH_GAP;
  }
  return match;
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
gst_cnn_merge_pad_init (GstCnnMergePad *pad)
{
  GST_PAD_SET_ACCEPT_TEMPLATE (pad);
  GST_PAD_SET_ACCEPT_INTERSECT (pad);
}

static void
gst_cnn_merge_pad_class_init (GstCnnMergePadClass *klass)
{
}
