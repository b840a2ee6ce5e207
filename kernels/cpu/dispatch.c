/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"

#include "cnn/memory.h"

/* True when a process capped at `cap` may run kernels of `isa`. */
static bool
may_run (CnnIsa isa, CnnIsa cap)
{
  return isa <= cap && cnn_cpu_has (isa);
}

CnnDispatch *
cnn_dispatch_new (CnnIsa isa)
{
  CnnDispatch *dispatch = cnn_alloc (1, sizeof *dispatch);
  if (!dispatch)
    return NULL;
  dispatch->isa = isa;
  /* Best first: the first variant that may run stays. */
#define CNN_KERNEL(family, Func, isa_name, ISA)                                                    \
  if (!dispatch->family && may_run (CNN_ISA_##ISA, isa)) {                                         \
    dispatch->family = cnn_##family##_##isa_name;                                                  \
    dispatch->family##_isa = CNN_ISA_##ISA;                                                        \
  }
#include "cpu/kernel-list.inc"
  return dispatch;
}

void
cnn_dispatch_free (CnnDispatch *dispatch)
{
  cnn_free (dispatch);
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
