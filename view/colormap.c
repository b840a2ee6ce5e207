/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/colormap.h"

#include <math.h>

static const uint32_t colors[CNN_N_COLORMAPS][256] = {
#include "view/colormap-tables.inc"
};

const char *
cnn_colormap_name (CnnColormap colormap)
{
  static const char *const names[CNN_N_COLORMAPS] = {
      "gray", "viridis", "magma", "inferno", "turbo", "coolwarm"};
  return names[colormap];
}

uint32_t
cnn_colormap_color (CnnColormap colormap, int index)
{
  return colors[colormap][index];
}

/* Color of a level. The lowest and the highest level, or the middle one, stay. */
static int
color_index (int level, double gamma, bool centred)
{
  double shade = (level + 0.5) / CNN_VIEW_LEVELS;
  if (gamma != 1 && centred) {
    const double half = (CNN_VIEW_LEVELS - 1) / 2.0;
    double distance = (level - CNN_VIEW_LEVELS / 2) / half;
    shade = 0.5 + 0.5 * copysign (pow (fabs (distance), gamma), distance);
  } else if (gamma != 1) {
    shade = pow (level / (CNN_VIEW_LEVELS - 1.0), gamma);
  }
  int index = (int)(shade * 256);
  return index < 0 ? 0 : index > 255 ? 255 : index;
}

void
cnn_colormap_fill (CnnViewTable *table, CnnColormap colormap, double gamma, bool centred,
    const CnnPixelFormat *format)
{
  table->format = *format;
  for (int level = 0; level < CNN_VIEW_LEVELS; level++) {
    int index = color_index (level, gamma, centred);
    table->pixels[level] = cnn_pixel (format, cnn_colormap_color (colormap, index));
  }
  table->pixels[CNN_VIEW_NAN] = cnn_pixel (format, CNN_VIEW_NAN_COLOR);
  table->pixels[CNN_VIEW_PLUS_INFINITY] = cnn_pixel (format, CNN_VIEW_PLUS_INFINITY_COLOR);
  table->pixels[CNN_VIEW_MINUS_INFINITY] = cnn_pixel (format, CNN_VIEW_MINUS_INFINITY_COLOR);
}
