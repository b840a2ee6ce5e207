/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/blend.h"

#include "core/layer-private.h"

enum { RESULT, INPUT, N_INPUTS };

typedef struct {
  CnnLayer base;
  CnnRowOrder order;
  int first, second; /* the inputs that are blended; second is -1 for none */
  CnnBlendWeights weights;
} Blend;

/* One pass over an interleaved row, or over a plane of it. */
static const float *
row_of (const Blend *blend, CnnLayerWorker *worker, int input, int n, int y, int channel)
{
  if (input < 0)
    return NULL;
  return blend->order == CNN_ROWS_PLANAR
             ? cnn_reader_plane (&worker->readers[input], n, y, 0, channel)
             : cnn_reader_row (&worker->readers[input], n, y, 0);
}

static void
blend_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const Blend *blend = (const Blend *)layer;
  const CnnShape shape = layer->output;
  const bool planar = blend->order == CNN_ROWS_PLANAR;
  const int passes = planar ? shape.c : 1;
  const size_t count = (size_t)shape.w * (planar ? 1 : (size_t)shape.c);
  for (int y = y0; y < y1; y++) {
    float *out = cnn_writer_row (&worker->writer, n, y);
    for (int c = 0; c < passes; c++, out += worker->writer.plane_stride)
      layer->context.dispatch->blend (row_of (blend, worker, blend->first, n, y, c),
          row_of (blend, worker, blend->second, n, y, c), &blend->weights, count, out);
    cnn_writer_finish (&worker->writer, n, y);
  }
}

/* Rows of an input that is not blended may not be there. */
static CnnRowRange
blend_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  const Blend *blend = (const Blend *)layer;
  const bool used = input == blend->first || input == blend->second;
  return used ? (CnnRowRange){y0, y1} : (CnnRowRange){0, 0};
}

static const CnnLayerClass blend_class = {
    .needed_rows = blend_needed_rows,
    .compute_rows = blend_compute_rows,
};

static bool
plan (Blend *blend, const CnnBlendDesc *desc, CnnError *error)
{
  const CnnAxis unit = cnn_window_unit ().rows;
  const CnnShape shapes[N_INPUTS] = {desc->shape, desc->input};
  CnnReaderDesc readers[N_INPUTS];
  for (int i = 0; i < N_INPUTS; i++)
    readers[i] = (CnnReaderDesc){.input = shapes[i],
        .rows = unit,
        .columns = unit,
        .output_columns = shapes[i].w,
        .order = blend->order,
        .tile = 1,
        .strip = 1};
  readers[INPUT].normalization = desc->normalization;
  const CnnWriterDesc writer = {.computed = desc->shape, .order = blend->order, .strip = 1};
  return cnn_layer_plan (&blend->base, N_INPUTS, readers, &writer, error);
}

CnnLayer *
cnn_blend_new (const CnnContext *context, const CnnBlendDesc *desc, CnnError *error)
{
  size_t count;
  if (!cnn_shape_count (desc->shape, sizeof (float), &count, error) ||
      !cnn_shape_count (desc->input, sizeof (float), &count, error))
    return NULL;
  Blend *blend =
      cnn_layer_alloc (sizeof *blend, &blend_class, context, desc->shape, desc->shape, error);
  if (!blend)
    return NULL;
  blend->base.output_format = desc->output_format;
  blend->order = cnn_row_order (desc->layout);
  cnn_blend_set (&blend->base, 1, 1, 0);
  if (plan (blend, desc, error)) {
    cnn_layer_set_info (&blend->base, "blend", context->dispatch->blend_isa,
        cnn_frame_values (desc->shape), desc->shape);
    return &blend->base;
  }
  cnn_layer_free (&blend->base);
  return NULL;
}

void
cnn_blend_set (CnnLayer *layer, double strength, double gain, double offset)
{
  Blend *blend = (Blend *)layer;
  blend->first = strength > 0 ? RESULT : INPUT;
  blend->second = strength > 0 && strength < 1 ? INPUT : -1;
  blend->weights = strength > 0 ? (CnnBlendWeights){(float)(strength * gain), (float)(1 - strength),
                                      (float)(strength * offset)}
                                : (CnnBlendWeights){1, 0, 0};
}
