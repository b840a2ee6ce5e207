/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our kernels without elements: a layer, or the layers of a network one after the other, or as a chain. */
#include "bench.h"
#include "cnn/cnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  CnnLayer *layer;
  float *weights, *bias;
  CnnImage out;
} Part;

struct BenchRun {
  BenchNetwork network;
  Part parts[BENCH_MAX_LAYERS];
  CnnLayer *chain; /* has the parts' layers, or NULL */
  CnnImage in;
  int n_threads;
};

static CnnContext *context;

bool
bench_cnn_open (const char *isa_name)
{
  CnnError error;
  if (isa_name)
    setenv ("CNN_ISA", isa_name, true); /* for the elements, too */
  context = cnn_context_from_environment (&error);
  if (!context)
    fprintf (stderr, "%s\n", error.message);
  return context != NULL;
}

const char *
bench_cnn_isa (void)
{
  return cnn_context_isa (context);
}

CnnFeatures
bench_cnn_features (void)
{
  CnnFeatures features = 0;
  cnn_features_select (cnn_context_isa (context), &features, NULL);
  return features;
}

void
bench_cnn_close (void)
{
  cnn_context_free (context);
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

static CnnFormat
make_format (const BenchLayer *layer, bool bytes)
{
  return (CnnFormat){bytes ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32,
      layer->planar ? CNN_LAYOUT_NCHW : CNN_LAYOUT_NHWC};
}

static CnnLayer *
make_convolution (const BenchLayer *layer, Part *part, CnnError *error)
{
  static const float scale[4] = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
  static const float slope = 0.1f;
  static const CnnActivation activations[] = {
      [BENCH_NO_ACTIVATION] = CNN_ACTIVATION_NONE,
      [BENCH_RELU] = CNN_ACTIVATION_RELU,
      [BENCH_LEAKY_RELU] = CNN_ACTIVATION_LEAKY_RELU,
      [BENCH_CRELU] = CNN_ACTIVATION_CRELU,
      [BENCH_TANH] = CNN_ACTIVATION_TANH,
      [BENCH_SIGMOID] = CNN_ACTIVATION_SIGMOID,
  };
  part->weights = bench_weights (layer);
  part->bias = bench_bias (layer);
  const CnnConv2dDesc desc = {
      .input = {1, layer->height, layer->width, layer->inputs},
      .input_format = make_format (layer, layer->bytes_in),
      .output_format = make_format (layer, layer->bytes_out),
      .normalization = {layer->bytes_in ? scale : NULL, NULL},
      .window = make_window (layer),
      .out_channels = layer->outputs,
      .groups = layer->groups,
      .weights = part->weights,
      .bias = layer->bytes_out ? NULL : part->bias,
      .activation = activations[layer->activation],
      .alpha = &slope,
      .n_alpha = 1,
  };
  return cnn_conv2d_new (context, &desc, error);
}

static CnnLayer *
make_layer (const BenchLayer *layer, Part *part, CnnError *error)
{
  const CnnShape input = {1, layer->height, layer->width, layer->inputs};
  const CnnFormat format = make_format (layer, false);
  if (layer->kind == BENCH_CONVOLUTION)
    return make_convolution (layer, part, error);
  if (layer->kind == BENCH_PIXEL_SHUFFLE || layer->kind == BENCH_BILINEAR) {
    const CnnUpsample2dDesc desc = {
        .input = input,
        .input_format = format,
        .output_format = format,
        .mode = layer->kind == BENCH_BILINEAR ? CNN_UPSAMPLE_BILINEAR : CNN_UPSAMPLE_PIXEL_SHUFFLE,
        .factor = layer->stride,
    };
    return cnn_upsample2d_new (context, &desc, error);
  }
  const CnnPool2dDesc desc = {
      .input = input,
      .input_format = format,
      .output_format = format,
      .mode = layer->kind == BENCH_MAX_POOL ? CNN_POOL_MAX : CNN_POOL_AVERAGE,
      .window = make_window (layer),
      .count_include_pad = true,
  };
  return cnn_pool2d_new (context, &desc, error);
}

static CnnLayer *
make_merge (const BenchRun *run, const BenchLayer *layer, CnnError *error)
{
  const CnnFormat format = make_format (layer, false);
  const CnnBranch branches[] = {
      {"from", run->parts[layer->from].out.shape, format, {NULL, NULL}},
      {"second", run->parts[layer->second].out.shape, format, {NULL, NULL}},
  };
  const CnnMergeDesc desc = {
      .mode = layer->kind == BENCH_ADD ? CNN_MERGE_ADD : CNN_MERGE_CONCAT,
      .n_branches = 2,
      .branches = branches,
      .output_format = format,
  };
  return cnn_merge_new (context, &desc, error);
}

static bool
make_part (BenchRun *run, int index)
{
  const BenchLayer *layer = &run->network.layers[index];
  Part *part = &run->parts[index];
  CnnError error;
  const bool is_merge = layer->kind == BENCH_CONCATENATE || layer->kind == BENCH_ADD;
  part->layer = is_merge ? make_merge (run, layer, &error) : make_layer (layer, part, &error);
  if (!part->layer) {
    fprintf (stderr, "%s, layer %d: %s\n", run->network.name, index + 1, error.message);
    return false;
  }
  const CnnFormat format = make_format (layer, layer->bytes_out);
  const size_t count = bench_output_count (layer);
  void *samples = cnn_alloc (count, layer->bytes_out ? 1 : sizeof (float));
  memset (samples, 0, count * (layer->bytes_out ? 1 : sizeof (float)));
  part->out = cnn_image_from_tensor (
      samples, format.type, format.layout, cnn_layer_output_shape (part->layer));
  return true;
}

static void
release (BenchRun *run)
{
  for (int i = 0; i < run->network.n_layers; i++) {
    Part *part = &run->parts[i];
    cnn_layer_free (part->layer);
    bench_free (part->weights);
    bench_free (part->bias);
    bench_free (part->out.data);
  }
  cnn_layer_free (run->chain);
  bench_free (run->in.data);
  free (run);
}

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  const BenchLayer *first = &network->layers[0];
  const CnnFormat format = make_format (first, first->bytes_in);
  BenchRun *run = calloc (1, sizeof *run);
  run->network = *network;
  run->n_threads = n_threads;
  for (int i = 0; i < network->n_layers; i++) {
    if (!make_part (run, i)) {
      release (run);
      return NULL;
    }
  }
  run->in = cnn_image_from_tensor (
      first->bytes_in ? (void *)bench_input_bytes (first) : (void *)bench_input (first),
      format.type, format.layout, (CnnShape){1, first->height, first->width, first->inputs});
  return run;
}

static BenchRun *
prepare_chain (const BenchNetwork *network, int n_threads)
{
  BenchRun *run = prepare (network, n_threads);
  CnnChainStep steps[BENCH_MAX_LAYERS];
  int inputs[BENCH_MAX_LAYERS][2];
  CnnError error;
  for (int i = 0; run && i < network->n_layers; i++) {
    const int from[2] = {network->layers[i].from, network->layers[i].second};
    for (int k = 0; k < 2; k++)
      inputs[i][k] = from[k] == BENCH_NETWORK_INPUT ? CNN_CHAIN_INPUT (0) : from[k];
    steps[i] = (CnnChainStep){run->parts[i].layer, inputs[i]};
    run->parts[i].layer = NULL;
  }
  if (run)
    run->chain = cnn_chain_new (context, steps, network->n_layers, &error);
  if (!run || run->chain)
    return run;
  fprintf (stderr, "%s: %s\n", network->name, error.message);
  release (run);
  return NULL;
}

static double
run_chain (BenchRun *run)
{
  const double start = bench_now ();
  cnn_layer_run (run->chain, &run->in, &run->parts[run->network.n_layers - 1].out, run->n_threads);
  return bench_now () - start;
}

static const CnnImage *
output_of (const BenchRun *run, int index)
{
  return index == BENCH_NETWORK_INPUT ? &run->in : &run->parts[index].out;
}

static double
run_once (BenchRun *run)
{
  const double start = bench_now ();
  for (int i = 0; i < run->network.n_layers; i++) {
    const BenchLayer *layer = &run->network.layers[i];
    Part *part = &run->parts[i];
    const CnnImage *in = output_of (run, layer->from);
    CnnImage images[2] = {*in};
    if (cnn_layer_input_count (part->layer) > 1)
      images[1] = *output_of (run, layer->second);
    cnn_layer_run (part->layer, images, &part->out, run->n_threads);
  }
  return bench_now () - start;
}

static float *
output (BenchRun *run)
{
  const BenchLayer *last = bench_last_layer (&run->network);
  const void *samples = run->parts[run->network.n_layers - 1].out.data;
  const size_t count = bench_output_count (last);
  if (last->bytes_out)
    return bench_floats_of_bytes (samples, count);
  float *values = cnn_alloc (count, sizeof *values);
  memcpy (values, samples, count * sizeof *values);
  return values;
}

const BenchContender bench_cnn = {"cnn", true, prepare, run_once, output, release};
const BenchContender bench_cnn_parts = {"cnn-parts", true, prepare, run_once, output, release};
const BenchContender bench_cnn_chain = {
    "cnn-chain", true, prepare_chain, run_chain, output, release};
