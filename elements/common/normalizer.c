/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/normalizer.h"

#include "common/layercommon.h"

#define DEFAULT_SCALE (1.0 / 255.0)
#define DEFAULT_SCALE_16_BIT (1.0 / 65535.0)

void
gst_cnn_normalizer_init (GstCnnNormalizer *normalizer)
{
  *normalizer = (GstCnnNormalizer){.scale = DEFAULT_SCALE};
}

void
gst_cnn_normalizer_clear (GstCnnNormalizer *normalizer)
{
  gst_cnn_double_array_clear (&normalizer->mean);
  gst_cnn_double_array_clear (&normalizer->std);
}

void
gst_cnn_normalizer_copy (GstCnnNormalizer *copy, const GstCnnNormalizer *normalizer)
{
  *copy = *normalizer;
  gst_cnn_double_array_copy (&copy->mean, &normalizer->mean);
  gst_cnn_double_array_copy (&copy->std, &normalizer->std);
}

void
gst_cnn_normalizer_install_properties (GObjectClass *object_class, guint first_id)
{
  g_object_class_install_property (object_class, first_id + GST_CNN_NORMALIZER_SCALE,
      g_param_spec_double ("scale", "Scale",
          "Integer samples are multiplied by this; until it is set, 1/255, or 1/65535 for 16-bit "
          "video",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_SCALE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, first_id + GST_CNN_NORMALIZER_MEAN,
      gst_cnn_param_spec_double_array ("mean", "Mean",
          "Subtracted from scaled integer samples: one value, or one per channel (empty = 0)",
          "<>"));
  g_object_class_install_property (object_class, first_id + GST_CNN_NORMALIZER_STD,
      gst_cnn_param_spec_double_array ("std", "Standard deviation",
          "Divides scaled integer samples after the mean: one value, or one per channel "
          "(empty = 1)",
          "<>"));
}

gboolean
gst_cnn_normalizer_set_property (GstCnnNormalizer *normalizer, guint which, const GValue *value,
    GParamSpec *pspec, CnnError *error)
{
  if (which == GST_CNN_NORMALIZER_SCALE) {
    normalizer->scale = g_value_get_double (value);
    normalizer->scale_is_set = TRUE;
    return TRUE;
  }
  return gst_cnn_double_array_set (
      which == GST_CNN_NORMALIZER_MEAN ? &normalizer->mean : &normalizer->std, pspec->name, value,
      error);
}

void
gst_cnn_normalizer_get_property (const GstCnnNormalizer *normalizer, guint which, GValue *value)
{
  if (which == GST_CNN_NORMALIZER_SCALE)
    g_value_set_double (value, normalizer->scale);
  else
    gst_cnn_double_array_get (
        which == GST_CNN_NORMALIZER_MEAN ? &normalizer->mean : &normalizer->std, value);
}

/* One value for all channels, or one a channel. */
static gboolean
check_channel_values (
    const GstCnnDoubleArray *array, const gchar *property, gint channels, CnnError *error)
{
  if (array->count <= 1 || array->count == (guint)channels)
    return TRUE;
  return cnn_error_set (error, "%s has %u values, but the input has %d channel%s", property,
      array->count, channels, channels == 1 ? "" : "s");
}

static gdouble
channel_value (const GstCnnDoubleArray *array, gint channel, gdouble fallback)
{
  if (array->count == 0)
    return fallback;
  return array->values[array->count == 1 ? 0 : channel];
}

gboolean
gst_cnn_normalizer_make (const GstCnnNormalizer *normalizer, const GstCnnStreamInfo *info,
    gfloat **scale, gfloat **offset, CnnError *error)
{
  const gint channels = info->shape.c;
  gdouble factor = normalizer->scale;
  if (!normalizer->scale_is_set && info->type == CNN_SAMPLE_UINT16_LE)
    factor = DEFAULT_SCALE_16_BIT;
  gboolean valid = check_channel_values (&normalizer->mean, "mean", channels, error) &&
                   check_channel_values (&normalizer->std, "std", channels, error);
  *scale = g_new (gfloat, channels);
  *offset = g_new (gfloat, channels);
  for (gint c = 0; valid && c < channels; c++) {
    const gdouble std = channel_value (&normalizer->std, c, 1);
    if (std == 0)
      valid = cnn_error_set (error, "std of channel %d is 0, which nothing can be divided by", c);
    (*scale)[c] = (gfloat)(factor / std);
    (*offset)[c] = (gfloat)(-channel_value (&normalizer->mean, c, 0) / std);
  }
  return valid;
}
