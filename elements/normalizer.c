/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "normalizer.h"

#define DEFAULT_SCALE_16_BIT (1.0 / 65535.0)

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
