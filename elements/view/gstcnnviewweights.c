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
