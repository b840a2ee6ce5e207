/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of kernels as rows to check: each calls the two functions of its family. */
#include "check.h"

#define CNN_KERNEL(family, Func, variant, LEVEL)                                                   \
  static void check_##family##_##variant (void)                                                    \
  {                                                                                                \
    check_##family (cnn_##family##_##variant);                                                     \
  }                                                                                                \
  static void bench_##family##_##variant (void)                                                    \
  {                                                                                                \
    bench_##family (cnn_##family##_##variant);                                                     \
  }                                                                                                \
  static const CheckKernel family##_##variant = {#family "/" #variant, #family, CNN_ISA_##LEVEL,   \
      check_##family##_##variant, bench_##family##_##variant};
#include "cpu/kernels.inc"

const CheckKernel *const check_kernel_rows[] = {
#define CNN_KERNEL(family, Func, variant, LEVEL) &family##_##variant,
#include "cpu/kernels.inc"
    NULL,
};
