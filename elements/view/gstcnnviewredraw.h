/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws the last frame again while the pipeline is paused, so that what keys, clicks and properties
 * change shows at once.
 *
 * A paused sink holds one picture and with it the streaming thread, inside our push. A flush, sent only
 * downstream, frees both: the sink waits for a new picture, and the push returns. The streaming thread
 * then ends the flush, draws the same frame anew and pushes it with its old time. Upstream sees nothing
 * of it. Positions and the running time stay; on the bus it looks like a seek, which ends with
 * async-done.
 *
 * It is the only thing that reaches behind the base class: it stands before the chain function of its sink pad
 * and calls its methods for the second picture. redraw-paused=false leaves all of that out; an application that
 * wants a new picture then sends a flushing seek.
 *
 * Nothing is done where a thread of its own takes the pictures on (a queue): it holds pictures that a
 * flush would drop. An element that holds one back (videorate) loses it: the shown picture then is the next. */
#ifndef GST_CNN_VIEW_REDRAW_H
#define GST_CNN_VIEW_REDRAW_H

#include "view/gstcnnview.h"

G_BEGIN_DECLS

typedef struct {
  GstPadChainFunction chain; /* of the base class */
  gint enabled;              /* atomic: the property redraw-paused */
  gint paused, scheduled;    /* atomic: the element is paused; a thread is on its way */
  GstClockID later;          /* under the object lock: a wish to come */
  GstBuffer *frame;          /* of the streaming thread: what is being shown */
  gboolean again;            /* of the streaming thread: it is shown for another time */

  GMutex lock; /* for what follows; held while a flush starts and while it ends */
  gboolean pushing;
  gboolean flushed;         /* by us, and not yet ended */
  gboolean stream_flushing; /* by a seek: nothing is ours to end */
} GstCnnViewRedraw;

/* Sets the method that follows the state. */
void gst_cnn_view_redraw_install (GstElementClass *element_class);
void gst_cnn_view_redraw_init (GstCnnView *self);
void gst_cnn_view_redraw_clear (GstCnnView *self);
/* A new stream: nothing is being pushed. */
void gst_cnn_view_redraw_reset (GstCnnView *self);

/* The property redraw-paused, from any thread. */
void gst_cnn_view_redraw_enable (GstCnnView *self, gboolean enabled);
gboolean gst_cnn_view_redraw_is_enabled (GstCnnView *self);

/* From any thread: something is to be seen that was not drawn. Returns at once. */
void gst_cnn_view_redraw_wish (GstCnnView *self);
/* The same after a time: something that is seen now is to go. */
void gst_cnn_view_redraw_wish_later (GstCnnView *self, GstClockTime delay);
/* Every event of either direction, before it goes on. */
void gst_cnn_view_redraw_note_event (GstCnnView *self, GstEvent *event);
/* From the streaming thread: a picture is drawn and goes downstream next. */
void gst_cnn_view_redraw_drawn (GstCnnView *self);

G_END_DECLS

#endif
