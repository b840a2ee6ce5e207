/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_COLORMAP_H
#define CNN_COLORMAP_H

#include <stdint.h>

/* matplotlib's colormaps of the same names; coolwarm diverges from white in the middle. */
typedef enum {
  CNN_COLORMAP_GRAY,
  CNN_COLORMAP_VIRIDIS,
  CNN_COLORMAP_MAGMA,
  CNN_COLORMAP_INFERNO,
  CNN_COLORMAP_TURBO,
  CNN_COLORMAP_COOLWARM,
} CnnColormap;

#define CNN_N_COLORMAPS 6

/* Color `index` in [0, 255] as 0xRRGGBB; 0 is the low end of the range. */
uint32_t cnn_colormap_color (CnnColormap colormap, int index);

#endif
