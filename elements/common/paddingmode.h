/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The property `padding-mode`. */
#ifndef CNN_PADDING_MODE_TYPE_H
#define CNN_PADDING_MODE_TYPE_H

#include "cnn/cnn.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_PADDING_MODE (gst_cnn_padding_mode_get_type ())
GType gst_cnn_padding_mode_get_type (void);

G_END_DECLS

#endif
