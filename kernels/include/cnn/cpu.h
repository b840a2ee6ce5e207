/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instruction sets: what the machine has, and the cap a user may put on them. */
#ifndef CNN_CPU_H
#define CNN_CPU_H

#include "cnn/error.h"

#include <stdbool.h>

/* Ordered within an architecture: each includes the ones before it. */
typedef enum {
  CNN_ISA_C,
  CNN_ISA_SSE4,   /* x86: SSE4.1 */
  CNN_ISA_AVX2,   /* x86: AVX2 and FMA */
  CNN_ISA_AVX512, /* x86: AVX-512 F, BW, DQ, VL */
  CNN_ISA_NEON,   /* AArch64: Advanced SIMD */
} CnnIsa;

/* The best instruction set that this machine, its operating system and this build have. */
CnnIsa cnn_cpu_best_isa (void);

/* True when this machine and this build can run kernels of `isa`. */
bool cnn_cpu_has (CnnIsa isa);

/* "c", "sse4", "avx2", "avx512", "neon". */
const char *cnn_isa_name (CnnIsa isa);

/* The best available instruction set that is not above the one `name` asks for; the best of all
 * when `name` is NULL or empty. An unknown word is refused with the list of words. */
bool cnn_isa_select (const char *name, CnnIsa *isa, CnnError *error);

#endif
