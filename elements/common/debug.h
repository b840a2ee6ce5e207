/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A debug category an element, also where elements share their code: GST_DEBUG=cnnconv:5 is about convolutions,
 * cnn*:5 about all. DEBUG says what a maintainer needs to answer a report: properties taken, plans, pools,
 * negotiations and why; LOG has a line a frame. */
#ifndef GST_CNN_DEBUG_H
#define GST_CNN_DEBUG_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* Of an element or a pad of one that has a type of its own: "cnnconv" for a GstCnnConv. */
GstDebugCategory *gst_cnn_debug_category (gpointer object);

/* `object` is evaluated twice; nothing is, while nobody debugs. */
#define GST_CNN_WARNING(object, ...)                                                               \
  GST_CAT_WARNING_OBJECT (gst_cnn_debug_category (object), object, __VA_ARGS__)
#define GST_CNN_DEBUG(object, ...)                                                                 \
  GST_CAT_DEBUG_OBJECT (gst_cnn_debug_category (object), object, __VA_ARGS__)
#define GST_CNN_LOG(object, ...)                                                                   \
  GST_CAT_LOG_OBJECT (gst_cnn_debug_category (object), object, __VA_ARGS__)

/* What an allocation query was decided to. */
void gst_cnn_debug_allocation (gpointer element, GstQuery *query);

G_END_DECLS

#endif
