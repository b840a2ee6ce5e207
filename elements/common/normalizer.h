/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties scale, mean and std: how integer samples become floats. */
#ifndef CNN_NORMALIZER_H
#define CNN_NORMALIZER_H

#include "common/doublearray.h"
#include "common/tensorcaps.h"

G_BEGIN_DECLS

typedef struct {
  gdouble scale;
  gboolean scale_is_set;       /* otherwise 16-bit video is scaled by 1/65535 */
  GstCnnDoubleArray mean, std; /* empty, one value, or one per channel */
} GstCnnNormalizer;

/* Its properties take this many ids in a row; `which` below is an id minus the first of them. */
enum {
  GST_CNN_NORMALIZER_SCALE,
  GST_CNN_NORMALIZER_MEAN,
  GST_CNN_NORMALIZER_STD,
};

void gst_cnn_normalizer_init (GstCnnNormalizer *normalizer);
void gst_cnn_normalizer_clear (GstCnnNormalizer *normalizer);
/* `copy` is to be cleared; what is in it is overwritten. */
void gst_cnn_normalizer_copy (GstCnnNormalizer *copy, const GstCnnNormalizer *normalizer);
void gst_cnn_normalizer_install_properties (GObjectClass *object_class, guint first_id);
/* FALSE with a sentence, and the old value kept, when `value` cannot be taken. */
gboolean gst_cnn_normalizer_set_property (GstCnnNormalizer *normalizer, guint which,
    const GValue *value, GParamSpec *pspec, CnnError *error);
void
gst_cnn_normalizer_get_property (const GstCnnNormalizer *normalizer, guint which, GValue *value);

/* x = (sample * scale - mean[c]) / std[c] as one multiplication and one addition: a factor and a term a
 * channel, to be freed with g_free () also after a failure. FALSE with a sentence when the counts do not
 * fit the channels of the stream or a deviation is 0. */
gboolean gst_cnn_normalizer_make (const GstCnnNormalizer *normalizer, const GstCnnStreamInfo *info,
    gfloat **scale, gfloat **offset, CnnError *error);

G_END_DECLS

#endif
