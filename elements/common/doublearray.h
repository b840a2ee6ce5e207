/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties that hold numbers, as people type them: "0.1", "1 0 -1", "0.485,0.456,0.406", "<1.0,2.0>",
 * "[[1, 0], [2, 0]]" as torch and numpy print, "none". */
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

/* Replaces `array` by the numbers in `value`, as set_property of a property made by
 * gst_cnn_param_spec_double_array () gets it: text, one number, or arrays of them, nested as one likes.
 * FALSE with a sentence, and `array` left alone, when something in it is no number. */
gboolean gst_cnn_double_array_set (
    GstCnnDoubleArray *array, const gchar *property, const GValue *value, CnnError *error);
/* For get_property of such a property. */
void gst_cnn_double_array_get (const GstCnnDoubleArray *array, GValue *value);
void gst_cnn_double_array_copy (GstCnnDoubleArray *copy, const GstCnnDoubleArray *array);
void gst_cnn_double_array_clear (GstCnnDoubleArray *array);

/* A copy as floats, or NULL when empty; free with g_free (). */
gfloat *gst_cnn_double_array_to_floats (const GstCnnDoubleArray *array);

/* A property of this kind that may change while PLAYING. It takes text from gst-launch and g_object_set (),
 * GValues of a GstValueArray, a string, a number or FALSE (for none), and numbers and lists of all kinds from
 * Python. It gives a GstValueArray of doubles to a GValue that asks for one, and else the text of one:
 * "<1, 0.5>", of which `default_text`, a literal, is what a new
 * element has. */
GParamSpec *gst_cnn_param_spec_double_array (
    const gchar *name, const gchar *nick, const gchar *blurb, const gchar *default_text);

G_END_DECLS

#endif
