/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "built-levels.h"

#include <stddef.h>

#define CNN_PEAK(name) CNN_PEAK_JOIN (name, CNN_TARGET)
#define CNN_PEAK_JOIN(name, target) CNN_PEAK_PASTE (name, target)
#define CNN_PEAK_PASTE(name, target) bench_##name##_##target

/* `count` vector multiply-adds in twelve independent chains; the result is of no interest. */
typedef double BenchMultiplyAddsFunc (long count);
/* Reads `count` floats; their sum. */
typedef double BenchReadFunc (const float *values, size_t count);

/* Declared for each level that compiles vector bodies, and C, as kernels.inc would. */
#define CNN_KERNEL(name, Func, level, LEVEL) Func bench_##name##_##level;
CNN_SIMD_KERNELS (multiply_adds, BenchMultiplyAddsFunc)
CNN_SIMD_KERNELS (read, BenchReadFunc)
#undef CNN_KERNEL

#endif
