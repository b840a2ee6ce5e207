/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of kernel-size, stride, padding, dilation and output-size: "3", "3x5", "1,2,1,2", "same", and as
 * others print them: "(3, 5)", "[3, 5]", "3,5", "3 5", "SAME_UPPER". */
#ifndef CNN_WINDOW_TEXT_H
#define CNN_WINDOW_TEXT_H

#include "cnn/cnn.h"

#include <glib.h>

G_BEGIN_DECLS

/* Reads "N" or "HxW" (or "H,W", "H W", either in brackets), each in [1, CNN_MAX_EXTENT]. On failure FALSE and a sentence that names the
 * property. */
gboolean gst_cnn_parse_size (
    const gchar *property, const gchar *text, gint *rows, gint *columns, CnnError *error);

/* Reads "P", "HxW" (each side, or "H,W"), "top,left,bottom,right", "same", "same_lower" or "valid" into the size
 * rule and the padding of both axes; each side in [0, CNN_MAX_EXTENT]. */
gboolean gst_cnn_parse_padding (const gchar *text, CnnWindow *window, CnnError *error);

/* Reads "P", "HxW" or "top,left,bottom,right" into the samples that are added, or taken away where negative; the
 * modes stay. */
gboolean
gst_cnn_parse_pad (const gchar *text, CnnPadAxis *rows, CnnPadAxis *columns, CnnError *error);

/* Reads "first:end:step" as in Python, "N" for one place, or nothing for all. */
gboolean
gst_cnn_parse_slice (const gchar *property, const gchar *text, CnnSlice *slice, CnnError *error);

G_END_DECLS

#endif
