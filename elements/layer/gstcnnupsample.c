/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnupsample
 * @title: cnnupsample
 * @short_description: Frames enlarged by a whole factor (torch.nn.Upsample, torch.nn.PixelShuffle)
 *
 * mode=nearest repeats pixels, bilinear interpolates between them (align_corners=False), and
 * pixel-shuffle spreads the channels of a pixel over a block of factor x factor pixels, as sub-pixel
 * convolution ends.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! video/x-raw,width=160,height=120 ! cnnupsample mode=bilinear factor=3 ! videoconvert ! autovideosink
 * ]| Video of three times the width and height.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=1 ! cnnconv kernel=random out-channels=12 padding=1 ! cnnupsample mode=pixel-shuffle ! fakesink
 * ]| Twelve channels become three of twice the size.
 */
#include "layer/gstcnnupsample.h"

#include "common/enumwords.h"

enum {
  PROP_0,
  PROP_MODE,
  PROP_FACTOR,
};

#define DEFAULT_MODE CNN_UPSAMPLE_NEAREST
#define DEFAULT_FACTOR 2

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  CnnUpsampleMode mode;
  gint factor;
} UpsampleSettings;

struct _GstCnnUpsample {
  GstCnnLayer parent;
  UpsampleSettings settings; /* under the object lock */
};

G_DEFINE_TYPE (GstCnnUpsample, gst_cnn_upsample, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (cnnupsample, "cnnupsample", GST_RANK_NONE, GST_TYPE_CNN_UPSAMPLE)

#define GST_TYPE_CNN_UPSAMPLE_MODE (upsample_mode_get_type ())

static GType
upsample_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_UPSAMPLE_NEAREST, "Repeated pixels", "nearest"},
      {CNN_UPSAMPLE_BILINEAR, "Between neighbouring pixels, align_corners=False", "bilinear"},
      {CNN_UPSAMPLE_PIXEL_SHUFFLE, "Channels become pixels: C*factor*factor to C", "pixel-shuffle"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"nearest-neighbor", CNN_UPSAMPLE_NEAREST},
      {"nearest-neighbour", CNN_UPSAMPLE_NEAREST},
      {"linear", CNN_UPSAMPLE_BILINEAR},
      {"depth-to-space", CNN_UPSAMPLE_PIXEL_SHUFFLE},
      {"sub-pixel", CNN_UPSAMPLE_PIXEL_SHUFFLE},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnUpsampleMode", values, aliases));
  return type;
}

/* --- Layer ---------------------------------------------------------------------------------------- */

static GstCnnLayerSettings *
gst_cnn_upsample_copy_settings (GstCnnLayer *layer)
{
  UpsampleSettings *copy = g_new (UpsampleSettings, 1);
  *copy = GST_CNN_UPSAMPLE (layer)->settings;
  return &copy->base;
}

static gboolean
gst_cnn_upsample_get_geometry (const GstCnnLayerSettings *base, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  const UpsampleSettings *settings = (const UpsampleSettings *)base;
  const CnnWindow window = cnn_upsample2d_window (settings->mode, settings->factor);
  geometry->rule = cnn_shape_rule_window (&window);
  if (settings->mode == CNN_UPSAMPLE_PIXEL_SHUFFLE)
    geometry->rule.channels =
        (CnnChannelRule){.kind = CNN_CHANNELS_BLOCKS, .block = settings->factor * settings->factor};
  return TRUE;
}

static CnnLayer *
gst_cnn_upsample_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const UpsampleSettings *settings = (const UpsampleSettings *)base;
  const CnnUpsample2dDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .mode = settings->mode,
      .factor = settings->factor,
  };
  return cnn_upsample2d_new (setup->context, &desc, error);
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
gst_cnn_upsample_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnUpsample *self = GST_CNN_UPSAMPLE (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->settings.mode = (CnnUpsampleMode)word;
    break;
  case PROP_FACTOR:
    self->settings.factor = (gint)g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_upsample_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnUpsample *self = GST_CNN_UPSAMPLE (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    g_value_set_enum (value, (gint)self->settings.mode);
    break;
  case PROP_FACTOR:
    g_value_set_uint (value, (guint)self->settings.factor);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_upsample_init (GstCnnUpsample *self)
{
  self->settings.mode = DEFAULT_MODE;
  self->settings.factor = DEFAULT_FACTOR;
}

static void
gst_cnn_upsample_class_init (GstCnnUpsampleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_upsample_set_property;
  object_class->get_property = gst_cnn_upsample_get_property;
  g_object_class_install_property (object_class, PROP_MODE,
      gst_cnn_param_spec_enum ("mode", "Mode", "Where new pixels come from",
          GST_TYPE_CNN_UPSAMPLE_MODE, DEFAULT_MODE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_FACTOR,
      g_param_spec_uint ("factor", "Factor", "New rows and columns for each old one", 1,
          CNN_MAX_FACTOR, DEFAULT_FACTOR, GST_CNN_LAYER_PROPERTY_FLAGS));
  layer_class->copy_settings = gst_cnn_upsample_copy_settings;
  layer_class->get_geometry = gst_cnn_upsample_get_geometry;
  layer_class->create_layer = gst_cnn_upsample_create_layer;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Upsampling layer",
      "Filter/Effect/Video",
      "Enlarges by a whole factor (torch.nn.Upsample, torch.nn.PixelShuffle)",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_UPSAMPLE_MODE, 0);
}
