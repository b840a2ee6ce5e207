/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/context-private.h"

#include "cnn/memory.h"

#include <stdlib.h>
#include <string.h>

CnnContext *
cnn_context_new (const CnnContextSettings *settings, CnnError *error)
{
  const CnnContextSettings defaults = {0}, *given = settings ? settings : &defaults;
  CnnFeatures features;
  if (given->n_threads < 0) {
    cnn_error_set (error, "%d threads are fewer than 0", given->n_threads);
    return NULL;
  }
  if (!cnn_features_select (given->isa, &features, error))
    return NULL;
  CnnContext *context = cnn_alloc (1, sizeof *context);
  if (context) {
    CnnDispatch *dispatch = cnn_dispatch_new (features);
    *context = (CnnContext){
        .dispatch = dispatch,
        .own_dispatch = dispatch,
        .workers = cnn_workers_new (given->n_threads),
        .exact = given->exact,
        .features = features,
    };
  }
  if (context && context->dispatch && context->workers)
    return context;
  cnn_context_free (context);
  cnn_error_set (error, "out of memory while starting the worker threads");
  return NULL;
}

CnnContext *
cnn_context_from_environment (CnnError *error)
{
  const char *exact = getenv ("CNN_EXACT");
  const CnnContextSettings settings = {
      .isa = getenv ("CNN_ISA"),
      .exact = exact && strcmp (exact, "1") == 0,
  };
  if (exact && *exact && strcmp (exact, "0") != 0 && !settings.exact) {
    cnn_error_set (error, "CNN_EXACT=%.40s is neither 1 (exact) nor 0", exact);
    return NULL;
  }
  return cnn_context_new (&settings, error);
}

void
cnn_context_free (CnnContext *context)
{
  if (!context)
    return;
  cnn_workers_free (context->workers);
  cnn_dispatch_free (context->own_dispatch);
  cnn_free (context);
}

const char *
cnn_context_isa (const CnnContext *context)
{
  return cnn_features_name (context->features);
}

int
cnn_context_thread_count (const CnnContext *context)
{
  return cnn_workers_count (context->workers);
}

CnnWorkers *
cnn_context_workers (const CnnContext *context)
{
  return context->workers;
}
