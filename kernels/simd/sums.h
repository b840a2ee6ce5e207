/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors of bytes, and of the 16-bit sums of their products with small weights. A vector has SUMS_BYTES
 * bytes: 64 (AVX-512), 32 (AVX2), 16 (SSE4.1, NEON); its sums are two vectors, `low` and `high`, in an
 * order that only sums_pack needs to know. Sums wrap around; only the last one has to fit.
 *
 * sums_load, sums_store            any alignment
 * sums_first (bias, weights, n)    what sums of n weighted bytes start at, so that `bias` is in them
 * sums_pair (a, b)                 two vectors of bytes, made ready for sums_add_products
 * sums_add_products                adds a * weights[0] + b * weights[1]; weights in [-127, 127]
 * sums_multiply_high (a, b)        (a * b) >> 16 of unsigned lanes
 * sums_shift (a, n)                a >> n, keeping the sign; n in [0, 15]
 * sums_pack (sums)                 clamped to bytes */
#ifndef CNN_SIMD_SUMS_H
#define CNN_SIMD_SUMS_H

#include "simd/vec.h"

#define SUMS_BYTES (int)sizeof (SumsBytes)

#endif
