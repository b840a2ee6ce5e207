/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/gstcnncontext.h"

typedef struct {
  CnnContext *context; /* or NULL */
  CnnError error;
} SharedContext;

static gpointer
make_context (gpointer unused)
{
  SharedContext *shared = g_new0 (SharedContext, 1);
  shared->context = cnn_context_from_environment (&shared->error);
  return shared;
}

const CnnContext *
gst_cnn_context_get (CnnError *error)
{
  static GOnce once = G_ONCE_INIT;
  const SharedContext *shared = g_once (&once, make_context, NULL);
  if (!shared->context)
    cnn_error_set (error, "%s", shared->error.message);
  return shared->context;
}
