/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_SLICE_H
#define GST_CNN_SLICE_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_SLICE (gst_cnn_slice_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnSlice, gst_cnn_slice, GST, CNN_SLICE, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnslice);

G_END_DECLS

#endif
