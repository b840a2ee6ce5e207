/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_UPSAMPLE_SHUFFLE_H
#define CNN_UPSAMPLE_SHUFFLE_H

#include "cpu/kernel.h"

#include <stddef.h>

/* A row of pixel-shuffle: out[(x * factor + i) * channels + c] =
 * row[x * channels * factor^2 + c * factor^2 + i]. */
typedef void
CnnUpsampleShuffleFunc (const float *row, size_t count, size_t channels, int factor, float *out);

CnnUpsampleShuffleFunc cnn_upsample_shuffle_c;

#endif
