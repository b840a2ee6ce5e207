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
