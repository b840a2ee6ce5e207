/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_ROUNDS 4000

/* How often everyone gets other memory. Which pages of the machine a buffer lies in can make a layer
 * that is bound by memory slower by half, for one contender and not for the next. */
#define SITTINGS 3

/* ---- Times ----------------------------------------------------------------------------------- */

static int
compare_times (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void
summarize (BenchResult *result)
{
  qsort (result->times, (size_t)result->n_times, sizeof *result->times, compare_times);
  result->best = result->times[0];
  result->median = result->times[result->n_times / 2];
}

/* The threads of some libraries go on spinning for a while after their work: not on the next one's
 * time. Runs that do not count wake what slept, and fill the caches again, which takes several: what
 * is timed is a stream of frames through the same buffers. Returns the seconds spent. */
static double
change_contender (const BenchResult *next, int n_threads, double enough)
{
  const struct timespec pause = {0, 30 * 1000 * 1000};
  const double start = bench_now ();
  if (n_threads > 1)
    nanosleep (&pause, NULL);
  double spent = 0;
  while (spent < enough)
    spent += next->contender->run (next->run);
  return bench_now () - start;
}

/* In each round every contender runs once: a machine that slows down slows all of them. */
static void
measure (BenchRace *race, double seconds)
{
  const int least_rounds = seconds > 0 ? 3 : 1;
  const double warm = seconds > 0 ? 0.01 : 0;
  double spent = 0;
  for (int round = 0; round < MAX_ROUNDS / SITTINGS; round++) {
    if (round >= least_rounds && spent >= seconds * race->n_results)
      break;
    for (int i = 0; i < race->n_results; i++) {
      BenchResult *result = &race->results[i];
      spent += change_contender (result, race->n_threads, warm);
      const double time = result->contender->run (result->run);
      result->times[result->n_times++] = time;
      spent += time;
    }
  }
}

/* Everyone gives its buffers back and takes new ones, in another order each time. */
static void
change_memory (BenchRace *race, const BenchNetwork *network, int sitting)
{
  for (int i = 0; i < race->n_results; i++)
    race->results[i].contender->release (race->results[i].run);
  for (int i = 0; i < race->n_results; i++) {
    BenchResult *result = &race->results[(i + sitting) % race->n_results];
    result->run = result->contender->prepare (network, race->n_threads);
    if (!result->run) {
      fprintf (stderr, "%s: %s could be prepared once, and not again\n", network->name,
          result->contender->name);
      exit (1);
    }
  }
}

/* ---- Results --------------------------------------------------------------------------------- */

typedef struct {
  int planes, rows, columns, samples; /* samples of a pixel: 1 when planar */
  int border;                         /* rows and columns at the edge that are not compared */
} Comparison;

static Comparison
make_comparison (const BenchLayer *layer)
{
  const int channels = bench_output_channels (layer);
  return (Comparison){
      .planes = layer->planar ? channels : 1,
      .rows = bench_output_size (layer, layer->height),
      .columns = bench_output_size (layer, layer->width),
      .samples = layer->planar ? 1 : channels,
      /* Filters of bytes have their own ideas of what lies around a picture. */
      .border = layer->bytes_out ? layer->padding : 0,
  };
}

static bool
is_inside (const Comparison *c, size_t index)
{
  const size_t pixel = index / (size_t)c->samples;
  const int column = (int)(pixel % (size_t)c->columns);
  const int row = (int)(pixel / (size_t)c->columns % (size_t)c->rows);
  return row >= c->border && row < c->rows - c->border && column >= c->border &&
         column < c->columns - c->border;
}

/* Winograd and sums in another order differ in the last digits, bytes by one. */
static double
tolerance_of (const BenchLayer *layer, const float *values)
{
  double largest = 1;
  for (size_t i = 0; i < bench_output_count (layer); i++)
    largest = fmax (largest, fabs ((double)values[i]));
  return layer->bytes_out ? 1.01 / 255 : 1e-3 * largest;
}

static bool
is_same (const BenchNetwork *network, const float *ours, const BenchResult *theirs)
{
  const BenchLayer *layer = bench_last_layer (network);
  const Comparison comparison = make_comparison (layer);
  const double tolerance = tolerance_of (layer, ours);
  float *values = theirs->contender->output (theirs->run);
  bool same = values != NULL;
  if (!values)
    fprintf (stderr, "%s: %s gives no result to compare: left out\n", network->name,
        theirs->contender->name);
  for (size_t i = 0; same && i < bench_output_count (layer); i++) {
    /* Not "above": a NaN is no agreement. */
    same = !is_inside (&comparison, i) || fabs ((double)ours[i] - (double)values[i]) <= tolerance;
    if (!same)
      fprintf (stderr, "%s: value %zu is %g, but %g in %s: left out\n", network->name, i,
          (double)ours[i], (double)values[i], theirs->contender->name);
  }
  bench_free (values);
  return same;
}

/* ---- The race -------------------------------------------------------------------------------- */

static void
leave (BenchRace *race, int index)
{
  BenchResult *result = &race->results[index];
  result->contender->release (result->run);
  free (result->times);
  race->n_results--;
  for (int i = index; i < race->n_results; i++)
    race->results[i] = race->results[i + 1];
}

/* Everyone once, and those out who compute something else. */
static void
compare_results (BenchRace *race, const BenchNetwork *network, bool *differs)
{
  for (int i = 0; i < race->n_results; i++)
    race->results[i].contender->run (race->results[i].run);
  float *ours = race->results[0].contender->output (race->results[0].run);
  for (int i = 1; i < race->n_results;) {
    if (is_same (network, ours, &race->results[i]))
      i++;
    else {
      leave (race, i);
      *differs = true;
    }
  }
  bench_free (ours);
}

bool
bench_race (BenchRace *race, const BenchContender *const *contenders, const BenchNetwork *network,
    int n_threads, double seconds, bool *differs)
{
  *race = (BenchRace){.n_threads = n_threads};
  for (int i = 0; contenders[i]; i++) {
    BenchRun *run = contenders[i]->prepare (network, n_threads);
    if (run)
      race->results[race->n_results++] = (BenchResult){
          .contender = contenders[i],
          .run = run,
          .times = malloc (MAX_ROUNDS * sizeof (double)),
      };
    else if (i == 0)
      return false;
  }
  compare_results (race, network, differs);
  const int sittings = seconds > 0 ? SITTINGS : 1;
  for (int sitting = 0; sitting < sittings; sitting++) {
    if (sitting > 0)
      change_memory (race, network, sitting);
    measure (race, seconds / sittings);
  }
  for (int i = 0; i < race->n_results; i++) {
    summarize (&race->results[i]);
    race->results[i].contender->release (race->results[i].run);
    free (race->results[i].times);
  }
  return true;
}

double
bench_best_peer (const BenchRace *race)
{
  double best = 0;
  for (int i = 0; i < race->n_results; i++) {
    const BenchResult *result = &race->results[i];
    if (!result->contender->ours && (best == 0 || result->best < best))
      best = result->best;
  }
  return best;
}
