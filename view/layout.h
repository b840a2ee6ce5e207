/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where things are in the picture: pure arithmetic. */
#ifndef CNN_VIEW_LAYOUT_H
#define CNN_VIEW_LAYOUT_H

#include <glib.h>

G_BEGIN_DECLS

/* What has to be placed. All sizes at least 1, columns 0 for automatic. */
typedef struct {
  gint width, height;               /* of the picture */
  gint map_width, map_height;       /* of a map, in values */
  gint source_width, source_height; /* of the picture beside the maps, 0 for none */
  /* Padding around the source that values see, in its pixels. */
  gint padding_top, padding_left, padding_bottom, padding_right;
  gboolean kernels;             /* to be drawn under that picture */
  gboolean arithmetic;          /* the sum behind a value, in their place */
  gint n_layers, current_layer; /* of the strip, 0 for none */
  gint n_tiles;
  gint group; /* tiles that belong together, in a row where that goes well; 0 or 1 for none */
  guint columns;
  guint page; /* taken modulo the number of pages */
  gint gap;
  gboolean captions, title, legend;
  gint caption_letters; /* of the longest name of a map */
  gboolean named;       /* maps have names: bars lie, to be read */
} CnnViewRequest;

typedef struct {
  gint x, y, width, height;
} CnnViewBox;

typedef struct {
  gint text_size;                          /* of title and legend, pixels */
  gint caption_size;                       /* text on the tiles */
  CnnViewBox title, legend, body;          /* empty when absent */
  CnnViewBox strip;                        /* empty when absent, or when there is no room */
  gint first_layer, n_layers, layer_width; /* that it has room for */
  CnnViewBox padded;                       /* the source with its padding */
  CnnViewBox source, kernels, arithmetic;  /* empty when absent */
  gboolean bars;                           /* maps of one value: a bar each instead of a tile */
  gboolean lying; /* they go to the right, names on their left, values on their right */

  gint columns, rows;  /* of a full page */
  gint first, n_shown; /* tiles of this page */
  gint page, n_pages;
  gint x, y;           /* of the first caption or tile */
  gint step_x, step_y; /* from tile to tile */
  gint tile_width, tile_height;
  gint caption_height; /* above each tile, 0 for none */
  /* Tiles without room for captions: the first one's name before each row, or names above some of the
   * only row, bars among them. */
  gboolean row_names, column_names;
  /* How a tile is made: averaged to this many values, each drawn as a square of `enlargement`
   * pixels. */
  gint values_width, values_height, enlargement;
} CnnViewLayout;

void cnn_view_layout_init (CnnViewLayout *layout, const CnnViewRequest *request);

/* The picture without wishes: one pixel a value, enlarged by the smallest factor that makes it 320
 * wide. Only the maps, n_tiles, columns, gap and what is shown matter. */
void cnn_view_layout_natural_size (const CnnViewRequest *request, gint *width, gint *height);

/* Box of shown tile `index`, without its caption. For bars the full-height column of the bar. */
CnnViewBox cnn_view_layout_tile (const CnnViewLayout *layout, gint index);

/* Box of the `index`th layer that the strip has room for. */
CnnViewBox cnn_view_layout_layer (const CnnViewLayout *layout, gint index);

/* The layer at a point of the strip, or -1. */
gint cnn_view_layout_find_layer (const CnnViewLayout *layout, gdouble x, gdouble y);

/* The shown tile at a point (its caption counts, and right of a bar its gap), or -1. */
gint cnn_view_layout_find (const CnnViewLayout *layout, gdouble x, gdouble y);

G_END_DECLS

#endif
