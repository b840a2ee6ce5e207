/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where blocks lie in one piece of memory, when it is known from when to when each is needed. */
#ifndef CNN_ARENA_H
#define CNN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t bytes;
  int first, last; /* steps; last >= first */
  size_t offset;   /* the answer */
} CnnArenaBlock;

/* Places blocks so that no two that are needed at the same time overlap, the largest first, each as low as it goes.
 * `total` becomes the bytes of the whole. False when memory is short or the sum overflows. */
bool cnn_arena_place (CnnArenaBlock *blocks, int n_blocks, size_t *total);

#endif
