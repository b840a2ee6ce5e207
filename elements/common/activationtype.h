/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The property `activation`. */
#ifndef CNN_ACTIVATION_TYPE_H
#define CNN_ACTIVATION_TYPE_H

#include "cnn/cnn.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define GST_TYPE_CNN_ACTIVATION (gst_cnn_activation_get_type ())
GType gst_cnn_activation_get_type (void);

G_END_DECLS

#endif
