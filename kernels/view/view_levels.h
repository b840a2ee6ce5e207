/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values to the levels of a colormap. */
#ifndef CNN_VIEW_LEVELS_H
#define CNN_VIEW_LEVELS_H

#include "cpu/kernel.h"
#include "view/view.h"

#include <stddef.h>
#include <stdint.h>

/* pixels[i] = table[level of values[i]], see CnnViewScale; table has CNN_VIEW_TABLE_SIZE entries. */
typedef void CnnViewPaintFunc (
    const float *values, size_t count, CnnViewScale scale, const uint32_t *table, uint32_t *pixels);

/* Equal values follow each other often: that many counters take turns, so that none waits for itself. */
#define CNN_VIEW_COUNTERS 4

/* Adds 1 to counts[i % CNN_VIEW_COUNTERS * CNN_VIEW_TABLE_SIZE + level of values[i]] for each of the
 * values. */
typedef void
CnnViewCountFunc (const float *values, size_t count, CnnViewScale scale, uint32_t *counts);

CnnViewPaintFunc cnn_view_paint_c;
CnnViewCountFunc cnn_view_count_c;

#endif
