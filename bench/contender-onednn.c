/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN 2 chooses its own layouts: reordering is not timed. */
#include "bench.h"

#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <stdlib.h>

#define MAX_ARGUMENTS 5

struct BenchRun {
  BenchLayer layer;
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

/* Values from one layout to another; false when oneDNN cannot. */
static bool
reorder (BenchRun *run, dnnl_memory_t from, dnnl_memory_t to)
{
  const dnnl_memory_desc_t *from_md, *to_md;
  dnnl_primitive_desc_t description = NULL;
  dnnl_primitive_t primitive = NULL;
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  dnnl_memory_get_memory_desc (from, &from_md);
  dnnl_memory_get_memory_desc (to, &to_md);
  const bool possible =
      dnnl_reorder_primitive_desc_create (
          &description, from_md, run->engine, to_md, run->engine, NULL) == dnnl_success &&
      dnnl_primitive_create (&primitive, description) == dnnl_success &&
      dnnl_primitive_execute (primitive, run->stream, 2, arguments) == dnnl_success &&
      dnnl_stream_wait (run->stream) == dnnl_success;
  if (primitive)
    dnnl_primitive_destroy (primitive);
  if (description)
    dnnl_primitive_desc_destroy (description);
  return possible;
}

/* An argument in the layout that the primitive wants, with `plain` values unless they are NULL,
 * which are released. */
static bool
add_argument (BenchRun *run, dnnl_query_t query, int which, int argument, float *plain,
    const dnnl_memory_desc_t *plain_md)
{
  const dnnl_memory_desc_t *description =
      dnnl_primitive_desc_query_md (run->description, query, which);
  const int i = run->n_arguments++;
  bool done = true;
  run->values[i] = bench_values (dnnl_memory_desc_get_size (description) / sizeof (float) + 1);
  run->arguments[i].arg = argument;
  dnnl_memory_create (&run->arguments[i].memory, description, run->engine, run->values[i]);
  if (plain) {
    dnnl_memory_t memory;
    dnnl_memory_create (&memory, plain_md, run->engine, plain);
    done = reorder (run, memory, run->arguments[i].memory);
    dnnl_memory_destroy (memory);
    bench_free (plain);
  }
  return done;
}

static dnnl_memory_desc_t
tensor_layout (const BenchLayer *l, int channels, int height, int width)
{
  const dnnl_dims_t dims = {1, channels, height, width};
  return any_layout (4, dims, l->planar ? dnnl_nchw : dnnl_nhwc);
}

static bool
add_arguments (BenchRun *run)
{
  const BenchLayer *l = &run->layer;
  const int groups = l->groups, in = l->inputs / groups, out = l->outputs / groups;
  const dnnl_dims_t plain = {out, in, l->kernel, l->kernel}, bias = {l->outputs};
  const dnnl_dims_t grouped = {groups, out, in, l->kernel, l->kernel};
  const dnnl_memory_desc_t source_md = tensor_layout (l, l->inputs, l->height, l->width);
  const dnnl_memory_desc_t weights_md =
      groups == 1 ? any_layout (4, plain, dnnl_oihw) : any_layout (5, grouped, dnnl_goihw);
  const dnnl_memory_desc_t bias_md = any_layout (1, bias, dnnl_x);
  return add_argument (run, dnnl_query_dst_md, 0, DNNL_ARG_DST, NULL, NULL) &&
         add_argument (run, dnnl_query_src_md, 0, DNNL_ARG_SRC, bench_input (l), &source_md) &&
         (l->kind != BENCH_CONVOLUTION || (add_argument (run, dnnl_query_weights_md, 0,
                                               DNNL_ARG_WEIGHTS, bench_weights (l), &weights_md) &&
                                              add_argument (run, dnnl_query_weights_md, 1,
                                                  DNNL_ARG_BIAS, bench_bias (l), &bias_md)));
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
prepare_with (const BenchNetwork *network, int n_threads, dnnl_alg_kind_t algorithm)
{
  if (network->n_layers != 1)
    return NULL;
  BenchRun *run = calloc (1, sizeof *run);
  run->layer = network->layers[0];
  run->n_threads = n_threads;
  omp_set_num_threads (n_threads);
  if (dnnl_engine_create (&run->engine, dnnl_cpu, 0) != dnnl_success ||
      dnnl_stream_create (&run->stream, run->engine, dnnl_stream_default_flags) != dnnl_success ||
      (run->layer.kind == BENCH_CONVOLUTION
              ? describe_convolution (&run->layer, run, algorithm)
              : describe_pooling (&run->layer, run)) != dnnl_success ||
      dnnl_primitive_create (&run->primitive, run->description) != dnnl_success ||
      !add_arguments (run)) {
    release (run);
    return NULL;
  }
  return run;
}

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  return prepare_with (network, n_threads, dnnl_convolution_direct);
}

static BenchRun *
prepare_winograd (const BenchNetwork *network, int n_threads)
{
  if (network->layers[0].kind != BENCH_CONVOLUTION)
    return NULL;
  return prepare_with (network, n_threads, dnnl_convolution_winograd);
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

static float *
output (BenchRun *run)
{
  const BenchLayer *l = &run->layer;
  const dnnl_memory_desc_t description = tensor_layout (
      l, l->outputs, bench_output_size (l, l->height), bench_output_size (l, l->width));
  float *values = bench_values (bench_output_count (l));
  dnnl_memory_t memory;
  dnnl_memory_create (&memory, &description, run->engine, values);
  reorder (run, run->arguments[0].memory, memory);
  dnnl_memory_destroy (memory);
  return values;
}

const BenchContender bench_onednn = {"onednn", false, prepare, run_once, output, release};
const BenchContender bench_onednn_winograd = {
    "onednn-winograd", false, prepare_winograd, run_once, output, release};
