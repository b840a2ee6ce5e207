/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One filter for every channel, from bytes to bytes in integers: for filters whose weights are
 * small integers over a common divisor, which the named ones are. Every byte is the exact sum,
 * rounded once. */
#include "conv2d/conv2d-private.h"

#include "core/integers.h"

#include <math.h>
#include <string.h>

#define MAX_DIVISOR 256
#define MAX_TAPS 1024
#define VECTOR_BYTES 64 /* of the widest kernel */
#define MAX_SUM 32767   /* sums are 16-bit, and so is what rounding adds to them */

/* The filter, and how bytes become it. */
typedef struct {
  signed char integers[MAX_TAPS]; /* [ky][kx] */
  int bias;
  CnnByteDivision division;
} Filter;

typedef struct {
  CnnConvPlan base;
  int together;  /* output rows computed from the same input rows */
  int seen_rows; /* input rows that they see */
  Filter filter;
  /* Taps come in pairs of two input rows: [pair][kx][row of the pair]. */
  signed char weights[CNN_CONV_BYTES_ROWS][MAX_TAPS];
  size_t rows; /* where a worker's scratch has pointers to the rows seen */
  size_t out;  /* and what is computed from patches, CNN_CONV_BYTES_ROWS rows of out_bytes */
  size_t out_bytes;
} BytesPlan;

/* ---- Integers from floats -------------------------------------------------------------------- */

static int
round_to_int (double value)
{
  return (int)rint (value);
}

/* How to divide every sum in [0, most] by `divisor`, rounded to nearest, ties to even. */
static bool
find_division (int divisor, int most, CnnByteDivision *division)
{
  *division = (CnnByteDivision){.half = divisor / 2};
  if ((divisor & (divisor - 1)) == 0) {
    division->shift = __builtin_ctz ((unsigned)divisor);
    return true;
  }
  while ((65536L << (division->shift + 1)) / divisor < 65535)
    division->shift++;
  division->multiplier = (int)((65536L << division->shift) / divisor) + 1;
  for (int sum = 0; sum <= most; sum++) {
    int quotient = (int)((unsigned)(sum + division->half) * (unsigned)division->multiplier >> 16) >>
                   division->shift;
    if (quotient != round_to_int ((double)sum / divisor))
      return false;
  }
  return true;
}

/* The filter as integers over `divisor`. */
static bool
scale_filter (Filter *filter, const float *weights, int n, float bias, int divisor)
{
  int magnitude = 0;
  for (int t = 0; t < n; t++) {
    const int integer = round_to_int ((double)weights[t] * divisor);
    if ((float)((double)integer / divisor) != weights[t] || integer < -127 || integer > 127)
      return false;
    filter->integers[t] = (signed char)integer;
    magnitude += integer < 0 ? -integer : integer;
  }
  const double exact_bias = 255.0 * divisor * (double)bias;
  const double float_error = 1e-6 + 1e-7 * fabs (exact_bias);
  if (fabs (exact_bias) > MAX_SUM || fabs (exact_bias - rint (exact_bias)) > float_error)
    return false;
  filter->bias = round_to_int (exact_bias);
  const int most = 255 * magnitude + (filter->bias < 0 ? -filter->bias : filter->bias);
  return most + divisor <= MAX_SUM && find_division (divisor, most, &filter->division);
}

static bool
find_integers (Filter *filter, const float *weights, int n, float bias)
{
  for (int divisor = 1; divisor <= MAX_DIVISOR; divisor++) {
    if (isfinite (bias) && fabsf (weights[0]) <= 127 &&
        scale_filter (filter, weights, n, bias, divisor))
      return true;
  }
  return false;
}

static bool
is_plain_scale (const CnnNormalization *normalization, int channels)
{
  for (int c = 0; c < channels; c++) {
    if (!normalization->scale || normalization->scale[c] != 1.0f / 255.0f ||
        (normalization->offset && normalization->offset[c] != 0))
      return false;
  }
  return true;
}

/* Planes are as fast as floats, which need not gather their bytes. */
static bool
has_pixels (const CnnFormat *format, int channels)
{
  return format->type == CNN_SAMPLE_UINT8 && (format->layout == CNN_LAYOUT_NHWC || channels == 1);
}

static bool
is_suitable (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const CnnActivation activation = desc->activation;
  const int channels = desc->input.c;
  return conv->uniform && channels <= CNN_MAX_PIXEL_BYTES &&
         has_pixels (&desc->input_format, channels) &&
         has_pixels (&desc->output_format, channels) && conv->columns.stride == 1 &&
         (conv->rows.kernel + 2) * (int64_t)conv->columns.kernel <= MAX_TAPS &&
         is_plain_scale (&desc->normalization, channels) &&
         (activation == CNN_ACTIVATION_NONE || activation == CNN_ACTIVATION_RELU ||
             activation == CNN_ACTIVATION_RELU6);
}

static bool
find_filter (Filter *filter, const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  return is_suitable (conv, desc) &&
         find_integers (filter, desc->weights, (int)cnn_conv_weights_per_output (conv),
             desc->bias ? desc->bias[0] : 0);
}

/* ---- Plan ------------------------------------------------------------------------------------ */

/* Nothing is as fast. */
static double
bytes_cost (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  Filter filter;
  return find_filter (&filter, conv, desc) ? 0 : INFINITY;
}

static CnnIsa
bytes_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_bytes_isa;
}

static void
pack_taps (BytesPlan *plan, const CnnConv2d *conv)
{
  const int kernel_rows = conv->rows.kernel, kernel_columns = conv->columns.kernel;
  for (int r = 0; r < plan->together; r++) {
    for (int t = 0; t < plan->base.n_taps; t++) {
      const int kx = t / 2 % kernel_columns, ky = t / 2 / kernel_columns * 2 + t % 2 - r;
      const bool is_tap = ky >= 0 && ky < kernel_rows;
      plan->weights[r][t] = is_tap ? plan->filter.integers[ky * kernel_columns + kx] : 0;
    }
  }
}

static CnnConvPlan *
bytes_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const int together = conv->rows.stride == 1 && conv->rows.dilation == 1 ? CNN_CONV_BYTES_ROWS : 1;
  const int seen_rows = conv->rows.kernel + together - 1;
  const int n_taps = round_up (seen_rows, 2) * conv->columns.kernel;
  BytesPlan *plan = cnn_conv_plan_alloc (sizeof *plan, 0, 0, n_taps);
  if (!plan)
    return NULL;
  find_filter (&plan->filter, conv, desc);
  plan->together = together;
  plan->seen_rows = seen_rows;
  plan->base.strip = CNN_CONV_BYTES_ROWS;
  pack_taps (plan, conv);
  size_t *bytes = &plan->base.scratch_bytes;
  plan->rows = cnn_scratch_reserve (bytes, (size_t)seen_rows + 1, sizeof (const unsigned char *));
  /* Whole vectors are computed. Patches are shorter than a row. */
  plan->out_bytes = round_up_size ((size_t)conv->computed.w * CNN_MAX_PIXEL_BYTES, VECTOR_BYTES);
  plan->out = cnn_scratch_reserve (bytes, CNN_CONV_BYTES_ROWS, plan->out_bytes);
  return &plan->base;
}

/* ---- Computing ------------------------------------------------------------------------------- */

static const BytesPlan *
plan_of (const CnnConv2d *conv)
{
  return (const BytesPlan *)conv->plan;
}

/* Points at what output rows from y on see of a span. A row of a pair that is one too many has
 * weights of 0. */
static const unsigned char *const *
find_rows (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows, int span)
{
  const BytesPlan *plan = plan_of (conv);
  const unsigned char **seen = (const unsigned char **)(worker->scratch + plan->rows);
  const int n_seen = conv->rows.kernel + rows - 1;
  cnn_reader_bytes (&worker->readers[0], n, cnn_conv_position (conv, y, 0), conv->rows.dilation,
      n_seen, span, seen);
  for (int i = n_seen; i <= plan->seen_rows; i++)
    seen[i] = seen[n_seen - 1];
  return seen;
}

/* `count` bytes of output rows from y on, from the beginning of a span. */
static void
run_kernel (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows, int span,
    size_t count, unsigned char *const out[CNN_CONV_BYTES_ROWS])
{
  const BytesPlan *plan = plan_of (conv);
  const unsigned char *const *seen = find_rows (conv, worker, n, y, rows, span);
  const unsigned char **taps = (const unsigned char **)worker->scratch, **tap = taps;
  const ptrdiff_t distance = conv->columns.dilation * worker->readers[0].pixels.pixel_stride;
  for (int row = 0; row < plan->seen_rows; row += 2) {
    const unsigned char *upper = seen[row], *lower = seen[row + 1];
    for (int kx = 0; kx < conv->columns.kernel; kx++, upper += distance, lower += distance) {
      *tap++ = upper;
      *tap++ = lower;
    }
  }
  const CnnConvBytes bytes = {
      .taps = taps,
      .weights = {plan->weights[0], plan->weights[1]},
      .n_taps = plan->base.n_taps,
      .bias = plan->filter.bias,
      .division = plan->filter.division,
      .rows = rows,
      .count = (int)count,
      .out = {out[0], out[1]},
  };
  conv->base.context.dispatch->conv_bytes (&bytes);
}

/* The outputs at both ends of rows from y on, whose windows touch the padding: one pass over the
 * row that has the patches of both; what it computes between them is left over. */
static void
compute_patches (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows,
    unsigned char *const out[CNN_CONV_BYTES_ROWS])
{
  const BytesPlan *plan = plan_of (conv);
  const CnnReader *reader = &worker->readers[0];
  const bool *is_patch = reader->plan->span_is_patch;
  const int last = reader->n_spans - 1;
  if (!reader->in_place || (!is_patch[0] && !is_patch[last]))
    return;
  const size_t pixel = (size_t)reader->pixels.pixel_stride;
  const size_t left = is_patch[0] ? (size_t)reader->spans[0].count : 0;
  const size_t right = is_patch[last] ? (size_t)reader->spans[last].count : 0;
  const size_t right_place = (size_t)reader->plan->patches[last].place;
  const size_t outputs = right > 0 ? right_place + right : left;
  unsigned char *first = worker->scratch + plan->out;
  unsigned char *const computed[] = {first, first + plan->out_bytes};
  run_kernel (conv, worker, n, y, rows, is_patch[0] ? 0 : last,
      round_up_size (outputs * pixel, VECTOR_BYTES), computed);
  for (int r = 0; r < rows; r++) {
    memcpy (out[r], computed[r], left * pixel);
    memcpy (out[r] + ((size_t)conv->computed.w - right) * pixel, computed[r] + right_place * pixel,
        right * pixel);
  }
}

static void
compute_together (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const CnnReader *reader = &worker->readers[0];
  const size_t pixel = (size_t)reader->pixels.pixel_stride;
  unsigned char *row[CNN_CONV_BYTES_ROWS] = {NULL}, *inside[CNN_CONV_BYTES_ROWS] = {NULL};
  for (int r = 0; r < rows; r++)
    row[r] = cnn_writer_bytes (&worker->writer, n, y + r);
  for (int span = 0; span < reader->n_spans; span++) {
    if (reader->in_place && reader->plan->span_is_patch[span])
      continue;
    for (int r = 0; r < rows; r++)
      inside[r] = row[r] + (size_t)reader->spans[span].first * pixel;
    run_kernel (conv, worker, n, y, rows, span, (size_t)reader->spans[span].count * pixel, inside);
  }
  compute_patches (conv, worker, n, y, rows, row);
}

static void
bytes_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const int together = plan_of (conv)->together;
  for (int i = 0; i < rows; i += together)
    compute_together (conv, worker, n, y + i, min (rows - i, together));
}

static void
bytes_begin (CnnLayerWorker *worker)
{
  cnn_writer_begin_like (&worker->writer, worker->writer.image, &worker->readers[0]);
}

const CnnConvAlgorithm cnn_conv_bytes = {
    .name = "conv-bytes",
    .reads = {CNN_SAMPLE_UINT8, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_UINT8, CNN_ROWS_INTERLEAVED},
    .cost = bytes_cost,
    .isa = bytes_isa,
    .plan_new = bytes_plan_new,
    .begin = bytes_begin,
    .compute = bytes_compute,
};
