/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A page table entry of the next level covers this much on x86-64 and AArch64. Blocks that fill a
 * few of them are worth the alignment: a fault then brings 512 pages instead of one. */
#define HUGE_PAGE ((size_t)2 << 20)

void *
cnn_alloc (size_t count, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow (count, size, &bytes) || bytes > SIZE_MAX - HUGE_PAGE)
    return NULL;
  const size_t alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : CNN_ALIGNMENT;
  void *block;
  if (posix_memalign (&block, alignment, bytes ? bytes : 1) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  /* A hint: systems without huge pages refuse it, and nothing is lost. */
  if (alignment == HUGE_PAGE)
    madvise (block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
  return memset (block, 0, bytes);
}

void
cnn_free (void *block)
{
  free (block);
}
