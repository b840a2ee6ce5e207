/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

/* filter2D: one channel, stride 1. */
struct BenchRun {
  cv::Mat in, out, kernel;
  double bias;
  int n_threads;
};

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  const BenchLayer *l = &network->layers[0];
  if (network->n_layers != 1 || l->kind != BENCH_CONVOLUTION || l->inputs != 1 || l->outputs != 1 ||
      l->stride != 1)
    return nullptr;
  BenchRun *run = new BenchRun;
  float *weights = bench_weights (l), *bias = bench_bias (l);
  void *in = l->bytes_in ? (void *)bench_input_bytes (l) : (void *)bench_input (l);
  run->kernel = cv::Mat (l->kernel, l->kernel, CV_32F, weights).clone ();
  run->bias = bias[0];
  run->in = cv::Mat (l->height, l->width, l->bytes_in ? CV_8U : CV_32F, in).clone ();
  run->n_threads = n_threads;
  bench_free (in);
  bench_free (bias);
  bench_free (weights);
  return run;
}

static double
run_once (BenchRun *run)
{
  cv::setNumThreads (run->n_threads);
  const double start = bench_now ();
  cv::filter2D (
      run->in, run->out, -1, run->kernel, cv::Point (-1, -1), run->bias, cv::BORDER_CONSTANT);
  return bench_now () - start;
}

static float *
output (BenchRun *run)
{
  const size_t count = run->out.total ();
  if (run->out.depth () == CV_8U)
    return bench_floats_of_bytes (run->out.data, count);
  float *values = bench_values (count);
  memcpy (values, run->out.data, count * sizeof *values);
  return values;
}

static void
release (BenchRun *run)
{
  delete run;
}

extern "C" const BenchContender bench_opencv = {
    "opencv", false, prepare, run_once, output, release};
