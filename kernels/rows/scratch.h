/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to rows/: how large scratch rows may be. */
#ifndef CNN_ROWS_SCRATCH_H
#define CNN_ROWS_SCRATCH_H

#include "cnn/memory.h"
#include "core/integers.h"
#include "rows/rows.h"

/* Scratch rows and planes begin at cache lines: at multiples of this many floats. */
#define CNN_ROW_FLOATS (CNN_ALIGNMENT / sizeof (float))

static inline bool
cnn_scratch_refuse (CnnError *error)
{
  return cnn_error_set (error,
      "one window's rows need more than the %zu MiB of scratch memory that a layer may use",
      CNN_MAX_FRAME_BYTES >> 20);
}

/* *bytes *= count; false above the limit. */
static inline bool
cnn_scratch_grow (size_t *bytes, size_t count)
{
  return count <= CNN_MAX_FRAME_BYTES &&
         multiply_within (bytes, (int64_t)count, CNN_MAX_FRAME_BYTES);
}

#endif
