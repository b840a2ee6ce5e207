/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

/* clang-format off */
const BenchLayer bench_layers[] = {
  /* name   what                                      kind               rows  cols  in   out  k   s  p  d  g */
  {"L1",  "1280x720x3 to 16, 3x3",                    BENCH_CONVOLUTION,  720, 1280,   3,  16,  3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"L1b", "the same from RGB bytes",                  BENCH_CONVOLUTION,  720, 1280,   3,  16,  3, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
  {"L2",  "1280x720x3 to 64, 7x7 stride 2",           BENCH_CONVOLUTION,  720, 1280,   3,  64,  7, 2, 3, 1, 1, 0, 0, 0, 0, 0, 0},
  {"L3",  "640x480x1 to 8, 5x5",                      BENCH_CONVOLUTION,  480,  640,   1,   8,  5, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0},
  {"L4",  "1920x1080x1 to 1, 3x3",                    BENCH_CONVOLUTION, 1080, 1920,   1,   1,  3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"L4b", "the same, bytes to bytes",                 BENCH_CONVOLUTION, 1080, 1920,   1,   1,  3, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
  {"M1",  "320x180x64 to 64, 3x3",                    BENCH_CONVOLUTION,  180,  320,  64,  64,  3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"M2",  "160x90x128 to 128, 3x3 stride 2",          BENCH_CONVOLUTION,   90,  160, 128, 128,  3, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"M3",  "56x56x64 to 64, 3x3",                      BENCH_CONVOLUTION,   56,   56,  64,  64,  3, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"M4",  "320x180x64 depthwise 3x3",                 BENCH_CONVOLUTION,  180,  320,  64,  64,  3, 1, 1, 1, 64, 0, 0, 0, 0, 0, 0},
  {"M5",  "640x360x32 to 32, 3x3 dilation 2",         BENCH_CONVOLUTION,  360,  640,  32,  32,  3, 1, 2, 2, 1, 0, 0, 0, 0, 0, 0},
  {"D1",  "112x112x32 depthwise 3x3",                 BENCH_CONVOLUTION,  112,  112,  32,  32,  3, 1, 1, 1, 32, 0, 0, 0, 0, 0, 0},
  {"D2",  "56x56x144 depthwise 3x3 stride 2",         BENCH_CONVOLUTION,   56,   56, 144, 144,  3, 2, 1, 1, 144, 0, 0, 0, 0, 0, 0},
  {"D3",  "14x14x576 depthwise 3x3",                  BENCH_CONVOLUTION,   14,   14, 576, 576,  3, 1, 1, 1, 576, 0, 0, 0, 0, 0, 0},
  {"D4",  "7x7x960 depthwise 3x3",                    BENCH_CONVOLUTION,    7,    7, 960, 960,  3, 1, 1, 1, 960, 0, 0, 0, 0, 0, 0},
  {"D5",  "28x28x240 depthwise 5x5",                  BENCH_CONVOLUTION,   28,   28, 240, 240,  5, 1, 2, 1, 240, 0, 0, 0, 0, 0, 0},
  {"D6",  "14x14x672 depthwise 5x5 stride 2",         BENCH_CONVOLUTION,   14,   14, 672, 672,  5, 2, 2, 1, 672, 0, 0, 0, 0, 0, 0},
  {"P1",  "1x1, 1280x720x16 to 32",                   BENCH_CONVOLUTION,  720, 1280,  16,  32,  1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"P2",  "1x1, 320x180x64 to 256",                   BENCH_CONVOLUTION,  180,  320,  64, 256,  1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"P3",  "1x1, 56x56x256 to 64",                     BENCH_CONVOLUTION,   56,   56, 256,  64,  1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"P4",  "1x1, 28x28x512 to 512",                    BENCH_CONVOLUTION,   28,   28, 512, 512,  1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"S1",  "640x360x1 to 64, 9x9",                     BENCH_CONVOLUTION,  360,  640,   1,  64,  9, 1, 4, 1, 1, 0, 0, 0, 0, 0, 0},
  {"S2",  "1x1, 640x360x64 to 32",                    BENCH_CONVOLUTION,  360,  640,  64,  32,  1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"S3",  "640x360x32 to 1, 5x5",                     BENCH_CONVOLUTION,  360,  640,  32,   1,  5, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q1",  "1280x720x16 maximum 2x2 stride 2",         BENCH_MAX_POOL,     720, 1280,  16,  16,  2, 2, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q2",  "320x180x64 maximum 3x3 stride 2",          BENCH_MAX_POOL,     180,  320,  64,  64,  3, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q3",  "320x180x64 average 2x2 stride 2",          BENCH_AVERAGE_POOL, 180,  320,  64,  64,  2, 2, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q4",  "56x56x512 global average",                 BENCH_AVERAGE_POOL,  56,   56, 512, 512, 56, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q5",  "320x180x16 average 15x15",                 BENCH_AVERAGE_POOL, 180,  320,  16,  16, 15, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0},
  {"Q1p", "Q1 on planes",                             BENCH_MAX_POOL,     720, 1280,  16,  16,  2, 2, 0, 1, 1, 0, 0, 1, 0, 0, 0},
  {"Q2p", "Q2 on planes",                             BENCH_MAX_POOL,     180,  320,  64,  64,  3, 2, 1, 1, 1, 0, 0, 1, 0, 0, 0},
  {"Q3p", "Q3 on planes",                             BENCH_AVERAGE_POOL, 180,  320,  64,  64,  2, 2, 0, 1, 1, 0, 0, 1, 0, 0, 0},
  {0},
};
/* clang-format on */

int
bench_output_size (const BenchLayer *layer, int input)
{
  if (layer->kind == BENCH_PIXEL_SHUFFLE || layer->kind == BENCH_BILINEAR)
    return input * layer->stride;
  return (input + 2 * layer->padding - layer->dilation * (layer->kernel - 1) - 1) / layer->stride +
         1;
}

int
bench_output_channels (const BenchLayer *layer)
{
  return layer->activation == BENCH_CRELU ? 2 * layer->outputs : layer->outputs;
}

size_t
bench_input_count (const BenchLayer *layer)
{
  return (size_t)layer->height * (size_t)layer->width * (size_t)layer->inputs;
}

size_t
bench_output_count (const BenchLayer *layer)
{
  return (size_t)bench_output_size (layer, layer->height) *
         (size_t)bench_output_size (layer, layer->width) * (size_t)bench_output_channels (layer);
}

size_t
bench_weight_count (const BenchLayer *layer)
{
  return (size_t)layer->outputs * (size_t)(layer->inputs / layer->groups) *
         (size_t)(layer->kernel * layer->kernel);
}

static double
layer_flops (const BenchLayer *layer)
{
  const double pixels =
      (double)bench_output_size (layer, layer->height) * bench_output_size (layer, layer->width);
  const double taps = pixels * layer->outputs * layer->kernel * layer->kernel;
  if (layer->kind == BENCH_CONVOLUTION)
    return 2 * taps * layer->inputs / layer->groups;
  return layer->kind == BENCH_MAX_POOL || layer->kind == BENCH_AVERAGE_POOL ? taps : 0;
}

double
bench_flops (const BenchNetwork *network)
{
  double flops = 0;
  for (int i = 0; i < network->n_layers; i++)
    flops += layer_flops (&network->layers[i]);
  return flops;
}

const BenchLayer *
bench_last_layer (const BenchNetwork *network)
{
  return &network->layers[network->n_layers - 1];
}

double
bench_bytes (const BenchNetwork *network)
{
  const BenchLayer *first = &network->layers[0], *last = bench_last_layer (network);
  return (double)bench_input_count (first) * (first->bytes_in ? 1 : 4) +
         (double)bench_output_count (last) * (last->bytes_out ? 1 : 4);
}

BenchNetwork
bench_network_of_layer (const BenchLayer *layer)
{
  BenchNetwork network = {.name = layer->name, .what = layer->what, .n_layers = 1};
  network.layers[0] = *layer;
  network.layers[0].from = BENCH_NETWORK_INPUT;
  return network;
}
