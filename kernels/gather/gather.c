/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/gather.h"

#include "cnn/memory.h"
#include "core/integers.h"
#include "core/layer-private.h"

#include <string.h>

/* Adjacent outputs that are `step` apart in the input. */
typedef struct {
  int out, in, count, step; /* in: -1 for the fill value */
} Run;

typedef struct {
  CnnLayer base;
  CnnRowOrder order;
  CnnShape computed; /* before the activation */
  float fill;
  bool rows_rise; /* no row lies above the one before it */
  int *rows;
  Run *column_runs, *channel_runs;
  int n_column_runs, n_channel_runs;
} Gather;

/* ---- Places ---------------------------------------------------------------------------------- */

void
cnn_gather_slice (const CnnSlice *slice, int size, int *places)
{
  const CnnSliceRange range = cnn_slice_range (slice, size);
  for (int i = 0; i < range.count; i++)
    places[i] = range.start + i * range.step;
}

void
cnn_gather_pad (const CnnPadAxis *pad, int size, int *places)
{
  const int count = size + pad->before + pad->after;
  for (int i = 0; i < count; i++)
    places[i] = cnn_padding_source (pad->mode, i - pad->before, size);
}

void
cnn_gather_shuffle (int groups, int channels, int *places)
{
  const int each = channels / groups;
  for (int c = 0; c < channels; c++)
    places[c] = c % groups * each + c / groups;
}

/* Groups places into runs; those that are more than one apart only where `strided`. Returns their number. */
static int
find_runs (const int *places, int count, bool strided, Run *runs)
{
  int n_runs = 0;
  for (int i = 0; i < count;) {
    const int place = places ? places[i] : i;
    Run run = {i, place, 1, 1};
    for (int k = i + 1; k < count; k++, run.count++) {
      const int next = places ? places[k] : k, previous = places ? places[k - 1] : k - 1;
      const int step = next - previous;
      if (place < 0 ? next >= 0 : next < 0 || step < 1 || (step > 1 && !strided))
        break;
      if (place >= 0 && k > i + 1 && step != run.step)
        break;
      run.step = place < 0 ? 1 : step;
    }
    runs[n_runs++] = run;
    i += run.count;
  }
  return n_runs;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void
fill_run (float *out, size_t stride, size_t run, size_t count, float value)
{
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < run; k++)
      out[i * stride + k] = value;
}

/* A run of columns of a run of channels; `in` is NULL for a row of the fill value. */
static void
copy_pixels (
    const Gather *gather, const float *in, const Run *columns, const Run *channels, float *out)
{
  const size_t in_c = (size_t)gather->base.input.c, out_c = (size_t)gather->computed.c;
  const size_t run = (size_t)channels->count, count = (size_t)columns->count;
  out += (size_t)columns->out * out_c + (size_t)channels->out;
  if (!in || columns->in < 0 || channels->in < 0) {
    fill_run (out, out_c, run, count, gather->fill);
    return;
  }
  in += (size_t)columns->in * in_c + (size_t)channels->in;
  if (columns->step == 1 && run == in_c && run == out_c)
    gather->base.context.dispatch->copy_runs (in, 0, run * count, 1, out, 0);
  else
    gather->base.context.dispatch->copy_runs (
        in, (size_t)columns->step * in_c, run, count, out, out_c);
}

static void
gather_interleaved (const Gather *gather, CnnLayerWorker *worker, int n, int y, float *out)
{
  const int row = gather->rows[y];
  const float *in = row < 0 ? NULL : cnn_reader_row (&worker->readers[0], n, row, 0);
  for (int i = 0; i < gather->n_column_runs; i++)
    for (int k = 0; k < gather->n_channel_runs; k++)
      copy_pixels (gather, in, &gather->column_runs[i], &gather->channel_runs[k], out);
}

static void
gather_plane (const Gather *gather, const float *in, float *out)
{
  for (int i = 0; i < gather->n_column_runs; i++) {
    const Run *run = &gather->column_runs[i];
    const size_t count = (size_t)run->count;
    if (!in || run->in < 0)
      fill_run (out + run->out, count, count, 1, gather->fill);
    else if (run->step == 1)
      gather->base.context.dispatch->copy_runs (in + run->in, 0, count, 1, out + run->out, 0);
    else
      gather->base.context.dispatch->copy_runs (
          in + run->in, (size_t)run->step, 1, count, out + run->out, 1);
  }
}

static void
gather_planar (const Gather *gather, CnnLayerWorker *worker, int n, int y, float *out)
{
  const int row = gather->rows[y];
  for (int i = 0; i < gather->n_channel_runs; i++) {
    const Run *run = &gather->channel_runs[i];
    for (int k = 0; k < run->count; k++) {
      const int channel = run->in + k * run->step;
      const float *in = row < 0 || run->in < 0
                            ? NULL
                            : cnn_reader_plane (&worker->readers[0], n, row, 0, channel);
      gather_plane (gather, in, out + (run->out + k) * worker->writer.plane_stride);
    }
  }
}

static void
gather_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const Gather *gather = (const Gather *)layer;
  for (int y = y0; y < y1; y++) {
    float *out = cnn_writer_row (&worker->writer, n, y);
    if (gather->order == CNN_ROWS_PLANAR)
      gather_planar (gather, worker, n, y, out);
    else
      gather_interleaved (gather, worker, n, y, out);
    cnn_writer_finish (&worker->writer, n, y);
  }
}

static CnnRowRange
gather_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  const Gather *gather = (const Gather *)layer;
  (void)input;
  if (!gather->rows_rise || y1 <= y0)
    return (CnnRowRange){0, y1 > y0 ? layer->input.h : 0};
  return (CnnRowRange){gather->rows[y0], gather->rows[y1 - 1] + 1};
}

static void
gather_clear (CnnLayer *layer)
{
  Gather *gather = (Gather *)layer;
  cnn_free (gather->rows);
  cnn_free (gather->column_runs);
  cnn_free (gather->channel_runs);
}

static const CnnLayerClass gather_class = {
    .needed_rows = gather_needed_rows,
    .compute_rows = gather_compute_rows,
    .clear = gather_clear,
};

/* ---- Making ---------------------------------------------------------------------------------- */

static bool
check_places (const int *places, int count, int size, const char *what, CnnError *error)
{
  if (!places)
    return count == size ||
           cnn_error_set (error, "%d output %s of %d without places", count, what, size);
  for (int i = 0; i < count; i++)
    if (places[i] < -1 || places[i] >= size)
      return cnn_error_set (error, "place %d is outside the %d %s", places[i], size, what);
  return true;
}

static bool
check_desc (const CnnGatherDesc *desc, CnnError *error)
{
  const CnnShape in = desc->input, out = desc->output;
  size_t count;
  if (!cnn_shape_count (in, cnn_sample_bytes (desc->input_format.type), &count, error) ||
      !cnn_shape_count (out, sizeof (float), &count, error))
    return false;
  if (in.n != out.n)
    return cnn_error_set (error, "a batch of %d cannot become one of %d", in.n, out.n);
  if (desc->alpha && desc->n_alpha != 1 &&
      !(desc->activation == CNN_ACTIVATION_PRELU && desc->n_alpha == out.c))
    return cnn_error_set (error, "%d values of alpha for %d channels", desc->n_alpha, out.c);
  return check_places (desc->rows, out.h, in.h, "rows", error) &&
         check_places (desc->columns, out.w, in.w, "columns", error) &&
         check_places (desc->channels, out.c, in.c, "channels", error);
}

static bool
plan_places (Gather *gather, const CnnGatherDesc *desc, CnnError *error)
{
  const CnnShape out = desc->output;
  const bool planar = gather->order == CNN_ROWS_PLANAR;
  gather->rows = cnn_alloc ((size_t)out.h, sizeof (int));
  gather->column_runs = cnn_alloc ((size_t)out.w, sizeof (Run));
  gather->channel_runs = cnn_alloc ((size_t)out.c, sizeof (Run));
  if (!gather->rows || !gather->column_runs || !gather->channel_runs)
    return cnn_error_set (
        error, "no memory for the places of %dx%dx%d values", out.h, out.w, out.c);
  gather->rows_rise = true;
  for (int y = 0; y < out.h; y++) {
    gather->rows[y] = desc->rows ? desc->rows[y] : y;
    gather->rows_rise &= gather->rows[y] >= (y > 0 ? gather->rows[y - 1] : 0);
  }
  gather->n_column_runs = find_runs (desc->columns, out.w, true, gather->column_runs);
  gather->n_channel_runs = find_runs (desc->channels, out.c, planar, gather->channel_runs);
  return true;
}

static bool
plan (Gather *gather, const CnnGatherDesc *desc, CnnError *error)
{
  const CnnAxis unit = cnn_window_unit ().rows;
  const CnnReaderDesc reader = {
      .input = desc->input,
      .rows = unit,
      .columns = unit,
      .output_columns = desc->input.w,
      .order = gather->order,
      .tile = 1,
      .strip = 1,
      .normalization = desc->normalization,
  };
  const CnnWriterDesc writer = {.computed = gather->computed,
      .order = gather->order,
      .strip = 1,
      .activation = desc->activation};
  return plan_places (gather, desc, error) &&
         cnn_layer_set_alpha (&gather->base, desc->alpha, desc->n_alpha, error) &&
         cnn_layer_plan (&gather->base, 1, &reader, &writer, error);
}

CnnLayer *
cnn_gather_new (const CnnContext *context, const CnnGatherDesc *desc, CnnError *error)
{
  if (!check_desc (desc, error))
    return NULL;
  CnnShape output = desc->output;
  output.c = cnn_activation_channels (desc->activation, output.c);
  Gather *gather =
      cnn_layer_alloc (sizeof *gather, &gather_class, context, desc->input, output, error);
  if (!gather)
    return NULL;
  gather->base.output_format = desc->output_format;
  gather->order = cnn_row_order (desc->output_format.layout);
  gather->computed = desc->output;
  gather->fill = desc->fill;
  if (plan (gather, desc, error)) {
    cnn_layer_set_info (&gather->base, "gather", gather->base.context.dispatch->copy_runs_isa,
        cnn_frame_values (desc->input), output);
    return &gather->base;
  }
  cnn_layer_free (&gather->base);
  return NULL;
}
