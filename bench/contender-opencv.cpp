/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

/* filter2D: one channel, stride 1. */
struct BenchRun {
  cv::Mat in, out, kernel;
  int n_threads;
};

static BenchRun *
prepare (const BenchLayer *l, int n_threads)
{
  if (l->kind != BENCH_CONVOLUTION || l->inputs != 1 || l->outputs != 1 || l->stride != 1)
    return nullptr;
  BenchRun *run = new BenchRun;
  float *weights = bench_weights (l);
  run->kernel = cv::Mat (l->kernel, l->kernel, CV_32F, weights).clone ();
  bench_free (weights);
  run->in = cv::Mat (l->height, l->width, l->bytes_in ? CV_8U : CV_32F);
  cv::randu (run->in, 0, l->bytes_in ? 255 : 1);
  run->n_threads = n_threads;
  return run;
}

static double
run_once (BenchRun *run)
{
  cv::setNumThreads (run->n_threads);
  const double start = bench_now ();
  cv::filter2D (run->in, run->out, -1, run->kernel, cv::Point (-1, -1), 0, cv::BORDER_CONSTANT);
  return bench_now () - start;
}

static const float *
output (BenchRun *)
{
  return nullptr;
}

static void
release (BenchRun *run)
{
  delete run;
}

extern "C" const BenchContender bench_opencv = {"opencv", prepare, run_once, output, release};
