/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_REPEAT_PIXELS_H
#define CNN_REPEAT_PIXELS_H

#include "cpu/kernel.h"

#include <stddef.h>

/* Each pixel of `channels` floats `times` times: out[(x * times + i) * channels + c] =
 * row[x * channels + c]. */
typedef void
CnnRepeatPixelsFunc (const float *row, size_t count, size_t channels, int times, float *out);

CnnRepeatPixelsFunc cnn_repeat_pixels_c;

#endif
