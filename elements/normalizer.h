/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties scale, mean and std: how integer samples become floats. */
#ifndef CNN_NORMALIZER_H
#define CNN_NORMALIZER_H

#include "doublearray.h"
#include "tensorcaps.h"

G_BEGIN_DECLS

#define GST_CNN_DEFAULT_SCALE (1.0 / 255.0)

typedef struct {
  gdouble scale;
  gboolean scale_is_set;       /* otherwise 16-bit video is scaled by 1/65535 */
  GstCnnDoubleArray mean, std; /* empty, one value, or one per channel */
} GstCnnNormalizer;

/* x = (sample * scale - mean[c]) / std[c] as one multiplication and one addition: a factor and a term a
 * channel, to be freed with g_free () also after a failure. FALSE with a sentence when the counts do not
 * fit the channels of the stream or a deviation is 0. */
gboolean gst_cnn_normalizer_make (const GstCnnNormalizer *normalizer, const GstCnnStreamInfo *info,
    gfloat **scale, gfloat **offset, CnnError *error);

G_END_DECLS

#endif
