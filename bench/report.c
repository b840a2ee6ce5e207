/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <stdio.h>
#include <string.h>

/* What an element may cost above its kernel. */
#define ALLOWED_FACTOR 0.03
#define ALLOWED_SECONDS 20e-6

void
bench_print_header (void)
{
  printf ("%-10s %-34s %-16s %9s %9s %9s  %s\n", "", "", "who", "best ms", "median", "GFLOP/s",
      "of the limit");
}

/* The time against the nearer of two limits, multiply-adds and memory. Winograd may pass 100 %, and so
 * may samples that are still in the cache. */
static void
print_limit (const BenchNetwork *network, BenchLimits limits, double seconds)
{
  if (limits.gflops <= 0)
    return;
  const double compute = 1e-9 * bench_flops (network) / limits.gflops;
  const double memory = 1e-9 * bench_bytes (network) / limits.gigabytes;
  printf ("  %3.0f%% %s", 100 * (compute > memory ? compute : memory) / seconds,
      compute > memory ? "compute" : "memory ");
}

static const BenchResult *
find_result (const BenchRace *race, const BenchContender *contender)
{
  for (int i = 0; i < race->n_results; i++) {
    if (race->results[i].contender == contender)
      return &race->results[i];
  }
  return NULL;
}

static void
print_cost (const BenchRace *race)
{
  const BenchResult *kernel = find_result (race, &bench_cnn);
  const BenchResult *element = find_result (race, &bench_element);
  if (!kernel || !element)
    return;
  const double cost = element->best - kernel->best;
  const double allowed = ALLOWED_FACTOR * kernel->best + ALLOWED_SECONDS;
  printf ("%-10s %-34s the element costs %+.1f us, %+.1f%%: %s 3%% + 20 us\n", "", "", 1e6 * cost,
      100 * cost / kernel->best, cost <= allowed ? "within" : "beyond");
}

static void
print_ratios (const BenchRace *race)
{
  const BenchResult *parts = find_result (race, &bench_cnn_parts);
  const double peer = bench_best_peer (race), best = race->results[0].best;
  if (peer > 0)
    printf ("  %.2fx the best peer", peer / best);
  if (parts)
    printf ("%s %.2fx its parts", peer > 0 ? "," : " ", parts->best / best);
}

void
bench_print_race (const BenchNetwork *network, const BenchRace *race, BenchLimits limits)
{
  for (int i = 0; i < race->n_results; i++) {
    const BenchResult *result = &race->results[i];
    printf ("%-10s %-34s %-16s %9.3f %9.3f %9.1f", i ? "" : network->name, i ? "" : network->what,
        result->contender->name, 1e3 * result->best, 1e3 * result->median,
        1e-9 * bench_flops (network) / result->best);
    print_limit (network, limits, result->best);
    if (i == 0)
      print_ratios (race);
    printf ("\n");
  }
  print_cost (race);
  fflush (stdout);
}

void
bench_print_race_json (const BenchNetwork *network, const BenchRace *race)
{
  const double peer = bench_best_peer (race);
  for (int i = 0; i < race->n_results; i++) {
    const BenchResult *result = &race->results[i];
    printf ("{\"layer\":\"%s\",\"threads\":%d,\"isa\":\"%s\",\"who\":\"%s\",\"best_ms\":%.5f,"
            "\"median_ms\":%.5f,\"gflops\":%.2f",
        network->name, race->n_threads, bench_cnn_isa (), result->contender->name,
        1e3 * result->best, 1e3 * result->median, 1e-9 * bench_flops (network) / result->best);
    if (strcmp (result->contender->name, "cnn") == 0 && peer > 0)
      printf (",\"ratio_to_best_peer\":%.3f", peer / result->best);
    printf ("}\n");
  }
  fflush (stdout);
}
