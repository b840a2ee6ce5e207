/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "cnn/cnn.h"
#include "cpu/levels.h"
#include "peak.h"

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

/* The C kernels' limits: one float at a time. */
double
bench_multiply_adds_c (long count)
{
  float sum[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  for (long n = 0; n < count; n += 12) {
    for (int i = 0; i < 12; i++)
      sum[i] = sum[i] * 0.9999f + 1e-4f;
  }
  double all = 0;
  for (int i = 0; i < 12; i++)
    all += (double)sum[i];
  return all;
}

double
bench_read_c (const float *values, size_t count)
{
  double sum = 0;
  for (size_t i = 0; i < count; i += 16) /* each cache line once */
    sum += (double)values[i];
  return sum;
}

static const struct {
  CnnIsa isa;
  BenchMultiplyAddsFunc *multiply_adds;
  BenchReadFunc *read;
} peaks[] = {
#define CNN_KERNEL(name, Func, level, LEVEL)                                                       \
  {CNN_ISA_##LEVEL, bench_multiply_adds_##level, bench_read_##level},
    CNN_SIMD_KERNELS (peak, )
#undef CNN_KERNEL
};

/* Of the best vectors among the features the kernels may use. */
static Work
choose_work (int *lanes)
{
  size_t i = 0;
  while (!cnn_features_allow (bench_cnn_features (), peaks[i].isa))
    i++;
  *lanes = peaks[i].isa == CNN_ISA_C ? 1 : cnn_isa_lanes (peaks[i].isa);
  return (Work){.multiply_adds = peaks[i].multiply_adds, .read = peaks[i].read};
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
