/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way from a buffer back to the first input of its network, along the metas of gstcnnoperation.h. */
#ifndef GST_CNN_VIEW_WALK_H
#define GST_CNN_VIEW_WALK_H

#include "common/gstcnnoperation.h"
#include "common/streambuffer.h"
#include "view/painter.h"

G_BEGIN_DECLS

/* More are not walked. */
#define GST_CNN_VIEW_MAX_STATIONS 64

/* One of the buffers on the way. Everything belongs to the buffer the walk began at. */
typedef struct {
  GstBuffer *buffer;
  const GstCnnOperation *operation; /* that made it; NULL when not known: the first input */
  GstCnnStreamInfo stream;
} GstCnnViewStation;

/* From `buffer`, a frame of `stream`, backwards, each before all that it was made of; of a join one branch after
 * the other, and what they share once. At least that one. Returns how many. */
guint
gst_cnn_view_walk (GstBuffer *buffer, const GstCnnStreamInfo *stream, GstCnnViewStation *stations);

/* All of them as layers for a strip, the first input first, mapped for reading: to be ended. `last` is the name
 * of the last layer, or NULL. */
typedef struct {
  guint n;
  CnnViewLayer layers[GST_CNN_VIEW_MAX_STATIONS];
  GstCnnMappedFrame frames[GST_CNN_VIEW_MAX_STATIONS];
} GstCnnViewStrip;

GstCnnViewStrip *
gst_cnn_view_strip_new (const GstCnnViewStation *stations, guint n, const gchar *last);
void gst_cnn_view_strip_free (GstCnnViewStrip *strip);

G_END_DECLS

#endif
