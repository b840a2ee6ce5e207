/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pictures the maps were made of: what comes in on the request pad `video`, and drawing the one
 * that belongs to a tensor. */
#ifndef GST_CNN_VIEW_SOURCE_H
#define GST_CNN_VIEW_SOURCE_H

#include "view/canvas.h"

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstCnnViewSource GstCnnViewSource;

GstCnnViewSource *gst_cnn_view_source_new (void);
void gst_cnn_view_source_free (GstCnnViewSource *source);

/* A sink pad that feeds this source, which must outlive it. It never waits; of more than a few pictures
 * that no tensor asked for, the oldest go. Nothing it gets goes further downstream. */
GstPad *gst_cnn_view_source_pad_new (GstCnnViewSource *source, GstPadTemplate *template);

/* Forgets all pictures. */
void gst_cnn_view_source_flush (GstCnnViewSource *source);

/* From the streaming thread of the tensors. The first tensor waits half a second for a picture; after
 * that nothing waits. Chooses the last picture that is not after this running
 * time, GST_CLOCK_TIME_NONE for the newest. FALSE when there is none; else its size on a screen of
 * square pixels. */
gboolean gst_cnn_view_source_choose (
    GstCnnViewSource *source, GstClockTime running_time, gint *width, gint *height);
/* Draws the chosen picture of a source into a box of the canvas: a CnnViewDrawSourceFunc. */
void gst_cnn_view_source_draw (gpointer source, const CnnViewCanvas *canvas, CnnViewBox box);

G_END_DECLS

#endif
