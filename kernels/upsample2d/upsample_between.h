/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_UPSAMPLE_BETWEEN_H
#define CNN_UPSAMPLE_BETWEEN_H

#include "cpu/kernel.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a new pixel lies: between the old one it belongs to and its right neighbour, or between its
 * left neighbour and it. */
typedef struct {
  bool from_left;
  float before, after; /* weights of the left and the right one of the two */
} CnnUpsamplePhase;

/* out[(x * n_phases + i) * channels + c] = before * row[(x - from_left) * channels + c] +
 * after * row[(x - from_left + 1) * channels + c] with the values of phase i. Reads one pixel before
 * the row's first and one after its last. */
typedef void CnnUpsampleBetweenFunc (const float *row, size_t count, size_t channels,
    const CnnUpsamplePhase *phases, int n_phases, float *out);

CnnUpsampleBetweenFunc cnn_upsample_between_c;

#endif
