/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stddef.h>

#define CNN_PEAK(name) CNN_PEAK_JOIN (name, CNN_ISA)
#define CNN_PEAK_JOIN(name, isa) CNN_PEAK_PASTE (name, isa)
#define CNN_PEAK_PASTE(name, isa) bench_##name##_##isa

/* `count` vector multiply-adds in twelve independent chains; the result is of no interest. */
typedef double BenchMultiplyAddsFunc (long count);
/* Reads `count` floats; their sum. */
typedef double BenchReadFunc (const float *values, size_t count);

#define BENCH_PEAKS(isa)                                                                           \
  BenchMultiplyAddsFunc bench_multiply_adds_##isa;                                                 \
  BenchReadFunc bench_read_##isa;
#if CNN_HAVE_X86_SIMD
BENCH_PEAKS (sse4)
BENCH_PEAKS (avx2)
BENCH_PEAKS (avx512)
#elif CNN_HAVE_ARM_SIMD
BENCH_PEAKS (neon)
#endif

#endif
