/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/conv2d-bytes.h"

#include "core/integers.h"
#include "cnn/memory.h"

#include <math.h>
#include <string.h>

#define MAX_DIVISOR 256
#define MAX_PIXEL_BYTES 4
#define MAX_TAPS 1024
#define VECTOR_BYTES 64 /* of the widest kernel */
#define MAX_SUM 32767   /* sums are 16-bit, and so is what rounding adds to them */

/* Pixels that patches copy from an image row. */
typedef struct {
  int to, from, count;
} PatchRun;

/* What one worker needs by itself. */
typedef struct {
  const unsigned char **taps;
  const unsigned char **rows; /* one for each input row seen together */
  unsigned char *patches;     /* n_slots patch rows */
  ptrdiff_t pixel_bytes;      /* of those patches */
  int64_t *keys;              /* the input row that each of them belongs to, or -1 */
  unsigned char *out;         /* what is computed from patches, CNN_CONV_BYTES_ROWS rows */
} BytesWorker;

/* Outputs [first, end) see only pixels of the image, and read it in place. Those to the left and to the
 * right are computed from patches: copies of the few columns they see, side by side in one row, so that
 * one pass of the kernel does both; what it computes between them is nobody's. */
struct CnnConvBytesPlan {
  const CnnConv2d *conv;
  int together;                   /* output rows computed from the same input rows */
  int seen_rows;                  /* input rows that they see */
  signed char integers[MAX_TAPS]; /* [ky][kx] */
  /* Taps come in pairs of two input rows: [pair][kx][row of the pair]. */
  signed char weights[CNN_CONV_BYTES_ROWS][MAX_TAPS];
  int n_taps;
  int bias;
  CnnByteDivision division;

  int first, end;
  int patch_outputs, right_output; /* of a patch row, and the first of those to the right */
  PatchRun *runs;
  int n_runs, n_slots;
  size_t patch_bytes, patch_out_bytes; /* of a row */
  unsigned char *zeros;                /* a row */
  BytesWorker *workers;
  int n_workers;
};

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
scale_filter (CnnConvBytesPlan *plan, const float *weights, int n, float bias, int divisor)
{
  int magnitude = 0;
  for (int t = 0; t < n; t++) {
    const int integer = round_to_int ((double)weights[t] * divisor);
    if ((float)((double)integer / divisor) != weights[t] || integer < -127 || integer > 127)
      return false;
    plan->integers[t] = (signed char)integer;
    magnitude += integer < 0 ? -integer : integer;
  }
  const double exact_bias = 255.0 * divisor * (double)bias;
  const double float_error = 1e-6 + 1e-7 * fabs (exact_bias);
  if (fabs (exact_bias) > MAX_SUM || fabs (exact_bias - rint (exact_bias)) > float_error)
    return false;
  plan->bias = round_to_int (exact_bias);
  const int most = 255 * magnitude + (plan->bias < 0 ? -plan->bias : plan->bias);
  return most + divisor <= MAX_SUM && find_division (divisor, most, &plan->division);
}

static bool
find_integers (CnnConvBytesPlan *plan, const float *weights, int n, float bias)
{
  for (int divisor = 1; divisor <= MAX_DIVISOR; divisor++) {
    if (isfinite (bias) && fabsf (weights[0]) <= 127 &&
        scale_filter (plan, weights, n, bias, divisor))
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

static bool
is_suitable (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  const CnnActivation activation = desc->activation;
  return conv->uniform && desc->input_format.type == CNN_SAMPLE_UINT8 &&
         desc->output_format.type == CNN_SAMPLE_UINT8 && conv->columns.stride == 1 &&
         (conv->rows.kernel + 2) * (int64_t)conv->columns.kernel <= MAX_TAPS &&
         is_plain_scale (&desc->normalization, desc->input.c) &&
         (activation == CNN_ACTIVATION_NONE || activation == CNN_ACTIVATION_RELU ||
             activation == CNN_ACTIVATION_RELU6);
}

/* ---- Plan ------------------------------------------------------------------------------------ */

static void
plan_taps (CnnConvBytesPlan *plan)
{
  const CnnConv2d *conv = plan->conv;
  const int kernel_rows = conv->rows.kernel, kernel_columns = conv->columns.kernel;
  plan->together = conv->rows.stride == 1 && conv->rows.dilation == 1 ? CNN_CONV_BYTES_ROWS : 1;
  plan->seen_rows = kernel_rows + plan->together - 1;
  plan->n_taps = (plan->seen_rows + 1) / 2 * 2 * kernel_columns;
  for (int r = 0; r < plan->together; r++) {
    for (int t = 0; t < plan->n_taps; t++) {
      const int kx = t / 2 % kernel_columns, ky = t / 2 / kernel_columns * 2 + t % 2 - r;
      const bool is_tap = ky >= 0 && ky < kernel_rows;
      plan->weights[r][t] = is_tap ? plan->integers[ky * kernel_columns + kx] : 0;
    }
  }
}

static void
add_pixels (CnnConvBytesPlan *plan, int to, int column, int count)
{
  const CnnConv2d *conv = plan->conv;
  for (int i = 0; i < count; i++) {
    const int from =
        cnn_padding_source (conv->columns.padding_mode, column + i, conv->base.input.w);
    PatchRun *last = plan->n_runs > 0 ? &plan->runs[plan->n_runs - 1] : NULL;
    if (from < 0)
      continue;
    if (last && last->from + last->count == from && last->to + last->count == to + i)
      last->count++;
    else
      plan->runs[plan->n_runs++] = (PatchRun){to + i, from, 1};
  }
}

static bool
plan_patches (CnnConvBytesPlan *plan)
{
  const CnnConv2d *conv = plan->conv;
  const int w = conv->computed.w, left = conv->columns.padding_before;
  const int beside = (int)cnn_axis_effective_kernel (&conv->columns) - 1;
  const int64_t room = (int64_t)conv->base.input.w + left - beside;
  plan->first = left < w ? left : w;
  plan->end = room < plan->first ? plan->first : room < w ? (int)room : w;
  if (plan->end == plan->first) /* no window lies inside the image */
    plan->first = plan->end = w;
  const int right = w - plan->end;
  plan->right_output = plan->first > 0 ? plan->first + beside : 0;
  plan->patch_outputs = right > 0 ? plan->right_output + right : plan->first;
  const int columns = plan->patch_outputs + beside;
  plan->runs = cnn_alloc ((size_t)columns, sizeof *plan->runs);
  if (!plan->runs)
    return false;
  if (plan->first > 0)
    add_pixels (plan, 0, -left, plan->first + beside);
  if (right > 0)
    add_pixels (plan, plan->right_output, plan->end - left, right + beside);
  /* Whole vectors are read and written. */
  plan->patch_out_bytes =
      round_up_size ((size_t)plan->patch_outputs * MAX_PIXEL_BYTES, VECTOR_BYTES);
  plan->patch_bytes = plan->patch_out_bytes + (size_t)beside * MAX_PIXEL_BYTES;
  plan->n_slots = (int)cnn_axis_effective_kernel (&conv->rows) + plan->together - 1;
  return true;
}

static bool
make_workers (CnnConvBytesPlan *plan)
{
  const size_t row_bytes = (size_t)plan->conv->reader_plan.row_columns * MAX_PIXEL_BYTES;
  plan->zeros = cnn_alloc (row_bytes > plan->patch_bytes ? row_bytes : plan->patch_bytes, 1);
  plan->n_workers = plan->conv->n_workers;
  plan->workers = cnn_alloc ((size_t)plan->n_workers, sizeof *plan->workers);
  if (!plan->zeros || !plan->workers)
    return false;
  for (int i = 0; i < plan->n_workers; i++) {
    BytesWorker *worker = &plan->workers[i];
    const size_t slots = (size_t)plan->n_slots;
    worker->taps = cnn_alloc ((size_t)plan->n_taps, sizeof *worker->taps);
    worker->rows = cnn_alloc ((size_t)plan->seen_rows + 1, sizeof *worker->rows);
    worker->patches = cnn_alloc (slots, plan->patch_bytes);
    worker->keys = cnn_alloc (slots, sizeof *worker->keys);
    worker->out = cnn_alloc (CNN_CONV_BYTES_ROWS, plan->patch_out_bytes);
    if (!worker->taps || !worker->rows || !worker->patches || !worker->keys || !worker->out)
      return false;
  }
  return true;
}

void
cnn_conv_bytes_free (CnnConvBytesPlan *plan)
{
  if (!plan)
    return;
  for (int i = 0; plan->workers && i < plan->n_workers; i++) {
    cnn_free (plan->workers[i].taps);
    cnn_free (plan->workers[i].rows);
    cnn_free (plan->workers[i].patches);
    cnn_free (plan->workers[i].keys);
    cnn_free (plan->workers[i].out);
  }
  cnn_free (plan->workers);
  cnn_free (plan->runs);
  cnn_free (plan->zeros);
  cnn_free (plan);
}

CnnConvBytesPlan *
cnn_conv_bytes_new (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  if (!is_suitable (conv, desc))
    return NULL;
  CnnConvBytesPlan *plan = cnn_alloc (1, sizeof *plan);
  if (!plan)
    return NULL;
  plan->conv = conv;
  const int taps = (int)cnn_conv_weights_per_output (conv);
  if (find_integers (plan, desc->weights, taps, desc->bias ? desc->bias[0] : 0)) {
    plan_taps (plan);
    if (plan_patches (plan) && make_workers (plan))
      return plan;
  }
  cnn_conv_bytes_free (plan);
  return NULL;
}

/* ---- Images ----------------------------------------------------------------------------------- */

/* Bytes of the pixel before its channel 0. */
static ptrdiff_t
bytes_before (const CnnImage *image)
{
  const ptrdiff_t last = (image->shape.c - 1) * image->channel_stride;
  ptrdiff_t lowest = last < 0 ? last : 0;
  if (image->padding_bytes > 0 && image->padding_offset < lowest)
    lowest = image->padding_offset;
  return -lowest;
}

static bool
has_adjacent_pixels (const CnnImage *image)
{
  const int channels = image->shape.c, bytes = channels + image->padding_bytes;
  return image->type == CNN_SAMPLE_UINT8 && !image->planes[0] && bytes <= MAX_PIXEL_BYTES &&
         image->pixel_stride == bytes &&
         (channels == 1 || image->channel_stride == 1 || image->channel_stride == -1);
}

bool
cnn_conv_bytes_fits (const CnnImage *in, const CnnImage *out)
{
  return has_adjacent_pixels (in) && has_adjacent_pixels (out) &&
         in->pixel_stride == out->pixel_stride && bytes_before (in) == bytes_before (out) &&
         (in->shape.c == 1 || in->channel_stride == out->channel_stride) &&
         in->padding_bytes == out->padding_bytes &&
         (in->padding_bytes == 0 || in->padding_offset == out->padding_offset);
}

/* ---- Computing ------------------------------------------------------------------------------- */

void
cnn_conv_bytes_begin (const CnnConvBytesPlan *plan, int index, const CnnImage *in)
{
  BytesWorker *worker = &plan->workers[index];
  for (int i = 0; i < plan->n_slots; i++)
    worker->keys[i] = -1;
  if (worker->pixel_bytes != in->pixel_stride)
    memset (worker->patches, 0, (size_t)plan->n_slots * plan->patch_bytes);
  worker->pixel_bytes = in->pixel_stride;
}

static void
copy_runs (const CnnConvBytesPlan *plan, const unsigned char *row, size_t step, unsigned char *out)
{
  for (int i = 0; i < plan->n_runs; i++) {
    const PatchRun *run = &plan->runs[i];
    memcpy (
        out + (size_t)run->to * step, row + (size_t)run->from * step, (size_t)run->count * step);
  }
}

/* The patch row of input row y, which is `position` rows below the first padded one; copied when it was
 * not there yet. Padding of zeros is never written, and stays what it was. */
static const unsigned char *
patch_row (const CnnConvBytesPlan *plan, BytesWorker *worker, const CnnImage *in, int n,
    int position, int y)
{
  const int slot = position % plan->n_slots;
  const int64_t key = ((int64_t)n << 32) + position;
  unsigned char *patch = worker->patches + (size_t)slot * plan->patch_bytes;
  if (worker->keys[slot] != key) {
    worker->keys[slot] = key;
    copy_runs (
        plan, cnn_image_row (in, n, y, 0) - bytes_before (in), (size_t)in->pixel_stride, patch);
  }
  return patch;
}

/* Points worker->rows at what output rows from y on see: `from` pixels into the image rows, or their
 * patches. A row of a pair that is one too many has weights of 0. */
static void
find_rows (const CnnConvBytesPlan *plan, BytesWorker *worker, const CnnImage *in, int n, int y,
    int rows, bool patches)
{
  const CnnConv2d *conv = plan->conv;
  const int from = plan->first - conv->columns.padding_before;
  const int seen = conv->rows.kernel + rows - 1;
  for (int i = 0; i < seen; i++) {
    const int position = (int)cnn_conv_position (conv, y, i);
    const int source = cnn_padding_source (conv->rows.padding_mode, position, conv->base.input.h);
    if (source < 0)
      worker->rows[i] = plan->zeros;
    else if (patches)
      worker->rows[i] =
          patch_row (plan, worker, in, n, position + conv->rows.padding_before, source);
    else
      worker->rows[i] =
          cnn_image_row (in, n, source, 0) - bytes_before (in) + from * in->pixel_stride;
  }
  for (int i = seen; i <= plan->seen_rows; i++)
    worker->rows[i] = worker->rows[seen - 1];
}

/* `count` bytes from worker->rows. */
static void
run_kernel (const CnnConvBytesPlan *plan, BytesWorker *worker, size_t step, int rows, size_t count,
    unsigned char *const out[CNN_CONV_BYTES_ROWS])
{
  const CnnConv2d *conv = plan->conv;
  const size_t distance = (size_t)conv->columns.dilation * step;
  const unsigned char **tap = worker->taps;
  for (int row = 0; row < plan->seen_rows; row += 2) {
    const unsigned char *upper = worker->rows[row], *lower = worker->rows[row + 1];
    for (int kx = 0; kx < conv->columns.kernel; kx++, upper += distance, lower += distance) {
      *tap++ = upper;
      *tap++ = lower;
    }
  }
  const CnnConvBytes bytes = {
      .taps = worker->taps,
      .weights = {plan->weights[0], plan->weights[1]},
      .n_taps = plan->n_taps,
      .bias = plan->bias,
      .division = plan->division,
      .rows = rows,
      .count = (int)count,
      .out = {out[0], out[1]},
  };
  conv->base.context.dispatch->conv_bytes (&bytes);
}

/* What lies at both ends of output rows. */
static void
compute_patches (const CnnConvBytesPlan *plan, BytesWorker *worker, const CnnImage *in, int n,
    int y, int rows, unsigned char *const out[CNN_CONV_BYTES_ROWS])
{
  const size_t step = (size_t)in->pixel_stride;
  unsigned char *const computed[] = {worker->out, worker->out + plan->patch_out_bytes};
  find_rows (plan, worker, in, n, y, rows, true);
  run_kernel (plan, worker, step, rows,
      round_up_size ((size_t)plan->patch_outputs * step, VECTOR_BYTES), computed);
  for (int r = 0; r < rows; r++) {
    memcpy (out[r], computed[r], (size_t)plan->first * step);
    memcpy (out[r] + (size_t)plan->end * step, computed[r] + (size_t)plan->right_output * step,
        (size_t)(plan->conv->computed.w - plan->end) * step);
  }
}

/* Padding bytes of four-byte pixels become 255. */
static void
fill_padding (const CnnImage *image, unsigned char *row)
{
  unsigned char opaque[MAX_PIXEL_BYTES] = {0};
  memset (opaque + image->padding_offset + bytes_before (image), 255, (size_t)image->padding_bytes);
  uint32_t mask, pixel;
  memcpy (&mask, opaque, sizeof mask);
  for (int x = 0; x < image->shape.w; x++, row += sizeof pixel) {
    memcpy (&pixel, row, sizeof pixel);
    pixel |= mask;
    memcpy (row, &pixel, sizeof pixel);
  }
}

static void
compute_rows (const CnnConvBytesPlan *plan, BytesWorker *worker, const CnnImage *in,
    const CnnImage *out, int n, int y, int rows)
{
  const size_t step = (size_t)in->pixel_stride;
  unsigned char *row[CNN_CONV_BYTES_ROWS] = {NULL}, *middle[CNN_CONV_BYTES_ROWS] = {NULL};
  for (int r = 0; r < rows; r++) {
    row[r] = cnn_image_row (out, n, y + r, 0) - bytes_before (out);
    middle[r] = row[r] + (size_t)plan->first * step;
  }
  if (plan->end > plan->first) {
    find_rows (plan, worker, in, n, y, rows, false);
    run_kernel (plan, worker, step, rows, (size_t)(plan->end - plan->first) * step, middle);
  }
  if (plan->patch_outputs > 0)
    compute_patches (plan, worker, in, n, y, rows, row);
  for (int r = 0; r < rows && out->padding_bytes > 0; r++)
    fill_padding (out, row[r]);
}

void
cnn_conv_bytes_compute (const CnnConvBytesPlan *plan, int worker, const CnnImage *in,
    const CnnImage *out, int n, int y, int rows)
{
  for (int i = 0; i < rows; i += plan->together)
    compute_rows (plan, &plan->workers[worker], in, out, n, y + i,
        rows - i < plan->together ? rows - i : plan->together);
}
