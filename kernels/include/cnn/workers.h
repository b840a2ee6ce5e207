/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pool of threads that lives as long as the process wants it to; no thread is started per frame.
 */
#ifndef CNN_WORKERS_H
#define CNN_WORKERS_H

#include "cnn/api.h"

CNN_BEGIN_DECLARATIONS

typedef struct CnnWorkers CnnWorkers;

/* Does task number `task` of a run. `worker` is in [0, n_threads) of that run: no two calls with
 * the same number overlap, so it may index scratch memory. */
typedef void CnnTaskFunc (void *data, int task, int worker);

/* A pool of `n_threads` including the caller's own, 0 = one per CPU the process may run on.
 * NULL when memory is short; fewer threads when the system gives no more. */
CNN_API CnnWorkers *cnn_workers_new (int n_threads);
/* No run may be under way. */
CNN_API void cnn_workers_free (CnnWorkers *workers);

/* Threads of the pool, the caller's own included. At least 1. */
CNN_API int cnn_workers_count (const CnnWorkers *workers);

/* Calls func for each task in [0, n_tasks), on at most n_threads threads, and returns when all are
 * done. Worker w of n begins with task n_tasks * w / n and goes on with those behind it, so tasks that
 * follow each other should be neighbours in memory. The calling thread works too; n_threads = 1 stays
 * in it. Several threads may call this on one pool at once: they share its threads, and none waits for
 * another's tasks before it can finish its own. */
CNN_API void
cnn_workers_run (CnnWorkers *workers, int n_threads, int n_tasks, CnnTaskFunc *func, void *data);

CNN_END_DECLARATIONS

#endif
