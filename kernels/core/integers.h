/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: arithmetic of sizes and counts. */
#ifndef CNN_INTEGERS_H
#define CNN_INTEGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline int
min (int a, int b)
{
  return a < b ? a : b;
}

static inline int
max (int a, int b)
{
  return a > b ? a : b;
}

static inline int64_t
min64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static inline int64_t
max64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

static inline size_t
min_size (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Of values that are not negative. */
static inline int
div_up (int value, int divisor)
{
  return (value + divisor - 1) / divisor;
}

static inline int64_t
div_up64 (int64_t value, int64_t divisor)
{
  return (value + divisor - 1) / divisor;
}

static inline int
round_up (int value, int multiple)
{
  return div_up (value, multiple) * multiple;
}

static inline size_t
round_up_size (size_t value, size_t multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

/* *count *= factor, which is not negative; false, and nothing done, when that is more than `most`. */
static inline bool
multiply_within (size_t *count, int64_t factor, size_t most)
{
  if (*count > most || (size_t)factor > most / (*count > 0 ? *count : 1))
    return false;
  *count *= (size_t)factor;
  return true;
}

#endif
