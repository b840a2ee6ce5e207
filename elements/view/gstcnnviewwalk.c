/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewwalk.h"

guint
gst_cnn_view_walk (GstBuffer *buffer, const GstCnnStreamInfo *stream, GstCnnViewStation *stations)
{
  guint n = 0;
  stations[n++] = (GstCnnViewStation){.buffer = buffer, .stream = *stream};
  for (;;) {
    const GstCnnOperationMeta *meta = gst_cnn_operation_meta_get (stations[n - 1].buffer);
    if (!meta)
      return n;
    stations[n - 1].operation = meta->operation;
    if (n == GST_CNN_VIEW_MAX_STATIONS)
      return n;
    stations[n++] = (GstCnnViewStation){
        .buffer = meta->input, .stream = *gst_cnn_operation_input (meta->operation)};
  }
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
