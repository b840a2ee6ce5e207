/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What layers share: the kernels that this process may run, and the threads that run them. */
#ifndef CNN_CONTEXT_H
#define CNN_CONTEXT_H

#include "cnn/api.h"
#include "cnn/error.h"
#include "cnn/workers.h"

#include <stdbool.h>

CNN_BEGIN_DECLARATIONS

typedef struct CnnContext CnnContext;

typedef struct {
  const char
      *isa; /* caps the instruction set: a name as cnn_features_select () takes it; NULL: none */
  int n_threads; /* of the pool, the caller's own included; 0: one for each CPU that the process may run on */
  bool exact; /* no algorithm that trades accuracy for speed (Winograd) */
} CnnContextSettings;

/* NULL settings are the defaults. NULL with a sentence in `error` when the instruction set is
 * unknown or memory is short; with fewer threads when the system gives no more. To be freed after
 * the last layer made with it. */
CNN_API CnnContext *cnn_context_new (const CnnContextSettings *settings, CnnError *error);

/* The same with the settings that environment variables give: CNN_ISA is the instruction set,
 * CNN_EXACT=1 is exact, 0 or nothing is not. Any other word is refused. */
CNN_API CnnContext *cnn_context_from_environment (CnnError *error);

/* No layer may run, or be freed later. NULL is fine. */
CNN_API void cnn_context_free (CnnContext *context);

/* The best instruction set in use, "avx2": static storage. */
CNN_API const char *cnn_context_isa (const CnnContext *context);

/* Threads of the pool, the caller's own included. */
CNN_API int cnn_context_thread_count (const CnnContext *context);

/* The pool itself, for work beside that of layers. */
CNN_API CnnWorkers *cnn_context_workers (const CnnContext *context);

CNN_END_DECLARATIONS

#endif
