/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small vector layer: kernel bodies (STEM_simd.c) are written once against it and compiled for each
 * instruction set. One vector holds VEC_LANES floats: 16 (AVX-512), 8 (AVX2), 4 (SSE4.1, NEON).
 *
 *     Vec      floats      VecInt   int32 lanes      VecMask  one truth value a lane
 *
 * vec_load, vec_store              any alignment of 4 bytes
 * vec_load_partial (p, n)          n in [0, VEC_LANES] floats are read, the other lanes are 0
 * vec_store_partial (p, v, n)      n floats are written
 * vec_fma (a, b, c)                a * b + c, rounded once where the machine can
 * vec_fnma (a, b, c)               c - a * b, the same
 * vec_max (a, b), vec_min (a, b)   b when either is NaN: vec_max (zero, x) keeps a NaN of x, and
 *                                  vec_max (x, zero) drops it
 * vec_even, vec_odd (a, b)         every second float of a followed by b
 * vec_permute (v, lanes)           lane i is lane lanes[i] of v, in [0, VEC_LANES)
 * vec_round                        to nearest, ties to even
 * vec_to_int                       to nearest, ties to even; |v| < 2^31
 * vec_to_int_toward_zero           |v| < 2^31
 * vec_pow2 (i)                     2^i for i in [-126, 127]
 * vec_load_u8, vec_load_u16        VEC_LANES integer samples as floats
 * vec_store_u8                     clamp (v rounded, ties to even, 0, 255), NaN gives 0
 * ..._partial                      as above: only n samples are touched
 * vec_sum                          the sum of the lanes
 * vec_sum4                         the sums of four vectors; each in the order that it has alone */
#ifndef CNN_SIMD_VEC_H
#define CNN_SIMD_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Floats of a cache line. */
#define LINE_FLOATS 16

#define VEC_INLINE static inline __attribute__ ((always_inline))

/* Of the level this is compiled for: meson gives its name, and VEC_LANES and VEC_REGISTERS, as levels.inc
 * has them. It defines
 *
 * VEC_PIN (v)   keeps a loaded vector in its register. gcc otherwise reads it again as a memory operand
 *               of every instruction that uses it, and loads become the bottleneck */
#include CNN_VEC_HEADER

/* Hides what a pointer was in the last iteration. gcc otherwise sees that one iteration loads what
 * another did, and keeps far more values than there are registers. */
#define VEC_OPAQUE(pointer) __asm__("" : "+r"(pointer))

/* Accumulators stay in registers only when their loops unroll fully. */
#define VEC_PRAGMA(text) _Pragma (#text)
#if !defined __OPTIMIZE__
#define VEC_UNROLL(n)
#elif defined __clang__
#define VEC_UNROLL(n) VEC_PRAGMA (clang loop unroll (full))
#else
#define VEC_UNROLL(n) VEC_PRAGMA (GCC unroll n)
#endif

VEC_INLINE Vec
vec_zero (void)
{
  return vec_set1 (0.0f);
}

/* min (max (v, low), high); NaN stays NaN. */
VEC_INLINE Vec
vec_clamp (Vec v, Vec low, Vec high)
{
  return vec_min (high, vec_max (low, v));
}

/* The greater; NaN when either is NaN. */
VEC_INLINE Vec
vec_max_nan (Vec a, Vec b)
{
  return vec_select (vec_is_nan (a), a, vec_max (a, b));
}

/* Lanes that are left of a row of `count` at `index`: in [0, VEC_LANES] while index <= count. */
VEC_INLINE int
vec_lanes_left (int index, int count)
{
  return count - index < VEC_LANES ? count - index : VEC_LANES;
}

#endif
