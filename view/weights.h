/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The convolution that made the maps, as its owner lends it. */
#ifndef CNN_VIEW_WEIGHTS_H
#define CNN_VIEW_WEIGHTS_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint out_channels, in_channels, rows, columns; /* in_channels of one group; all at least 1 */
  const gfloat *values;                          /* O,I,H,W; NULL for no weights */
  const gchar *element;                          /* name of the convolution, UTF-8 */
  gboolean first;                                /* it reads the picture itself */
} CnnViewWeights;

G_END_DECLS

#endif
