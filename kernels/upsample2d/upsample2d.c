/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/upsample2d.h"

#include "core/integers.h"
#include "core/layer-private.h"

#include <math.h>

typedef struct {
  CnnLayer base;
  CnnUpsampleMode mode;
  int factor;
  CnnRowOrder order;
  CnnUpsamplePhase phases[CNN_MAX_FACTOR];
} Upsample;

/* In a worker's scratch, bilinear: a row between two, of one plane or of all when interleaved, with
 * one pixel more on each side. */
static float *
between_of (const CnnLayerWorker *worker)
{
  return (float *)worker->scratch;
}

CnnWindow
cnn_upsample2d_window (CnnUpsampleMode mode, int factor)
{
  CnnWindow window = cnn_window_unit ();
  window.rows.rule = CNN_SIZE_ENLARGED;
  window.rows.factor = factor;
  window.rows.kernel = mode == CNN_UPSAMPLE_BILINEAR ? 2 : 1;
  window.columns = window.rows;
  return window;
}

/* ---- The plan -------------------------------------------------------------------------------- */

static bool
output_shape (const CnnUpsample2dDesc *desc, CnnShape *output, CnnError *error)
{
  size_t count;
  if (desc->factor < 1 || desc->factor > CNN_MAX_FACTOR)
    return cnn_error_set (error, "factor %d is not in [1, %d]", desc->factor, CNN_MAX_FACTOR);
  const CnnWindow window = cnn_upsample2d_window (desc->mode, desc->factor);
  if (!cnn_shape_count (desc->input, cnn_sample_bytes (desc->input_format.type), &count, error) ||
      !cnn_window_output (&window, desc->input, output, error))
    return false;
  const int block = desc->factor * desc->factor;
  if (desc->mode == CNN_UPSAMPLE_PIXEL_SHUFFLE) {
    if (desc->input.c % block != 0)
      return cnn_error_set (error,
          "the input has %d channels, but pixel-shuffle with factor %d needs a multiple of %d",
          desc->input.c, desc->factor, block);
    output->c = desc->input.c / block;
  }
  return cnn_shape_count (*output, cnn_sample_bytes (desc->output_format.type), &count, error);
}

/* Output i of a pixel lies (i + 0.5) / f - 0.5 pixels to the right of it. */
static void
plan_phases (Upsample *upsample)
{
  for (int i = 0; i < upsample->factor; i++) {
    const double place = (i + 0.5) / upsample->factor - 0.5;
    const double after = place - floor (place);
    upsample->phases[i] = (CnnUpsamplePhase){place < 0, (float)(1 - after), (float)after};
  }
}

static bool
plan_rows (Upsample *upsample, const CnnUpsample2dDesc *desc, CnnError *error)
{
  const CnnWindow unit = cnn_window_unit ();
  CnnReaderDesc reader = {
      .input = desc->input,
      .rows = unit.rows,
      .columns = unit.columns,
      .output_columns = desc->input.w,
      .order = upsample->order,
      .tile = 1,
      .strip = 1,
      .normalization = desc->normalization,
  };
  if (desc->mode == CNN_UPSAMPLE_BILINEAR) {
    reader.rows.kernel = 2;
    reader.rows.padding_before = reader.rows.padding_after = 1;
    reader.rows.padding_mode = CNN_PADDING_REPLICATE;
  }
  const CnnWriterDesc writer = {
      .computed = upsample->base.output,
      .order = upsample->order,
      .strip = 1,
  };
  /* Planar rows are done one channel at a time. */
  const size_t c = upsample->order == CNN_ROWS_PLANAR ? 1 : (size_t)desc->input.c;
  if (desc->mode == CNN_UPSAMPLE_BILINEAR)
    cnn_scratch_reserve (
        &upsample->base.scratch_bytes, ((size_t)desc->input.w + 2) * c, sizeof (float));
  return cnn_layer_plan (&upsample->base, 1, &reader, &writer, error);
}

static void
set_info (Upsample *upsample)
{
  static const char *const names[] = {
      "upsample-nearest", "upsample-bilinear", "upsample-pixel-shuffle"};
  const CnnDispatch *dispatch = upsample->base.context.dispatch;
  const CnnIsa shuffle_isa = upsample->order == CNN_ROWS_PLANAR ? dispatch->interleave_isa
                                                                : dispatch->upsample_shuffle_isa;
  const CnnIsa isas[] = {dispatch->repeat_pixels_isa, dispatch->upsample_between_isa, shuffle_isa};
  const CnnShape output = upsample->base.output;
  const int64_t samples =
      cnn_saturating_product ((int64_t)output.n * output.h, (int64_t)output.w * output.c);
  if (upsample->mode == CNN_UPSAMPLE_BILINEAR)
    upsample->base.info.macs = cnn_saturating_product (4, samples);
  cnn_layer_set_info (&upsample->base, names[upsample->mode], isas[upsample->mode],
      cnn_frame_values (upsample->base.input), output);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The outputs of one row of one plane, or of all channels. */
static void
enlarge_nearest (Upsample *upsample, CnnLayerWorker *worker, int n, int y, int channel, float *out)
{
  const bool planar = upsample->order == CNN_ROWS_PLANAR;
  const int source = y / upsample->factor;
  const float *row = planar ? cnn_reader_plane (&worker->readers[0], n, source, 0, channel)
                            : cnn_reader_row (&worker->readers[0], n, source, 0);
  upsample->base.context.dispatch->repeat_pixels (row, (size_t)upsample->base.input.w,
      planar ? 1 : (size_t)upsample->base.input.c, upsample->factor, out);
}

static void
enlarge_bilinear (Upsample *upsample, CnnLayerWorker *worker, int n, int y, int channel, float *out)
{
  const CnnDispatch *dispatch = upsample->base.context.dispatch;
  const bool planar = upsample->order == CNN_ROWS_PLANAR;
  const size_t w = (size_t)upsample->base.input.w;
  const size_t c = planar ? 1 : (size_t)upsample->base.input.c;
  const CnnUpsamplePhase *phase = &upsample->phases[y % upsample->factor];
  const int64_t above = y / upsample->factor - (phase->from_left ? 1 : 0);
  const float *rows[2], weights[2] = {phase->before, phase->after};
  for (int i = 0; i < 2; i++)
    rows[i] = planar ? cnn_reader_plane (&worker->readers[0], n, above + i, 0, channel)
                     : cnn_reader_row (&worker->readers[0], n, above + i, 0);
  float *between = between_of (worker), *middle = between + c;
  dispatch->rows_weighted_sum (rows, weights, 2, w * c, middle);
  for (size_t i = 0; i < c; i++) {
    between[i] = middle[i];
    middle[w * c + i] = middle[(w - 1) * c + i];
  }
  dispatch->upsample_between (middle, w, c, upsample->phases, upsample->factor, out);
}

/* One output row of pixel-shuffle: row y % f of every block. */
static void
shuffle_interleaved (Upsample *upsample, CnnLayerWorker *worker, int n, int y, float *out)
{
  const CnnDispatch *dispatch = upsample->base.context.dispatch;
  const int f = upsample->factor;
  const size_t w = (size_t)upsample->base.input.w, c = (size_t)upsample->base.output.c;
  const float *row = cnn_reader_row (&worker->readers[0], n, y / f, 0) + y % f * f;
  dispatch->upsample_shuffle (row, w, c, f, out);
}

static void
shuffle_plane (Upsample *upsample, CnnLayerWorker *worker, int n, int y, int channel, float *out)
{
  const int f = upsample->factor;
  const int first = channel * f * f + y % f * f;
  const float *plane = cnn_reader_plane (&worker->readers[0], n, y / f, 0, first);
  const ptrdiff_t plane_stride =
      f > 1 ? cnn_reader_plane (&worker->readers[0], n, y / f, 0, first + 1) - plane : 0;
  upsample->base.context.dispatch->interleave (
      plane, plane_stride, f, (size_t)upsample->base.input.w, out);
}

static void
enlarge_row (Upsample *upsample, CnnLayerWorker *worker, int n, int y)
{
  float *out = cnn_writer_row (&worker->writer, n, y);
  const bool planar = upsample->order == CNN_ROWS_PLANAR;
  const int passes = planar ? upsample->base.output.c : 1;
  for (int i = 0; i < passes; i++, out += worker->writer.plane_stride) {
    if (upsample->mode == CNN_UPSAMPLE_NEAREST)
      enlarge_nearest (upsample, worker, n, y, i, out);
    else if (upsample->mode == CNN_UPSAMPLE_BILINEAR)
      enlarge_bilinear (upsample, worker, n, y, i, out);
    else if (planar)
      shuffle_plane (upsample, worker, n, y, i, out);
    else
      shuffle_interleaved (upsample, worker, n, y, out);
  }
  cnn_writer_finish (&worker->writer, n, y);
}

static void
upsample_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  for (int y = y0; y < y1; y++)
    enlarge_row ((Upsample *)layer, worker, n, y);
}

static void
upsample_split (const CnnLayer *layer, const CnnLayerWorker *worker, CnnSplit *split)
{
  split->overlap = 1;
}

static CnnRowRange
upsample_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  const Upsample *upsample = (const Upsample *)layer;
  const int beside = upsample->mode == CNN_UPSAMPLE_BILINEAR ? 1 : 0;
  return (CnnRowRange){max (y0 / upsample->factor - beside, 0),
      min ((y1 - 1) / upsample->factor + 1 + beside, layer->input.h)};
}

static const CnnLayerClass upsample_class = {
    .needed_rows = upsample_needed_rows,
    .compute_rows = upsample_compute_rows,
    .split = upsample_split,
};

CnnLayer *
cnn_upsample2d_new (const CnnContext *context, const CnnUpsample2dDesc *desc, CnnError *error)
{
  CnnShape output;
  if (!output_shape (desc, &output, error))
    return NULL;
  Upsample *upsample =
      cnn_layer_alloc (sizeof *upsample, &upsample_class, context, desc->input, output, error);
  if (!upsample)
    return NULL;
  upsample->base.output_format = desc->output_format;
  upsample->mode = desc->mode;
  upsample->factor = desc->factor;
  upsample->base.step =
      desc->factor; /* blocks of whole input rows, so that each is converted once */
  upsample->order = cnn_row_order (desc->output_format.layout);
  plan_phases (upsample);
  if (plan_rows (upsample, desc, error)) {
    set_info (upsample);
    return &upsample->base;
  }
  cnn_layer_free (&upsample->base);
  return NULL;
}
