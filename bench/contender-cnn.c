/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"
#include "cnn.h"

#include <stdio.h>
#include <stdlib.h>

struct BenchRun {
  CnnLayer *layer;
  CnnImage in, out;
  float *weights, *bias;
  int n_threads;
};

static CnnKernels *kernels;
static CnnWorkers *workers;
static CnnIsa isa;

bool
bench_cnn_open (const char *isa_name)
{
  CnnError error;
  if (!cnn_isa_select (isa_name, &isa, &error)) {
    fprintf (stderr, "%s\n", error.message);
    return false;
  }
  kernels = cnn_kernels_new (isa);
  workers = cnn_workers_new (0);
  return kernels && workers;
}

const char *
bench_cnn_isa (void)
{
  return cnn_isa_name (isa);
}

void
bench_cnn_close (void)
{
  cnn_workers_free (workers);
  cnn_kernels_free (kernels);
}

static CnnWindow
make_window (const BenchLayer *layer)
{
  const CnnAxis axis = {
      .kernel = layer->kernel,
      .stride = layer->stride,
      .dilation = layer->dilation,
      .padding_before = layer->padding,
      .padding_after = layer->padding,
  };
  return (CnnWindow){axis, axis};
}

static CnnLayer *
make_layer (const BenchLayer *layer, BenchRun *run, CnnFormat input, CnnFormat output)
{
  static const float scale[4] = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
  const CnnContext context = {kernels, workers, getenv ("CNN_EXACT") != NULL};
  const CnnShape shape = {1, layer->height, layer->width, layer->inputs};
  CnnError error;
  CnnLayer *made;
  if (layer->kind == BENCH_CONVOLUTION) {
    const CnnConv2dDesc desc = {
        .input = shape,
        .input_format = input,
        .output_format = output,
        .normalization = {layer->bytes_in ? scale : NULL, NULL},
        .window = make_window (layer),
        .out_channels = layer->outputs,
        .groups = layer->groups,
        .weights = run->weights,
        .bias = run->bias,
    };
    made = cnn_conv2d_new (&context, &desc, &error);
  } else {
    const CnnPool2dDesc desc = {
        .input = shape,
        .input_format = input,
        .output_format = output,
        .mode = layer->kind == BENCH_MAX_POOL ? CNN_POOL_MAX : CNN_POOL_AVERAGE,
        .window = make_window (layer),
        .count_include_pad = true,
    };
    made = cnn_pool2d_new (&context, &desc, &error);
  }
  if (!made)
    fprintf (stderr, "%s: %s\n", layer->name, error.message);
  return made;
}

static CnnImage
make_image (CnnFormat format, CnnShape shape, size_t count)
{
  void *samples = format.type == CNN_SAMPLE_UINT8 ? (void *)bench_bytes_new (count)
                                                  : (void *)bench_values (count);
  return cnn_image_from_tensor (samples, format.type, format.layout, shape);
}

static void
release (BenchRun *run)
{
  cnn_layer_free (run->layer);
  bench_free (run->in.data);
  bench_free (run->out.data);
  bench_free (run->weights);
  bench_free (run->bias);
  free (run);
}

static BenchRun *
prepare (const BenchLayer *layer, int n_threads)
{
  const CnnLayout layout = layer->planar ? CNN_LAYOUT_NCHW : CNN_LAYOUT_NHWC;
  const CnnFormat input = {layer->bytes_in ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32, layout};
  const CnnFormat output = {layer->bytes_out ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32, layout};
  BenchRun *run = calloc (1, sizeof *run);
  run->n_threads = n_threads;
  run->weights = bench_weights (layer);
  run->bias = layer->bytes_out ? NULL : bench_values ((size_t)layer->outputs);
  run->layer = make_layer (layer, run, input, output);
  if (!run->layer) {
    release (run);
    return NULL;
  }
  run->in = make_image (input, cnn_layer_input_shape (run->layer), bench_input_count (layer));
  run->out = make_image (output, cnn_layer_output_shape (run->layer), bench_output_count (layer));
  return run;
}

static double
run_once (BenchRun *run)
{
  const double start = bench_now ();
  cnn_layer_run (run->layer, &run->in, &run->out, run->n_threads);
  return bench_now () - start;
}

static const float *
output (BenchRun *run)
{
  return run->out.type == CNN_SAMPLE_FLOAT32 && run->in.type == CNN_SAMPLE_FLOAT32 &&
                 run->out.channel_stride == sizeof (float)
             ? (const float *)run->out.data
             : NULL;
}

const BenchContender bench_cnn = {"cnn", prepare, run_once, output, release};
