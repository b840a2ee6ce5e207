/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

#include "memory.h"

/* True when a process capped at `cap` may run kernels of `isa`. */
static bool
may_run (CnnIsa isa, CnnIsa cap)
{
  return isa <= cap && cnn_cpu_has (isa);
}

CnnKernels *
cnn_kernels_new (CnnIsa isa)
{
  CnnKernels *kernels = cnn_alloc (1, sizeof *kernels);
  if (!kernels)
    return NULL;
  kernels->isa = isa;
  /* Best first: the first variant that may run stays. */
#define CNN_KERNEL(family, Func, isa_name, ISA)                                                    \
  if (!kernels->family && may_run (CNN_ISA_##ISA, isa)) {                                          \
    kernels->family = cnn_##family##_##isa_name;                                                   \
    kernels->family##_isa = CNN_ISA_##ISA;                                                         \
  }
#include "kernel-list.inc"
  return kernels;
}

void
cnn_kernels_free (CnnKernels *kernels)
{
  cnn_free (kernels);
}

int
cnn_isa_lanes (CnnIsa isa)
{
  switch (isa) {
  case CNN_ISA_AVX512:
    return 16;
  case CNN_ISA_AVX2:
    return 8;
  case CNN_ISA_C:
  case CNN_ISA_SSE4:
  case CNN_ISA_NEON:
    break;
  }
  return 4;
}

/* Four vectors of outputs for six pixels fill 24 of 32 registers, two fill 12 of 16. */
int
cnn_isa_panel (CnnIsa isa)
{
  switch (isa) {
  case CNN_ISA_AVX512:
    return 4 * 16;
  case CNN_ISA_AVX2:
    return 2 * 8;
  case CNN_ISA_NEON:
    return 4 * 4;
  case CNN_ISA_C:
  case CNN_ISA_SSE4:
    break;
  }
  return 2 * 4;
}
