/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/rows.h"

#include "core/integers.h"
#include "cnn/memory.h"

#include <string.h>

/* Scratch rows begin at cache lines. */
#define ROW_ALIGNMENT (CNN_ALIGNMENT / sizeof (float))

static bool
refuse_scratch (CnnError *error)
{
  return cnn_error_set (error,
      "one window's rows need more than the %zu MiB of scratch memory that a layer may use",
      CNN_MAX_FRAME_BYTES >> 20);
}

/* floats * count, rows of it cache-line aligned; false above the limit. */
static bool
grow (size_t *floats, int64_t count)
{
  return multiply_within (floats, count, CNN_MAX_FRAME_BYTES / sizeof (float));
}

/* ---- Reader: plan ---------------------------------------------------------------------------- */

/* Input columns that `count` neighbouring outputs see. */
static int64_t
columns_seen (const CnnAxis *columns, int64_t count)
{
  return (count - 1) * columns->stride + cnn_axis_effective_kernel (columns);
}

static void
add_span (CnnReaderPlan *plan, int64_t first, int64_t end, bool is_patch)
{
  if (first >= end)
    return;
  plan->spans[plan->n_spans] = (CnnSpan){(int)first, (int)(end - first)};
  plan->span_is_patch[plan->n_spans++] = is_patch;
}

/* Splits the outputs of a row into those whose windows lie inside the image, and patches at its ends.
 * Leaves no span when there are no such outputs: then rows are not used in place. */
static void
plan_spans (CnnReaderPlan *plan)
{
  const CnnReaderDesc *desc = &plan->desc;
  const CnnAxis *columns = &desc->columns;
  int64_t outputs = desc->output_columns, left = columns->padding_before, tile = desc->tile;
  int64_t first = div_up64 (left, columns->stride);
  int64_t room = desc->input.w + left - cnn_axis_effective_kernel (columns);
  int64_t end = room < 0 ? 0 : min64 (room / columns->stride + 1, outputs);
  first = min64 (div_up64 (first, tile) * tile, outputs);
  if (end < outputs)
    end = first + (end - first) / tile * tile;

  /* Both patches share one scratch row. */
  int64_t patch_columns = (first > 0 ? columns_seen (columns, first) : 0) +
                          (end < outputs ? columns_seen (columns, outputs - end) : 0);
  plan->n_spans = 0;
  if (end <= first || patch_columns > columns_seen (columns, outputs))
    return;
  add_span (plan, 0, first, true);
  add_span (plan, first, end, false);
  add_span (plan, end, outputs, true);
}

static bool
plan_sizes (CnnReaderPlan *plan, CnnError *error)
{
  const CnnReaderDesc *desc = &plan->desc;
  const CnnAxis *rows = &desc->rows, *columns = &desc->columns;
  int64_t padded_rows = (int64_t)desc->input.h + rows->padding_before + rows->padding_after;
  int64_t seen_rows = (int64_t)(desc->strip - 1) * rows->stride + cnn_axis_effective_kernel (rows);
  int64_t seen_columns = columns_seen (columns, desc->output_columns);
  int64_t row_columns = max64 (seen_columns, (int64_t)columns->padding_before + desc->input.w);
  row_columns = (int64_t)round_up_size ((size_t)row_columns, (size_t)plan->n_phases);
  if (row_columns > INT32_MAX)
    return refuse_scratch (error);
  plan->row_columns = (int)row_columns;
  plan->ring_rows = (int)min64 (min64 (seen_rows, padded_rows), INT32_MAX);

  plan->phase_floats = (size_t)(row_columns / plan->n_phases);
  plan->plane_floats = round_up_size ((size_t)row_columns, ROW_ALIGNMENT);
  plan->row_floats = desc->order == CNN_ROWS_PLANAR ? plan->plane_floats : (size_t)row_columns;
  if (!grow (&plan->row_floats, desc->input.c))
    return refuse_scratch (error);
  plan->row_floats = round_up_size (plan->row_floats, ROW_ALIGNMENT);
  /* The ring, the fill row, and a line to separate phases from. */
  plan->scratch_floats = plan->row_floats;
  if (!grow (&plan->scratch_floats, (int64_t)plan->ring_rows + 2))
    return refuse_scratch (error);
  return true;
}

static bool
copy_normalization (CnnReaderPlan *plan, CnnError *error)
{
  const CnnNormalization given = plan->desc.normalization;
  const int c = plan->desc.input.c;
  plan->desc.normalization = (CnnNormalization){NULL, NULL};
  if (!given.scale && !given.offset)
    return true;
  plan->normalization_values = cnn_alloc (2 * (size_t)c, sizeof (float));
  if (!plan->normalization_values)
    return cnn_error_set (error, "no memory for the normalization of %d channels", c);
  float *scale = plan->normalization_values, *offset = scale + c;
  for (int i = 0; i < c; i++) {
    scale[i] = given.scale ? given.scale[i] : 1.0f;
    offset[i] = given.offset ? given.offset[i] : 0.0f;
  }
  plan->desc.normalization = (CnnNormalization){scale, offset};
  return true;
}

bool
cnn_reader_plan_init (CnnReaderPlan *plan, const CnnReaderDesc *desc, CnnError *error)
{
  *plan = (CnnReaderPlan){.desc = *desc};
  plan->n_phases = desc->phases ? desc->columns.stride : 1;
  plan_spans (plan);
  return plan_sizes (plan, error) && copy_normalization (plan, error);
}

void
cnn_reader_plan_clear (CnnReaderPlan *plan)
{
  cnn_free (plan->normalization_values);
  plan->normalization_values = NULL;
}

/* ---- Reader: rows ---------------------------------------------------------------------------- */

bool
cnn_reader_init (CnnReader *reader, const CnnReaderPlan *plan, CnnError *error)
{
  *reader = (CnnReader){.plan = plan};
  reader->scratch = cnn_alloc (plan->scratch_floats, sizeof (float));
  reader->ring_keys = cnn_alloc ((size_t)plan->ring_rows, sizeof *reader->ring_keys);
  if (!reader->scratch || !reader->ring_keys)
    return cnn_error_set (error, "no memory for the %zu MiB that a window's rows need",
        plan->scratch_floats * sizeof (float) >> 20);
  reader->fill_row = reader->scratch + (size_t)plan->ring_rows * plan->row_floats;
  reader->line = reader->fill_row + plan->row_floats;
  for (size_t i = 0; i < plan->row_floats; i++)
    reader->fill_row[i] = plan->desc.fill;
  return true;
}

void
cnn_reader_clear (CnnReader *reader)
{
  cnn_free (reader->scratch);
  cnn_free (reader->ring_keys);
  reader->scratch = NULL;
  reader->ring_keys = NULL;
}

/* True when each row of each channel is adjacent floats. */
static bool
has_float_planes (const CnnImage *image)
{
  const ptrdiff_t sample = (ptrdiff_t)sizeof (float);
  return image->type == CNN_SAMPLE_FLOAT32 && !image->planes[0] &&
         (image->pixel_stride == sample || image->shape.w == 1) &&
         (uintptr_t)image->data % sizeof (float) == 0 && image->row_stride % sample == 0 &&
         image->batch_stride % sample == 0 &&
         (image->channel_stride % sample == 0 || image->shape.c == 1);
}

bool
cnn_image_has_rows (const CnnImage *image, CnnRowOrder order)
{
  return order == CNN_ROWS_PLANAR
             ? has_float_planes (image)
             : cnn_image_has_float_rows (image) && image->batch_stride % (int)sizeof (float) == 0;
}

/* Planes that begin at like places of pages, as those of most pictures do, compete for the same few lines
 * of the first-level cache, 8 or 12. Where rows of more are read again and again, they are better copied. */
static bool
planes_compete (const CnnReaderDesc *desc, const CnnImage *image)
{
  const int page = 4096, most_rows = 16;
  return desc->order == CNN_ROWS_PLANAR && image->channel_stride % page == 0 &&
         desc->together > most_rows / desc->rows.kernel;
}

void
cnn_reader_begin (CnnReader *reader, const CnnImage *image)
{
  const CnnReaderPlan *plan = reader->plan;
  reader->image = image;
  reader->in_place = plan->n_spans > 0 && plan->n_phases == 1 &&
                     cnn_image_has_rows (image, plan->desc.order) &&
                     !planes_compete (&plan->desc, image);
  reader->n_spans = reader->in_place ? plan->n_spans : 1;
  if (reader->in_place) {
    for (int i = 0; i < plan->n_spans; i++)
      reader->spans[i] = plan->spans[i];
  } else {
    reader->spans[0] = (CnnSpan){0, plan->desc.output_columns};
  }
  for (int i = 0; i < plan->ring_rows; i++)
    reader->ring_keys[i] = -1;
}

/* Fills the columns beside [left, left + w) of one scratch line, whose columns are `step` floats
 * each. */
static void
fill_margins (const CnnReaderPlan *plan, float *line, size_t step)
{
  const CnnAxis *columns = &plan->desc.columns;
  const int left = columns->padding_before, w = plan->desc.input.w;
  for (int column = 0; column < plan->row_columns; column++) {
    if (column == left)
      column += w;
    if (column >= plan->row_columns)
      break;
    float *out = line + (size_t)column * step;
    int source = column - left < w + columns->padding_after
                     ? cnn_padding_source (columns->padding_mode, column - left, w)
                     : -1;
    for (size_t i = 0; i < step; i++)
      out[i] = source < 0 ? plan->desc.fill : line[(size_t)(left + source) * step + i];
  }
}

static void
separate_phases (const CnnReaderPlan *plan, const float *line, float *plane)
{
  const size_t n_phases = (size_t)plan->n_phases;
  for (size_t phase = 0; phase < n_phases; phase++) {
    float *out = plane + phase * plan->phase_floats;
    for (size_t i = 0; i < plan->phase_floats; i++)
      out[i] = line[i * n_phases + phase];
  }
}

/* One image row with its margins, as floats in the plan's order. */
static void
convert_row (CnnReader *reader, int n, int y, float *row)
{
  const CnnReaderPlan *plan = reader->plan;
  const CnnReaderDesc *desc = &plan->desc;
  const size_t left = (size_t)desc->columns.padding_before, c = (size_t)desc->input.c;
  if (desc->order == CNN_ROWS_INTERLEAVED) {
    desc->dispatch->load_interleaved (
        reader->image, n, y, 0, desc->input.w, &desc->normalization, row + left * c);
    fill_margins (plan, row, c);
    return;
  }
  float *planes = plan->n_phases == 1 ? row : reader->line;
  desc->dispatch->load_planar (reader->image, n, y, 0, desc->input.w, &desc->normalization,
      planes + left, plan->plane_floats);
  for (size_t i = 0; i < c; i++) {
    float *line = planes + i * plan->plane_floats;
    fill_margins (plan, line, 1);
    if (plan->n_phases > 1)
      separate_phases (plan, line, row + i * plan->plane_floats);
  }
}

/* Columns [column, column + count) of one row of a float image, padded ones included; they may lie
 * outside the image. `step` floats a column. */
static void
copy_columns (const CnnReaderPlan *plan, const float *row, int64_t column, int64_t count,
    size_t step, float *out)
{
  const CnnAxis *columns = &plan->desc.columns;
  const int64_t w = plan->desc.input.w, end = column + count;
  while (column < end) {
    if (column >= 0 && column < w) {
      size_t inside = (size_t)(min64 (end, w) - column) * step;
      memcpy (out, row + (size_t)column * step, inside * sizeof *out);
      out += inside;
      column = min64 (end, w);
      continue;
    }
    int source = column < w + columns->padding_after
                     ? cnn_padding_source (columns->padding_mode, (int)column, (int)w)
                     : -1;
    for (size_t k = 0; k < step; k++)
      *out++ = source < 0 ? plan->desc.fill : row[(size_t)source * step + k];
    column++;
  }
}

/* Where a scratch row has the columns of a patch: the last span's follow the first span's. */
static size_t
patch_offset (const CnnReaderPlan *plan, int span)
{
  if (span == 0 || !plan->span_is_patch[0])
    return 0;
  return (size_t)columns_seen (&plan->desc.columns, plan->spans[0].count);
}

static void
copy_patches (CnnReader *reader, int n, int y, float *row)
{
  const CnnReaderPlan *plan = reader->plan;
  const bool planar = plan->desc.order == CNN_ROWS_PLANAR;
  const int planes = planar ? plan->desc.input.c : 1;
  const size_t step = planar ? 1 : (size_t)plan->desc.input.c;
  const CnnAxis *columns = &plan->desc.columns;
  for (int span = 0; span < plan->n_spans; span++) {
    if (!plan->span_is_patch[span])
      continue;
    int64_t column = (int64_t)plan->spans[span].first * columns->stride - columns->padding_before;
    int64_t count = columns_seen (columns, plan->spans[span].count);
    float *out = row + patch_offset (plan, span) * step;
    for (int i = 0; i < planes; i++, out += plan->plane_floats)
      copy_columns (
          plan, (const float *)cnn_image_row (reader->image, n, y, i), column, count, step, out);
  }
}

/* The scratch row that holds a padded position, filled when it was not there yet. */
static float *
ring_row (CnnReader *reader, int n, int64_t position, int y)
{
  const CnnReaderPlan *plan = reader->plan;
  int64_t padded_position = position + plan->desc.rows.padding_before;
  int slot = (int)(padded_position % plan->ring_rows);
  int64_t key = ((int64_t)n << 32) + padded_position;
  float *row = reader->scratch + (size_t)slot * plan->row_floats;
  if (reader->ring_keys[slot] != key) {
    reader->ring_keys[slot] = key;
    if (reader->in_place)
      copy_patches (reader, n, y, row);
    else
      convert_row (reader, n, y, row);
  }
  return row;
}

static const float *
find_row (CnnReader *reader, int n, int64_t position, int span, int channel, size_t step)
{
  const CnnReaderPlan *plan = reader->plan;
  const CnnReaderDesc *desc = &plan->desc;
  int y = -1;
  if (position < (int64_t)desc->input.h + desc->rows.padding_after)
    y = cnn_padding_source (desc->rows.padding_mode, (int)position, desc->input.h);
  if (y < 0)
    return reader->fill_row;
  if (!reader->in_place)
    return ring_row (reader, n, position, y) + (size_t)channel * plan->plane_floats;
  if (plan->span_is_patch[span])
    return ring_row (reader, n, position, y) + patch_offset (plan, span) * step +
           (size_t)channel * plan->plane_floats;
  ptrdiff_t column =
      (ptrdiff_t)plan->spans[span].first * desc->columns.stride - desc->columns.padding_before;
  return (const float *)cnn_image_row (reader->image, n, y, channel) + column * (ptrdiff_t)step;
}

const float *
cnn_reader_row (CnnReader *reader, int n, int64_t position, int span)
{
  return find_row (reader, n, position, span, 0, (size_t)reader->plan->desc.input.c);
}

const float *
cnn_reader_plane (CnnReader *reader, int n, int64_t position, int span, int channel)
{
  return find_row (reader, n, position, span, channel, 1);
}

/* ---- Writer ---------------------------------------------------------------------------------- */

bool
cnn_writer_plan_init (CnnWriterPlan *plan, const CnnWriterDesc *desc, CnnError *error)
{
  *plan = (CnnWriterPlan){.desc = *desc};
  const bool planar = desc->order == CNN_ROWS_PLANAR;
  const int scratch_rows = desc->activation == CNN_ACTIVATION_CRELU ? desc->strip + 2 : desc->strip;
  plan->plane_floats = round_up_size ((size_t)desc->computed.w, ROW_ALIGNMENT);
  plan->row_floats = planar ? plan->plane_floats : (size_t)desc->computed.w;
  if (!grow (&plan->row_floats, desc->computed.c))
    return refuse_scratch (error);
  plan->row_floats = round_up_size (plan->row_floats, ROW_ALIGNMENT);
  plan->scratch_floats = plan->row_floats;
  return grow (&plan->scratch_floats, scratch_rows) || refuse_scratch (error);
}

bool
cnn_writer_init (CnnWriter *writer, const CnnWriterPlan *plan, CnnError *error)
{
  *writer = (CnnWriter){.plan = plan};
  writer->scratch = cnn_alloc (plan->scratch_floats, sizeof (float));
  return writer->scratch || cnn_error_set (error, "no memory for the %zu MiB of an output row",
                                plan->scratch_floats * sizeof (float) >> 20);
}

void
cnn_writer_clear (CnnWriter *writer)
{
  cnn_free (writer->scratch);
  writer->scratch = NULL;
}

void
cnn_writer_begin (CnnWriter *writer, const CnnImage *image)
{
  const CnnWriterPlan *plan = writer->plan;
  writer->image = image;
  writer->in_place =
      plan->desc.activation != CNN_ACTIVATION_CRELU && cnn_image_has_rows (image, plan->desc.order);
  writer->plane_stride = writer->in_place ? image->channel_stride / (ptrdiff_t)sizeof (float)
                                          : (ptrdiff_t)plan->plane_floats;
}

float *
cnn_writer_row (CnnWriter *writer, int n, int y)
{
  const CnnWriterPlan *plan = writer->plan;
  if (writer->in_place)
    return (float *)cnn_image_row (writer->image, n, y, 0);
  return writer->scratch + (size_t)(y % plan->desc.strip) * plan->row_floats;
}

/* CRELU of planes: the channels as they are, then their negatives, all through RELU. */
static float *
double_planes (const CnnWriterPlan *plan, const float *row, float *doubled)
{
  for (size_t i = 0; i < plan->row_floats; i++) {
    doubled[i] = row[i];
    doubled[plan->row_floats + i] = -row[i];
  }
  return doubled;
}

static void
finish_planes (CnnWriter *writer, int n, int y, float *row)
{
  const CnnWriterDesc *desc = &writer->plan->desc;
  const int w = desc->computed.w;
  CnnActivation activation = desc->activation;
  int planes = desc->computed.c;
  if (activation == CNN_ACTIVATION_CRELU) {
    row = double_planes (
        writer->plan, row, writer->scratch + (size_t)desc->strip * writer->plan->row_floats);
    activation = CNN_ACTIVATION_RELU;
    planes *= 2;
  }
  for (int i = 0; i < planes && activation != CNN_ACTIVATION_NONE; i++) {
    float *plane = row + i * writer->plane_stride;
    const float *alpha = desc->n_alpha > 1 ? desc->alpha + i : desc->alpha;
    desc->dispatch->activation (activation, alpha, 1, plane, w, 1, plane);
  }
  if (!writer->in_place)
    desc->dispatch->store_planar (row, (size_t)writer->plane_stride, writer->image, n, y, 0, w);
}

static void
finish_interleaved (CnnWriter *writer, int n, int y, float *row)
{
  const CnnWriterDesc *desc = &writer->plan->desc;
  const int w = desc->computed.w;
  float *activated = row;
  bool stored = writer->in_place;
  if (desc->activation == CNN_ACTIVATION_CRELU) {
    stored = cnn_image_has_rows (writer->image, CNN_ROWS_INTERLEAVED);
    activated = stored ? (float *)cnn_image_row (writer->image, n, y, 0)
                       : writer->scratch + (size_t)desc->strip * writer->plan->row_floats;
  }
  if (desc->activation != CNN_ACTIVATION_NONE)
    desc->dispatch->activation (
        desc->activation, desc->alpha, desc->n_alpha, row, w, desc->computed.c, activated);
  if (!stored)
    desc->dispatch->store_interleaved (activated, writer->image, n, y, 0, w);
}

void
cnn_writer_finish (CnnWriter *writer, int n, int y)
{
  float *row = cnn_writer_row (writer, n, y);
  if (writer->plan->desc.order == CNN_ROWS_PLANAR)
    finish_planes (writer, n, y, row);
  else
    finish_interleaved (writer, n, y, row);
}
