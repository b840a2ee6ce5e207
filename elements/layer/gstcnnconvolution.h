/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cnnconv and cnn1x1 share: where the weights come from, bias, groups and activation. */
#ifndef GST_CNN_CONVOLUTION_H
#define GST_CNN_CONVOLUTION_H

#include "layer/convolutionsettings.h"
#include "layer/gstcnnlayer.h"

G_BEGIN_DECLS

#define GST_TYPE_CNN_CONVOLUTION (gst_cnn_convolution_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCnnConvolution, gst_cnn_convolution, GST, CNN_CONVOLUTION, GstCnnLayer)

struct _GstCnnConvolutionClass {
  GstCnnLayerClass parent_class;
};

/* The settings, for subclasses that add properties: to be read and written under the object lock. */
GstCnnConvolutionSettings *gst_cnn_convolution_settings (GstCnnConvolution *self);

G_END_DECLS

#endif
