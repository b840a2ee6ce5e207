/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/gstcnncontext.h"

typedef struct {
  CnnContext context;
  gboolean usable;
  CnnError error;
} SharedContext;

static gpointer
make_context (gpointer unused)
{
  SharedContext *shared = g_new0 (SharedContext, 1);
  CnnFeatures features;
  if (!cnn_features_select (g_getenv ("CNN_ISA"), &features, &shared->error))
    return shared;
  shared->context.exact = g_strcmp0 (g_getenv ("CNN_EXACT"), "1") == 0;
  shared->context.dispatch = cnn_dispatch_new (features);
  shared->context.workers = cnn_workers_new (0);
  shared->usable = shared->context.dispatch && shared->context.workers;
  if (!shared->usable)
    cnn_error_set (&shared->error, "out of memory while starting the worker threads");
  return shared;
}

const CnnContext *
gst_cnn_context_get (CnnError *error)
{
  static GOnce once = G_ONCE_INIT;
  SharedContext *shared = g_once (&once, make_context, NULL);
  if (!shared->usable) {
    cnn_error_set (error, "%s", shared->error.message);
    return NULL;
  }
  return &shared->context;
}
