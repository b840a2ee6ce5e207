/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/row-blocks.h"

#include "core/integers.h"

CnnRowBlocks
cnn_row_blocks (int64_t steps, int overlap, int n_threads)
{
  const int64_t blocks_per_thread = 4, overlaps_per_block = 2;
  int64_t per_thread = blocks_per_thread;
  if (overlap > 0)
    per_thread = min64 (per_thread, steps / (overlap * overlaps_per_block * n_threads));
  const int64_t wanted = n_threads > 1 ? n_threads * max64 (per_thread, 1) : 1;
  return (CnnRowBlocks){steps, (int)min64 (wanted, steps)};
}

int64_t
cnn_row_block_first (const CnnRowBlocks *blocks, int i)
{
  return blocks->steps * i / blocks->count;
}
