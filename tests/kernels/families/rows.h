/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For kernels that read one block of floats and write another: both guarded, and what the output must be. */
#ifndef ROWS_H
#define ROWS_H

#include "check.h"

typedef struct {
  float *in, *out, *expected; /* `expected` starts as a copy of `out`: what must not change */
  size_t inputs, outputs;
} Rows;

/* `edges`: infinities, NaN and the like among the inputs, for kernels that only move them. */
Rows rows_new (size_t inputs, size_t outputs, CheckGuard guard, bool edges);

/* Compares, within `tolerance`, and frees. */
void rows_finish (Rows *rows, double tolerance);

#endif
