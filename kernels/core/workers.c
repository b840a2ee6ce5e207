/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs under way form a list. An idle thread of the pool takes a slot of the run that has the fewest
 * threads, works until no task is left, and looks for the next run. The thread that called
 * cnn_workers_run () works too, so every run ends even when all others are busy elsewhere.
 *
 * Each slot has a share of the tasks, adjacent ones, and takes them in order: what one task leaves in the
 * caches is there for the next, and from one layer to the next. When its share is done it steals tasks of
 * others, from their ends, so that the rest of those shares stays adjacent.
 *
 * Where threads run is left to the scheduler and to the application, which may change its affinity at any
 * time. */
#include "cnn/workers.h"

#include "cnn/memory.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* An idle thread spins for as long as it worked before, within these bounds, and only then sleeps: layers
 * that follow each other find the pool awake, waiting never costs more than the work did, and an idle
 * pipeline uses no CPU. The lower bound is about what sleeping and waking cost; the upper is far below the
 * time between the frames of a video. */
#define MIN_SPIN_NS 20000
#define MAX_SPIN_NS 1000000

/* With more threads than this, several have one share. */
#define MAX_SHARES 64

/* The tasks of one slot that are left: the first in the lower half, the one behind the last in the upper.
 * On a cache line of its own. */
typedef struct {
  _Alignas(64) atomic_uint_least64_t left;
} Share;

typedef struct Run Run;

struct Run {
  CnnTaskFunc *func;
  void *data;
  int n_shares;
  Share *shares;
  atomic_int active; /* threads of the pool at work here: changed under the lock, read without it */
  int open_slots;    /* threads that may still join; guarded by the pool's lock */
  int joined;        /* threads that have joined, and so the last worker number given */
  pthread_cond_t done;
  Run *next;
};

struct CnnWorkers {
  pthread_mutex_t lock;
  pthread_cond_t work_available;
  Run *runs; /* guarded by lock */
  atomic_int
      open_slots; /* of all runs: changed under the lock, read by spinning threads without it */
  atomic_bool stop;
  int sleeping; /* threads that wait for work_available; guarded by lock */
  int n_threads;
  pthread_t *threads; /* n_threads - 1 */
};

static inline void
relax (void)
{
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause ();
#elif defined __aarch64__
  __asm__ volatile("yield");
#endif
}

static int64_t
now (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Until when a thread spins that began to work at `start` and has just run out of it. */
static int64_t
spin_deadline (int64_t start)
{
  const int64_t end = now (), worked = end - start;
  if (worked < MIN_SPIN_NS)
    return end + MIN_SPIN_NS;
  return end + (worked < MAX_SPIN_NS ? worked : MAX_SPIN_NS);
}

static uint64_t
pack_share (uint32_t first, uint32_t end)
{
  return (uint64_t)end << 32 | first;
}

/* The first task of a share, or the last; false when none is left. */
static bool
take_task (Share *share, bool from_front, int *task)
{
  uint64_t left = atomic_load_explicit (&share->left, memory_order_relaxed), rest;
  do {
    const uint32_t first = (uint32_t)left, end = (uint32_t)(left >> 32);
    if (first == end)
      return false;
    *task = (int)(from_front ? first : end - 1);
    rest = from_front ? pack_share (first + 1, end) : pack_share (first, end - 1);
  } while (!atomic_compare_exchange_weak_explicit (
      &share->left, &left, rest, memory_order_relaxed, memory_order_relaxed));
  return true;
}

static void
work (Run *run, int worker)
{
  for (int i = 0; i < run->n_shares; i++) {
    Share *share = &run->shares[(worker + i) % run->n_shares];
    int task;
    while (take_task (share, i == 0, &task))
      run->func (run->data, task, worker);
  }
}

/* The run with an open slot that has the fewest threads, or NULL. Called with the lock held. */
static Run *
find_run (const CnnWorkers *workers)
{
  Run *best = NULL;
  for (Run *run = workers->runs; run; run = run->next)
    if (run->open_slots > 0 && (!best || run->joined < best->joined))
      best = run;
  return best;
}

static void
wait_for_work (CnnWorkers *workers, int64_t deadline)
{
  do {
    for (int i = 0; i < 16; i++) {
      if (atomic_load_explicit (&workers->open_slots, memory_order_relaxed) > 0 ||
          atomic_load_explicit (&workers->stop, memory_order_relaxed))
        return;
      relax ();
    }
  } while (now () < deadline);

  pthread_mutex_lock (&workers->lock);
  workers->sleeping++;
  while (atomic_load (&workers->open_slots) == 0 && !atomic_load (&workers->stop))
    pthread_cond_wait (&workers->work_available, &workers->lock);
  workers->sleeping--;
  pthread_mutex_unlock (&workers->lock);
}

/* Takes one slot, works, and gives it up. */
static void
join_one_run (CnnWorkers *workers)
{
  pthread_mutex_lock (&workers->lock);
  Run *run = find_run (workers);
  int worker = 0;
  if (run) {
    run->open_slots--;
    worker = ++run->joined;
    atomic_fetch_sub (&workers->open_slots, 1);
    atomic_fetch_add (&run->active, 1);
  }
  pthread_mutex_unlock (&workers->lock);
  if (!run)
    return;

  work (run, worker);

  /* The run lives on its caller's stack: after the last thread of the pool has left it may be gone, so leaving
   * and waking happen under the lock that the caller takes before it returns. */
  pthread_mutex_lock (&workers->lock);
  if (atomic_fetch_sub (&run->active, 1) == 1)
    pthread_cond_signal (&run->done);
  pthread_mutex_unlock (&workers->lock);
}

static void *
thread_main (void *data)
{
  CnnWorkers *workers = data;
  int64_t deadline = now ();
  while (!atomic_load (&workers->stop)) {
    wait_for_work (workers, deadline);
    const int64_t start = now ();
    join_one_run (workers);
    deadline = spin_deadline (start);
  }
  return NULL;
}

/* CPUs that this process may run on, at least 1. */
static int
available_cpus (void)
{
  cpu_set_t set;
  CPU_ZERO (&set);
  if (sched_getaffinity (0, sizeof set, &set) != 0 || CPU_COUNT (&set) == 0)
    return 1;
  return CPU_COUNT (&set);
}

/* Starts threads until there are `n_threads` with the caller's, or the system gives no more. The
 * application's signals are its own business: threads of the pool receive none. */
static void
start_threads (CnnWorkers *workers, int n_threads)
{
  sigset_t all, before;
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  workers->n_threads = 1;
  while (
      workers->n_threads < n_threads &&
      pthread_create (&workers->threads[workers->n_threads - 1], NULL, thread_main, workers) == 0) {
    pthread_setname_np (workers->threads[workers->n_threads - 1], "cnn-worker");
    workers->n_threads++;
  }
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

CnnWorkers *
cnn_workers_new (int n_threads)
{
  if (n_threads < 1)
    n_threads = available_cpus ();
  CnnWorkers *workers = cnn_alloc (1, sizeof *workers);
  pthread_t *threads = cnn_alloc ((size_t)n_threads, sizeof *threads);
  if (!workers || !threads) {
    cnn_free (threads);
    cnn_free (workers);
    return NULL;
  }
  workers->threads = threads;
  pthread_mutex_init (&workers->lock, NULL);
  pthread_cond_init (&workers->work_available, NULL);
  atomic_init (&workers->open_slots, 0);
  atomic_init (&workers->stop, false);
  start_threads (workers, n_threads);
  return workers;
}

void
cnn_workers_free (CnnWorkers *workers)
{
  if (!workers)
    return;
  pthread_mutex_lock (&workers->lock);
  atomic_store (&workers->stop, true);
  pthread_cond_broadcast (&workers->work_available);
  pthread_mutex_unlock (&workers->lock);
  for (int i = 0; i < workers->n_threads - 1; i++)
    pthread_join (workers->threads[i], NULL);
  pthread_cond_destroy (&workers->work_available);
  pthread_mutex_destroy (&workers->lock);
  cnn_free (workers->threads);
  cnn_free (workers);
}

int
cnn_workers_count (const CnnWorkers *workers)
{
  return workers->n_threads;
}

static void
open_run (CnnWorkers *workers, Run *run)
{
  pthread_mutex_lock (&workers->lock);
  run->next = workers->runs;
  workers->runs = run;
  atomic_fetch_add (&workers->open_slots, run->open_slots);
  const int wake = run->open_slots < workers->sleeping ? run->open_slots : workers->sleeping;
  for (int i = 0; i < wake; i++)
    pthread_cond_signal (&workers->work_available);
  pthread_mutex_unlock (&workers->lock);
}

/* Takes the run off the list, so that nobody joins any more, and waits for those inside. */
static void
close_run (CnnWorkers *workers, Run *run, int64_t start)
{
  pthread_mutex_lock (&workers->lock);
  Run **link = &workers->runs;
  while (*link != run)
    link = &(*link)->next;
  *link = run->next;
  atomic_fetch_sub (&workers->open_slots, run->open_slots);
  pthread_mutex_unlock (&workers->lock);

  const int64_t deadline = spin_deadline (start);
  while (atomic_load (&run->active) > 0 && now () < deadline)
    relax ();

  pthread_mutex_lock (&workers->lock);
  while (atomic_load (&run->active) > 0)
    pthread_cond_wait (&run->done, &workers->lock);
  pthread_mutex_unlock (&workers->lock);
}

void
cnn_workers_run (CnnWorkers *workers, int n_threads, int n_tasks, CnnTaskFunc *func, void *data)
{
  int limit = workers->n_threads;
  if (n_threads > 0 && n_threads < limit)
    limit = n_threads;
  if (n_tasks < limit)
    limit = n_tasks;
  if (limit <= 1) {
    for (int i = 0; i < n_tasks; i++)
      func (data, i, 0);
    return;
  }
  Share shares[MAX_SHARES];
  Run run = {
      .func = func,
      .data = data,
      .n_shares = limit < MAX_SHARES ? limit : MAX_SHARES,
      .shares = shares,
      .open_slots = limit - 1,
  };
  for (int64_t i = 0; i < run.n_shares; i++)
    atomic_init (&shares[i].left, pack_share ((uint32_t)(n_tasks * i / run.n_shares),
                                      (uint32_t)(n_tasks * (i + 1) / run.n_shares)));
  pthread_cond_init (&run.done, NULL);
  const int64_t start = now ();
  open_run (workers, &run);
  work (&run, 0);
  close_run (workers, &run, start);
  pthread_cond_destroy (&run.done);
}
