/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What view.c and view-read.c share. */
#ifndef CNN_VIEW_PRIVATE_H
#define CNN_VIEW_PRIVATE_H

#include "cpu/dispatch.h"
#include "view/view.h"

/* Up to this many channels of a pixel are taken apart before they are averaged along a row. */
#define VIEW_FEW_CHANNELS 7
/* So many rows of a channel are then averaged together, as if they were the channels of one row. */
#define VIEW_ROWS_TOGETHER 16

/* Ranges on their way: of value i % period. */
typedef struct {
  float *min, *max;
} CnnViewCollected;

struct CnnView {
  const CnnDispatch *dispatch;
  CnnViewGeometry geometry;
  int *maps;
  int *planes; /* where tile i lies in `tiles` */

  /* An interleaved frame is read in rows of pixels. When few of its channels are drawn, only these
   * are picked out of the rows before anything else is done to them. */
  int channels; /* kept of each pixel */
  int *picked;  /* which ones, or NULL for all */
  CnnViewSpans rows, columns;
  bool resize_rows, resize_columns;
  size_t tile_size;
  float *tiles;

  float *floats; /* max_taps rows as floats, where the frame's cannot be used in place */
  size_t floats_stride;
  const float **row_pointers; /* max_taps */
  float *row_weights;         /* max_taps */
  float *blended, *averaged;
  float *gathered; /* VIEW_ROWS_TOGETHER rows of each of few channels */
  float *turned;   /* those of one channel, column by column */

  size_t period; /* of the ranges: a multiple of the interleaved channels */
  CnnViewCollected inner, border;
  CnnMapRange *ranges;

  uint32_t *pixels, *enlarged; /* one row */
  uint32_t counters[CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE];
};

static inline bool
cnn_view_is_interleaved (const CnnView *view)
{
  return view->geometry.layout == CNN_LAYOUT_NHWC;
}

static inline bool
cnn_view_has_border (const CnnView *view)
{
  const CnnViewBorder *border = &view->geometry.border;
  return border->top > 0 || border->left > 0 || border->bottom > 0 || border->right > 0;
}

#endif
