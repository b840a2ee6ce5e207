/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_pack.h"

#include <string.h>

void
cnn_view_pack_c (const uint32_t *pixels, size_t count, unsigned char *out)
{
  for (size_t i = 0; i < count; i++)
    memcpy (out + 3 * i, &pixels[i], 3);
}
