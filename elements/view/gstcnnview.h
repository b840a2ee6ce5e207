/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_VIEW_H
#define GST_CNN_VIEW_H

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_VIEW (gst_cnn_view_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnView, gst_cnn_view, GST, CNN_VIEW, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (cnnview)

G_END_DECLS

#endif
