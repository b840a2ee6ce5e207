/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/gstcnnmodel-private.h"

static void
network_free (GstCnnNetwork *network)
{
  cnn_model_free (network->model);
  g_free (network);
}

GstCnnNetwork *
gst_cnn_network_ref (GstCnnNetwork *network)
{
  g_atomic_ref_count_inc (&network->references);
  return network;
}

void
gst_cnn_network_unref (GstCnnNetwork *network)
{
  if (g_atomic_ref_count_dec (&network->references))
    network_free (network);
}

static gchar **
split_names (const gchar *outputs)
{
  gchar **names = g_strsplit (outputs ? outputs : "", ",", -1);
  for (guint i = 0; names[i]; i++)
    g_strstrip (names[i]);
  return names;
}

static gboolean
check_input (GstCnnNetwork *network, CnnError *error)
{
  const gint n_inputs = cnn_model_n_inputs (network->model);
  if (n_inputs != 1)
    return cnn_error_set (error,
        "the network has %d inputs (%s, %s%s), but cnnmodel has one pad for one of them", n_inputs,
        cnn_model_input (network->model, 0).name, cnn_model_input (network->model, 1).name,
        n_inputs > 2 ? " ..." : "");
  const CnnModelTensor input = cnn_model_input (network->model, 0);
  return gst_cnn_model_shape (&input, cnn_model_is_channels_last (network->model, 0),
      &network->input, &network->layout, error);
}

GstCnnNetwork *
gst_cnn_network_open (const gchar *location, const gchar *outputs, CnnError *error)
{
  if (!location || !*location) {
    cnn_error_set (error, "location is not set: it names the .onnx file of the network");
    return NULL;
  }
  char *sentence = NULL;
  g_auto (GStrv) names = split_names (outputs);
  GstCnnNetwork *network = g_new0 (GstCnnNetwork, 1);
  g_atomic_ref_count_init (&network->references);
  network->model =
      cnn_model_open (location, (const char *const *)names, (gint)g_strv_length (names), &sentence);
  if (!network->model)
    cnn_error_set (error, "%s", sentence ? sentence : "there is no memory for the network");
  cnn_free (sentence);
  if (network->model && check_input (network, error))
    return network;
  gst_cnn_network_unref (network);
  return NULL;
}

GstCnnNetwork *
gst_cnn_model_get_network (GstCnnModel *self)
{
  GST_OBJECT_LOCK (self);
  GstCnnNetwork *network = self->network ? gst_cnn_network_ref (self->network) : NULL;
  GST_OBJECT_UNLOCK (self);
  return network;
}

gboolean
gst_cnn_model_read (GstCnnModel *self, CnnError *error)
{
  GST_OBJECT_LOCK (self);
  g_autofree gchar *location = g_strdup (self->location), *outputs = g_strdup (self->outputs);
  GST_OBJECT_UNLOCK (self);
  GstCnnNetwork *network = gst_cnn_network_open (location, outputs, error);
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->network, gst_cnn_network_unref);
  self->network = network;
  GST_OBJECT_UNLOCK (self);
  GST_DEBUG_OBJECT (self, "%s: %s", location, network ? "read" : "refused");
  return network != NULL;
}

/* Reads until nothing is wanted any more: a location that was set meanwhile replaces the one before. */
static gpointer
read_wanted (gpointer data)
{
  GstCnnModel *self = data;
  for (;;) {
    GST_OBJECT_LOCK (self);
    g_autofree gchar *location = g_steal_pointer (&self->wanted_location);
    g_autofree gchar *outputs = g_steal_pointer (&self->wanted_outputs);
    self->reading = location != NULL;
    GST_OBJECT_UNLOCK (self);
    if (!location)
      return NULL;
    CnnError error;
    GstCnnNetwork *network = gst_cnn_network_open (location, outputs, &error);
    GST_DEBUG_OBJECT (self, "%s: %s while playing", location, network ? "read" : "refused");
    if (!network) {
      gst_cnn_layer_common_post_settings_warning (&self->common, &error);
      continue;
    }
    GST_OBJECT_LOCK (self);
    g_clear_pointer (&self->next, gst_cnn_network_unref);
    self->next = network;
    GST_OBJECT_UNLOCK (self);
  }
}

void
gst_cnn_model_read_beside (GstCnnModel *self)
{
  GThread *ended = NULL;
  GST_OBJECT_LOCK (self);
  g_free (self->wanted_location);
  g_free (self->wanted_outputs);
  self->wanted_location = g_strdup (self->location ? self->location : "");
  self->wanted_outputs = g_strdup (self->outputs);
  if (!self->reading) {
    ended = g_steal_pointer (&self->reader);
    self->reading = TRUE;
    self->reader = g_thread_new ("cnnmodel-reader", read_wanted, self);
  }
  GST_OBJECT_UNLOCK (self);
  if (ended)
    g_thread_join (ended);
}

void
gst_cnn_model_stop_reading (GstCnnModel *self)
{
  GST_OBJECT_LOCK (self);
  GThread *reader = g_steal_pointer (&self->reader);
  g_clear_pointer (&self->wanted_location, g_free);
  GST_OBJECT_UNLOCK (self);
  if (reader)
    g_thread_join (reader);
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->wanted_outputs, g_free);
  g_clear_pointer (&self->next, gst_cnn_network_unref);
  GST_OBJECT_UNLOCK (self);
}
