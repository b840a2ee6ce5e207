/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/colormap.h"

static const uint32_t colors[CNN_N_COLORMAPS][256] = {
#include "view/colormap-tables.inc"
};

uint32_t
cnn_colormap_color (CnnColormap colormap, int index)
{
  return colors[colormap][index];
}
