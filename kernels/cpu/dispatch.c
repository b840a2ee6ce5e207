/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu/dispatch.h"

#include "cnn/memory.h"

CnnDispatch *
cnn_dispatch_new (CnnFeatures features)
{
  CnnDispatch *dispatch = cnn_alloc (1, sizeof *dispatch);
  if (!dispatch)
    return NULL;
    /* Best first: the first variant that may run stays. */
#define CNN_KERNEL(family, Func, variant, LEVEL)                                                   \
  if (!dispatch->family && cnn_features_allow (features, CNN_ISA_##LEVEL)) {                       \
    dispatch->family = cnn_##family##_##variant;                                                   \
    dispatch->family##_isa = CNN_ISA_##LEVEL;                                                      \
  }
#include "cpu/kernels.inc"
  return dispatch;
}

void
cnn_dispatch_free (CnnDispatch *dispatch)
{
  cnn_free (dispatch);
}

CnnIsa
cnn_isa_best (CnnFeatures features)
{
  CnnIsa best = CNN_ISA_C;
#define CNN_KERNEL(family, Func, variant, LEVEL)                                                   \
  if (CNN_ISA_##LEVEL > best && cnn_features_allow (features, CNN_ISA_##LEVEL))                    \
    best = CNN_ISA_##LEVEL;
#include "cpu/kernels.inc"
  return best;
}
