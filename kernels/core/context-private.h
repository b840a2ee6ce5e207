/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/ and their tests: what is in a context. */
#ifndef CNN_CONTEXT_PRIVATE_H
#define CNN_CONTEXT_PRIVATE_H

#include "cnn/context.h"
#include "cnn/cpu.h"
#include "cnn/workers.h"

typedef struct CnnDispatch CnnDispatch;

struct CnnContext {
  const CnnDispatch *dispatch;
  CnnWorkers *workers;
  bool exact;
  CnnFeatures features;      /* those that the kernels were chosen for */
  CnnDispatch *own_dispatch; /* the same table, to be freed with the context; or NULL */
};

/* The best variant of each family among `features`. NULL when memory is short. */
CnnDispatch *cnn_dispatch_new (CnnFeatures features);
void cnn_dispatch_free (CnnDispatch *dispatch);

#endif
