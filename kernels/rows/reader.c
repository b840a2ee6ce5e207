/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/integers.h"
#include "cnn/memory.h"
#include "rows/scratch.h"

#include <string.h>

/* ---- Plan ------------------------------------------------------------------------------------ */

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
  const CnnAxis *columns = &plan->desc.columns;
  const int span = plan->n_spans++;
  plan->spans[span] = (CnnSpan){(int)first, (int)(end - first)};
  plan->span_is_patch[span] = is_patch;
  plan->patches[span] = (CnnPatch){
      .place = span > 0 && plan->span_is_patch[0] ? (int)plan->patches[0].count : 0,
      .first = first * columns->stride - columns->padding_before,
      .count = columns_seen (columns, end - first),
  };
}

/* Splits the outputs of a row into those whose windows lie inside the image, and patches at its
 * ends. Leaves no span when there are no such outputs: then rows are not used in place. */
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
  const bool planar = desc->order == CNN_ROWS_PLANAR, bytes = desc->type == CNN_SAMPLE_UINT8;
  int64_t padded_rows = (int64_t)desc->input.h + rows->padding_before + rows->padding_after;
  int64_t seen_rows = (int64_t)(desc->strip - 1) * rows->stride + cnn_axis_effective_kernel (rows);
  int64_t seen_columns = columns_seen (columns, desc->output_columns);
  int64_t row_columns = max64 (seen_columns, (int64_t)columns->padding_before + desc->input.w);
  row_columns = (int64_t)round_up_size ((size_t)row_columns, (size_t)plan->n_phases);
  if (row_columns > INT32_MAX)
    return cnn_scratch_refuse (error);
  plan->row_columns = (int)row_columns;
  plan->ring_rows = (int)min64 (min64 (seen_rows, padded_rows), INT32_MAX);

  const size_t channels = (size_t)desc->input.c;
  plan->column_bytes = bytes    ? CNN_MAX_PIXEL_BYTES
                       : planar ? sizeof (float)
                                : channels * sizeof (float);
  plan->phase_floats = (size_t)(row_columns / plan->n_phases);
  plan->plane_floats = round_up_size ((size_t)row_columns, CNN_ROW_FLOATS);
  plan->row_bytes = planar ? plan->plane_floats * sizeof (float) : (size_t)row_columns;
  if (!cnn_scratch_grow (&plan->row_bytes, planar ? channels : plan->column_bytes))
    return cnn_scratch_refuse (error);
  plan->row_bytes =
      round_up_size (plan->row_bytes + (bytes ? CNN_ROW_SLACK_BYTES : 0), CNN_ALIGNMENT);
  /* The ring, the fill row, and a line to separate phases from. */
  plan->scratch_bytes = plan->row_bytes;
  if (!cnn_scratch_grow (&plan->scratch_bytes, (size_t)plan->ring_rows + 2))
    return cnn_scratch_refuse (error);
  plan->scratch_bytes += (size_t)plan->ring_rows * sizeof (int64_t);
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
  if (!plan_sizes (plan, error)) {
    plan->desc.normalization = (CnnNormalization){NULL, NULL};
    return false;
  }
  return copy_normalization (plan, error);
}

void
cnn_reader_plan_clear (CnnReaderPlan *plan)
{
  cnn_free (plan->normalization_values);
  plan->normalization_values = NULL;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

void
cnn_reader_init (CnnReader *reader, const CnnReaderPlan *plan, void *scratch)
{
  *reader = (CnnReader){.plan = plan, .scratch = scratch};
  reader->fill_row = reader->scratch + (size_t)plan->ring_rows * plan->row_bytes;
  reader->line = reader->fill_row + plan->row_bytes;
  reader->ring_keys = (int64_t *)(reader->line + plan->row_bytes);
  if (plan->desc.type != CNN_SAMPLE_FLOAT32) {
    memset (reader->fill_row, 0, plan->row_bytes);
    return;
  }
  for (size_t i = 0; i < plan->row_bytes; i += sizeof (float))
    memcpy (reader->fill_row + i, &plan->desc.fill, sizeof (float));
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

/* Planes that begin at like places of pages, as those of most pictures do, compete for the same few
 * lines of the first-level cache, 8 or 12. Where rows of more are read again and again, they are
 * better copied. */
static bool
planes_compete (const CnnReaderDesc *desc, const CnnImage *image)
{
  const int page = 4096, most_rows = 16;
  return desc->order == CNN_ROWS_PLANAR && image->channel_stride % page == 0 &&
         desc->together > most_rows / desc->rows.kernel;
}

static bool
may_read_in_place (const CnnReaderPlan *plan, const CnnImage *image)
{
  if (plan->n_spans == 0 || plan->n_phases > 1)
    return false;
  if (plan->desc.type == CNN_SAMPLE_UINT8)
    return cnn_image_has_byte_pixels (image);
  return cnn_image_has_rows (image, plan->desc.order) && !planes_compete (&plan->desc, image);
}

/* Patches are short, and lie close together. */
static size_t
patch_row_bytes (const CnnReader *reader)
{
  size_t columns = 0;
  for (int i = 0; i < reader->n_spans; i++)
    columns += reader->plan->span_is_patch[i] ? (size_t)reader->plan->patches[i].count : 0;
  const size_t bytes = columns * reader->column_bytes + CNN_ROW_SLACK_BYTES;
  return min_size (round_up_size (bytes, CNN_ALIGNMENT), reader->plan->row_bytes);
}

void
cnn_reader_begin (CnnReader *reader, const CnnImage *image)
{
  const CnnReaderPlan *plan = reader->plan;
  reader->image = image;
  reader->in_place = may_read_in_place (plan, image);
  reader->n_spans = reader->in_place ? plan->n_spans : 1;
  if (reader->in_place) {
    for (int i = 0; i < plan->n_spans; i++)
      reader->spans[i] = plan->spans[i];
  } else {
    reader->spans[0] = (CnnSpan){0, plan->desc.output_columns};
  }
  reader->column_bytes = plan->column_bytes;
  reader->bytes_before = 0;
  if (plan->desc.type == CNN_SAMPLE_UINT8) {
    const CnnShape row = {1, 1, image->shape.w, image->shape.c};
    reader->pixels = reader->in_place
                         ? *image
                         : cnn_image_from_tensor (NULL, CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC, row);
    reader->pixels.data = NULL;
    reader->column_bytes = (size_t)reader->pixels.pixel_stride;
    reader->bytes_before = cnn_image_bytes_before (&reader->pixels);
  }
  reader->row_bytes = plan->row_bytes;
  if (reader->in_place && plan->desc.order == CNN_ROWS_INTERLEAVED)
    reader->row_bytes = patch_row_bytes (reader);
  for (int i = 0; i < plan->ring_rows; i++)
    reader->ring_keys[i] = -1;
}

/* ---- Rows that are converted ----------------------------------------------------------------- */

/* Fills the columns beside [left, left + w) of one scratch line, whose columns are `step` bytes
 * each. */
static void
fill_margins (const CnnReader *reader, unsigned char *line, size_t step)
{
  const CnnReaderPlan *plan = reader->plan;
  const CnnAxis *columns = &plan->desc.columns;
  const int left = columns->padding_before, w = plan->desc.input.w;
  for (int column = 0; column < plan->row_columns; column++) {
    if (column == left)
      column += w;
    if (column >= plan->row_columns)
      break;
    int source = column - left < w + columns->padding_after
                     ? cnn_padding_source (columns->padding_mode, column - left, w)
                     : -1;
    memcpy (line + (size_t)column * step,
        source < 0 ? reader->fill_row : line + (size_t)(left + source) * step, step);
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

static void
convert_planes (CnnReader *reader, int n, int y, float *row)
{
  const CnnReaderPlan *plan = reader->plan;
  const CnnReaderDesc *desc = &plan->desc;
  float *planes = plan->n_phases == 1 ? row : (float *)reader->line;
  desc->dispatch->load_planar (reader->image, n, y, 0, desc->input.w, &desc->normalization,
      planes + desc->columns.padding_before, plan->plane_floats);
  for (size_t i = 0; i < (size_t)desc->input.c; i++) {
    float *line = planes + i * plan->plane_floats;
    fill_margins (reader, (unsigned char *)line, sizeof (float));
    if (plan->n_phases > 1)
      separate_phases (plan, line, row + i * plan->plane_floats);
  }
}

/* One image row with its margins, in the plan's type and order. */
static void
convert_row (CnnReader *reader, int n, int y, unsigned char *row)
{
  const CnnReaderDesc *desc = &reader->plan->desc;
  unsigned char *inside = row + (size_t)desc->columns.padding_before * reader->column_bytes;
  if (desc->order == CNN_ROWS_PLANAR) {
    convert_planes (reader, n, y, (float *)row);
    return;
  }
  if (desc->type == CNN_SAMPLE_UINT8) {
    CnnImage line = reader->pixels;
    line.data = inside;
    cnn_image_copy_bytes (reader->image, n, y, &line, 0, 0);
  } else {
    desc->dispatch->load_interleaved (
        reader->image, n, y, 0, desc->input.w, &desc->normalization, (float *)inside);
  }
  fill_margins (reader, row, reader->column_bytes);
}

/* ---- Rows in place --------------------------------------------------------------------------- */

/* The first byte of row (n, y) of a channel, or of all. */
static const unsigned char *
row_in_place (const CnnReader *reader, int n, int y, int channel)
{
  return cnn_image_row (reader->image, n, y, channel) - reader->bytes_before;
}

/* Columns [column, column + count) of one row in place, padded ones included; they may lie outside
 * the image. */
static void
copy_columns (const CnnReader *reader, const unsigned char *row, int64_t column, int64_t count,
    unsigned char *out)
{
  const CnnReaderPlan *plan = reader->plan;
  const CnnAxis *columns = &plan->desc.columns;
  const int64_t w = plan->desc.input.w, end = column + count;
  const size_t step = reader->column_bytes;
  while (column < end) {
    if (column >= 0 && column < w) {
      size_t inside = (size_t)(min64 (end, w) - column) * step;
      memcpy (out, row + (size_t)column * step, inside);
      out += inside;
      column = min64 (end, w);
      continue;
    }
    int source = column < w + columns->padding_after
                     ? cnn_padding_source (columns->padding_mode, (int)column, (int)w)
                     : -1;
    memcpy (out, source < 0 ? reader->fill_row : row + (size_t)source * step, step);
    out += step;
    column++;
  }
}

static void
copy_patches (CnnReader *reader, int n, int y, unsigned char *row)
{
  const CnnReaderPlan *plan = reader->plan;
  const int planes = plan->desc.order == CNN_ROWS_PLANAR ? plan->desc.input.c : 1;
  for (int span = 0; span < plan->n_spans; span++) {
    if (!plan->span_is_patch[span])
      continue;
    const CnnPatch *patch = &plan->patches[span];
    unsigned char *out = row + (size_t)patch->place * reader->column_bytes;
    for (int i = 0; i < planes; i++, out += plan->plane_floats * sizeof (float))
      copy_columns (reader, row_in_place (reader, n, y, i), patch->first, patch->count, out);
  }
}

/* The scratch row that holds a padded position, filled when it was not there yet. */
static const unsigned char *
ring_row (CnnReader *reader, int n, int64_t position, int y)
{
  const CnnReaderPlan *plan = reader->plan;
  const uint32_t padded_position = (uint32_t)(position + plan->desc.rows.padding_before);
  const uint32_t slot = padded_position % (uint32_t)plan->ring_rows;
  const int64_t key = ((int64_t)n << 32) + padded_position;
  unsigned char *row = reader->scratch + (size_t)slot * reader->row_bytes;
  if (reader->ring_keys[slot] != key) {
    reader->ring_keys[slot] = key;
    if (reader->in_place)
      copy_patches (reader, n, y, row);
    else
      convert_row (reader, n, y, row);
  }
  return row;
}

/* The input row that a padded position shows, or -1 for the fill value. */
static int
source_row (const CnnReaderDesc *desc, int64_t position)
{
  if (position >= 0 && position < desc->input.h)
    return (int)position;
  if (position >= (int64_t)desc->input.h + desc->rows.padding_after)
    return -1;
  return cnn_padding_source (desc->rows.padding_mode, (int)position, desc->input.h);
}

static inline const unsigned char *
find_row (CnnReader *reader, int n, int64_t position, int span, int channel)
{
  const CnnReaderPlan *plan = reader->plan;
  const int y = source_row (&plan->desc, position);
  if (y < 0)
    return reader->fill_row;
  const CnnPatch *patch = &plan->patches[span];
  if (reader->in_place && !plan->span_is_patch[span])
    return row_in_place (reader, n, y, channel) +
           (ptrdiff_t)patch->first * (ptrdiff_t)reader->column_bytes;
  const unsigned char *row =
      ring_row (reader, n, position, y) + (size_t)channel * plan->plane_floats * sizeof (float);
  return reader->in_place ? row + (size_t)patch->place * reader->column_bytes : row;
}

const float *
cnn_reader_row (CnnReader *reader, int n, int64_t position, int span)
{
  return (const float *)find_row (reader, n, position, span, 0);
}

void
cnn_reader_bytes (CnnReader *reader, int n, int64_t position, int step, int count, int span,
    const unsigned char **rows)
{
  const CnnReaderPlan *plan = reader->plan;
  const int64_t last = position + (int64_t)(count - 1) * step;
  const bool in_place = reader->in_place && !plan->span_is_patch[span];
  if (in_place && position >= 0 && last < plan->desc.input.h && reader->image->ring_rows == 0) {
    const unsigned char *row = find_row (reader, n, position, span, 0);
    for (int i = 0; i < count; i++)
      rows[i] = row + i * step * reader->image->row_stride;
    return;
  }
  for (int i = 0; i < count; i++)
    rows[i] = find_row (reader, n, position + (int64_t)i * step, span, 0);
}

const float *
cnn_reader_plane (CnnReader *reader, int n, int64_t position, int span, int channel)
{
  return (const float *)find_row (reader, n, position, span, channel);
}
