/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d-bytes.h"

#include "memory.h"

#include <math.h>
#include <string.h>

#define MAX_DIVISOR 256
#define MAX_PIXEL_BYTES 4
#define MAX_TAPS 1024
#define MAX_SUM 32767 /* sums are 16-bit, and so is what rounding adds to them */

struct CnnConvBytesPlan {
  const CnnConv2d *conv;
  signed char weights[MAX_TAPS];
  int n_taps; /* even: the last may be of weight 0 */
  int bias;
  CnnByteDivision division;
  size_t patch_bytes; /* of one kernel row, for outputs whose windows pass the ends of a row */
  unsigned char *zeros, *patches; /* a row of zeros; kernel rows of patches for each worker */
  const unsigned char **taps;     /* n_taps for each worker */
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
    plan->weights[t] = (signed char)integer;
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
         cnn_conv_weights_per_output (conv) < MAX_TAPS &&
         is_plain_scale (&desc->normalization, desc->input.c) &&
         (activation == CNN_ACTIVATION_NONE || activation == CNN_ACTIVATION_RELU ||
             activation == CNN_ACTIVATION_RELU6);
}

/* ---- Plan ------------------------------------------------------------------------------------ */

void
cnn_conv_bytes_free (CnnConvBytesPlan *plan)
{
  if (!plan)
    return;
  cnn_free (plan->zeros);
  cnn_free (plan->patches);
  cnn_free (plan->taps);
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
  const int taps = (int)cnn_conv_weights_per_output (conv);
  const size_t workers = (size_t)conv->n_workers, kernel_rows = (size_t)conv->rows.kernel;
  const size_t columns = (size_t)conv->reader_plan.row_columns;
  plan->conv = conv;
  plan->n_taps = taps + taps % 2;
  plan->patch_bytes = columns * MAX_PIXEL_BYTES;
  if (find_integers (plan, desc->weights, taps, desc->bias ? desc->bias[0] : 0)) {
    plan->zeros = cnn_alloc (plan->patch_bytes, 1);
    plan->patches = cnn_alloc (workers * kernel_rows, plan->patch_bytes);
    plan->taps = cnn_alloc (workers * (size_t)plan->n_taps, sizeof *plan->taps);
  }
  if (!plan->zeros || !plan->patches || !plan->taps) {
    cnn_conv_bytes_free (plan);
    return NULL;
  }
  return plan;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

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

/* Columns [column, column + count) of a row, padded ones included. */
static void
copy_patch (const CnnConv2d *conv, const unsigned char *row, int column, int count, size_t step,
    unsigned char *out)
{
  const int w = conv->base.input.w;
  for (int i = 0; i < count; i++, out += step) {
    int source = cnn_padding_source (conv->columns.padding_mode, column + i, w);
    if (source < 0)
      memset (out, 0, step);
    else
      memcpy (out, row + (size_t)source * step, step);
  }
}

/* Outputs [first, first + count) of row y, from the image itself or from patches. */
static void
compute_span (const CnnConvBytesPlan *plan, int worker, const CnnImage *in, const CnnImage *out,
    int n, int y, int first, int count, bool patch)
{
  const CnnConv2d *conv = plan->conv;
  const size_t step = (size_t)in->pixel_stride, kernel_columns = (size_t)conv->columns.kernel;
  const int column = first - conv->columns.padding_before;
  const unsigned char **taps = plan->taps + (size_t)worker * (size_t)plan->n_taps;
  if (count <= 0)
    return;
  for (int ky = 0; ky < conv->rows.kernel; ky++) {
    const int source = cnn_padding_source (
        conv->rows.padding_mode, (int)cnn_conv_position (conv, y, ky), conv->base.input.h);
    const unsigned char *seen = plan->zeros;
    if (source >= 0) {
      const unsigned char *row = cnn_image_row (in, n, source, 0) - bytes_before (in);
      seen = row + (patch ? 0 : (ptrdiff_t)column * (ptrdiff_t)step);
      if (patch) {
        const size_t place = (size_t)worker * (size_t)conv->rows.kernel + (size_t)ky;
        unsigned char *copied = plan->patches + place * plan->patch_bytes;
        copy_patch (conv, row, column, count + (int)cnn_axis_effective_kernel (&conv->columns) - 1,
            step, copied);
        seen = copied;
      }
    }
    for (size_t kx = 0; kx < kernel_columns; kx++)
      taps[(size_t)ky * kernel_columns + kx] = seen + kx * (size_t)conv->columns.dilation * step;
  }
  taps[plan->n_taps - 1] =
      plan->n_taps > (int)cnn_conv_weights_per_output (conv) ? taps[0] : taps[plan->n_taps - 1];
  const CnnConvBytes bytes = {
      .taps = taps,
      .weights = plan->weights,
      .n_taps = plan->n_taps,
      .bias = plan->bias,
      .division = plan->division,
      .count = count * (int)step,
      .out = cnn_image_row (out, n, y, 0) - bytes_before (out) + (size_t)first * step,
  };
  conv->base.context.kernels->conv_bytes (&bytes);
}

static void
fill_padding (const CnnImage *out, int n, int y)
{
  unsigned char *padding = cnn_image_row (out, n, y, 0) + out->padding_offset;
  for (int x = 0; x < out->shape.w; x++)
    memset (padding + x * out->pixel_stride, 255, (size_t)out->padding_bytes);
}

void
cnn_conv_bytes_compute (const CnnConvBytesPlan *plan, int worker, const CnnImage *in,
    const CnnImage *out, int n, int y, int rows)
{
  const CnnConv2d *conv = plan->conv;
  const int w = conv->computed.w, left = conv->columns.padding_before;
  const int64_t room =
      (int64_t)conv->base.input.w + left - cnn_axis_effective_kernel (&conv->columns) + 1;
  int first = left < w ? left : w;
  int end = room < first ? first : room < w ? (int)room : w;
  if (end == first) /* no window lies inside the image */
    first = end = w;
  for (int i = y; i < y + rows; i++) {
    compute_span (plan, worker, in, out, n, i, 0, first, true);
    compute_span (plan, worker, in, out, n, i, first, end - first, false);
    compute_span (plan, worker, in, out, n, i, end, w - end, true);
    if (out->padding_bytes > 0)
      fill_padding (out, n, i);
  }
}
