/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MAX_THREADS 4

typedef struct {
  atomic_int done[64];            /* how often each task ran */
  atomic_int inside[MAX_THREADS]; /* calls under way per worker number */
  atomic_bool overlap, bad_number;
  int limit;
  unsigned scratch[MAX_THREADS]; /* unguarded on purpose: what worker numbers are for */
} Tally;

static void
count_task (void *data, int task, int worker)
{
  Tally *tally = data;
  if (worker < 0 || worker >= tally->limit) {
    atomic_store (&tally->bad_number, true);
    return;
  }
  if (atomic_fetch_add (&tally->inside[worker], 1) != 0)
    atomic_store (&tally->overlap, true);
  for (int i = 0; i < 200; i++)
    tally->scratch[worker] = tally->scratch[worker] * 31 + (unsigned)task;
  atomic_fetch_add (&tally->done[task], 1);
  atomic_fetch_sub (&tally->inside[worker], 1);
}

/* One run; a sentence when something is wrong. */
static const char *
run_once (CnnWorkers *workers, int n_threads, int n_tasks)
{
  Tally tally;
  memset (&tally, 0, sizeof tally);
  tally.limit = n_threads > 0 ? n_threads : cnn_workers_count (workers);
  cnn_workers_run (workers, n_threads, n_tasks, count_task, &tally);
  for (int i = 0; i < 64; i++)
    if (atomic_load (&tally.done[i]) != (i < n_tasks))
      return "a task ran not exactly once";
  if (atomic_load (&tally.overlap))
    return "two calls shared a worker number";
  return atomic_load (&tally.bad_number) ? "a worker number was out of range" : NULL;
}

static void
run_single (void)
{
  for (int size = 1; size <= MAX_THREADS; size++) {
    CnnWorkers *workers = cnn_workers_new (size);
    CHECK (workers && cnn_workers_count (workers) == size, "no pool of %d", size);
    for (int round = 0; round < 2000; round++) {
      const int n_threads = check_random_int (0, size), n_tasks = check_random_int (0, 64);
      check_context ("pool of %d, %d threads, %d tasks", size, n_threads, n_tasks);
      const char *wrong = run_once (workers, n_threads, n_tasks);
      CHECK (!wrong, "%s", wrong);
      if (round % 500 == 0)
        usleep (1000); /* so that the pool falls asleep now and then */
    }
    cnn_workers_free (workers);
  }
}

const CheckTest check_workers_single = {"workers-single", "workers", run_single};

typedef struct {
  CnnWorkers *workers;
  const char *wrong;
} Caller;

static void *
call_often (void *data)
{
  Caller *caller = data;
  for (int round = 0; round < 1000 && !caller->wrong; round++)
    caller->wrong = run_once (caller->workers, round % 4, 1 + round % 40);
  return NULL;
}

static void
run_shared (void)
{
  CnnWorkers *workers = cnn_workers_new (3);
  pthread_t threads[4];
  Caller callers[4];
  check_context ("four callers of one pool");
  CHECK (workers, "no pool");
  for (int i = 0; i < 4; i++) {
    callers[i] = (Caller){workers, NULL};
    CHECK (pthread_create (&threads[i], NULL, call_often, &callers[i]) == 0, "no thread");
  }
  for (int i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  cnn_workers_free (workers);
  for (int i = 0; i < 4; i++)
    CHECK (!callers[i].wrong, "%s", callers[i].wrong);
}

const CheckTest check_workers_shared = {"workers-shared", "workers", run_shared};

/* A run must end although every thread of the pool sits in another run's task. */

typedef struct {
  atomic_bool started, release;
} Gate;

static void
hold_gate (void *data, int task, int worker)
{
  Gate *gate = data;
  atomic_store (&gate->started, true);
  while (!atomic_load (&gate->release))
    usleep (100);
}

typedef struct {
  CnnWorkers *workers;
  Gate *gate;
} GateCaller;

static void *
call_gate (void *data)
{
  GateCaller *caller = data;
  cnn_workers_run (caller->workers, 0, 8, hold_gate, caller->gate);
  return NULL;
}

static void
run_independent (void)
{
  CnnWorkers *workers = cnn_workers_new (2);
  Gate gate;
  atomic_init (&gate.started, false);
  atomic_init (&gate.release, false);
  GateCaller caller = {workers, &gate};
  pthread_t thread;
  check_context ("a run beside one that never ends");
  CHECK (workers && pthread_create (&thread, NULL, call_gate, &caller) == 0, "no thread");
  while (!atomic_load (&gate.started))
    usleep (100);
  usleep (2000);
  const char *wrong = run_once (workers, 0, 40);
  atomic_store (&gate.release, true);
  pthread_join (thread, NULL);
  cnn_workers_free (workers);
  CHECK (!wrong, "%s", wrong);
}

const CheckTest check_workers_independent = {"workers-independent", "workers", run_independent};

/* The caller waits in its first task until the only helper has done all others: its own share in order,
 * and the caller's from the end. */

typedef struct {
  int order[10], n_tasks;
  atomic_int n_done; /* tasks of the helper */
} Shares;

static void
note_task (void *data, int task, int worker)
{
  Shares *shares = data;
  const int others = shares->n_tasks - 1;
  if (worker == 1)
    shares->order[atomic_fetch_add (&shares->n_done, 1)] = task;
  else if (task == 0)
    for (int i = 0; i < 50000 && atomic_load (&shares->n_done) < others; i++)
      usleep (100);
}

static void
run_shares (void)
{
  static const int expected[] = {5, 6, 7, 8, 9, 4, 3, 2, 1};
  Shares shares = {.n_tasks = 10};
  CnnWorkers *workers = cnn_workers_new (2);
  check_context ("who does which task");
  CHECK (workers, "no pool");
  cnn_workers_run (workers, 2, shares.n_tasks, note_task, &shares);
  cnn_workers_free (workers);
  for (int i = 0; i < 9; i++)
    CHECK (shares.order[i] == expected[i], "task %d of the helper is %d, expected %d", i,
        shares.order[i], expected[i]);
}

const CheckTest check_workers_shares = {"workers-shares", "workers", run_shares};

/* Threads run wherever the process may: where the application lets them is its own business. */

typedef struct {
  cpu_set_t cpus;
  atomic_int n_moved;
} Affinity;

static void
compare_affinity (void *data, int task, int worker)
{
  Affinity *affinity = data;
  cpu_set_t cpus;
  if (sched_getaffinity (0, sizeof cpus, &cpus) != 0 || !CPU_EQUAL (&cpus, &affinity->cpus))
    atomic_fetch_add (&affinity->n_moved, 1);
  usleep (50); /* so that all threads get tasks */
}

static void
run_affinity (void)
{
  Affinity affinity;
  atomic_init (&affinity.n_moved, 0);
  CnnWorkers *workers = cnn_workers_new (3);
  check_context ("where threads may run");
  CHECK (workers && sched_getaffinity (0, sizeof affinity.cpus, &affinity.cpus) == 0, "no pool");
  for (int round = 0; round < 20; round++)
    cnn_workers_run (workers, 3, 30, compare_affinity, &affinity);
  cnn_workers_free (workers);
  CHECK (atomic_load (&affinity.n_moved) == 0, "%d tasks ran on threads bound to fewer CPUs",
      atomic_load (&affinity.n_moved));
}

const CheckTest check_workers_affinity = {"workers-affinity", "workers", run_affinity};

static void
run_memory (void)
{
  check_context ("cnn_alloc");
  for (size_t bytes = 0; bytes < 20000000; bytes = bytes * 3 + 1) {
    unsigned char *block = cnn_alloc (bytes, 1);
    CHECK (block && (uintptr_t)block % CNN_ALIGNMENT == 0, "%zu bytes at %p", bytes, (void *)block);
    for (size_t i = 0; i < bytes; i++)
      CHECK (block[i] == 0, "byte %zu of %zu is not zero", i, bytes);
    memset (block, 1, bytes);
    cnn_free (block);
  }
  CHECK (!cnn_alloc (SIZE_MAX / 2, 3), "a product that overflows gave memory");
  CHECK (!cnn_alloc (SIZE_MAX, 1), "SIZE_MAX bytes gave memory");
  cnn_free (NULL);
}

const CheckTest check_memory = {"memory", "memory", run_memory};
