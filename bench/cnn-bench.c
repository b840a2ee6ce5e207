/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times layers against the libraries that are installed, interleaved in rounds of one run:
 *
 *     cnn-bench --layers L1,M1 --threads 1,2 --json
 */
#include "bench.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ROUNDS 4000

static const BenchContender *const contenders[] = {
    &bench_cnn,
#if BENCH_HAVE_ONEDNN
    &bench_onednn,
    &bench_onednn_winograd,
#endif
#if BENCH_HAVE_XNNPACK
    &bench_xnnpack,
#endif
#if BENCH_HAVE_OPENCV
    &bench_opencv,
#endif
};
#define N_CONTENDERS (int)(sizeof contenders / sizeof *contenders)

typedef struct {
  const char *layers;  /* comma-separated, NULL for all */
  const char *threads; /* comma-separated */
  const char *isa;
  double seconds; /* for each contender on each layer */
  bool json, only_cnn, processor_time;
} Options;

typedef struct {
  const BenchContender *contender;
  BenchRun *run;
  double *times;
  int n_times;
  double best, median; /* seconds */
} Result;

/* ---- Measuring ------------------------------------------------------------------------------- */

static int
compare_times (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void
summarize (Result *result)
{
  qsort (result->times, (size_t)result->n_times, sizeof *result->times, compare_times);
  result->best = result->times[0];
  result->median = result->times[result->n_times / 2];
}

/* The threads of some libraries go on spinning for a while after their work: not on the next one's
 * time. What slept is woken by a run that does not count. */
static void
change_contender (const Result *next, int n_threads)
{
  const struct timespec pause = {0, 30 * 1000 * 1000};
  if (n_threads > 1) {
    nanosleep (&pause, NULL);
    next->contender->run (next->run);
  }
}

/* In each round every contender runs once: a machine that slows down slows all of them. */
static void
measure (Result *results, int n_results, int n_threads, double seconds)
{
  const int least_rounds = 7;
  for (int i = 0; i < n_results; i++) {
    results[i].contender->run (results[i].run);
    results[i].contender->run (results[i].run);
  }
  double spent = 0;
  for (int round = 0; round < MAX_ROUNDS; round++) {
    if (round >= least_rounds && spent > seconds * n_results)
      break;
    for (int i = 0; i < n_results; i++) {
      change_contender (&results[i], n_threads);
      const double time = results[i].contender->run (results[i].run);
      results[i].times[results[i].n_times++] = time;
      spent += n_threads > 1 ? 2 * time + 0.03 : time;
    }
  }
  for (int i = 0; i < n_results; i++)
    summarize (&results[i]);
}

static void
warn_when_different (const BenchLayer *layer, Result *ours, Result *theirs)
{
  const float *a = ours->contender->output (ours->run);
  const float *b = theirs->contender->output (theirs->run);
  if (!a || !b)
    return;
  const double tolerance = 1e-3 * sqrt (bench_flops (layer) / (double)bench_output_count (layer));
  for (size_t i = 0; i < bench_output_count (layer); i++) {
    if (fabs ((double)a[i] - (double)b[i]) > tolerance) {
      fprintf (stderr, "%s: value %zu is %g, but %g in %s\n", layer->name, i, (double)a[i],
          (double)b[i], theirs->contender->name);
      return;
    }
  }
}

/* ---- Printing -------------------------------------------------------------------------------- */

static double
best_peer (const Result *results, int n_results)
{
  double best = 0;
  for (int i = 1; i < n_results; i++)
    best = best == 0 || results[i].best < best ? results[i].best : best;
  return best;
}

static void
print_json (const BenchLayer *layer, int n_threads, const Result *result, double peer)
{
  const bool ours = result->contender == &bench_cnn;
  printf ("{\"layer\":\"%s\",\"threads\":%d,\"isa\":\"%s\",\"who\":\"%s\",\"best_ms\":%.5f,"
          "\"median_ms\":%.5f,\"gflops\":%.2f",
      layer->name, n_threads, bench_cnn_isa (), result->contender->name, 1e3 * result->best,
      1e3 * result->median, 1e-9 * bench_flops (layer) / result->best);
  if (ours && peer > 0)
    printf (",\"ratio_to_best_peer\":%.3f", peer / result->best);
  printf ("}\n");
}

/* The time against the nearer of two limits: multiply-adds and memory. Winograd may pass 100. */
static double
percent_of_limit (const BenchLayer *layer, BenchLimits limits, double seconds)
{
  const double compute = 1e-9 * bench_flops (layer) / limits.gflops;
  const double memory = 1e-9 * bench_bytes (layer) / limits.gigabytes;
  return 100 * (compute > memory ? compute : memory) / seconds;
}

static void
print_row (const BenchLayer *layer, BenchLimits limits, const Result *result, double peer)
{
  const bool ours = result->contender == &bench_cnn;
  printf ("%-4s %-34s %-16s %9.3f %9.3f %9.1f", ours ? layer->name : "", ours ? layer->what : "",
      result->contender->name, 1e3 * result->best, 1e3 * result->median,
      1e-9 * bench_flops (layer) / result->best);
  if (limits.gflops > 0)
    printf (" %6.0f%%", percent_of_limit (layer, limits, result->best));
  if (ours && peer > 0)
    printf ("  %.2fx the best peer", peer / result->best);
  printf ("\n");
}

/* ---- Running --------------------------------------------------------------------------------- */

static void
bench_layer (const Options *options, const BenchLayer *layer, int n_threads, BenchLimits limits)
{
  Result results[N_CONTENDERS];
  int n_results = 0;
  for (int i = 0; i < (options->only_cnn ? 1 : N_CONTENDERS); i++) {
    BenchRun *run = contenders[i]->prepare (layer, n_threads);
    if (run)
      results[n_results++] =
          (Result){contenders[i], run, malloc (MAX_ROUNDS * sizeof (double)), 0, 0, 0};
    else if (i == 0)
      return;
  }
  measure (results, n_results, n_threads, options->seconds);
  const double peer = best_peer (results, n_results);
  for (int i = 0; i < n_results; i++) {
    if (i > 0)
      warn_when_different (layer, &results[0], &results[i]);
    if (options->json)
      print_json (layer, n_threads, &results[i], peer);
    else
      print_row (layer, limits, &results[i], peer);
  }
  fflush (stdout);
  for (int i = 0; i < n_results; i++) {
    results[i].contender->release (results[i].run);
    free (results[i].times);
  }
}

/* True when a comma-separated list has the name, or there is no list. */
static bool
is_listed (const char *list, const char *name)
{
  const size_t length = strlen (name);
  for (const char *at = list; at && *at;) {
    const size_t part = strcspn (at, ",");
    if (part == length && strncmp (at, name, length) == 0)
      return true;
    at += part + (at[part] == ',');
  }
  return list == NULL;
}

static void
bench_threads (const Options *options, int n_threads, BenchLimits one)
{
  const BenchLimits limits = n_threads == 1 ? one : bench_measure_limits (n_threads);
  const double gain = one.gflops > 0 ? limits.gflops / one.gflops : n_threads;
  fprintf (stderr, "%d thread%s, %s: %.0f GFLOP/s, %.1f GB/s read\n", n_threads,
      n_threads == 1 ? "" : "s", bench_cnn_isa (), limits.gflops, limits.gigabytes);
  if (gain < 0.9 * n_threads)
    fprintf (stderr,
        "%d threads compute only %.2f times as much as one: they share cores, or the "
        "machine is busy\n",
        n_threads, gain);
  if (!options->json)
    printf ("%-4s %-34s %-16s %9s %9s %9s %7s\n", "", "", "who", "best ms", "median", "GFLOP/s",
        "limit");
  for (const BenchLayer *layer = bench_layers; layer->name; layer++) {
    if (is_listed (options->layers, layer->name))
      bench_layer (options, layer, n_threads, limits);
  }
}

static void
list_layers (void)
{
  for (const BenchLayer *layer = bench_layers; layer->name; layer++)
    printf ("%-4s %s\n", layer->name, layer->what);
  printf ("against:");
  for (int i = 1; i < N_CONTENDERS; i++)
    printf (" %s", contenders[i]->name);
  printf ("\n");
}

static int
usage (int status)
{
  fprintf (status ? stderr : stdout,
      "cnn-bench [--list] [--layers L1,M1] [--threads 1,2] [--isa avx2] [--seconds 0.5] [--json]\n"
      "          [--only-cnn] [--processor-time]\n"
      "Times each layer, and the same layer in every library this was built with, in rounds.\n"
      "  --list      layers and libraries\n"
      "  --threads   numbers of threads, one after the other (default 1)\n"
      "  --isa       cap on the instruction set: c, sse4, avx2, avx512, neon\n"
      "  --seconds   for each library on each layer (default 0.5)\n"
      "  --json      one line of JSON a result\n"
      "  --only-cnn  no other libraries\n");
  return status;
}

/* False when an option is wrong; exits by itself after --help and --list. */
static bool
parse_options (int argc, char **argv, Options *options)
{
  static const struct option known[] = {
      {"list", no_argument, NULL, 'l'},
      {"layers", required_argument, NULL, 'L'},
      {"threads", required_argument, NULL, 't'},
      {"isa", required_argument, NULL, 'i'},
      {"seconds", required_argument, NULL, 's'},
      {"json", no_argument, NULL, 'j'},
      {"only-cnn", no_argument, NULL, 'o'},
      {"processor-time", no_argument, NULL, 'p'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  for (int option; (option = getopt_long (argc, argv, "h", known, NULL)) != -1;) {
    switch (option) {
    case 'l':
      list_layers ();
      exit (0);
    case 'L':
      options->layers = optarg;
      break;
    case 't':
      options->threads = optarg;
      break;
    case 'i':
      options->isa = optarg;
      break;
    case 's':
      options->seconds = atof (optarg);
      break;
    case 'j':
      options->json = true;
      break;
    case 'o':
      options->only_cnn = true;
      break;
    case 'p':
      options->processor_time = true;
      break;
    case 'h':
      exit (usage (0));
    default:
      return false;
    }
  }
  return optind == argc;
}

int
main (int argc, char **argv)
{
  Options options = {.threads = "1", .isa = getenv ("CNN_ISA"), .seconds = 0.5};
  if (!parse_options (argc, argv, &options))
    return usage (1);
  if (!bench_cnn_open (options.isa))
    return 1;
  if (options.processor_time && strcmp (options.threads, "1") != 0) {
    fprintf (stderr, "--processor-time adds up over threads: it goes with --threads 1\n");
    return 1;
  }
  if (options.processor_time)
    bench_use_processor_time ();
  const BenchLimits one = bench_measure_limits (1);
  for (const char *at = options.threads; *at; at += strcspn (at, "0123456789")) {
    char *end;
    const long n_threads = strtol (at, &end, 10);
    if (end == at || n_threads < 1 || n_threads > 64) {
      fprintf (stderr, "--threads %s: numbers from 1 to 64 are expected\n", options.threads);
      return 1;
    }
    bench_threads (&options, (int)n_threads, one);
    at = end;
  }
  bench_cnn_close ();
  return 0;
}
