/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_MODEL_H
#define GST_CNN_MODEL_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_MODEL (gst_cnn_model_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnModel, gst_cnn_model, GST, CNN_MODEL, GstElement)

GST_ELEMENT_REGISTER_DECLARE (cnnmodel)

G_END_DECLS

#endif
