/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values to levels, levels to pixels. */
#include "view/view.h"

#include <float.h>
#include <math.h>
#include <string.h>

uint32_t
cnn_pixel (const CnnPixelFormat *format, uint32_t color)
{
  unsigned char bytes[4] = {0};
  bytes[format->red] = (unsigned char)(color >> 16);
  bytes[format->green] = (unsigned char)(color >> 8);
  bytes[format->blue] = (unsigned char)color;
  if (format->unused >= 0)
    bytes[format->unused] = 255;
  uint32_t pixel;
  memcpy (&pixel, bytes, 4);
  return pixel;
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
cnn_view_table_fill (CnnViewTable *table, CnnColormap colormap, double gamma, bool centred,
    const CnnPixelFormat *format)
{
  table->format = *format;
  for (int level = 0; level < CNN_VIEW_LEVELS; level++) {
    int index = color_index (level, gamma, centred);
    table->pixels[level] = cnn_pixel (format, cnn_colormap_color (colormap, index));
  }
  table->pixels[CNN_VIEW_NAN] = cnn_pixel (format, CNN_VIEW_NAN_COLOUR);
  table->pixels[CNN_VIEW_PLUS_INFINITY] = cnn_pixel (format, CNN_VIEW_PLUS_INFINITY_COLOUR);
  table->pixels[CNN_VIEW_MINUS_INFINITY] = cnn_pixel (format, CNN_VIEW_MINUS_INFINITY_COLOUR);
}

CnnViewScale
cnn_view_scale (double min, double max)
{
  double width = max - min;
  if (!(width > CNN_VIEW_LEVELS / (double)FLT_MAX))
    return (CnnViewScale){0, 0, 0};
  /* From the middle: differences stay finite for every pair of floats, and 0 of a range that is
   * symmetric about it is the middle level exactly. */
  return (CnnViewScale){
      (float)(min + width / 2), (float)(CNN_VIEW_LEVELS / width), CNN_VIEW_LEVELS / 2};
}
