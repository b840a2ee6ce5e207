/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_VIEW_PACK_H
#define CNN_VIEW_PACK_H

#include "cpu/kernel.h"

#include <stddef.h>
#include <stdint.h>

/* The first three bytes of each pixel. */
typedef void CnnViewPackFunc (const uint32_t *pixels, size_t count, unsigned char *out);

CnnViewPackFunc cnn_view_pack_c;

#endif
