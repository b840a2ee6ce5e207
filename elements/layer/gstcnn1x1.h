/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_1X1_H
#define GST_CNN_1X1_H

#include "layer/gstcnnconvolution.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_1X1 (gst_cnn_1x1_get_type ())
G_DECLARE_FINAL_TYPE (GstCnn1x1, gst_cnn_1x1, GST, CNN_1X1, GstCnnConvolution)

GST_ELEMENT_REGISTER_DECLARE (cnn1x1);

G_END_DECLS

#endif
