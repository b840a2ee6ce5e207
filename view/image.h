/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of images of any strides: what CnnImage describes and the kernels of the view do not read. */
#ifndef CNN_VIEW_IMAGE_H
#define CNN_VIEW_IMAGE_H

#include "cnn/cnn.h"
#include "view/view.h"

#include <glib.h>

G_BEGIN_DECLS

/* One sample, as it is. */
gdouble cnn_view_image_value (const CnnImage *image, gint n, gint y, gint x, gint c);

/* TRUE when the samples lie as in a tensor of a layout, which is told; NHWC, as which they can be packed, when
 * not. */
gboolean cnn_view_image_is_dense (const CnnImage *image, CnnLayout *layout);

/* Type of the samples in a tensor of them: 16-bit ones become floats. */
CnnSampleType cnn_view_image_packed_type (const CnnImage *image);

/* Copies all samples into a dense tensor N,H,W,C of that type. */
void cnn_view_image_pack (const CnnImage *image, guint8 *tensor);

G_END_DECLS

#endif
