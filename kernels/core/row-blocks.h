/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: how the rows of a frame are cut into the tasks of a run. */
#ifndef CNN_ROW_BLOCKS_H
#define CNN_ROW_BLOCKS_H

#include <stdint.h>

/* Steps of rows cut into blocks of nearly the same size: block i is [cnn_row_block_first (i),
 * cnn_row_block_first (i + 1)). */
typedef struct {
  int64_t steps;
  int count;
} CnnRowBlocks;

/* A few blocks a thread, so that a late thread does not hold up the rest, and as many for each, but
 * none so low that `overlap` steps, which neighbouring blocks both have to convert, would
 * matter. */
CnnRowBlocks cnn_row_blocks (int64_t steps, int overlap, int n_threads);
int64_t cnn_row_block_first (const CnnRowBlocks *blocks, int i);

#endif
