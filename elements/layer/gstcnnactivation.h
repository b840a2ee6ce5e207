/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_ACTIVATION_LAYER_H
#define GST_CNN_ACTIVATION_LAYER_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

/* GstCnnActivation is the enum of the property `activation`. */
#define GST_TYPE_CNN_ACTIVATION_LAYER (gst_cnn_activation_layer_get_type ())
G_DECLARE_FINAL_TYPE (
    GstCnnActivationLayer, gst_cnn_activation_layer, GST, CNN_ACTIVATION_LAYER, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnactivation);

G_END_DECLS

#endif
