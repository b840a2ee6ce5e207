/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/weightssource.h"

struct _GstCnnWeightsSource {
  CnnWeightsFile *file;
  gchar *path;
};

GstCnnWeightsSource *
gst_cnn_weights_source_new (const gchar *path, CnnError *error)
{
  GError *reason = NULL;
  CnnWeightsFile *file = cnn_weights_open (path, &reason);
  if (!file) {
    cnn_error_set (error, "weights: %s", reason->message);
    g_clear_error (&reason);
    return NULL;
  }
  GstCnnWeightsSource *source = g_atomic_rc_box_new0 (GstCnnWeightsSource);
  source->file = file;
  source->path = g_strdup (path);
  return source;
}

GstCnnWeightsSource *
gst_cnn_weights_source_ref (GstCnnWeightsSource *source)
{
  return g_atomic_rc_box_acquire (source);
}

static void
clear_source (gpointer data)
{
  GstCnnWeightsSource *source = data;
  cnn_weights_close (source->file);
  g_free (source->path);
}

void
gst_cnn_weights_source_unref (GstCnnWeightsSource *source)
{
  g_atomic_rc_box_release_full (source, clear_source);
}

const gchar *
gst_cnn_weights_source_path (const GstCnnWeightsSource *source)
{
  return source->path;
}

const CnnWeightsFile *
gst_cnn_weights_source_file (const GstCnnWeightsSource *source)
{
  return source->file;
}
