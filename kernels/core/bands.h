/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: how the rows of a frame are cut into the tasks of a run. */
#ifndef CNN_BANDS_H
#define CNN_BANDS_H

#include <stdint.h>

/* Rows cut into tasks of nearly the same size: band i is rows [cnn_band_first (i), cnn_band_first (i + 1)). */
typedef struct {
  int64_t rows;
  int unit; /* bands begin at multiples of this many rows */
  int count;
} CnnBands;

/* A few bands a thread, so that a late thread does not hold up the rest, and as many for each, but none
 * so low that `overlap` rows, which neighbouring bands both have to convert, would matter. */
CnnBands cnn_bands (int64_t rows, int unit, int overlap, int n_threads);
int64_t cnn_band_first (const CnnBands *bands, int i);

#endif
