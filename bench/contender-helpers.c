/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PyTorch, and ONNX Runtime on files that PyTorch writes. */
#include "helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct BenchRun {
  BenchHelper *helper;
  int id;
  size_t count;
};

static BenchRun *
run_new (const BenchNetwork *network, BenchHelper *helper, int id)
{
  if (id < 0)
    return NULL;
  BenchRun *run = calloc (1, sizeof *run);
  run->helper = helper;
  run->id = id;
  run->count = bench_output_count (bench_last_layer (network));
  return run;
}

static BenchRun *
prepare_torch (const BenchNetwork *network, int n_threads)
{
  BenchHelper *helper = bench_helper_start (&bench_torch_helper);
  if (!helper || network->layers[0].planar)
    return NULL;
  return run_new (
      network, helper, bench_helper_prepare_network (helper, network, n_threads, "channels-last"));
}

static BenchRun *
prepare_torch_nchw (const BenchNetwork *network, int n_threads)
{
  BenchHelper *helper = bench_helper_start (&bench_torch_helper);
  if (!helper)
    return NULL;
  return run_new (
      network, helper, bench_helper_prepare_network (helper, network, n_threads, "nchw"));
}

static bool
export_network (const BenchNetwork *network, const char *path)
{
  BenchHelper *torch = bench_helper_start (&bench_torch_helper);
  const int id = torch ? bench_helper_prepare_network (torch, network, 1, "nchw") : -1;
  if (id < 0)
    return false;
  const bool written = bench_helper_export (torch, id, path);
  bench_helper_release (torch, id);
  return written;
}

static BenchRun *
prepare_onnxruntime (const BenchNetwork *network, int n_threads)
{
  char path[] = "/tmp/cnn-bench-XXXXXX";
  BenchHelper *helper = bench_helper_start (&bench_onnxruntime_helper);
  const int file = helper ? mkstemp (path) : -1;
  if (file < 0)
    return NULL;
  close (file);
  const int id = export_network (network, path)
                     ? bench_helper_prepare_onnx (helper, network, n_threads, path)
                     : -1;
  unlink (path);
  return run_new (network, helper, id);
}

static double
run_once (BenchRun *run)
{
  return bench_helper_run (run->helper, run->id);
}

static float *
output (BenchRun *run)
{
  return bench_helper_output (run->helper, run->id, run->count);
}

static void
release (BenchRun *run)
{
  bench_helper_release (run->helper, run->id);
  free (run);
}

const char *
bench_torch_absence (void)
{
  return bench_helper_absence (&bench_torch_helper);
}

const char *
bench_onnxruntime_absence (void)
{
  const char *absence = bench_helper_absence (&bench_onnxruntime_helper);
  return absence || !bench_torch_absence () ? absence : "its models are written by torch";
}

const BenchContender bench_torch = {"torch", false, prepare_torch, run_once, output, release};
const BenchContender bench_torch_nchw = {
    "torch-nchw", false, prepare_torch_nchw, run_once, output, release};
const BenchContender bench_onnxruntime = {
    "onnxruntime", false, prepare_onnxruntime, run_once, output, release};
