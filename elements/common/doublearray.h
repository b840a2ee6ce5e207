/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties that hold a GstValueArray of numbers. */
#ifndef CNN_DOUBLE_ARRAY_H
#define CNN_DOUBLE_ARRAY_H

#include "cnn/cnn.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* Numbers of an array property; `values` is owned. Zeroed: empty. */
typedef struct {
  gdouble *values;
  guint count;
} GstCnnDoubleArray;

/* Replaces `array` by the numbers in `value`, which holds a GstValueArray of any integer and floating
 * point types. When one is not a number, returns FALSE with a sentence and leaves `array` alone. */
gboolean gst_cnn_double_array_set (
    GstCnnDoubleArray *array, const gchar *property, const GValue *value, CnnError *error);
/* Fills `value`, which holds an (empty) GstValueArray. */
void gst_cnn_double_array_get (const GstCnnDoubleArray *array, GValue *value);
void gst_cnn_double_array_clear (GstCnnDoubleArray *array);

/* A copy as floats, or NULL when empty; free with g_free (). */
gfloat *gst_cnn_double_array_to_floats (const GstCnnDoubleArray *array);

/* A property of this kind that may change while PLAYING and be driven by a GstControlBinding. */
GParamSpec *
gst_cnn_param_spec_double_array (const gchar *name, const gchar *nick, const gchar *blurb);

G_END_DECLS

#endif
