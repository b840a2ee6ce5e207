/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shape arithmetic against counting windows one by one. */
#include "check.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static CnnAxis
random_axis (void)
{
  static const CnnSizeRule rules[] = {CNN_SIZE_SAME, CNN_SIZE_SAME_LOWER, CNN_SIZE_EXPLICIT,
      CNN_SIZE_EXPLICIT, CNN_SIZE_EXPLICIT, CNN_SIZE_EXPLICIT};
  CnnAxis axis = {
      .rule = rules[check_random_int (0, 5)],
      .padding_mode = (CnnPaddingMode)check_random_int (0, 4),
      .kernel = check_random_int (1, 7),
      .stride = check_random_int (1, 5),
      .dilation = check_random_int (1, 4),
      .ceil_mode = check_random_int (0, 1),
  };
  if (check_random_int (0, 7) == 0)
    axis.rule = CNN_SIZE_ADAPTIVE, axis.adaptive_output = check_random_int (1, 9);
  else if (check_random_int (0, 7) == 0)
    axis.rule = CNN_SIZE_ENLARGED, axis.factor = check_random_int (1, 5);
  if (axis.rule == CNN_SIZE_EXPLICIT) {
    axis.padding_before = check_random_int (0, 6);
    axis.padding_after = check_random_int (0, 6);
  }
  return axis;
}

static void
describe (const CnnAxis *axis)
{
  check_context (
      "rule %d mode %d kernel %d stride %d dilation %d padding %d,%d ceil %d out %d factor %d",
      axis->rule, axis->padding_mode, axis->kernel, axis->stride, axis->dilation,
      axis->padding_before, axis->padding_after, axis->ceil_mode, axis->adaptive_output,
      axis->factor);
}

static bool
mode_can_fill (CnnPaddingMode mode, int padding, int input)
{
  if (mode == CNN_PADDING_REFLECT)
    return padding < input;
  if (mode == CNN_PADDING_CIRCULAR || mode == CNN_PADDING_SYMMETRIC)
    return padding <= input;
  return true;
}

/* Slides the window and counts. */
static int
count_windows (const CnnAxis *axis, int input)
{
  const int effective = axis->dilation * (axis->kernel - 1) + 1;
  if (axis->rule == CNN_SIZE_ADAPTIVE)
    return axis->adaptive_output;
  if (axis->rule == CNN_SIZE_ENLARGED)
    return input * axis->factor;
  int before = axis->padding_before, after = axis->padding_after;
  if (axis->rule == CNN_SIZE_SAME || axis->rule == CNN_SIZE_SAME_LOWER) {
    int windows = 0;
    while (windows * axis->stride < input)
      windows++;
    int total = (windows - 1) * axis->stride + effective - input;
    total = total < 0 ? 0 : total;
    before = axis->rule == CNN_SIZE_SAME ? total / 2 : total - total / 2, after = total - before;
  }
  if (!mode_can_fill (axis->padding_mode, before, input) ||
      !mode_can_fill (axis->padding_mode, after, input))
    return 0;
  int count = 0, end = 0;
  for (int start = -before; start + effective <= input + after; start += axis->stride) {
    count++;
    end = start + effective;
  }
  if (count > 0 && axis->ceil_mode && axis->rule == CNN_SIZE_EXPLICIT) {
    /* As torch: one more for what is left over, but not a last one that starts behind the input. */
    count += end < input + after;
    count -= (count - 1) * axis->stride - before >= input;
  }
  return count;
}

static void
check_forward (void)
{
  for (int round = 0; round < 4000; round++) {
    const CnnAxis axis = random_axis ();
    describe (&axis);
    for (int input = 1; input <= 40; input++) {
      const int expected = count_windows (&axis, input), actual = cnn_axis_output (&axis, input);
      CHECK (actual == expected, "input %d gives %d, expected %d", input, actual, expected);
    }
  }
}

static void
check_inverse (void)
{
  enum { MOST = 300 };
  for (int round = 0; round < 4000; round++) {
    const CnnAxis axis = random_axis ();
    const int low = check_random_int (1, 12);
    const CnnRange output = {low, low + check_random_int (0, 3)};
    describe (&axis);
    int min = INT_MAX, max = 0;
    for (int input = 1; input <= MOST; input++) {
      const int windows = count_windows (&axis, input);
      if (windows >= output.min && windows <= output.max) {
        min = input < min ? input : min;
        max = input;
      }
    }
    const CnnRange range = cnn_axis_input_range (&axis, output);
    CHECK (cnn_range_is_empty (range) == (max == 0), "outputs %d to %d: inputs %d to %d",
        output.min, output.max, range.min, range.max);
    if (max == 0)
      continue;
    CHECK (range.min == min && (range.max == max || (max == MOST && range.max > MOST)),
        "outputs %d to %d need inputs %d to %d, not %d to %d", output.min, output.max, min, max,
        range.min, range.max);
    const CnnRange back = cnn_axis_output_range (&axis, (CnnRange){min, max});
    CHECK (back.min == count_windows (&axis, min) && back.max == count_windows (&axis, max),
        "inputs %d to %d lead to %d to %d", min, max, back.min, back.max);
  }
}

static void
run_axes (void)
{
  check_forward ();
  if (check_ok ())
    check_inverse ();
}

const CheckTest check_geometry_axes = {"geometry-axes", "geometry", run_axes};

/* ---- padding ------------------------------------------------------------------------------- */

static void
run_padding (void)
{
  static const struct {
    const char *name;
    CnnPaddingMode mode;
    int sources[9]; /* positions -3 .. 5 of an input of 3 */
    int reach;      /* how much padding the mode can fill */
  } rows[] = {
      {"zeros", CNN_PADDING_ZEROS, {-1, -1, -1, 0, 1, 2, -1, -1, -1}, 3},
      {"reflect", CNN_PADDING_REFLECT, {0, 2, 1, 0, 1, 2, 1, 0, 0}, 2},
      {"replicate", CNN_PADDING_REPLICATE, {0, 0, 0, 0, 1, 2, 2, 2, 2}, 3},
      {"circular", CNN_PADDING_CIRCULAR, {0, 1, 2, 0, 1, 2, 0, 1, 2}, 3},
      {"symmetric", CNN_PADDING_SYMMETRIC, {2, 1, 0, 0, 1, 2, 2, 1, 0}, 3},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int position = -rows[i].reach; position < 3 + rows[i].reach; position++) {
      check_context ("%s, position %d of 3", rows[i].name, position);
      const int source = cnn_padding_source (rows[i].mode, position, 3);
      CHECK (source == rows[i].sources[position + 3], "shows %d, expected %d", source,
          rows[i].sources[position + 3]);
    }
}

const CheckTest check_geometry_padding = {"geometry-padding", "geometry", run_padding};

/* ---- receptive fields ---------------------------------------------------------------------- */

static CnnWindow
square_window (int kernel, int stride, int padding)
{
  const CnnAxis axis = {.kernel = kernel,
      .stride = stride,
      .dilation = 1,
      .padding_before = padding,
      .padding_after = padding};
  return (CnnWindow){axis, axis};
}

typedef struct {
  const char *name;
  int n_layers;
  int layers[3][3]; /* kernel, stride, padding */
  double size, jump, offset;
} FieldRow;

static void
run_fields (void)
{
  static const FieldRow rows[] = {
      {"three 3x3", 3, {{3, 1, 1}, {3, 1, 1}, {3, 1, 1}}, 7, 1, 0},
      {"three 3x3 without padding", 3, {{3, 1, 0}, {3, 1, 0}, {3, 1, 0}}, 7, 1, 3},
      {"7x7 s2, pool 3x3 s2, 3x3", 3, {{7, 2, 3}, {3, 2, 1}, {3, 1, 1}}, 19, 4, 0},
      {"2x2 s2 twice", 2, {{2, 2, 0}, {2, 2, 0}}, 4, 4, 1.5},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const FieldRow *row = &rows[i];
    check_context ("%s", row->name);
    CnnReceptiveField field = cnn_receptive_field_identity ();
    CnnShape shape = {1, 224, 224, 3};
    for (int l = 0; l < row->n_layers; l++) {
      const CnnWindow window =
          square_window (row->layers[l][0], row->layers[l][1], row->layers[l][2]);
      field = cnn_receptive_field_extend (&field, &window, shape);
      CHECK (cnn_window_output (&window, shape, &shape, NULL), "layer %d has no output", l);
    }
    CHECK (field.rows.size == row->size && field.rows.jump == row->jump &&
               fabs (field.rows.offset - row->offset) < 1e-9,
        "sees %g, jumps %g, offset %g", field.rows.size, field.rows.jump, field.rows.offset);
    CHECK (memcmp (&field.rows, &field.columns, sizeof field.rows) == 0, "axes differ");
  }
}

const CheckTest check_geometry_fields = {"geometry-fields", "geometry", run_fields};

static void
check_axis_field (const CnnReceptiveAxis *axis, double size, double jump, double offset)
{
  CHECK (axis->size == size && axis->jump == jump && axis->offset == offset,
      "sees %g, jumps %g, offset %g", axis->size, axis->jump, axis->offset);
}

/* Enlarging, and branches joined. */
static void
run_field_shapes (void)
{
  const CnnShape shape = {1, 8, 8, 1};
  const CnnReceptiveField identity = cnn_receptive_field_identity ();
  CnnWindow window = cnn_window_unit ();
  window.rows.rule = CNN_SIZE_ENLARGED;
  window.rows.factor = window.rows.kernel = 2;
  window.columns = window.rows;
  const CnnReceptiveField enlarged = cnn_receptive_field_extend (&identity, &window, shape);
  check_context ("2 times, between two");
  check_axis_field (&enlarged.rows, 2, 0.5, -0.25);
  check_axis_field (&enlarged.columns, 2, 0.5, -0.25);

  window = square_window (3, 1, 1);
  const CnnReceptiveField padded = cnn_receptive_field_extend (&identity, &window, shape);
  window = square_window (5, 1, 0);
  const CnnReceptiveField shifted = cnn_receptive_field_extend (&identity, &window, shape);
  const CnnReceptiveField joined = cnn_receptive_field_union (&padded, &shifted);
  check_context ("[-1, 1] and [0, 4]");
  check_axis_field (&joined.rows, 6, 1, 1.5);
}

const CheckTest check_geometry_field_shapes = {
    "geometry-field-shapes", "geometry", run_field_shapes};

/* ---- refusals ------------------------------------------------------------------------------ */

static void
run_refusals (void)
{
  CnnError error;
  CnnShape out;
  CnnWindow window = square_window (7, 1, 0);
  check_context ("kernel 7x7 dilation 2 on 4x4");
  window.rows.dilation = window.columns.dilation = 2;
  CHECK (!cnn_window_output (&window, (CnnShape){1, 4, 4, 1}, &out, &error), "was accepted");
  CHECK (
      strcmp (error.message,
          "kernel 7x7 (effective 13x13 with dilation 2) is larger than the padded input 4x4") == 0,
      "says \"%s\"", error.message);
  size_t count;
  check_context ("shape 32767x32767x4096");
  CHECK (!cnn_shape_count ((CnnShape){1, 32767, 32767, 4096}, 4, &count, &error), "was accepted");
  CHECK (strstr (error.message, "32767x32767x4096"), "says \"%s\"", error.message);
  CHECK (!cnn_shape_count ((CnnShape){1, 0, 3, 1}, 4, &count, NULL), "an empty shape passed");
  CHECK (cnn_shape_count ((CnnShape){2, 3, 5, 7}, 4, &count, NULL) && count == 210, "counts %zu",
      count);
}

const CheckTest check_geometry_refusals = {"geometry-refusals", "geometry", run_refusals};
