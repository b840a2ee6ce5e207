/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/geometry.h"

#include "core/integers.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

CnnWindow
cnn_window_unit (void)
{
  const CnnAxis axis = {.kernel = 1, .stride = 1, .dilation = 1};
  return (CnnWindow){axis, axis};
}

int64_t
cnn_axis_effective_kernel (const CnnAxis *axis)
{
  return (int64_t)axis->dilation * (axis->kernel - 1) + 1;
}

static bool
keeps_size (const CnnAxis *axis)
{
  return axis->rule == CNN_SIZE_SAME || axis->rule == CNN_SIZE_SAME_LOWER;
}

CnnAxis
cnn_axis_resolve (const CnnAxis *axis, int input)
{
  CnnAxis resolved = *axis;
  if (keeps_size (axis)) {
    int64_t windows = div_up64 (input, axis->stride);
    int64_t span = (windows - 1) * axis->stride + cnn_axis_effective_kernel (axis);
    int64_t total = max64 (span - input, 0);
    int64_t before = axis->rule == CNN_SIZE_SAME ? total / 2 : total - total / 2;
    resolved.rule = CNN_SIZE_EXPLICIT;
    resolved.padding_before = (int)min64 (before, INT_MAX);
    resolved.padding_after = (int)min64 (total - before, INT_MAX);
  }
  return resolved;
}

/* The output size, before asking whether the padding mode can fill the padding: monotonic in
 * `input`. */
static int64_t
count_windows (const CnnAxis *axis, int64_t input)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE)
    return axis->adaptive_output;
  if (keeps_size (axis))
    return div_up64 (input, axis->stride);
  if (axis->rule == CNN_SIZE_ENLARGED)
    return input * axis->factor;

  int64_t padded = input + axis->padding_before + axis->padding_after;
  int64_t room = padded - cnn_axis_effective_kernel (axis);
  if (room < 0)
    return 0;
  if (!axis->ceil_mode)
    return room / axis->stride + 1;
  int64_t windows = div_up64 (room, axis->stride) + 1;
  if ((windows - 1) * axis->stride >= input + axis->padding_before)
    windows--;
  return windows;
}

/* The most padding a mode can fill on one side from `input` samples. */
static int64_t
fillable_padding (CnnPaddingMode mode, int64_t input)
{
  switch (mode) {
  case CNN_PADDING_REFLECT:
    return input - 1;
  case CNN_PADDING_CIRCULAR:
  case CNN_PADDING_SYMMETRIC:
    return input;
  case CNN_PADDING_ZEROS:
  case CNN_PADDING_REPLICATE:
    break;
  }
  return INT64_MAX;
}

static bool
padding_is_fillable (const CnnAxis *axis, int input)
{
  CnnAxis resolved = cnn_axis_resolve (axis, input);
  int64_t most = fillable_padding (axis->padding_mode, input);
  return resolved.padding_before <= most && resolved.padding_after <= most;
}

int
cnn_axis_output (const CnnAxis *axis, int input)
{
  if (input < 1 || !padding_is_fillable (axis, input))
    return 0;
  int64_t windows = count_windows (axis, input);
  return windows > INT_MAX ? 0 : (int)windows;
}

bool
cnn_range_is_empty (CnnRange range)
{
  return range.min > range.max;
}

CnnRange
cnn_range_intersect (CnnRange a, CnnRange b)
{
  return (CnnRange){a.min > b.min ? a.min : b.min, a.max < b.max ? a.max : b.max};
}

/* The smallest input in [1, INT_MAX] with at least `windows` windows, or INT_MAX + 1. */
static int64_t
smallest_input (const CnnAxis *axis, int64_t windows)
{
  int64_t low = 1, high = (int64_t)INT_MAX + 1;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (count_windows (axis, middle) >= windows)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

CnnRange
cnn_axis_input_range (const CnnAxis *axis, CnnRange output)
{
  const CnnRange empty = {1, 0};
  if (output.max < 1 || cnn_range_is_empty (output))
    return empty;
  int64_t min = smallest_input (axis, max64 (output.min, 1));
  int64_t max = smallest_input (axis, (int64_t)output.max + 1) - 1;
  /* The padding modes that mirror need a few samples: at most as many as there is padding. */
  while (min <= max && min <= 2 * (int64_t)CNN_MAX_EXTENT && cnn_axis_output (axis, (int)min) == 0)
    min++;
  if (min > max)
    return empty;
  return (CnnRange){(int)min, (int)max};
}

CnnRange
cnn_axis_output_range (const CnnAxis *axis, CnnRange input)
{
  CnnRange possible = cnn_axis_input_range (axis, (CnnRange){1, INT_MAX});
  input = cnn_range_intersect (input, possible);
  if (cnn_range_is_empty (input))
    return (CnnRange){1, 0};
  return (CnnRange){(int)count_windows (axis, input.min), (int)count_windows (axis, input.max)};
}

/* "kernel 7x7 (effective 13x13 with dilation 2)" */
static void
describe_kernel (const CnnWindow *window, char *text, size_t size)
{
  const CnnAxis *rows = &window->rows, *columns = &window->columns;
  int length = snprintf (text, size, "kernel %dx%d", rows->kernel, columns->kernel);
  if (rows->dilation > 1 || columns->dilation > 1)
    snprintf (text + length, size - (size_t)length,
        rows->dilation == columns->dilation ? " (effective %lldx%lld with dilation %d)"
                                            : " (effective %lldx%lld with dilation %dx%d)",
        (long long)cnn_axis_effective_kernel (rows), (long long)cnn_axis_effective_kernel (columns),
        rows->dilation, columns->dilation);
}

static bool
refuse_padding (const CnnAxis *axis, int input, const char *what, CnnError *error)
{
  static const char *const names[] = {"zeros", "reflect", "replicate", "circular", "symmetric"};
  CnnAxis resolved = cnn_axis_resolve (axis, input);
  int padding = resolved.padding_before > resolved.padding_after ? resolved.padding_before
                                                                 : resolved.padding_after;
  return cnn_error_set (error,
      "padding-mode=%s cannot fill a padding of %d %s from an input of %d: at most %lld",
      names[axis->padding_mode], padding, what, input,
      (long long)fillable_padding (axis->padding_mode, input));
}

bool
cnn_window_output (const CnnWindow *window, CnnShape input, CnnShape *output, CnnError *error)
{
  const CnnAxis *rows = &window->rows, *columns = &window->columns;
  *output = (CnnShape){
      input.n, cnn_axis_output (rows, input.h), cnn_axis_output (columns, input.w), input.c};
  if (output->h > 0 && output->w > 0)
    return true;
  if (!padding_is_fillable (rows, input.h))
    return refuse_padding (rows, input.h, "rows", error);
  if (!padding_is_fillable (columns, input.w))
    return refuse_padding (columns, input.w, "columns", error);
  if (rows->rule == CNN_SIZE_ENLARGED)
    return cnn_error_set (error, "%d rows and %d columns enlarged by %d are too many", input.h,
        input.w, rows->factor);
  char kernel[120];
  describe_kernel (window, kernel, sizeof kernel);
  return cnn_error_set (error, "%s is larger than the padded input %lldx%lld", kernel,
      (long long)input.h + rows->padding_before + rows->padding_after,
      (long long)input.w + columns->padding_before + columns->padding_after);
}

bool
cnn_shape_count (CnnShape shape, size_t sample_bytes, size_t *count, CnnError *error)
{
  const int dims[] = {shape.n, shape.h, shape.w, shape.c};
  size_t most = CNN_MAX_FRAME_BYTES / sample_bytes, product = 1;
  for (int i = 0; i < 4; i++) {
    if (dims[i] < 1)
      return cnn_error_set (error, "the shape %dx%dx%dx%d (N,H,W,C) has a dimension below 1",
          shape.n, shape.h, shape.w, shape.c);
    if ((size_t)dims[i] > most / product)
      return cnn_error_set (error,
          "the shape %dx%dx%dx%d (N,H,W,C) is larger than the %zu MiB a frame may have", shape.n,
          shape.h, shape.w, shape.c, CNN_MAX_FRAME_BYTES >> 20);
    product *= (size_t)dims[i];
  }
  *count = product;
  return true;
}

int
cnn_padding_source (CnnPaddingMode mode, int position, int input)
{
  if (position >= 0 && position < input)
    return position;
  switch (mode) {
  case CNN_PADDING_ZEROS:
    break;
  case CNN_PADDING_REFLECT:
    return position < 0 ? -position : 2 * (input - 1) - position;
  case CNN_PADDING_REPLICATE:
    return position < 0 ? 0 : input - 1;
  case CNN_PADDING_CIRCULAR:
    return position < 0 ? position + input : position - input;
  case CNN_PADDING_SYMMETRIC:
    return position < 0 ? -position - 1 : 2 * input - 1 - position;
  }
  return -1;
}

CnnReceptiveField
cnn_receptive_field_identity (void)
{
  const CnnReceptiveAxis axis = {1, 1, 0};
  return (CnnReceptiveField){axis, axis};
}

static CnnReceptiveAxis
extend_axis (CnnReceptiveAxis field, const CnnAxis *window, int input)
{
  if (window->rule == CNN_SIZE_ADAPTIVE) {
    double span = (double)div_up64 (input, window->adaptive_output) - 1;
    field.size += span * field.jump;
    field.offset += span / 2 * field.jump;
    field.jump *= (double)input / window->adaptive_output;
    return field;
  }
  if (window->rule == CNN_SIZE_ENLARGED) {
    field.size += (window->kernel - 1) * field.jump;
    field.offset -= (window->factor - 1) / (2.0 * window->factor) * field.jump;
    field.jump /= window->factor;
    return field;
  }
  CnnAxis axis = cnn_axis_resolve (window, input);
  double span = (double)cnn_axis_effective_kernel (&axis) - 1;
  field.size += span * field.jump;
  field.offset += (span / 2 - axis.padding_before) * field.jump;
  field.jump *= axis.stride;
  return field;
}

CnnReceptiveField
cnn_receptive_field_extend (const CnnReceptiveField *field, const CnnWindow *window, CnnShape input)
{
  return (CnnReceptiveField){extend_axis (field->rows, &window->rows, input.h),
      extend_axis (field->columns, &window->columns, input.w)};
}

static CnnReceptiveAxis
join_axes (CnnReceptiveAxis a, CnnReceptiveAxis b)
{
  double first = fmin (a.offset - (a.size - 1) / 2, b.offset - (b.size - 1) / 2);
  double last = fmax (a.offset + (a.size - 1) / 2, b.offset + (b.size - 1) / 2);
  return (CnnReceptiveAxis){
      .size = last - first + 1, .jump = fmax (a.jump, b.jump), .offset = (first + last) / 2};
}

CnnReceptiveField
cnn_receptive_field_union (const CnnReceptiveField *a, const CnnReceptiveField *b)
{
  return (CnnReceptiveField){join_axes (a->rows, b->rows), join_axes (a->columns, b->columns)};
}
