/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/rows.h"

#include <stdlib.h>

/* Spans of random taps that leave none of `columns` out of reach, each array guarded. */
static CnnViewSpans
random_spans (int size, int columns, CheckGuard guard)
{
  CnnViewSpans spans = {.size = size, .max_taps = check_random_int (1, 5)};
  const size_t n = (size_t)size;
  spans.first = check_guarded (n * sizeof *spans.first, guard);
  spans.n_taps = check_guarded (n * sizeof *spans.n_taps, guard);
  spans.weights = check_guarded_floats (n * (size_t)spans.max_taps, guard);
  for (int o = 0; o < size; o++) {
    spans.n_taps[o] = check_random_int (1, spans.max_taps < columns ? spans.max_taps : columns);
    spans.first[o] = check_random_int (0, columns - spans.n_taps[o]);
    for (int t = spans.n_taps[o]; t < spans.max_taps; t++)
      spans.weights[t * size + o] = 0;
  }
  return spans;
}

static void
free_spans (CnnViewSpans *spans)
{
  check_guarded_free (spans->first);
  check_guarded_free (spans->n_taps);
  check_guarded_free (spans->weights);
}

static void
check_once (CnnViewAverageFunc *kernel, CheckGuard guard)
{
  const int size = check_random_int (1, 20), columns = check_random_int (1, 30);
  const int channels = check_random_int (1, check_random_int (0, 1) ? 70 : 8);
  Rows rows = rows_new ((size_t)(columns * channels), (size_t)(size * channels), guard, false);
  CnnViewSpans spans = random_spans (size, columns, guard);
  check_context ("%d columns to %d, %d channels, %d taps", columns, size, channels, spans.max_taps);
  for (int o = 0; o < size; o++)
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int t = 0; t < spans.n_taps[o]; t++)
        sum += (double)spans.weights[t * size + o] *
               (double)rows.in[(spans.first[o] + t) * channels + c];
      rows.expected[o * channels + c] = (float)sum;
    }
  kernel (rows.in, channels, &spans, rows.out);
  free_spans (&spans);
  rows_finish (&rows, 1e-6);
}

void
check_view_average (CnnViewAverageFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

void
bench_view_average (CnnViewAverageFunc *kernel)
{
  enum { SIZE = 157, COLUMNS = 320, CHANNELS = 64 };
  float *row = check_guarded_floats (COLUMNS * CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (SIZE * CHANNELS, CHECK_GUARD_BEHIND);
  CnnViewSpans spans = random_spans (SIZE, COLUMNS, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("320 pixels of 64 channels to 157");
  while (check_timer_runs (&timer))
    kernel (row, CHANNELS, &spans, out);
  free_spans (&spans);
  check_guarded_free (row);
  check_guarded_free (out);
}
