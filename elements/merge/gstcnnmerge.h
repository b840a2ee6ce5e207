/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GST_CNN_MERGE_H
#define GST_CNN_MERGE_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_MERGE (gst_cnn_merge_get_type ())
G_DECLARE_FINAL_TYPE (GstCnnMerge, gst_cnn_merge, GST, CNN_MERGE, GstElement)

GST_ELEMENT_REGISTER_DECLARE (cnnmerge);

G_END_DECLS

#endif
