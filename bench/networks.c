/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The networks that are timed whole: well-known ones, with zeros around every convolution. */
#include "bench.h"

/* Each function adds a layer behind the layer `from`, and returns its index. */
static int
add_layer (BenchNetwork *network, BenchLayer layer, int from)
{
  if (from != BENCH_NETWORK_INPUT) {
    const BenchLayer *before = &network->layers[from];
    layer.height = bench_output_size (before, before->height);
    layer.width = bench_output_size (before, before->width);
    layer.inputs = bench_output_channels (before);
  } else if (network->n_layers > 0) {
    layer.height = network->layers[0].height;
    layer.width = network->layers[0].width;
    layer.inputs = network->layers[0].inputs;
  }
  layer.from = from;
  layer.dilation = 1;
  layer.groups = 1;
  layer.outputs = layer.outputs ? layer.outputs : layer.inputs;
  network->layers[network->n_layers] = layer;
  return network->n_layers++;
}

static BenchLayer
same_convolution (int outputs, int kernel, BenchActivation activation)
{
  return (BenchLayer){
      .kind = BENCH_CONVOLUTION,
      .outputs = outputs,
      .kernel = kernel,
      .stride = 1,
      .padding = kernel / 2,
      .activation = activation,
  };
}

static int
convolution (BenchNetwork *network, int from, int outputs, int kernel, BenchActivation activation)
{
  return add_layer (network, same_convolution (outputs, kernel, activation), from);
}

/* Decides what comes in. */
static int
first_convolution (BenchNetwork *network, int height, int width, int inputs, int outputs,
    int kernel, BenchActivation activation)
{
  BenchLayer layer = same_convolution (outputs, kernel, activation);
  layer.height = height;
  layer.width = width;
  layer.inputs = inputs;
  return add_layer (network, layer, BENCH_NETWORK_INPUT);
}

static int
pooling (BenchNetwork *network, int from, BenchKind kind, int kernel, int stride)
{
  return add_layer (network, (BenchLayer){.kind = kind, .kernel = kernel, .stride = stride}, from);
}

static int
upsampling (BenchNetwork *network, int from, BenchKind kind, int factor, int outputs)
{
  const BenchLayer layer = {.kind = kind, .kernel = 1, .stride = factor, .outputs = outputs};
  return add_layer (network, layer, from);
}

static int
merging (BenchNetwork *network, int from, int second, BenchKind kind, int outputs)
{
  const BenchLayer layer = {
      .kind = kind, .kernel = 1, .stride = 1, .outputs = outputs, .second = second};
  return add_layer (network, layer, from);
}

static BenchNetwork
make_srcnn (void)
{
  BenchNetwork network = {.name = "SRCNN", .what = "640x360, 9x9 to 64, 1x1 to 32, 5x5 to 1"};
  int at = first_convolution (&network, 360, 640, 1, 64, 9, BENCH_RELU);
  at = convolution (&network, at, 32, 1, BENCH_RELU);
  convolution (&network, at, 1, 5, BENCH_RELU);
  return network;
}

static BenchNetwork
make_espcn (void)
{
  BenchNetwork network = {.name = "ESPCN", .what = "320x180 to 640x360"};
  int at = first_convolution (&network, 180, 320, 1, 64, 5, BENCH_TANH);
  at = convolution (&network, at, 32, 3, BENCH_TANH);
  at = convolution (&network, at, 4, 3, BENCH_SIGMOID);
  upsampling (&network, at, BENCH_PIXEL_SHUFFLE, 2, 1);
  return network;
}

static BenchNetwork
make_vgg7 (void)
{
  static const int outputs[] = {32, 64, 64, 128, 128};
  BenchNetwork network = {.name = "vgg7", .what = "waifu2x, 320x180, seven 3x3"};
  int at = first_convolution (&network, 180, 320, 3, 32, 3, BENCH_LEAKY_RELU);
  for (int i = 0; i < 5; i++)
    at = convolution (&network, at, outputs[i], 3, BENCH_LEAKY_RELU);
  convolution (&network, at, 3, 3, BENCH_NO_ACTIVATION);
  return network;
}

static int
fire (BenchNetwork *network, int from, int squeeze, int expand)
{
  const int narrow = convolution (network, from, squeeze, 1, BENCH_RELU);
  const int small = convolution (network, narrow, expand, 1, BENCH_RELU);
  const int large = convolution (network, narrow, expand, 3, BENCH_RELU);
  return merging (network, small, large, BENCH_CONCATENATE, 2 * expand);
}

static BenchNetwork
make_squeezenet (void)
{
  BenchNetwork network = {.name = "SqueezeNet", .what = "1.1, 224x224, 1000 classes"};
  int at = first_convolution (&network, 224, 224, 3, 64, 3, BENCH_RELU);
  network.layers[at].stride = 2;
  network.layers[at].padding = 0;
  at = pooling (&network, at, BENCH_MAX_POOL, 3, 2);
  at = fire (&network, fire (&network, at, 16, 64), 16, 64);
  at = pooling (&network, at, BENCH_MAX_POOL, 3, 2);
  at = fire (&network, fire (&network, at, 32, 128), 32, 128);
  at = pooling (&network, at, BENCH_MAX_POOL, 3, 2);
  at = fire (&network, fire (&network, at, 48, 192), 48, 192);
  at = fire (&network, fire (&network, at, 64, 256), 64, 256);
  at = convolution (&network, at, 1000, 1, BENCH_RELU);
  pooling (&network, at, BENCH_AVERAGE_POOL, 13, 1);
  return network;
}

static BenchNetwork
make_anime4k (void)
{
  BenchNetwork network = {.name = "Anime4K", .what = "S, 640x360 to 1280x720"};
  int at = first_convolution (&network, 360, 640, 3, 4, 3, BENCH_CRELU);
  at = convolution (&network, at, 4, 3, BENCH_CRELU);
  at = convolution (&network, at, 4, 3, BENCH_CRELU);
  at = convolution (&network, at, 4, 3, BENCH_NO_ACTIVATION);
  at = upsampling (&network, at, BENCH_PIXEL_SHUFFLE, 2, 1);
  const int enlarged = upsampling (&network, BENCH_NETWORK_INPUT, BENCH_BILINEAR, 2, 3);
  merging (&network, enlarged, at, BENCH_ADD, 3);
  return network;
}

static BenchNetwork
make_mnist (void)
{
  BenchNetwork network = {.name = "MNIST", .what = "28x28, 10 digits"};
  int at = first_convolution (&network, 28, 28, 1, 8, 5, BENCH_RELU);
  at = pooling (&network, at, BENCH_MAX_POOL, 2, 2);
  at = convolution (&network, at, 16, 5, BENCH_RELU);
  at = pooling (&network, at, BENCH_MAX_POOL, 3, 3);
  at = convolution (&network, at, 10, 4, BENCH_NO_ACTIVATION);
  network.layers[at].padding = 0;
  return network;
}

static BenchNetwork
make_l1q1 (void)
{
  BenchNetwork network = {.name = "L1Q1", .what = "L1, relu, then Q1"};
  const int at = first_convolution (&network, 720, 1280, 3, 16, 3, BENCH_RELU);
  pooling (&network, at, BENCH_MAX_POOL, 2, 2);
  return network;
}

BenchNetwork
bench_network (int index)
{
  static BenchNetwork (*const makers[BENCH_N_NETWORKS]) (void) = {
      make_l1q1,
      make_srcnn,
      make_espcn,
      make_vgg7,
      make_squeezenet,
      make_anime4k,
      make_mnist,
  };
  return makers[index]();
}
