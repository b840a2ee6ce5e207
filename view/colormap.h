/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_COLORMAP_H
#define CNN_COLORMAP_H

#include "cnn/cnn.h"
#include "view/view.h"

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

/* "gray", "viridis", ... */
const char *cnn_colormap_name (CnnColormap colormap);

/* Color `index` in [0, 255] as 0xRRGGBB; 0 is the low end of the range. */
uint32_t cnn_colormap_color (CnnColormap colormap, int index);

/* With gamma = 1 a value x of [0, 1] gets color min (floor (256 x), 255), as in matplotlib; else
 * x ^ gamma does, gamma > 0. `centred`: the distance from the middle is raised to gamma instead, so
 * that the middle stays. */
void cnn_colormap_fill (CnnViewTable *table, CnnColormap colormap, double gamma, bool centred,
    const CnnPixelFormat *format);

#endif
