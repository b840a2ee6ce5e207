/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_VIEW_RANGE_H
#define CNN_VIEW_RANGE_H

#include "cpu/kernel.h"

#include <stdbool.h>
#include <stddef.h>

/* Widens min[i % period] and max[i % period] by each finite values[i]. True when all were finite.
 * period >= 1. */
typedef bool
CnnViewRangeFunc (const float *values, size_t count, size_t period, float *min, float *max);

CnnViewRangeFunc cnn_view_range_c;

#endif
