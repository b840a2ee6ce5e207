/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "modules.h"

/* A gst-launch-1.0 command that runs the file's layers one after the other, to be freed; or NULL,
 * with the reason in `obstacle`, to be freed, when they are no plain chain. `path` is the file as
 * the command shall name it.
 *
 * A weights file says nothing about padding, stride, pooling and activations. The command keeps the
 * picture's size, lets a PReLU or CReLU act where the weights show one and ReLU otherwise, and adds
 * nothing after the last layer. */
gchar *cnn_launch_line_new (const CnnWeightsFile *file, const gchar *path, gchar **obstacle);
