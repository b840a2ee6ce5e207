/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to pool2d.c: windows that overlap, at a cost for each output that hardly grows with the
 * window (M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and
 * octagonal kernels", 1992; J. Gil and M. Werman, "Computing 2-D min, median, and max filters",
 * 1993).
 *
 * The padded rows are cut into blocks as long as a window. Every window is the end of one block and
 * the beginning of the next: ends are computed once a block, from its last row upwards, beginnings
 * grow row by row. Nothing is ever subtracted, so NaN and infinity stay in the windows that have
 * them, and blocks are counted from the first padded row, so results do not depend on where a band
 * of rows begins. */
#ifndef CNN_POOL2D_RUNNING_H
#define CNN_POOL2D_RUNNING_H

#include "cpu/dispatch.h"

typedef struct {
  const CnnDispatch *dispatch;
  bool is_max;
  CnnAxis rows, columns; /* resolved, dilation 1 */
  CnnShape input, output;
  int channels; /* of a pixel of a row; 1 for planes */
  int planes;   /* rows of each are kept apart */
} CnnRunningDesc;

typedef struct {
  CnnRunningDesc desc;
  size_t row_floats;    /* of an input row */
  size_t padded_floats; /* of a row with its padding */
  size_t plane_floats;  /* what is kept of a plane's rows; 0 when windows have few rows */
} CnnRunningPlan;

/* False when windows are too small to gain from it, or too much would have to be kept. */
bool cnn_running_plan_init (CnnRunningPlan *plan, const CnnRunningDesc *desc);

/* The part of one block that is at hand, in padded rows. */
typedef struct {
  int64_t next;   /* the output row that may go on with it */
  int block;      /* -1: none */
  int begun;      /* the beginning of the next block reaches up to this row */
  float *current; /* the last chunk of that beginning, and the chunks before it; */
  float *before;  /* NULL: no row of the input yet */
} CnnRunningPlane;

/* What one worker keeps. */
typedef struct {
  const CnnRunningPlan *plan;
  CnnRunningPlane *planes;
  float *kept;    /* plan->plane_floats a plane */
  float *padded;  /* one row of all windows down their columns, between its padding */
  float *scratch; /* for the kernel along the row */
} CnnRunning;

/* Bytes that one worker keeps besides; SIZE_MAX when they are too many. */
size_t cnn_running_bytes (const CnnRunningPlan *plan);

/* `memory`: cnn_running_bytes (), zeros, aligned to CNN_ALIGNMENT. */
void cnn_running_init (CnnRunning *running, const CnnRunningPlan *plan, unsigned char *memory);

/* Before the first window of an image. */
void cnn_running_begin (CnnRunning *running);

/* Output row y of one plane of frame n: cheap when it follows the row before. `rows` are the
 * window's `n_rows` rows that lie in the input. Sums are multiplied by scale[x] * factor. */
void cnn_running_row (CnnRunning *running, int plane, int n, int y, const float *const *rows,
    int n_rows, const float *scale, float factor, float *out);

#endif
