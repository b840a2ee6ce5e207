/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnshuffle
 * @title: cnnshuffle
 * @short_description: Channels of groups mixed (torch.nn.ChannelShuffle)
 *
 * The first channel of every group, then the second of every group, and so on: what ShuffleNet puts between grouped
 * convolutions.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! cnnconv kernel=sobel padding=1 ! cnnshuffle groups=3 ! fakesink
 * ]| Derivatives along x of all colors, then along y.
 */
#include "layer/gstcnnshuffle.h"

enum {
  PROP_0,
  PROP_GROUPS,
};

#define DEFAULT_GROUPS 2

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  gint groups;
} ShuffleSettings;

struct _GstCnnShuffle {
  GstCnnLayer parent;
  ShuffleSettings settings; /* under the object lock */
};

G_DEFINE_TYPE (GstCnnShuffle, gst_cnn_shuffle, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (cnnshuffle, "cnnshuffle", GST_RANK_NONE, GST_TYPE_CNN_SHUFFLE)

static GstCnnLayerSettings *
gst_cnn_shuffle_copy_settings (GstCnnLayer *layer)
{
  ShuffleSettings *copy = g_new (ShuffleSettings, 1);
  *copy = GST_CNN_SHUFFLE (layer)->settings;
  return &copy->base;
}

static void
gst_cnn_shuffle_free_settings (GstCnnLayerSettings *settings)
{
  g_free (settings);
}

static gboolean
gst_cnn_shuffle_get_geometry (const GstCnnLayerSettings *base, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  geometry->rule.channels = (CnnChannelRule){.kind = CNN_CHANNELS_GROUPED,
      .each = {.multiplier = 1, .groups = ((const ShuffleSettings *)base)->groups}};
  return TRUE;
}

static CnnLayer *
gst_cnn_shuffle_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const gint groups = ((const ShuffleSettings *)base)->groups, channels = setup->input.c;
  if (channels % groups != 0)
    return cnn_error_set (error, "groups=%d does not divide the %d channels", groups, channels),
           NULL;
  gint *places = g_new (gint, channels);
  cnn_gather_shuffle (groups, channels, places);
  const CnnGatherDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .output = setup->input,
      .channels = places,
  };
  CnnLayer *created = cnn_gather_new (setup->context, &desc, error);
  g_free (places);
  return created;
}

/* The weights before it are in another order. */
static gboolean
gst_cnn_shuffle_get_weights (GstCnnLayer *layer, GstCnnWeights *weights)
{
  return FALSE;
}

static void
gst_cnn_shuffle_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id != PROP_GROUPS) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  GST_CNN_SHUFFLE (object)->settings.groups = (gint)g_value_get_uint (value);
  GST_OBJECT_UNLOCK (object);
  gst_cnn_layer_property_set (GST_CNN_LAYER (object), pspec, NULL);
}

static void
gst_cnn_shuffle_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id != PROP_GROUPS) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  g_value_set_uint (value, (guint)GST_CNN_SHUFFLE (object)->settings.groups);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_cnn_shuffle_init (GstCnnShuffle *self)
{
  self->settings.groups = DEFAULT_GROUPS;
}

static void
gst_cnn_shuffle_class_init (GstCnnShuffleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_shuffle_set_property;
  object_class->get_property = gst_cnn_shuffle_get_property;
  g_object_class_install_property (object_class, PROP_GROUPS,
      g_param_spec_uint ("groups", "Groups", "Groups of channels, as before the shuffle", 1,
          CNN_MAX_EXTENT, DEFAULT_GROUPS, GST_CNN_LAYER_PROPERTY_FLAGS));
  layer_class->copy_settings = gst_cnn_shuffle_copy_settings;
  layer_class->free_settings = gst_cnn_shuffle_free_settings;
  layer_class->get_geometry = gst_cnn_shuffle_get_geometry;
  layer_class->create_layer = gst_cnn_shuffle_create_layer;
  layer_class->get_weights = gst_cnn_shuffle_get_weights;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Channel shuffle layer",
      "Filter/Effect/Video", "Mixes the channels of groups (torch.nn.ChannelShuffle)",
      "The gst-cnn authors");
}
