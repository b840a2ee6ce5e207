/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_PAD_H
#define GST_CNN_PAD_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_PAD (gst_cnn_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnPad, gst_cnn_pad, GST, CNN_PAD, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnpad);

G_END_DECLS

#endif
