/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contenders on one layer or network, interleaved in rounds. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench.h"

#define BENCH_MAX_CONTENDERS 12

typedef struct {
  const BenchContender *contender;
  BenchRun *run;
  double *times;
  int n_times;
  double best, median; /* seconds */
} BenchResult;

typedef struct {
  int n_threads, n_results;
  BenchResult results[BENCH_MAX_CONTENDERS]; /* those that can, in the order given, ours first */
} BenchRace;

/* Measures the contenders of a NULL-ended list for about `seconds` each, in warm caches and in several
 * places of memory. False when the first cannot. A contender that computes something else than the
 * first is left out, with a sentence on standard error, and `differs` becomes true. */
bool bench_race (BenchRace *race, const BenchContender *const *contenders,
    const BenchNetwork *network, int n_threads, double seconds, bool *differs);

/* The best time of those that are not ours, 0 when there are none. */
double bench_best_peer (const BenchRace *race);

#endif
