/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "modules.h"

/* A gst-launch-1.0 command that runs the file's layers (CnnModule) one after the other, to be freed; or
 * NULL, with the reason in `obstacle`, to be freed, when they are no plain chain. `path` is the file as the
 * command shall name it. `modules` may be put into another order. Layers that look like a residual block's
 * are an obstacle unless `no_skips`.
 *
 * A weights file says nothing about padding, stride, pooling and activations. The command keeps the
 * picture's size, lets a PReLU or CReLU act where the weights show one, else the activation that the file's
 * metadata names ("activation", with "alpha"), else ReLU, and adds nothing after the last layer. */
gchar *cnn_launch_line_new (const CnnWeightsFile *file, const gchar *path, GArray *modules,
    gboolean no_skips, gchar **obstacle);

/* The activation that the file's metadata names, or NULL. */
const gchar *cnn_launch_line_activation (const CnnWeightsFile *file);
