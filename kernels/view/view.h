/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feature maps as pictures: the range of each map, maps at the size of a tile on the screen, values
 * to colors.
 *
 * A tensor N,H,W,C is a pile of N * C maps of H x W values; map m is channel m % C of batch entry
 * m / C. */
#ifndef CNN_VIEW_H
#define CNN_VIEW_H

#include "cnn/image.h"
#include "cnn/layer.h"

/* Finite values of one map without its border. min > max when there are none. */
typedef struct {
  float min, max;
  size_t not_finite; /* NaN and infinities of the whole map, which are in neither */
} CnnMapRange;

/* Steps a range is cut into before the colors: finer than the 256 colors, so that a gamma below 1
 * keeps its dark shades apart. */
#define CNN_VIEW_LEVELS 1024

/* What values become: a level in [0, CNN_VIEW_LEVELS), or one of these. */
enum {
  CNN_VIEW_NAN = CNN_VIEW_LEVELS,
  CNN_VIEW_PLUS_INFINITY,
  CNN_VIEW_MINUS_INFINITY,
  CNN_VIEW_TABLE_SIZE,
};

/* Colors of their own for what is no number: in none of the usual colormaps. 0xRRGGBB */
#define CNN_VIEW_NAN_COLOR 0xff00ff
#define CNN_VIEW_PLUS_INFINITY_COLOR 0x00ff00
#define CNN_VIEW_MINUS_INFINITY_COLOR 0x00ffff

/* Where the bytes of a pixel are. `unused` is the x of RGBx or the A of RGBA and is set to 255; -1
 * when a pixel has 3 bytes. All in [0, bytes). */
typedef struct {
  int bytes; /* 3 or 4 */
  int red, green, blue, unused;
} CnnPixelFormat;

/* Level to pixel, its bytes in memory order. */
typedef struct {
  CnnPixelFormat format;
  uint32_t pixels[CNN_VIEW_TABLE_SIZE];
} CnnViewTable;

/* 0xRRGGBB as the bytes of a pixel. A pixel of 3 bytes leaves the fourth 0. */
uint32_t cnn_pixel (const CnnPixelFormat *format, uint32_t color);

/* level = floor ((value - centre) * scale + offset), clamped. */
typedef struct {
  float centre, scale, offset;
} CnnViewScale;

/* The scale that shows [min, max]. A range of one value shows everything as level 0, so that a
 * constant map is even whatever its averages round to. */
CnnViewScale cnn_view_scale (double min, double max);

/* Rows and columns at the edges of every map. */
typedef struct {
  int top, left, bottom, right;
} CnnViewBorder;

/* How a stream is looked at. */
typedef struct {
  CnnShape shape;
  CnnLayout layout;
  CnnSampleType type; /* FLOAT32 or UINT8, whose samples count as they are, 0..255 */
  /* Size of the tiles in values. Equal to the maps' size: values as they are. Anything else, larger
   * or smaller: each tile value is the average of the map over the area it covers. */
  int tile_height, tile_width;
  int enlargement;      /* each value of a tile is drawn as a square of that many pixels a side */
  CnnViewBorder border; /* drawn, but left out of ranges and counts; less than the map */
  const int *maps;      /* the n_maps maps that are drawn, each in [0, n * c), copied */
  int n_maps;
} CnnViewGeometry;

typedef struct CnnView CnnView;

/* NULL and a sentence when memory is short or the geometry is not one. `kernels` must live
 * longer. */
CnnView *cnn_view_new (const CnnContext *context, const CnnViewGeometry *geometry, CnnError *error);
void cnn_view_free (CnnView *view);

/* Reads one frame, a dense tensor as the geometry says, any alignment: finds the ranges of all maps
 * and keeps the tiles. */
void cnn_view_read (CnnView *view, const unsigned char *tensor);

/* n * c ranges of the frame read last. Valid until the next read. */
const CnnMapRange *cnn_view_ranges (const CnnView *view);

/* Tile `index` of the frame read last, in the order of geometry->maps: tile_height rows of
 * tile_width values. */
const float *cnn_view_tile (const CnnView *view, int index);

/* Adds the values of tile `index`, without those of the border, to counts[CNN_VIEW_LEVELS], by their level at this scale. NaN and
 * infinities do not count. */
void cnn_view_count (CnnView *view, int index, CnnViewScale scale, size_t *counts);

/* Draws tile `index` at `out`, rows `stride` bytes apart, any alignment. Writes nothing but
 * tile_width * enlargement pixels of tile_height * enlargement rows. */
void cnn_view_draw (CnnView *view, int index, CnnViewScale scale, const CnnViewTable *table,
    unsigned char *out, ptrdiff_t stride);

#endif
