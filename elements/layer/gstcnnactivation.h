/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_ACTIVATION_H
#define GST_CNN_ACTIVATION_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_ACTIVATION (gst_cnn_activation_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnActivation, gst_cnn_activation, GST, CNN_ACTIVATION, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnactivation);

G_END_DECLS

#endif
