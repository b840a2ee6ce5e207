/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sum behind one value: which values of the input count, with which weights, and the equation. */
#ifndef CNN_VIEW_ARITHMETIC_H
#define CNN_VIEW_ARITHMETIC_H

#include "view/operation.h"

G_BEGIN_DECLS

/* Which input positions one output of an axis looks at. */
typedef struct {
  gint first, step, count;
} CnnViewReach;

/* One value of the input under a tap of the window. */
typedef struct {
  gint row, column; /* in the input; beyond it in the padding */
  gboolean is_padding;
  gdouble input;  /* as the layer computes with it */
  gdouble weight; /* 1 for pooling */
} CnnViewTap;

CnnViewReach cnn_view_arithmetic_reach (const CnnAxis *axis, gint input, gint output, gint index);

/* Input channels that an output channel looks at: how many, and the first. */
gint cnn_view_arithmetic_group (const CnnViewOperation *operation);
gint cnn_view_arithmetic_first_channel (const CnnViewOperation *operation, gint output_channel);

/* A place of the input or of its padding, with a weight of 1. */
CnnViewTap cnn_view_arithmetic_tap (const CnnViewOperation *operation, const CnnImage *input,
    gint batch, gint row, gint column, gint channel);

/* Of row ky and column kx of the kernel; 1 for pooling. */
gdouble cnn_view_arithmetic_weight (
    const CnnViewOperation *operation, gint output_channel, gint channel, gint ky, gint kx);

/* The taps of value (y, x) for input channel `channel`, row by row, as a GArray of CnnViewTap. Taps of pooling
 * that do not count (padding of a maximum) are left out. */
GArray *cnn_view_arithmetic_taps (const CnnViewOperation *operation, const CnnImage *input,
    gint batch, gint y, gint x, gint output_channel, gint channel);

/* What they give for their channel, without bias and activation; and the largest of them. */
gdouble cnn_view_arithmetic_result (const CnnViewOperation *operation, const GArray *taps);
gdouble cnn_view_arithmetic_largest (const GArray *taps, guint *winner);

/* Negative numbers stand in brackets where a sign would follow another. */
void cnn_view_arithmetic_append (GString *string, gdouble value, gboolean in_brackets);

/* "0·0 + 1·1 + 3·2 + 4·3 = 19", "max (0, 1, 3, 4) = 4", "(0 + 1 + 3 + 4) / 4 = 2"; more than `most` taps are
 * counted: "the sum of 49 products = 0.12". To be freed. */
gchar *
cnn_view_arithmetic_equation (const CnnViewOperation *operation, const GArray *taps, guint most);

G_END_DECLS

#endif
