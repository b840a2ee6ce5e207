/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_POOL_H
#define GST_CNN_POOL_H

#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_POOL (gst_cnn_pool_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnPool, gst_cnn_pool, GST, CNN_POOL, GstCnnLayer)

GST_ELEMENT_REGISTER_DECLARE (cnnpool);

G_END_DECLS

#endif
