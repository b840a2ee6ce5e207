/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pooling layers against a direct implementation in double precision. */
#include "layer-check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  CnnPool2dDesc desc;
  CnnShape output;
  float scale[64], offset[64];
} PoolCase;

static CnnAxis
random_axis (int input)
{
  if (check_random_int (0, 5) == 0)
    return (CnnAxis){.rule = CNN_SIZE_ADAPTIVE,
        .kernel = 1,
        .stride = 1,
        .dilation = 1,
        .adaptive_output = check_random_int (1, input + 2)};
  CnnAxis axis = {.kernel = check_random_int (1, 4),
      .stride = check_random_int (1, 3),
      .dilation = check_random_int (0, 3) ? 1 : check_random_int (2, 4),
      .ceil_mode = check_random_int (0, 1)};
  if (check_random_int (0, 9) == 0)
    axis.kernel = check_random_int (5, 11);
  else if (check_random_int (0, 3) == 0) /* large enough for running windows */
    axis.kernel = check_random_int (7, 40);
  if (check_random_int (0, 6) == 0) {
    axis.rule = CNN_SIZE_SAME;
    return axis;
  }
  const int effective = (int)cnn_axis_effective_kernel (&axis);
  axis.padding_before = check_random_int (0, 1) ? 0 : check_random_int (0, effective - 1);
  axis.padding_after = check_random_int (0, 1) ? 0 : check_random_int (0, effective - 1);
  return axis;
}

/* The places of a window along one axis: [first, first + step * count), and how many of them lie
 * within the padded input. */
typedef struct {
  int first, step, count;
} Places;

static Places
places (const CnnAxis *axis, int input, int output)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE) {
    const double ratio = (double)input / axis->adaptive_output;
    const int start = (int)floor (output * ratio + 1e-9);
    const int end = (int)ceil ((output + 1) * ratio - 1e-9);
    return (Places){start, 1, end - start};
  }
  return (Places){output * axis->stride - axis->padding_before, axis->dilation, axis->kernel};
}

static double
expected_value (const PoolCase *c, const CnnImage *in, int n, int oy, int ox, int channel)
{
  const CnnPool2dDesc *desc = &c->desc;
  const CnnAxis rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  const CnnAxis columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  const Places py = places (&rows, desc->input.h, oy), px = places (&columns, desc->input.w, ox);
  double best = -INFINITY, sum = 0;
  int inside = 0, padded = 0;
  for (int ky = 0; ky < py.count; ky++)
    for (int kx = 0; kx < px.count; kx++) {
      const int y = py.first + ky * py.step, x = px.first + kx * px.step;
      padded += y < desc->input.h + rows.padding_after && x < desc->input.w + columns.padding_after;
      if (y < 0 || x < 0 || y >= desc->input.h || x >= desc->input.w)
        continue;
      inside++;
      double v = layer_image_sample (in, n, y, x, channel);
      if (in->type != CNN_SAMPLE_FLOAT32)
        v = v * c->scale[channel] + c->offset[channel];
      if (v > best || isnan (v))
        best = v;
      sum += v;
    }
  if (desc->mode == CNN_POOL_MAX)
    return best;
  const int divisor = desc->divisor_override    ? desc->divisor_override
                      : desc->count_include_pad ? padded
                                                : inside;
  return inside == 0 ? 0 : sum / divisor;
}

static CnnShape
random_shape (void)
{
  static const int channels[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 48, 64};
  CnnShape shape = {check_random_int (0, 5) ? 1 : 2, check_random_int (1, 13),
      check_random_int (1, 20), channels[check_random_int (0, 13)]};
  if (check_random_int (0, 3) == 0)
    shape.w = check_random_int (30, 75);
  return shape;
}

static void
random_pool (PoolCase *c)
{
  *c = (PoolCase){.desc = {.input = random_shape ()}};
  CnnPool2dDesc *desc = &c->desc;
  desc->mode = (CnnPoolMode)check_random_int (0, 1);
  desc->count_include_pad = check_random_int (0, 1);
  desc->divisor_override = check_random_int (0, 4) ? 0 : check_random_int (1, 20);
  desc->input_format =
      (CnnFormat){(CnnSampleType)(check_random_int (0, 1) ? 0 : check_random_int (1, 2)),
          (CnnLayout)check_random_int (0, 1)};
  desc->output_format = (CnnFormat){check_random_int (0, 3) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
      (CnnLayout)check_random_int (0, 1)};
  do {
    desc->window.rows = random_axis (desc->input.h);
    desc->window.columns = random_axis (desc->input.w);
  } while (!cnn_window_output (&desc->window, desc->input, &c->output, NULL));
  const float unit = desc->input_format.type == CNN_SAMPLE_UINT16_LE ? 65535 : 255;
  for (int i = 0; i < 64; i++) {
    c->scale[i] = (1 + check_random_float () / 2) / unit;
    c->offset[i] = check_random_float () / 4;
  }
}

static void
compare_outputs (const PoolCase *c, const CnnImage *in, const CnnImage *out)
{
  for (int n = 0; n < c->output.n; n++)
    for (int y = 0; y < c->output.h; y++)
      for (int x = 0; x < c->output.w; x++)
        for (int k = 0; k < c->output.c; k++) {
          double expected = expected_value (c, in, n, y, x, k);
          double tolerance = 2e-6 * (1 + fabs (expected));
          if (out->type == CNN_SAMPLE_UINT8) {
            expected = fmin (fmax (255 * expected, 0), 255);
            tolerance = 0.501;
          }
          const double actual = layer_image_sample (out, n, y, x, k);
          const bool same = isnan (expected)   ? isnan (actual)
                            : isinf (expected) ? actual == expected
                                               : fabs (actual - expected) <= tolerance;
          if (!same) {
            check_fail (
                "output (%d,%d,%d,%d) is %.9g, expected %.9g", n, y, x, k, actual, expected);
            return;
          }
        }
}

static void
check_pool (PoolCase *c, int isa)
{
  CnnPool2dDesc *desc = &c->desc;
  char text[160];
  layer_describe (text, sizeof text, desc->input, &desc->window);
  check_context ("%s %s %s in %d/%d out %d/%d pad %d div %d", cnn_isa_name (check_isa (isa)),
      desc->mode == CNN_POOL_MAX ? "max" : "average", text, desc->input_format.type,
      desc->input_format.layout, desc->output_format.type, desc->output_format.layout,
      desc->count_include_pad, desc->divisor_override);
  desc->normalization = (CnnNormalization){c->scale, c->offset};
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  CnnError error;
  CnnLayer *layer = cnn_pool2d_new (&context, desc, &error);
  CHECK (layer, "refused: %s", error.message);
  const CheckGuard guard = (CheckGuard)check_random_int (0, 1);
  LayerImage in = layer_image (desc->input_format.type, desc->input_format.layout,
      (LayerImageKind)check_random_int (0, 3), desc->input, guard);
  LayerImage out = layer_image (desc->output_format.type, desc->output_format.layout,
      (LayerImageKind)check_random_int (0, 3), c->output, guard);
  layer_image_fill (
      &in, desc->mode == CNN_POOL_MAX && desc->output_format.type != CNN_SAMPLE_UINT8);
  layer_run_threads (layer, &in, &out);
  compare_outputs (c, &in.image, &out.image);
  layer_image_free (&in);
  layer_image_free (&out);
  cnn_layer_free (layer);
}

static void
run_random (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 300 && check_ok (); round++) {
      PoolCase c;
      random_pool (&c);
      check_pool (&c, isa);
    }
}

const CheckTest check_layer_pool = {"layer-pool", "layers", run_random};

/* ---- Large windows ----------------------------------------------------------------------------- */

/* Windows of one picture, long one way or the other: what they share is summed up in several chunks. */
typedef struct {
  CnnShape input;
  int rows, columns, stride;
} LargeWindow;

static const LargeWindow large_windows[] = {
    {{1, 1040, 9, 3}, 1000, 3, 1},
    {{1, 1040, 9, 16}, 1000, 3, 7},
    {{1, 9, 1040, 1}, 3, 1000, 1},
    {{1, 9, 1040, 16}, 3, 1000, 1},
    {{1, 9, 1040, 37}, 2, 1000, 7},
    {{1, 300, 290, 2}, 129, 128, 2},
    {{1, 300, 290, 16}, 65, 191, 3},
};

static double
flat (int y, int x, int channel)
{
  (void)y;
  (void)x;
  return 0.1 * (channel + 1);
}

/* Every window has another average and another maximum. */
static double
waves (int y, int x, int channel)
{
  return 1 + sin (0.37 * y + 0.001 * y * y) * cos (0.53 * x + channel);
}

static void
set_sample (const CnnImage *image, int y, int x, int channel, float value)
{
  memcpy (cnn_image_row (image, 0, y, channel) + x * image->pixel_stride, &value, sizeof value);
}

static void
check_large (const LargeWindow *window, double (*picture) (int, int, int), int isa)
{
  const int before = check_random_int (0, window->rows - 1);
  PoolCase c = {.desc = {.input = window->input,
                    .mode = (CnnPoolMode)check_random_int (0, 1),
                    .window = {{.kernel = window->rows, .padding_before = before},
                        {.kernel = window->columns, .padding_after = window->columns / 3}},
                    .count_include_pad = check_random_int (0, 1)}};
  CnnPool2dDesc *desc = &c.desc;
  desc->window.rows.stride = desc->window.columns.stride = window->stride;
  desc->window.rows.dilation = desc->window.columns.dilation = 1;
  const CnnLayout layout = (CnnLayout)check_random_int (0, 1);
  desc->input_format = desc->output_format = (CnnFormat){CNN_SAMPLE_FLOAT32, layout};
  const CnnShape shape = desc->input;
  check_context ("%s %s layout %d, %dx%dx%d, window %dx%d, stride %d, padding %d",
      cnn_isa_name (check_isa (isa)), desc->mode == CNN_POOL_MAX ? "max" : "average", layout,
      shape.h, shape.w, shape.c, window->rows, window->columns, window->stride, before);
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  CnnError error;
  CnnLayer *layer = cnn_pool2d_new (&context, desc, &error);
  CHECK (layer, "refused: %s", error.message);
  c.output = cnn_layer_output_shape (layer);
  LayerImage in =
      layer_image (CNN_SAMPLE_FLOAT32, layout, LAYER_IMAGE_DENSE, shape, CHECK_GUARD_BEHIND);
  LayerImage out =
      layer_image (CNN_SAMPLE_FLOAT32, layout, LAYER_IMAGE_DENSE, c.output, CHECK_GUARD_BEHIND);
  for (int y = 0; y < shape.h; y++)
    for (int x = 0; x < shape.w; x++)
      for (int k = 0; k < shape.c; k++)
        set_sample (&in.image, y, x, k, (float)picture (y, x, k));
  layer_run_threads (layer, &in, &out);
  for (int i = 0; i < 100 && check_ok (); i++) {
    const int y = check_random_int (0, c.output.h - 1), x = check_random_int (0, c.output.w - 1);
    const int k = check_random_int (0, c.output.c - 1);
    const double expected = expected_value (&c, &in.image, 0, y, x, k);
    const double actual = layer_image_sample (&out.image, 0, y, x, k);
    CHECK (fabs (actual - expected) <= 3e-6 * fabs (expected),
        "output (%d,%d,%d) is %.9g, expected %.9g", y, x, k, actual, expected);
  }
  layer_image_free (&in);
  layer_image_free (&out);
  cnn_layer_free (layer);
}

static void
run_large (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (size_t i = 0; i < sizeof large_windows / sizeof *large_windows && check_ok (); i++) {
      check_large (&large_windows[i], flat, isa);
      check_large (&large_windows[i], waves, isa);
    }
}

const CheckTest check_layer_pool_large = {"layer-pool-large", "layers", run_large};

/* ---- by value ------------------------------------------------------------------------------ */

typedef struct {
  const char *name;
  CnnPoolMode mode;
  CnnAxis axis;
  bool count_include_pad;
  int out;
  float values[9];
} ValueRow;

/* On 0 1 2; 3 4 5; 6 7 8. */
static const ValueRow value_rows[] = {
    {"max 2x2", CNN_POOL_MAX, {.kernel = 2, .stride = 1, .dilation = 1}, true, 2, {4, 5, 7, 8}},
    {"average 2x2", CNN_POOL_AVERAGE, {.kernel = 2, .stride = 1, .dilation = 1}, true, 2,
        {2, 3, 5, 6}},
    {"average 2x2, padded", CNN_POOL_AVERAGE,
        {.kernel = 2, .stride = 2, .dilation = 1, .padding_before = 1}, true, 2,
        {0, .75f, 2.25f, 6}},
    {"average 2x2, padding not counted", CNN_POOL_AVERAGE,
        {.kernel = 2, .stride = 2, .dilation = 1, .padding_before = 1}, false, 2,
        {0, 1.5f, 4.5f, 6}},
    {"max 2x2 ceil", CNN_POOL_MAX, {.kernel = 2, .stride = 2, .dilation = 1, .ceil_mode = true},
        true, 2, {4, 5, 7, 8}},
    {"average 2x2 ceil", CNN_POOL_AVERAGE,
        {.kernel = 2, .stride = 2, .dilation = 1, .ceil_mode = true}, true, 2, {2, 3.5f, 6.5f, 8}},
    {"max, every place in the padding", CNN_POOL_MAX,
        {.kernel = 2, .stride = 1, .dilation = 4, .padding_before = 1, .padding_after = 1}, true, 1,
        {-INFINITY}},
    {"average, every place in the padding", CNN_POOL_AVERAGE,
        {.kernel = 2, .stride = 1, .dilation = 4, .padding_before = 1, .padding_after = 1}, false,
        1, {0}},
    {"adaptive 2", CNN_POOL_AVERAGE, {.rule = CNN_SIZE_ADAPTIVE, .adaptive_output = 2}, true, 2,
        {2, 3, 5, 6}},
    {"global", CNN_POOL_AVERAGE, {.rule = CNN_SIZE_ADAPTIVE, .adaptive_output = 1}, true, 1, {4}},
};

static void
check_value_row (const ValueRow *row, int isa)
{
  float in[9], out[9] = {0};
  for (int i = 0; i < 9; i++)
    in[i] = (float)i;
  const CnnShape shape = {1, 3, 3, 1};
  const CnnPool2dDesc desc = {.input = shape,
      .mode = row->mode,
      .window = {row->axis, row->axis},
      .count_include_pad = row->count_include_pad};
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (1)};
  check_context ("%s, %s", row->name, cnn_isa_name (check_isa (isa)));
  CnnError error;
  CnnLayer *layer = cnn_pool2d_new (&context, &desc, &error);
  CHECK (layer, "refused: %s", error.message);
  const CnnShape output = cnn_layer_output_shape (layer);
  const CnnImage input_image =
      cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, shape);
  const CnnImage output_image =
      cnn_image_from_tensor (out, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, output);
  if (output.h == row->out && output.w == row->out)
    cnn_layer_run (layer, &input_image, &output_image, 1);
  cnn_layer_free (layer);
  CHECK (output.h == row->out && output.w == row->out, "gives %dx%d", output.h, output.w);
  check_floats (out, row->values, (size_t)(row->out * row->out), 1e-6, 0, "output");
}

static void
run_values (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (size_t i = 0; i < sizeof value_rows / sizeof *value_rows && check_ok (); i++)
      check_value_row (&value_rows[i], isa);
}

const CheckTest check_layer_pool_values = {"layer-pool-values", "layers", run_values};

static void
run_refusals (void)
{
  static const CnnAxis axes[] = {
      {.kernel = 2, .stride = 0, .dilation = 1},
      {.kernel = 0, .stride = 1, .dilation = 1},
      {.kernel = 2, .stride = 1, .dilation = 0},
      {.kernel = 2, .stride = 1, .dilation = 1, .padding_before = 2},
      {.kernel = 2, .stride = 1, .dilation = 1, .padding_after = -1},
      {.kernel = 4, .stride = 1, .dilation = 1},
      {.kernel = 2, .stride = 1, .dilation = CNN_MAX_EXTENT},
      {.kernel = 2, .stride = 1, .dilation = 1, .padding_mode = CNN_PADDING_REFLECT},
      {.rule = CNN_SIZE_ADAPTIVE, .adaptive_output = 0},
  };
  const CnnContext context = {.dispatch = check_kernels (0), .workers = layer_workers (1)};
  for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
    CnnPool2dDesc desc = {.input = {1, 3, 3, 1}, .window = {axes[i], axes[i]}};
    CnnError error = {""};
    check_context ("window %zu", i);
    CHECK (!cnn_pool2d_new (&context, &desc, &error), "was accepted");
    CHECK (error.message[0], "is refused without a word");
    CHECK (!cnn_pool2d_new (&context, &desc, NULL), "was accepted");
  }
}

const CheckTest check_layer_pool_refusals = {"layer-pool-refusals", "layers", run_refusals};
