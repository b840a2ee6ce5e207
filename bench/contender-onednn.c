/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN 2 chooses its own layouts: reordering is not timed. */
#include "bench.h"

#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <stdlib.h>

#define MAX_ARGUMENTS 5

struct BenchRun {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
  float *values[MAX_ARGUMENTS];
  int n_arguments;
  int n_threads;
};

static void
release (BenchRun *run)
{
  for (int i = 0; i < run->n_arguments; i++) {
    dnnl_memory_destroy (run->arguments[i].memory);
    bench_free (run->values[i]);
  }
  if (run->primitive)
    dnnl_primitive_destroy (run->primitive);
  if (run->description)
    dnnl_primitive_desc_destroy (run->description);
  if (run->stream)
    dnnl_stream_destroy (run->stream);
  if (run->engine)
    dnnl_engine_destroy (run->engine);
  free (run);
}

static dnnl_memory_desc_t
any_layout (int n, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
  dnnl_memory_desc_t description;
  dnnl_memory_desc_init_by_tag (&description, n, dims, dnnl_f32, tag);
  return description;
}

static void
add_argument (BenchRun *run, dnnl_query_t query, int argument)
{
  const dnnl_memory_desc_t *description = dnnl_primitive_desc_query_md (run->description, query, 0);
  const int i = run->n_arguments++;
  run->values[i] = bench_values (dnnl_memory_desc_get_size (description) / sizeof (float) + 1);
  run->arguments[i].arg = argument;
  dnnl_memory_create (&run->arguments[i].memory, description, run->engine, run->values[i]);
}

static dnnl_status_t
describe_convolution (const BenchLayer *l, BenchRun *run, dnnl_alg_kind_t algorithm)
{
  const int groups = l->groups, in = l->inputs / groups, out = l->outputs / groups;
  const dnnl_dims_t source = {1, l->inputs, l->height, l->width};
  const dnnl_dims_t result = {
      1, l->outputs, bench_output_size (l, l->height), bench_output_size (l, l->width)};
  const dnnl_dims_t plain = {out, in, l->kernel, l->kernel};
  const dnnl_dims_t grouped = {groups, out, in, l->kernel, l->kernel};
  const dnnl_dims_t bias = {l->outputs};
  const dnnl_dims_t stride = {l->stride, l->stride}, padding = {l->padding, l->padding};
  const dnnl_dims_t dilation = {l->dilation - 1, l->dilation - 1};
  const dnnl_memory_desc_t source_md = any_layout (4, source, dnnl_format_tag_any);
  const dnnl_memory_desc_t result_md = any_layout (4, result, dnnl_format_tag_any);
  const dnnl_memory_desc_t bias_md = any_layout (1, bias, dnnl_x);
  const dnnl_memory_desc_t weights_md = groups == 1 ? any_layout (4, plain, dnnl_format_tag_any)
                                                    : any_layout (5, grouped, dnnl_format_tag_any);
  dnnl_convolution_desc_t description;
  dnnl_status_t status =
      dnnl_dilated_convolution_forward_desc_init (&description, dnnl_forward_inference, algorithm,
          &source_md, &weights_md, &bias_md, &result_md, stride, dilation, padding, padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create (&run->description, &description, NULL, run->engine, NULL);
}

static dnnl_status_t
describe_pooling (const BenchLayer *l, BenchRun *run)
{
  const dnnl_dims_t source = {1, l->inputs, l->height, l->width};
  const dnnl_dims_t result = {
      1, l->outputs, bench_output_size (l, l->height), bench_output_size (l, l->width)};
  const dnnl_dims_t stride = {l->stride, l->stride}, padding = {l->padding, l->padding};
  const dnnl_dims_t kernel = {l->kernel, l->kernel};
  const dnnl_format_tag_t tag = l->planar ? dnnl_nchw : dnnl_nhwc;
  const dnnl_memory_desc_t source_md = any_layout (4, source, tag);
  const dnnl_memory_desc_t result_md = any_layout (4, result, tag);
  dnnl_pooling_desc_t description;
  dnnl_status_t status = dnnl_pooling_forward_desc_init (&description, dnnl_forward_inference,
      l->kind == BENCH_MAX_POOL ? dnnl_pooling_max : dnnl_pooling_avg_include_padding, &source_md,
      &result_md, stride, kernel, padding, padding);
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create (&run->description, &description, NULL, run->engine, NULL);
}

static BenchRun *
prepare_with (const BenchLayer *layer, int n_threads, dnnl_alg_kind_t algorithm)
{
  const bool convolution = layer->kind == BENCH_CONVOLUTION;
  BenchRun *run = calloc (1, sizeof *run);
  run->n_threads = n_threads;
  omp_set_num_threads (n_threads);
  if (dnnl_engine_create (&run->engine, dnnl_cpu, 0) != dnnl_success ||
      dnnl_stream_create (&run->stream, run->engine, dnnl_stream_default_flags) != dnnl_success ||
      (convolution ? describe_convolution (layer, run, algorithm)
                   : describe_pooling (layer, run)) != dnnl_success ||
      dnnl_primitive_create (&run->primitive, run->description) != dnnl_success) {
    release (run);
    return NULL;
  }
  add_argument (run, dnnl_query_src_md, DNNL_ARG_SRC);
  add_argument (run, dnnl_query_dst_md, DNNL_ARG_DST);
  if (convolution) {
    add_argument (run, dnnl_query_weights_md, DNNL_ARG_WEIGHTS);
    const dnnl_memory_desc_t *bias =
        dnnl_primitive_desc_query_md (run->description, dnnl_query_weights_md, 1);
    const int i = run->n_arguments++;
    run->values[i] = bench_values ((size_t)layer->outputs);
    run->arguments[i].arg = DNNL_ARG_BIAS;
    dnnl_memory_create (&run->arguments[i].memory, bias, run->engine, run->values[i]);
  }
  return run;
}

static BenchRun *
prepare (const BenchLayer *layer, int n_threads)
{
  return prepare_with (layer, n_threads, dnnl_convolution_direct);
}

static BenchRun *
prepare_winograd (const BenchLayer *layer, int n_threads)
{
  if (layer->kind != BENCH_CONVOLUTION)
    return NULL;
  return prepare_with (layer, n_threads, dnnl_convolution_winograd);
}

static double
run_once (BenchRun *run)
{
  omp_set_num_threads (run->n_threads);
  const double start = bench_now ();
  dnnl_primitive_execute (run->primitive, run->stream, run->n_arguments, run->arguments);
  dnnl_stream_wait (run->stream);
  return bench_now () - start;
}

static const float *
output (BenchRun *run)
{
  (void)run;
  return NULL; /* in a layout of its own */
}

const BenchContender bench_onednn = {"onednn", prepare, run_once, output, release};
const BenchContender bench_onednn_winograd = {
    "onednn-winograd", prepare_winograd, run_once, output, release};
