/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_UPSAMPLE_H
#define GST_CNN_UPSAMPLE_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_UPSAMPLE (gst_cnn_upsample_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnUpsample, gst_cnn_upsample, GST, CNN_UPSAMPLE, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnupsample);

G_END_DECLS

#endif
