/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arena.h"

#include <cnn/memory.h>
#include <stdint.h>
#include <stdlib.h>

static int
by_size (const void *a, const void *b)
{
  const CnnArenaBlock *first = *(CnnArenaBlock *const *)a, *second = *(CnnArenaBlock *const *)b;
  if (first->bytes != second->bytes)
    return first->bytes < second->bytes ? 1 : -1;
  return first < second ? -1 : 1;
}

static int
by_offset (const void *a, const void *b)
{
  const CnnArenaBlock *first = *(CnnArenaBlock *const *)a, *second = *(CnnArenaBlock *const *)b;
  return first->offset < second->offset ? -1 : first->offset > second->offset;
}

/* The lowest gap between the placed blocks, sorted by offset, that are needed at the same time. */
static size_t
lowest_gap (CnnArenaBlock *const *placed, int n_placed, const CnnArenaBlock *block)
{
  size_t offset = 0;
  for (int i = 0; i < n_placed; i++) {
    const CnnArenaBlock *other = placed[i];
    if (other->first > block->last || other->last < block->first)
      continue;
    if (other->offset >= offset && other->offset - offset >= block->bytes)
      break;
    if (other->offset + other->bytes > offset)
      offset = other->offset + other->bytes;
  }
  return offset;
}

bool
cnn_arena_place (CnnArenaBlock *blocks, int n_blocks, size_t *total)
{
  CnnArenaBlock **order = cnn_alloc ((size_t)n_blocks + 1, sizeof *order);
  *total = 0;
  for (int i = 0; order && i < n_blocks; i++) {
    order[i] = &blocks[i];
    blocks[i].bytes = (blocks[i].bytes + CNN_ALIGNMENT - 1) / CNN_ALIGNMENT * CNN_ALIGNMENT;
  }
  if (!order)
    return false;
  qsort (order, (size_t)n_blocks, sizeof *order, by_size);
  for (int i = 0; i < n_blocks; i++) {
    CnnArenaBlock *block = order[i];
    block->offset = lowest_gap (order, i, block);
    if (block->bytes > SIZE_MAX / 4 - block->offset) {
      cnn_free (order);
      return false;
    }
    if (block->offset + block->bytes > *total)
      *total = block->offset + block->bytes;
    /* Insert it among those that are sorted by offset. */
    int at = i;
    for (; at > 0 && by_offset (&order[at - 1], &block) > 0; at--)
      order[at] = order[at - 1];
    order[at] = block;
  }
  cnn_free (order);
  return true;
}
