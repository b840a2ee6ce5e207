/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock, and the values that all contenders compute with. */
#include "bench.h"
#include "cnn/cnn.h"

#include <math.h>
#include <time.h>

static clockid_t clock_used = CLOCK_MONOTONIC;

void
bench_use_processor_time (void)
{
  clock_used = CLOCK_PROCESS_CPUTIME_ID;
}

bool
bench_uses_processor_time (void)
{
  return clock_used == CLOCK_PROCESS_CPUTIME_ID;
}

double
bench_now (void)
{
  struct timespec time;
  clock_gettime (clock_used, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *
scaled_values (size_t count, unsigned seed, float scale)
{
  float *values = cnn_alloc (count, sizeof *values);
  unsigned state = seed;
  for (size_t i = 0; values && i < count; i++) {
    state = state * 1664525u + 1013904223u;
    values[i] = ((float)(state >> 8) / 8388608.0f - 1.0f) * scale;
  }
  return values;
}

float *
bench_values (size_t count)
{
  return scaled_values (count, 12345, 1);
}

unsigned char *
bench_input_bytes (const BenchLayer *layer)
{
  const size_t count = bench_input_count (layer);
  unsigned char *bytes = cnn_alloc (count, 1);
  for (size_t i = 0; bytes && i < count; i++)
    bytes[i] = (unsigned char)(i * 7 + (i >> 9));
  return bytes;
}

float *
bench_floats_of_bytes (const unsigned char *bytes, size_t count)
{
  float *values = cnn_alloc (count, sizeof *values);
  for (size_t i = 0; values && i < count; i++)
    values[i] = (float)bytes[i] / 255;
  return values;
}

float *
bench_input (const BenchLayer *layer)
{
  if (!layer->bytes_in)
    return bench_values (bench_input_count (layer));
  unsigned char *bytes = bench_input_bytes (layer);
  float *values = bench_floats_of_bytes (bytes, bench_input_count (layer));
  bench_free (bytes);
  return values;
}

float *
bench_weights (const BenchLayer *layer)
{
  static const float smooth[9] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
  const size_t count = bench_weight_count (layer);
  const float inputs = (float)count / (float)layer->outputs;
  /* A layer's place in the network makes its seed: weights of several layers do not agree. */
  float *weights = scaled_values (count, 777777u * (unsigned)(layer->from + 2), sqrtf (6 / inputs));
  for (size_t i = 0; weights && layer->bytes_out && i < count; i++)
    weights[i] = smooth[i % 9] / 16;
  return weights;
}

float *
bench_bias (const BenchLayer *layer)
{
  return scaled_values ((size_t)layer->outputs, 54321, layer->bytes_out ? 0 : 0.1f);
}

void
bench_free (void *block)
{
  cnn_free (block);
}
