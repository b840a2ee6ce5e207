/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>

struct BenchRun {
  BenchLayer layer;
  xnn_operator_t operator;
  pthreadpool_t threads;
  float *in, *out, *weights, *bias;
};

/* From O,I,H,W to O,H,W,I. */
static float *
reorder_weights (const BenchLayer *layer)
{
  const size_t taps = (size_t)(layer->kernel * layer->kernel);
  const size_t inputs = (size_t)(layer->inputs / layer->groups), outputs = (size_t)layer->outputs;
  float *given = bench_weights (layer);
  float *reordered = bench_values (bench_weight_count (layer));
  for (size_t o = 0; o < outputs; o++) {
    for (size_t i = 0; i < inputs; i++) {
      for (size_t t = 0; t < taps; t++)
        reordered[(o * taps + t) * inputs + i] = given[(o * inputs + i) * taps + t];
    }
  }
  bench_free (given);
  return reordered;
}

static enum xnn_status
create (const BenchLayer *l, BenchRun *run)
{
  const uint32_t k = (uint32_t)l->kernel, s = (uint32_t)l->stride, p = (uint32_t)l->padding;
  const uint32_t d = (uint32_t)l->dilation, groups = (uint32_t)l->groups;
  const size_t in = (size_t)l->inputs, out = (size_t)l->outputs;
  if (l->kind == BENCH_CONVOLUTION)
    return xnn_create_convolution2d_nhwc_f32 (p, p, p, p, k, k, s, s, d, d, groups, in / groups,
        out / groups, in, out, run->weights, run->bias, -INFINITY, INFINITY, 0, &run->operator);
  if (l->kind == BENCH_MAX_POOL)
    return xnn_create_max_pooling2d_nhwc_f32 (
        p, p, p, p, k, k, s, s, 1, 1, in, in, in, -INFINITY, INFINITY, 0, &run->operator);
  if (l->kernel == l->width)
    return xnn_create_global_average_pooling_nwc_f32 (
        in, in, in, -INFINITY, INFINITY, 0, &run->operator);
  return xnn_create_average_pooling2d_nhwc_f32 (
      p, p, p, p, k, k, s, s, in, in, in, -INFINITY, INFINITY, 0, &run->operator);
}

static enum xnn_status
setup (const BenchLayer *l, BenchRun *run)
{
  const size_t h = (size_t)l->height, w = (size_t)l->width;
  if (l->kind == BENCH_CONVOLUTION)
    return xnn_setup_convolution2d_nhwc_f32 (
        run->operator, 1, h, w, run->in, run->out, run->threads);
  if (l->kind == BENCH_MAX_POOL)
    return xnn_setup_max_pooling2d_nhwc_f32 (
        run->operator, 1, h, w, run->in, run->out, run->threads);
  if (l->kernel == l->width)
    return xnn_setup_global_average_pooling_nwc_f32 (
        run->operator, 1, h * w, run->in, run->out, run->threads);
  return xnn_setup_average_pooling2d_nhwc_f32 (
      run->operator, 1, h, w, run->in, run->out, run->threads);
}

static void
release (BenchRun *run)
{
  if (run->operator)
    xnn_delete_operator (run->operator);
  pthreadpool_destroy (run->threads);
  bench_free (run->in);
  bench_free (run->out);
  bench_free (run->weights);
  bench_free (run->bias);
  free (run);
}

/* Its kernels may read this much beyond the input. */
static float *
extended_input (const BenchLayer *layer)
{
  const size_t count = bench_input_count (layer);
  float *plain = bench_input (layer);
  float *values = bench_values (count + XNN_EXTRA_BYTES / sizeof (float));
  memcpy (values, plain, count * sizeof *values);
  bench_free (plain);
  return values;
}

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  const BenchLayer *layer = &network->layers[0];
  if (network->n_layers != 1 || layer->planar || xnn_initialize (NULL) != xnn_status_success)
    return NULL;
  BenchRun *run = calloc (1, sizeof *run);
  run->layer = *layer;
  run->threads = pthreadpool_create ((size_t)n_threads);
  run->in = extended_input (layer);
  run->out = bench_values (bench_output_count (layer) + XNN_EXTRA_BYTES / sizeof (float));
  run->weights = reorder_weights (layer);
  run->bias = bench_bias (layer);
  if (create (layer, run) != xnn_status_success || setup (layer, run) != xnn_status_success) {
    release (run);
    return NULL;
  }
  return run;
}

static double
run_once (BenchRun *run)
{
  const double start = bench_now ();
  xnn_run_operator (run->operator, run->threads);
  return bench_now () - start;
}

static float *
output (BenchRun *run)
{
  const size_t count = bench_output_count (&run->layer);
  float *values = bench_values (count);
  memcpy (values, run->out, count * sizeof *values);
  return values;
}

const BenchContender bench_xnnpack = {"xnnpack", false, prepare, run_once, output, release};
