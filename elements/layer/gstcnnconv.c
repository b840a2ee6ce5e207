/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnconv
 * @title: cnnconv
 * @short_description: 2-D cross-correlation over the channels of a picture or tensor (torch.nn.Conv2d)
 *
 * Takes video frames or tensors and gives the feature maps of one convolutional layer. The output has
 * floor((n + p - k + s) / s) rows or columns, with n the input's, p the padding of both sides, k the
 * kernel's and s the stride.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=1 ! cnnconv kernel=sobel padding=1 ! fakesink
 * ]| The edges of a test picture; the message shows shapes, parameters and the receptive field.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnconv kernel=sharpen padding=1 padding-mode=replicate ! videoconvert ! autovideosink
 * ]| One or three output channels are video again.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! cnnconv coefficients="<0,1,2,3>" kernel-size=2 stride=2 bias="<0.5>" activation=relu ! fakesink
 * ]| Weights given in place, in O,I,H,W order.
 */
#include "layer/gstcnnconv.h"

#include "common/enumwords.h"
#include "common/paddingmode.h"
#include "common/windowtext.h"

enum {
  PROP_0,
  PROP_KERNEL,
  PROP_KERNEL_SIZE,
  PROP_STRIDE,
  PROP_PADDING,
  PROP_PADDING_MODE,
  PROP_DILATION,
};

#define DEFAULT_STRIDE "1"
#define DEFAULT_PADDING "0"
#define DEFAULT_DILATION "1"

struct _GstCnnConv {
  GstCnnConvolution parent;
  /* Under the object lock: the texts as they were set; their meaning is in the settings. */
  gchar *kernel_size, *stride, *padding, *dilation;
};

G_DEFINE_TYPE (GstCnnConv, gst_cnn_conv, GST_TYPE_CNN_CONVOLUTION)
GST_ELEMENT_REGISTER_DEFINE (cnnconv, "cnnconv", GST_RANK_NONE, GST_TYPE_CNN_CONV)

/* An empty text means: from the weights. */
static gboolean
set_kernel_size (GstCnnConvolutionSettings *settings, const gchar *text, CnnError *error)
{
  settings->has_kernel_size = text && *text;
  return !settings->has_kernel_size ||
         gst_cnn_parse_size ("kernel-size", text, &settings->window.rows.kernel,
             &settings->window.columns.kernel, error);
}

/* Takes the text when it was understood, and keeps the old one otherwise. */
static void
keep_text (gchar **kept, const GValue *value, gboolean valid)
{
  if (valid) {
    g_free (*kept);
    *kept = g_value_dup_string (value);
  }
}

static void
gst_cnn_conv_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnConv *self = GST_CNN_CONV (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  GST_OBJECT_LOCK (self);
  GstCnnConvolutionSettings *settings = gst_cnn_convolution_settings (GST_CNN_CONVOLUTION (self));
  CnnWindow *window = &settings->window;
  switch (id) {
  case PROP_KERNEL:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      settings->filter = (GstCnnFilter)word;
    break;
  case PROP_KERNEL_SIZE:
    valid = set_kernel_size (settings, g_value_get_string (value), &error);
    keep_text (&self->kernel_size, value, valid);
    break;
  case PROP_STRIDE:
    valid = gst_cnn_parse_size ("stride", g_value_get_string (value), &window->rows.stride,
        &window->columns.stride, &error);
    keep_text (&self->stride, value, valid);
    break;
  case PROP_PADDING:
    valid = gst_cnn_parse_padding (g_value_get_string (value), window, &error);
    keep_text (&self->padding, value, valid);
    break;
  case PROP_PADDING_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      window->rows.padding_mode = window->columns.padding_mode = (CnnPaddingMode)word;
    break;
  case PROP_DILATION:
    valid = gst_cnn_parse_size ("dilation", g_value_get_string (value), &window->rows.dilation,
        &window->columns.dilation, &error);
    keep_text (&self->dilation, value, valid);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_conv_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnConv *self = GST_CNN_CONV (object);
  GST_OBJECT_LOCK (self);
  const GstCnnConvolutionSettings *settings =
      gst_cnn_convolution_settings (GST_CNN_CONVOLUTION (self));
  switch (id) {
  case PROP_KERNEL:
    g_value_set_enum (value, (gint)settings->filter);
    break;
  case PROP_KERNEL_SIZE:
    g_value_set_string (value, self->kernel_size);
    break;
  case PROP_STRIDE:
    g_value_set_string (value, self->stride);
    break;
  case PROP_PADDING:
    g_value_set_string (value, self->padding);
    break;
  case PROP_PADDING_MODE:
    g_value_set_enum (value, (gint)settings->window.rows.padding_mode);
    break;
  case PROP_DILATION:
    g_value_set_string (value, self->dilation);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_conv_finalize (GObject *object)
{
  GstCnnConv *self = GST_CNN_CONV (object);
  g_free (self->kernel_size);
  g_free (self->stride);
  g_free (self->padding);
  g_free (self->dilation);
  G_OBJECT_CLASS (gst_cnn_conv_parent_class)->finalize (object);
}

static void
gst_cnn_conv_init (GstCnnConv *self)
{
  self->stride = g_strdup (DEFAULT_STRIDE);
  self->padding = g_strdup (DEFAULT_PADDING);
  self->dilation = g_strdup (DEFAULT_DILATION);
}

static void
gst_cnn_conv_class_init (GstCnnConvClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_cnn_conv_set_property;
  object_class->get_property = gst_cnn_conv_get_property;
  object_class->finalize = gst_cnn_conv_finalize;
  g_object_class_install_property (object_class, PROP_KERNEL,
      gst_cnn_param_spec_enum ("kernel", "Kernel", "A named filter", GST_TYPE_CNN_FILTER,
          GST_CNN_FILTER_NONE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_KERNEL_SIZE,
      g_param_spec_string ("kernel-size", "Kernel size",
          "\"K\" or \"HxW\"; unset: from the weights, else 3", NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_STRIDE,
      g_param_spec_string (
          "stride", "Stride", "\"S\" or \"HxW\"", DEFAULT_STRIDE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_PADDING,
      g_param_spec_string ("padding", "Padding",
          "Rows and columns added on each side: \"P\", \"HxW\", \"top,left,bottom,right\", "
          "\"same\" (out = ceil (in / stride), the odd row or column after) or \"valid\"",
          DEFAULT_PADDING, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_PADDING_MODE,
      gst_cnn_param_spec_enum ("padding-mode", "Padding mode", "What the padding is filled with",
          GST_TYPE_CNN_PADDING_MODE, CNN_PADDING_ZEROS, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_DILATION,
      g_param_spec_string ("dilation", "Dilation",
          "Distance between neighbouring taps: \"D\" or \"HxW\"", DEFAULT_DILATION,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Convolutional layer",
      "Filter/Effect/Video",
      "2-D cross-correlation of pictures and tensors, channels summed (torch.nn.Conv2d)",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_FILTER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_PADDING_MODE, 0);
}
