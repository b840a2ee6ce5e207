/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels and the worker threads that all elements of the process share. */
#ifndef GST_CNN_CONTEXT_H
#define GST_CNN_CONTEXT_H

#include "cnn/cnn.h"

#include <glib.h>

G_BEGIN_DECLS

/* Made at the first call by cnn_context_from_environment (), and kept for the life of the process. NULL
 * with a sentence when a variable has an unknown word or memory is short. */
const CnnContext *gst_cnn_context_get (CnnError *error);

G_END_DECLS

#endif
