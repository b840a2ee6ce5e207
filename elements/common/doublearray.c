/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/doublearray.h"

gboolean
gst_cnn_double_array_set (
    GstCnnDoubleArray *array, const gchar *property, const GValue *value, CnnError *error)
{
  const guint count = gst_value_array_get_size (value);
  gdouble *values = g_new (gdouble, MAX (count, 1));
  for (guint i = 0; i < count; i++) {
    const GValue *item = gst_value_array_get_value (value, i);
    GValue number = G_VALUE_INIT;
    g_value_init (&number, G_TYPE_DOUBLE);
    /* GLib would turn text into 0, so only numbers may be transformed. */
    if (G_VALUE_HOLDS_STRING (item) || G_VALUE_HOLDS_BOOLEAN (item) ||
        !g_value_transform (item, &number)) {
      g_free (values);
      return cnn_error_set (
          error, "%s: value %u is a %s, not a number", property, i, G_VALUE_TYPE_NAME (item));
    }
    values[i] = g_value_get_double (&number);
  }
  g_free (array->values);
  array->values = values;
  array->count = count;
  return TRUE;
}

void
gst_cnn_double_array_get (const GstCnnDoubleArray *array, GValue *value)
{
  for (guint i = 0; i < array->count; i++) {
    GValue item = G_VALUE_INIT;
    g_value_init (&item, G_TYPE_DOUBLE);
    g_value_set_double (&item, array->values[i]);
    gst_value_array_append_and_take_value (value, &item);
  }
}

void
gst_cnn_double_array_clear (GstCnnDoubleArray *array)
{
  g_clear_pointer (&array->values, g_free);
  array->count = 0;
}

gfloat *
gst_cnn_double_array_to_floats (const GstCnnDoubleArray *array)
{
  if (array->count == 0)
    return NULL;
  gfloat *floats = g_new (gfloat, array->count);
  for (guint i = 0; i < array->count; i++)
    floats[i] = (gfloat)array->values[i];
  return floats;
}

GParamSpec *
gst_cnn_param_spec_double_array (const gchar *name, const gchar *nick, const gchar *blurb)
{
  /* No element spec: GStreamer would replace integers by its default without a word. */
  return gst_param_spec_array (name, nick, blurb, NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING |
          GST_PARAM_CONTROLLABLE);
}
