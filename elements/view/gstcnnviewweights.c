/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewweights.h"

#include "common/gstcnnchain.h"

struct _GstCnnViewWeights {
  GstBuffer *buffer; /* NULL for none */
  GstMapInfo map;
  gchar *element;
  CnnViewWeights weights;
};

GstCnnViewWeights *
gst_cnn_view_weights_new (void)
{
  return g_new0 (GstCnnViewWeights, 1);
}

static void
forget (GstCnnViewWeights *self)
{
  if (self->buffer)
    gst_buffer_unmap (self->buffer, &self->map);
  gst_clear_buffer (&self->buffer);
  g_clear_pointer (&self->element, g_free);
}

void
gst_cnn_view_weights_free (GstCnnViewWeights *self)
{
  if (!self)
    return;
  forget (self);
  g_free (self);
}

const CnnViewWeights *
gst_cnn_view_weights_take (GstCnnViewWeights *self, const GstStructure *structure)
{
  GstCnnWeights taken;
  const gchar *element;
  gboolean first;
  forget (self);
  if (!gst_cnn_weights_from_structure (&taken, &element, &first, structure) ||
      !gst_buffer_map (taken.values, &self->map, GST_MAP_READ))
    return NULL;
  self->buffer = gst_buffer_ref (taken.values);
  self->element = g_utf8_make_valid (element, -1);
  self->weights = (CnnViewWeights){.out_channels = taken.out_channels,
      .in_channels = taken.in_channels,
      .rows = taken.rows,
      .columns = taken.columns,
      .values = (const gfloat *)(gconstpointer)self->map.data,
      .element = self->element,
      .first = first};
  return &self->weights;
}

const CnnViewWeights *
gst_cnn_view_weights_get (const GstCnnViewWeights *self)
{
  return self->buffer ? &self->weights : NULL;
}

gint
gst_cnn_view_weights_group (const GstCnnViewWeights *self, GstEvent *event)
{
  const GstStructure *chain = gst_event_get_structure (event);
  const GValue *input = gst_structure_get_value (chain, "input-size");
  const gchar *sender = gst_structure_get_string (chain, "element");
  if (!self->buffer || self->weights.in_channels != 1 || g_strcmp0 (sender, self->element) != 0 ||
      !input || !GST_VALUE_HOLDS_ARRAY (input) || gst_value_array_get_size (input) != 4)
    return 0;
  const GValue *channels = gst_value_array_get_value (input, 3);
  const gint groups = G_VALUE_HOLDS_INT (channels) ? g_value_get_int (channels) : 0;
  return groups > 1 ? self->weights.out_channels / groups : 0;
}
