/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/unary.h"

#include "core/layer-private.h"

#include <math.h>

typedef struct {
  CnnLayer base;
  CnnRowOrder order;
  CnnUnary function;
  float a, b;
  size_t largest, sums; /* softmax of planes: a row of each in a worker's scratch */
} Unary;

/* ---- Softmax --------------------------------------------------------------------------------- */

/* One pixel: exp (x - max) / sum, so that nothing overflows. */
static void
softmax_pixel (const Unary *unary, const float *in, size_t channels, float *out)
{
  float largest = in[0], sum = 0;
  for (size_t c = 1; c < channels; c++)
    largest = in[c] > largest || isnan (in[c]) ? in[c] : largest;
  for (size_t c = 0; c < channels; c++)
    out[c] = in[c] - largest;
  unary->base.context.dispatch->unary (CNN_UNARY_EXP, 0, 0, out, channels, out);
  for (size_t c = 0; c < channels; c++)
    sum += out[c];
  for (size_t c = 0; c < channels; c++)
    out[c] /= sum;
}

/* A row of planes, all pixels of it at a time. */
static void
softmax_planes (const Unary *unary, CnnLayerWorker *worker, int n, int y, float *out)
{
  const CnnDispatch *dispatch = unary->base.context.dispatch;
  CnnReader *reader = &worker->readers[0];
  const size_t w = (size_t)unary->base.input.w;
  const int channels = unary->base.input.c;
  const ptrdiff_t stride = worker->writer.plane_stride;
  float *largest = (float *)(worker->scratch + unary->largest);
  float *sums = (float *)(worker->scratch + unary->sums);
  dispatch->copy_runs (cnn_reader_plane (reader, n, y, 0, 0), 0, w, 1, largest, 0);
  for (int c = 1; c < channels; c++)
    dispatch->merge_maximum (largest, cnn_reader_plane (reader, n, y, 0, c), w, largest);
  for (int c = 0; c < channels; c++) {
    float *plane = out + c * stride;
    dispatch->merge_subtract (cnn_reader_plane (reader, n, y, 0, c), largest, w, plane);
    dispatch->unary (CNN_UNARY_EXP, 0, 0, plane, w, plane);
    if (c == 0)
      dispatch->copy_runs (plane, 0, w, 1, sums, 0);
    else
      dispatch->merge_add (sums, plane, w, sums);
  }
  for (int c = 0; c < channels; c++)
    dispatch->merge_divide (out + c * stride, sums, w, out + c * stride);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void
compute_interleaved (const Unary *unary, CnnLayerWorker *worker, int n, int y, float *out)
{
  const size_t w = (size_t)unary->base.input.w, c = (size_t)unary->base.input.c;
  const float *in = cnn_reader_row (&worker->readers[0], n, y, 0);
  if (unary->function != CNN_UNARY_SOFTMAX)
    unary->base.context.dispatch->unary (unary->function, unary->a, unary->b, in, w * c, out);
  for (size_t x = 0; unary->function == CNN_UNARY_SOFTMAX && x < w; x++)
    softmax_pixel (unary, in + x * c, c, out + x * c);
}

static void
compute_planar (const Unary *unary, CnnLayerWorker *worker, int n, int y, float *out)
{
  if (unary->function == CNN_UNARY_SOFTMAX) {
    softmax_planes (unary, worker, n, y, out);
    return;
  }
  for (int c = 0; c < unary->base.input.c; c++, out += worker->writer.plane_stride)
    unary->base.context.dispatch->unary (unary->function, unary->a, unary->b,
        cnn_reader_plane (&worker->readers[0], n, y, 0, c), (size_t)unary->base.input.w, out);
}

static void
unary_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const Unary *unary = (const Unary *)layer;
  for (int y = y0; y < y1; y++) {
    float *out = cnn_writer_row (&worker->writer, n, y);
    if (unary->order == CNN_ROWS_PLANAR)
      compute_planar (unary, worker, n, y, out);
    else
      compute_interleaved (unary, worker, n, y, out);
    cnn_writer_finish (&worker->writer, n, y);
  }
}

static CnnRowRange
unary_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  (void)layer;
  (void)input;
  return (CnnRowRange){y0, y1};
}

static const CnnLayerClass unary_class = {
    .needed_rows = unary_needed_rows,
    .compute_rows = unary_compute_rows,
};

/* ---- Making ---------------------------------------------------------------------------------- */

static bool
plan (Unary *unary, const CnnUnaryDesc *desc, CnnError *error)
{
  const CnnAxis unit = cnn_window_unit ().rows;
  const CnnReaderDesc reader = {
      .input = desc->input,
      .rows = unit,
      .columns = unit,
      .output_columns = desc->input.w,
      .order = unary->order,
      .tile = 1,
      .strip = 1,
      .normalization = desc->normalization,
  };
  const CnnWriterDesc writer = {.computed = desc->input, .order = unary->order, .strip = 1};
  if (desc->function == CNN_UNARY_SOFTMAX && unary->order == CNN_ROWS_PLANAR) {
    size_t *scratch = &unary->base.scratch_bytes;
    unary->largest = cnn_scratch_reserve (scratch, (size_t)desc->input.w, sizeof (float));
    unary->sums = cnn_scratch_reserve (scratch, (size_t)desc->input.w, sizeof (float));
  }
  return cnn_layer_plan (&unary->base, 1, &reader, &writer, error);
}

CnnLayer *
cnn_unary_new (const CnnContext *context, const CnnUnaryDesc *desc, CnnError *error)
{
  static const char *const names[] = {"unary-exp", "unary-sqrt", "unary-square", "unary-power",
      "unary-clip", "unary-hard-sigmoid", "unary-softmax"};
  size_t count;
  if (!cnn_shape_count (desc->input, sizeof (float), &count, error))
    return NULL;
  if (desc->function == CNN_UNARY_CLIP && desc->a > desc->b) {
    cnn_error_set (error, "minimum %g lies above maximum %g", (double)desc->a, (double)desc->b);
    return NULL;
  }
  Unary *unary =
      cnn_layer_alloc (sizeof *unary, &unary_class, context, desc->input, desc->input, error);
  if (!unary)
    return NULL;
  unary->base.output_format = desc->output_format;
  unary->order = cnn_row_order (desc->output_format.layout);
  unary->function = desc->function;
  unary->a = desc->a;
  unary->b = desc->b;
  if (plan (unary, desc, error)) {
    cnn_layer_set_info (&unary->base, names[desc->function],
        unary->base.context.dispatch->unary_isa, cnn_frame_values (desc->input), desc->input);
    return &unary->base;
  }
  cnn_layer_free (&unary->base);
  return NULL;
}
