/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution kernels that have a name, and random ones. */
#ifndef CNN_NAMED_FILTERS_H
#define CNN_NAMED_FILTERS_H

#include "cnn/cnn.h"

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum {
  GST_CNN_FILTER_NONE,
  GST_CNN_FILTER_IDENTITY,
  GST_CNN_FILTER_BOX,
  GST_CNN_FILTER_GAUSSIAN,
  GST_CNN_FILTER_SHARPEN,
  GST_CNN_FILTER_EMBOSS,
  GST_CNN_FILTER_LAPLACIAN,
  GST_CNN_FILTER_SOBEL_X,
  GST_CNN_FILTER_SOBEL_Y,
  GST_CNN_FILTER_SOBEL,
  GST_CNN_FILTER_SCHARR_X,
  GST_CNN_FILTER_SCHARR_Y,
  GST_CNN_FILTER_PREWITT_X,
  GST_CNN_FILTER_PREWITT_Y,
  GST_CNN_FILTER_GABOR,
  GST_CNN_FILTER_RANDOM,
} GstCnnFilter;

#define GST_TYPE_CNN_FILTER (gst_cnn_filter_get_type ())
GType gst_cnn_filter_get_type (void);

/* How many kernels a filter is: 8 orientations for gabor, 2 for sobel, else 1. Not for NONE and RANDOM. */
gint gst_cnn_filter_count (GstCnnFilter filter);

/* The weights of all its kernels, count x rows x columns, to be freed with g_free (). NULL with a sentence
 * when the filter does not come in that size. Not for NONE and RANDOM. */
gfloat *gst_cnn_filter_make (GstCnnFilter filter, gint rows, gint columns, CnnError *error);

/* `count` weights from the uniform distribution of He et al. 2015 ("Delving deep into rectifiers") for
 * relu layers: within +-sqrt (6 / fan_in). The same numbers for the same seed on every machine. */
void gst_cnn_filter_randomize (gfloat *weights, gsize count, gint64 fan_in, guint seed);

G_END_DECLS

#endif
