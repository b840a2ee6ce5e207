/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_SHUFFLE_H
#define GST_CNN_SHUFFLE_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_SHUFFLE (gst_cnn_shuffle_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnShuffle, gst_cnn_shuffle, GST, CNN_SHUFFLE, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnshuffle);

G_END_DECLS

#endif
