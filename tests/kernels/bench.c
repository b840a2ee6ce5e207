/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With --bench: the cost of whole pooling layers. */
#include "layer-check.h"

#include <stdio.h>

typedef struct {
  CnnLayer *layer;
  const CnnImage *in, *out;
} LayerRun;

static void
run_layer (void *data)
{
  const LayerRun *run = data;
  cnn_layer_run (run->layer, run->in, run->out, 1);
}

typedef struct {
  const char *name;
  CnnShape shape;
  CnnPoolMode mode;
  CnnAxis axis;
} PoolRow;

static const PoolRow pool_rows[] = {
    {"Q1 1280x720x16 max 2x2 s2", {1, 720, 1280, 16}, CNN_POOL_MAX,
        {.kernel = 2, .stride = 2, .dilation = 1}},
    {"Q2 320x180x64 max 3x3 s2 p1", {1, 180, 320, 64}, CNN_POOL_MAX,
        {.kernel = 3, .stride = 2, .dilation = 1, .padding_before = 1, .padding_after = 1}},
    {"Q3 320x180x64 average 2x2 s2", {1, 180, 320, 64}, CNN_POOL_AVERAGE,
        {.kernel = 2, .stride = 2, .dilation = 1}},
    {"Q4 56x56x512 global average", {1, 56, 56, 512}, CNN_POOL_AVERAGE,
        {.rule = CNN_SIZE_ADAPTIVE, .adaptive_output = 1}},
};

static void
bench_pool (const PoolRow *row, CnnLayout layout, int isa)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (1)};
  const CnnFormat format = {CNN_SAMPLE_FLOAT32, layout};
  const CnnPool2dDesc desc = {.input = row->shape,
      .input_format = format,
      .output_format = format,
      .mode = row->mode,
      .window = {row->axis, row->axis}};
  CnnLayer *layer = cnn_pool2d_new (&context, &desc, NULL);
  const CnnShape s = row->shape;
  const size_t floats = (size_t)s.h * (size_t)s.w * (size_t)s.c;
  float *in = cnn_alloc (floats, sizeof *in), *out = cnn_alloc (floats, sizeof *out);
  CHECK (layer && in && out, "no memory");
  check_fill (in, floats);
  const CnnImage from = cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, layout, s);
  const CnnImage to =
      cnn_image_from_tensor (out, CNN_SAMPLE_FLOAT32, layout, cnn_layer_output_shape (layer));
  LayerRun run = {layer, &from, &to};
  char name[80];
  snprintf (name, sizeof name, "%s %s", row->name, layout == CNN_LAYOUT_NHWC ? "nhwc" : "nchw");
  check_bench (name, cnn_isa_name (check_isa (isa)), run_layer, &run);
  cnn_layer_free (layer);
  cnn_free (in);
  cnn_free (out);
}

static void
run_bench (void)
{
  if (!check_benchmarking ())
    return;
  for (int isa = 0; isa < check_isa_count () && check_ok (); isa++) {
    for (size_t i = 0; i < sizeof pool_rows / sizeof *pool_rows; i++) {
      bench_pool (&pool_rows[i], CNN_LAYOUT_NHWC, isa);
      bench_pool (&pool_rows[i], CNN_LAYOUT_NCHW, isa);
    }
  }
}

const CheckTest check_bench_pool = {"bench", "bench", run_bench};
