/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewwalk.h"

/* Buffers on the way, each after all that it was made of. */
typedef struct {
  guint n;
  GstCnnViewStation *stations;
} Walk;

static gboolean
was_visited (const Walk *walk, const GstBuffer *buffer)
{
  for (guint i = 0; i < walk->n; i++)
    if (walk->stations[i].buffer == buffer)
      return TRUE;
  return FALSE;
}

/* `depth` counts the steps from the end: no longer way is walked than there is room for. */
static void
visit (Walk *walk, GstBuffer *buffer, const GstCnnStreamInfo *stream, guint depth)
{
  if (depth == GST_CNN_VIEW_MAX_STATIONS || was_visited (walk, buffer))
    return;
  const GstCnnOperationMeta *meta = gst_cnn_operation_meta_get (buffer);
  const GArray *branches = meta ? meta->branches : NULL;
  if (meta)
    visit (walk, meta->input, gst_cnn_operation_input (meta->operation), depth + 1);
  for (guint i = 0; branches && i < branches->len; i++) {
    const GstCnnOperationBranch *branch = &g_array_index (branches, GstCnnOperationBranch, i);
    visit (walk, branch->input, &branch->stream, depth + 1);
  }
  /* The last place is the end's. */
  if (walk->n < GST_CNN_VIEW_MAX_STATIONS - 1 || depth == 0)
    walk->stations[walk->n++] = (GstCnnViewStation){
        .buffer = buffer, .operation = meta ? meta->operation : NULL, .stream = *stream};
}

guint
gst_cnn_view_walk (GstBuffer *buffer, const GstCnnStreamInfo *stream, GstCnnViewStation *stations)
{
  Walk walk = {0, stations};
  visit (&walk, buffer, stream, 0);
  /* Backwards: the end comes first. */
  for (guint i = 0; i < walk.n / 2; i++) {
    const GstCnnViewStation station = stations[i];
    stations[i] = stations[walk.n - 1 - i];
    stations[walk.n - 1 - i] = station;
  }
  return walk.n;
}

GstCnnViewStrip *
gst_cnn_view_strip_new (const GstCnnViewStation *stations, guint n, const gchar *last)
{
  GstCnnViewStrip *strip = g_new0 (GstCnnViewStrip, 1);
  for (guint i = n; i-- > 0;) {
    const GstCnnViewStation *station = &stations[i];
    const gchar *name = "input";
    if (station->operation)
      name = gst_cnn_operation_origin (station->operation)->name;
    else if (i == 0)
      name = last ? last : "maps";
    if (!gst_cnn_frame_map (
            &strip->frames[strip->n], &station->stream, station->buffer, GST_MAP_READ, NULL))
      break;
    strip->layers[strip->n] = (CnnViewLayer){.name = name, .image = strip->frames[strip->n].image};
    strip->n++;
  }
  return strip;
}

void
gst_cnn_view_strip_free (GstCnnViewStrip *strip)
{
  if (!strip)
    return;
  for (guint i = 0; i < strip->n; i++)
    gst_cnn_frame_unmap (&strip->frames[i]);
  g_free (strip);
}
