/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "colormap.h"

static const uint32_t colours[CNN_N_COLORMAPS][256] = {
#include "colormap-tables.inc"
};

uint32_t
cnn_colormap_colour (CnnColormap colormap, int index)
{
  return colours[colormap][index];
}
