/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnn1x1
 * @title: cnn1x1
 * @short_description: 1x1 convolution: a fully connected layer over the channels of each pixel
 *
 * Mixes channels and leaves rows and columns alone: each output channel is a weighted sum of the input
 * channels of the same pixel, plus a bias. Weights are O,I or O,I,1,1, so the file of a torch.nn.Linear
 * loads as it is.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! cnn1x1 coefficients="<0.299,0.587,0.114>" ! videoconvert ! autovideosink
 * ]| The luma of a picture as a 1x1 convolution of its colors.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=1 ! cnn1x1 kernel=random out-channels=8 seed=1 activation=relu ! fakesink
 * ]| Eight random mixtures of the colors.
 */
#include "layer/gstcnn1x1.h"

#include "common/enumwords.h"

enum {
  PROP_0,
  PROP_KERNEL,
};

struct _GstCnn1x1 {
  GstCnnConvolution parent;
};

G_DEFINE_TYPE (GstCnn1x1, gst_cnn_1x1, GST_TYPE_CNN_CONVOLUTION)
GST_ELEMENT_REGISTER_DEFINE (cnn1x1, "cnn1x1", GST_RANK_NONE, GST_TYPE_CNN_1X1)

#define GST_TYPE_CNN_1X1_KERNEL (kernel_get_type ())

static GType
kernel_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {GST_CNN_FILTER_NONE, "Weights come from coefficients or weights", "none"},
      {GST_CNN_FILTER_RANDOM, "He-uniform random weights from seed", "random"},
      {0, NULL, NULL},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnn1x1Kernel", values, NULL));
  return type;
}

static void
gst_cnn_1x1_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  CnnError error;
  gint filter;
  switch (id) {
  case PROP_KERNEL:
    if (gst_cnn_enum_get (pspec, value, &filter, &error)) {
      GST_OBJECT_LOCK (object);
      gst_cnn_convolution_settings (GST_CNN_CONVOLUTION (object))->filter = (GstCnnFilter)filter;
      GST_OBJECT_UNLOCK (object);
      gst_cnn_layer_property_set (GST_CNN_LAYER (object), pspec, NULL);
    } else {
      gst_cnn_layer_property_set (GST_CNN_LAYER (object), pspec, &error);
    }
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_cnn_1x1_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id) {
  case PROP_KERNEL:
    GST_OBJECT_LOCK (object);
    g_value_set_enum (
        value, (gint)gst_cnn_convolution_settings (GST_CNN_CONVOLUTION (object))->filter);
    GST_OBJECT_UNLOCK (object);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_cnn_1x1_init (GstCnn1x1 *self)
{
  gst_cnn_convolution_settings (GST_CNN_CONVOLUTION (self))->pointwise = TRUE;
}

static void
gst_cnn_1x1_class_init (GstCnn1x1Class *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_cnn_1x1_set_property;
  object_class->get_property = gst_cnn_1x1_get_property;
  g_object_class_install_property (object_class, PROP_KERNEL,
      gst_cnn_param_spec_enum ("kernel", "Kernel", "random: weights from a seed",
          GST_TYPE_CNN_1X1_KERNEL, GST_CNN_FILTER_NONE, GST_CNN_LAYER_PROPERTY_FLAGS));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "1x1 convolutional layer",
      "Filter/Effect/Video", "The fully connected layer applied to the channels of every pixel",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_1X1_KERNEL, 0);
}
