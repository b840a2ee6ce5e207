/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a layer made the maps out of its input: what the sum behind a value is made of. */
#ifndef CNN_VIEW_OPERATION_H
#define CNN_VIEW_OPERATION_H

#include "cnn/cnn.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  CNN_VIEW_OPERATION_CONVOLUTION,
  CNN_VIEW_OPERATION_MAXIMUM,
  CNN_VIEW_OPERATION_AVERAGE,
  CNN_VIEW_OPERATION_OTHER, /* values that are no sum and no choice of a window */
} CnnViewOperationKind;

/* Everything it points to belongs to whoever lends it. */
typedef struct {
  CnnViewOperationKind kind;
  CnnShape input, output;
  CnnWindow window; /* rule EXPLICIT or ADAPTIVE */
  gint groups;      /* of the channels; pooling: as many as there are */
  const gfloat *scale,
      *offset; /* an input value is sample * scale[c] + offset[c]; NULL: the sample */

  /* Convolution. */
  gint out_channels;       /* before the activation, which may double them */
  const gfloat *weights;   /* O,I,H,W; NULL when they are too many to be shown */
  const gfloat *bias;      /* a value an output channel, or NULL */
  const gchar *activation; /* its name, NULL for none */

  /* Average. */
  gboolean count_include_pad;
  gint divisor; /* 0: the values that count */
} CnnViewOperation;

/* "3x3, stride 2, padding 1, relu", "maximum 2x2, stride 2": what is as usual is left out, and
 * everything of OTHER. To be freed. */
gchar *cnn_view_operation_describe (const CnnViewOperation *operation);

G_END_DECLS

#endif
