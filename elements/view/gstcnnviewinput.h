/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers of the pad `sink` as frames of maps: tensors of either dialect, tensors that ride on video, and
 * video itself, whose channels are the maps. */
#ifndef GST_CNN_VIEW_INPUT_H
#define GST_CNN_VIEW_INPUT_H

#include "common/tensorcaps.h"

G_BEGIN_DECLS

typedef struct _GstCnnViewInput GstCnnViewInput;

GstCnnViewInput *gst_cnn_view_input_new (void);
void gst_cnn_view_input_free (GstCnnViewInput *input);

/* The maps that fixed caps mean: of video its channels, red, green and blue or gray. FALSE with a sentence
 * when they mean none. */
gboolean gst_cnn_view_input_stream (const GstCaps *caps, GstCnnStreamInfo *stream, CnnError *error);

/* Buffers of these caps follow. FALSE with a sentence as above. */
gboolean gst_cnn_view_input_set_caps (GstCnnViewInput *input, const GstCaps *caps, CnnError *error);
gboolean gst_cnn_view_input_is_video (const GstCnnViewInput *input);

/* The frame of maps in a buffer, a new reference, and what it is one frame of: that may differ from buffer to
 * buffer where tensors ride on video. `layout` is how their dimensions are ordered. NULL with a sentence when
 * the buffer cannot be read. */
GstBuffer *gst_cnn_view_input_take (GstCnnViewInput *input, GstBuffer *buffer, CnnLayout layout,
    GstCnnStreamInfo *stream, CnnError *error);

G_END_DECLS

#endif
