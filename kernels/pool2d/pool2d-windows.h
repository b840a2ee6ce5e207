/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to pool2d.c: where the windows of a pooling layer lie, clipped to the input. */
#ifndef CNN_POOL2D_WINDOWS_H
#define CNN_POOL2D_WINDOWS_H

#include "cnn/geometry.h"

#include <stdbool.h>

/* The places of one window along one axis that lie inside the input, and how many count in the
 * divisor. */
typedef struct {
  int first, count;
  int divisor;
} CnnPoolWindow;

/* Neighbouring output columns with equal windows, evenly spaced. */
typedef struct {
  int first_output, outputs;
  int first_column, columns;
  int divisor;
} CnnPoolRun;

typedef struct {
  CnnPoolWindow *rows; /* one per output row */
  int most_rows;       /* of any window */
  CnnPoolRun *runs;    /* all output columns */
  int n_runs;
} CnnPoolGrid;

/* `rows` and `columns` are resolved. With `count_include_pad` divisors count padding, too. False
 * when memory is short; to be cleared either way. */
bool cnn_pool_grid_init (CnnPoolGrid *grid, const CnnAxis *rows, const CnnAxis *columns,
    CnnShape input, CnnShape output, bool count_include_pad);
void cnn_pool_grid_clear (CnnPoolGrid *grid);

#endif
