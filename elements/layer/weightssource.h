/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open weights file that outlives the property that named it. */
#ifndef CNN_WEIGHTS_SOURCE_H
#define CNN_WEIGHTS_SOURCE_H

#include "cnn/error.h"
#include "weights.h"

G_BEGIN_DECLS

/* A weights file that several copies of settings share. */
typedef struct _GstCnnWeightsSource GstCnnWeightsSource;

/* Opens and checks the file; NULL with its sentence. */
GstCnnWeightsSource *gst_cnn_weights_source_new (const gchar *path, CnnError *error);
GstCnnWeightsSource *gst_cnn_weights_source_ref (GstCnnWeightsSource *source);
void gst_cnn_weights_source_unref (GstCnnWeightsSource *source);
const gchar *gst_cnn_weights_source_path (const GstCnnWeightsSource *source);
/* Belongs to the source. */
const CnnWeightsFile *gst_cnn_weights_source_file (const GstCnnWeightsSource *source);

G_END_DECLS

#endif
