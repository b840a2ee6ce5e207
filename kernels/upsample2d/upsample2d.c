/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/upsample2d.h"

#include "core/bands.h"
#include "core/layer-private.h"
#include "cnn/memory.h"
#include "rows/rows.h"

#include <math.h>

typedef struct Upsample Upsample;

/* What one worker needs by itself. */
typedef struct {
  CnnReader reader;
  CnnWriter writer;
  float *between; /* bilinear: a row between two, with one pixel more on each side */
} Worker;

struct Upsample {
  CnnLayer base;
  CnnUpsampleMode mode;
  int factor;
  CnnRowOrder order;
  CnnUpsamplePhase phases[CNN_MAX_FACTOR];
  CnnReaderPlan reader_plan;
  CnnWriterPlan writer_plan;
  size_t between_floats; /* of one plane, or of all when interleaved */
  Worker *workers;
  int n_workers;
};

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
      .dispatch = upsample->base.context.dispatch,
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
      .dispatch = upsample->base.context.dispatch,
      .computed = upsample->base.output,
      .order = upsample->order,
      .strip = 1,
  };
  return cnn_reader_plan_init (&upsample->reader_plan, &reader, error) &&
         cnn_writer_plan_init (&upsample->writer_plan, &writer, error);
}

static bool
make_workers (Upsample *upsample, CnnError *error)
{
  upsample->n_workers = cnn_workers_count (upsample->base.context.workers);
  upsample->workers = cnn_alloc ((size_t)upsample->n_workers, sizeof *upsample->workers);
  if (!upsample->workers)
    return cnn_error_set (error, "no memory for %d workers", upsample->n_workers);
  /* Planar rows are done one channel at a time. */
  const size_t c = upsample->order == CNN_ROWS_PLANAR ? 1 : (size_t)upsample->base.input.c;
  upsample->between_floats = ((size_t)upsample->base.input.w + 2) * c;
  for (int i = 0; i < upsample->n_workers; i++) {
    Worker *worker = &upsample->workers[i];
    if (!cnn_reader_init (&worker->reader, &upsample->reader_plan, error) ||
        !cnn_writer_init (&worker->writer, &upsample->writer_plan, error))
      return false;
    worker->between = cnn_alloc (upsample->between_floats, sizeof (float));
    if (!worker->between)
      return cnn_error_set (
          error, "no memory for a row of %zu MiB", upsample->between_floats * sizeof (float) >> 20);
  }
  return true;
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
  upsample->base.info = (CnnLayerInfo){
      .dense_parameters = cnn_dense_parameters (upsample->base.input, output),
      .macs = upsample->mode == CNN_UPSAMPLE_BILINEAR ? cnn_saturating_product (4, samples) : 0,
      .isa = cnn_isa_name (isas[upsample->mode]),
      .kernel_name = names[upsample->mode],
  };
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The outputs of one row of one plane, or of all channels. */
static void
enlarge_nearest (Upsample *upsample, Worker *worker, int n, int y, int channel, float *out)
{
  const bool planar = upsample->order == CNN_ROWS_PLANAR;
  const int source = y / upsample->factor;
  const float *row = planar ? cnn_reader_plane (&worker->reader, n, source, 0, channel)
                            : cnn_reader_row (&worker->reader, n, source, 0);
  upsample->base.context.dispatch->repeat_pixels (row, (size_t)upsample->base.input.w,
      planar ? 1 : (size_t)upsample->base.input.c, upsample->factor, out);
}

static void
enlarge_bilinear (Upsample *upsample, Worker *worker, int n, int y, int channel, float *out)
{
  const CnnDispatch *dispatch = upsample->base.context.dispatch;
  const bool planar = upsample->order == CNN_ROWS_PLANAR;
  const size_t w = (size_t)upsample->base.input.w;
  const size_t c = planar ? 1 : (size_t)upsample->base.input.c;
  const CnnUpsamplePhase *phase = &upsample->phases[y % upsample->factor];
  const int64_t above = y / upsample->factor - (phase->from_left ? 1 : 0);
  const float *rows[2], weights[2] = {phase->before, phase->after};
  for (int i = 0; i < 2; i++)
    rows[i] = planar ? cnn_reader_plane (&worker->reader, n, above + i, 0, channel)
                     : cnn_reader_row (&worker->reader, n, above + i, 0);
  float *middle = worker->between + c;
  dispatch->rows_weighted_sum (rows, weights, 2, w * c, middle);
  for (size_t i = 0; i < c; i++) {
    worker->between[i] = middle[i];
    middle[w * c + i] = middle[(w - 1) * c + i];
  }
  dispatch->upsample_between (middle, w, c, upsample->phases, upsample->factor, out);
}

/* One output row of pixel-shuffle: row y % f of every block. */
static void
shuffle_interleaved (Upsample *upsample, Worker *worker, int n, int y, float *out)
{
  const CnnDispatch *dispatch = upsample->base.context.dispatch;
  const int f = upsample->factor;
  const size_t w = (size_t)upsample->base.input.w, c = (size_t)upsample->base.output.c;
  const float *row = cnn_reader_row (&worker->reader, n, y / f, 0) + y % f * f;
  dispatch->upsample_shuffle (row, w, c, f, out);
}

static void
shuffle_plane (Upsample *upsample, Worker *worker, int n, int y, int channel, float *out)
{
  const int f = upsample->factor;
  const int first = channel * f * f + y % f * f;
  const float *plane = cnn_reader_plane (&worker->reader, n, y / f, 0, first);
  const ptrdiff_t plane_stride =
      f > 1 ? cnn_reader_plane (&worker->reader, n, y / f, 0, first + 1) - plane : 0;
  upsample->base.context.dispatch->interleave (
      plane, plane_stride, f, (size_t)upsample->base.input.w, out);
}

static void
enlarge_row (Upsample *upsample, Worker *worker, int n, int y)
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

typedef struct {
  Upsample *upsample;
  CnnBands bands;
} Run;

static void
run_band (void *data, int task, int worker_index)
{
  const Run *run = data;
  Upsample *upsample = run->upsample;
  Worker *worker = &upsample->workers[worker_index];
  const int64_t h = upsample->base.output.h;
  const int64_t first = cnn_band_first (&run->bands, task);
  const int64_t end = cnn_band_first (&run->bands, task + 1);
  for (int64_t row = first; row < end; row++)
    enlarge_row (upsample, worker, (int)(row / h), (int)(row % h));
}

static void
upsample_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  Upsample *upsample = (Upsample *)layer;
  const int64_t rows = (int64_t)layer->output.n * layer->output.h;
  Run run = {.upsample = upsample};
  for (int i = 0; i < upsample->n_workers; i++) {
    cnn_reader_begin (&upsample->workers[i].reader, in);
    cnn_writer_begin (&upsample->workers[i].writer, out);
  }
  /* Bands of whole input rows, so that each is converted once. */
  run.bands = cnn_bands (rows, upsample->factor, upsample->factor, n_threads);
  cnn_workers_run (layer->context.workers, n_threads, run.bands.count, run_band, &run);
}

static void
upsample_destroy (CnnLayer *layer)
{
  Upsample *upsample = (Upsample *)layer;
  for (int i = 0; upsample->workers && i < upsample->n_workers; i++) {
    cnn_reader_clear (&upsample->workers[i].reader);
    cnn_writer_clear (&upsample->workers[i].writer);
    cnn_free (upsample->workers[i].between);
  }
  cnn_free (upsample->workers);
  cnn_reader_plan_clear (&upsample->reader_plan);
  cnn_free (upsample);
}

static const CnnLayerClass upsample_class = {upsample_run, upsample_destroy};

CnnLayer *
cnn_upsample2d_new (const CnnContext *context, const CnnUpsample2dDesc *desc, CnnError *error)
{
  CnnShape output;
  if (!output_shape (desc, &output, error))
    return NULL;
  Upsample *upsample = cnn_alloc (1, sizeof *upsample);
  if (!upsample) {
    cnn_error_set (error, "no memory for a layer");
    return NULL;
  }
  upsample->base.layer_class = &upsample_class;
  upsample->base.context = *context;
  upsample->base.input = desc->input;
  upsample->base.output = output;
  upsample->mode = desc->mode;
  upsample->factor = desc->factor;
  upsample->order =
      desc->output_format.layout == CNN_LAYOUT_NCHW ? CNN_ROWS_PLANAR : CNN_ROWS_INTERLEAVED;
  plan_phases (upsample);
  if (plan_rows (upsample, desc, error) && make_workers (upsample, error)) {
    set_info (upsample);
    return &upsample->base;
  }
  cnn_layer_free (&upsample->base);
  return NULL;
}
