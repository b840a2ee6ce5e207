/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "cnn/cnn.h"
#include "cpu/dispatch.h"
#include "peak.h"

#include <string.h>

#if CNN_HAVE_X86_SIMD || CNN_HAVE_ARM_SIMD

typedef struct {
  BenchMultiplyAddsFunc *multiply_adds;
  BenchReadFunc *read;
  const float *values;
  size_t count;
  double results[64];
} Work;

#define CHAINED_OPERATIONS 24000000L
#define READ_FLOATS ((size_t)16 << 20)

static void
multiply_task (void *data, int task, int worker)
{
  Work *work = data;
  (void)worker;
  work->results[task] = work->multiply_adds (CHAINED_OPERATIONS);
}

static void
read_task (void *data, int task, int worker)
{
  Work *work = data;
  (void)worker;
  work->results[task] = work->read (work->values + (size_t)task * READ_FLOATS, READ_FLOATS);
}

static double
best_time (CnnWorkers *workers, int n_threads, CnnTaskFunc *func, Work *work)
{
  double best = 1e9;
  for (int round = 0; round < 12; round++) {
    const double start = bench_now ();
    cnn_workers_run (workers, n_threads, n_threads, func, work);
    const double time = bench_now () - start;
    best = time < best ? time : best;
  }
  return best;
}

static Work
choose_work (int *lanes)
{
  const char *isa = bench_cnn_isa ();
#if CNN_HAVE_X86_SIMD
  if (strcmp (isa, "avx512") == 0) {
    *lanes = 16;
    return (Work){.multiply_adds = bench_multiply_adds_avx512, .read = bench_read_avx512};
  }
  if (strcmp (isa, "avx2") == 0) {
    *lanes = 8;
    return (Work){.multiply_adds = bench_multiply_adds_avx2, .read = bench_read_avx2};
  }
  *lanes = 4;
  return (Work){.multiply_adds = bench_multiply_adds_sse4, .read = bench_read_sse4};
#else
  *lanes = 4;
  return (Work){.multiply_adds = bench_multiply_adds_neon, .read = bench_read_neon};
#endif
}

BenchLimits
bench_measure_limits (int n_threads)
{
  int lanes;
  Work work = choose_work (&lanes);
  n_threads = n_threads > 64 ? 64 : n_threads;
  CnnWorkers *workers = cnn_workers_new (n_threads);
  float *values = bench_values ((size_t)n_threads * READ_FLOATS);
  work.values = values;
  BenchLimits limits;
  const double operations = 2.0 * lanes * n_threads * (double)CHAINED_OPERATIONS;
  const double bytes = (double)n_threads * (double)READ_FLOATS * sizeof (float);
  limits.gflops = 1e-9 * operations / best_time (workers, n_threads, multiply_task, &work);
  limits.gigabytes = 1e-9 * bytes / best_time (workers, n_threads, read_task, &work);
  bench_free (values);
  cnn_workers_free (workers);
  return limits;
}

#else

BenchLimits
bench_measure_limits (int n_threads)
{
  (void)n_threads;
  return (BenchLimits){0, 0};
}

#endif
