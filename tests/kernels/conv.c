/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution layers against the definition, in double precision: random geometry, every algorithm
 * on every instruction set, every sample type and layout, guard pages around both images. */
#include "check.h"

#include "conv2d/conv2d-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHANNELS 200

typedef struct {
  CnnConv2dDesc desc;
  CnnSampleType output_type;
  CnnShape output;
  float scale[MAX_CHANNELS], offset[MAX_CHANNELS];
  float *weights, *bias, *alpha;
  double *expected, *magnitude; /* n, h, w, c; sum of |w x| below each value */
} Case;

/* A frame that lies in guarded memory. */
typedef struct {
  CnnImage image;
  void *block;
  size_t bytes;
} Frame;

/* ---- Frames ---------------------------------------------------------------------------------- */

static Frame
new_frame (CnnSampleType type, CnnLayout layout, CnnShape shape, CheckGuard guard)
{
  Frame frame = {.image = cnn_image_from_tensor (NULL, type, layout, shape)};
  CnnImage *image = &frame.image;
  /* Some rows are wider than their samples. */
  const ptrdiff_t slack = check_random_int (0, 3) == 0 ? (ptrdiff_t)cnn_sample_bytes (type) * 5 : 0;
  image->row_stride += slack;
  if (layout == CNN_LAYOUT_NHWC) {
    image->batch_stride = image->row_stride * shape.h;
  } else {
    image->channel_stride = image->row_stride * shape.h;
    image->batch_stride = image->channel_stride * shape.c;
  }
  frame.bytes = (size_t)(image->batch_stride * shape.n - slack);
  frame.block = check_guarded (frame.bytes, guard);
  image->data = frame.block;
  return frame;
}

static void
fill_frame (const Frame *frame)
{
  if (frame->image.type == CNN_SAMPLE_FLOAT32)
    check_fill (frame->block, frame->bytes / sizeof (float));
  else
    check_fill_bytes (frame->block, frame->bytes);
}

static double
sample_at (const CnnImage *image, int n, int y, int x, int c)
{
  const unsigned char *p = cnn_image_row (image, n, y, c) + x * image->pixel_stride;
  float value;
  switch (image->type) {
  case CNN_SAMPLE_UINT8:
    return p[0];
  case CNN_SAMPLE_UINT16_LE:
    return p[0] + 256 * p[1];
  case CNN_SAMPLE_FLOAT32:
    break;
  }
  memcpy (&value, p, sizeof value);
  return (double)value;
}

/* ---- The definition -------------------------------------------------------------------------- */

static double
input_at (const Case *this, const CnnImage *in, int n, int y, int x, int c)
{
  double value = sample_at (in, n, y, x, c);
  if (in->type == CNN_SAMPLE_FLOAT32)
    return value;
  return value * (double)this->scale[c] + (double)this->offset[c];
}

static double
activate (const CnnConv2dDesc *desc, double x, int channel)
{
  const double alpha = !desc->alpha        ? 0.01
                       : desc->n_alpha > 1 ? (double)desc->alpha[channel]
                                           : (double)desc->alpha[0];
  switch (desc->activation) {
  case CNN_ACTIVATION_NONE:
    return x;
  case CNN_ACTIVATION_RELU:
  case CNN_ACTIVATION_CRELU:
    return fmax (x, 0);
  case CNN_ACTIVATION_RELU6:
    return fmin (fmax (x, 0), 6);
  case CNN_ACTIVATION_LEAKY_RELU:
  case CNN_ACTIVATION_PRELU:
    return x < 0 ? alpha * x : x;
  case CNN_ACTIVATION_ELU:
    return x < 0 ? alpha * expm1 (x) : x;
  case CNN_ACTIVATION_SIGMOID:
    return 1 / (1 + exp (-x));
  case CNN_ACTIVATION_TANH:
    return tanh (x);
  case CNN_ACTIVATION_SILU:
    return x / (1 + exp (-x));
  case CNN_ACTIVATION_HARD_SIGMOID:
    return fmin (fmax (x + 3, 0), 6) / 6;
  case CNN_ACTIVATION_HARD_SWISH:
    return x * fmin (fmax (x + 3, 0), 6) / 6;
  case CNN_ACTIVATION_GELU:
    return x / 2 * (1 + erf (x / sqrt (2)));
  case CNN_ACTIVATION_ABS:
    return fabs (x);
  }
  abort ();
}

/* One output before the activation, and the sum of its magnitudes. */
static double
convolve_at (const Case *this, const CnnImage *in, int n, int y, int x, int o, double *magnitude)
{
  const CnnConv2dDesc *desc = &this->desc;
  const CnnAxis rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  const CnnAxis columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  const int inputs = desc->input.c / desc->groups;
  const int group = o / (desc->out_channels / desc->groups);
  double sum = desc->bias ? (double)desc->bias[o] : 0;
  *magnitude = fabs (sum);
  const float *weight = desc->weights + (size_t)o * (size_t)(inputs * rows.kernel * columns.kernel);
  for (int i = 0; i < inputs; i++) {
    for (int ky = 0; ky < rows.kernel; ky++) {
      for (int kx = 0; kx < columns.kernel; kx++, weight++) {
        int sy = cnn_padding_source (rows.padding_mode,
            y * rows.stride + ky * rows.dilation - rows.padding_before, desc->input.h);
        int sx = cnn_padding_source (columns.padding_mode,
            x * columns.stride + kx * columns.dilation - columns.padding_before, desc->input.w);
        if (sy < 0 || sx < 0)
          continue;
        double product = (double)*weight * input_at (this, in, n, sy, sx, group * inputs + i);
        sum += product;
        *magnitude += fabs (product);
      }
    }
  }
  return sum;
}

static void
define_output (Case *this, const CnnImage *in)
{
  const CnnShape shape = this->output;
  const int computed = this->desc.out_channels;
  size_t i = 0;
  for (int n = 0; n < shape.n; n++) {
    for (int y = 0; y < shape.h; y++) {
      for (int x = 0; x < shape.w; x++) {
        for (int c = 0; c < shape.c; c++, i++) {
          double sum = convolve_at (this, in, n, y, x, c % computed, &this->magnitude[i]);
          this->expected[i] = activate (&this->desc, c < computed ? sum : -sum, c);
        }
      }
    }
  }
}

/* ---- Random descriptions --------------------------------------------------------------------- */

static CnnAxis
random_axis (int input)
{
  CnnAxis axis = {
      .rule = check_random_int (0, 4) == 0 ? CNN_SIZE_SAME : CNN_SIZE_EXPLICIT,
      .padding_mode = (CnnPaddingMode)check_random_int (0, 4),
      .kernel = check_random_int (0, 2) == 0 ? 3 : check_random_int (1, 7),
      .stride = check_random_int (0, 1) == 0 ? 1 : check_random_int (1, 4),
      .dilation = check_random_int (0, 2) == 0 ? check_random_int (1, 4) : 1,
  };
  if (axis.rule == CNN_SIZE_EXPLICIT && check_random_int (0, 2) != 0) {
    axis.padding_before = check_random_int (0, 4);
    axis.padding_after = check_random_int (0, 4);
  }
  if (check_random_int (0, 3) == 0) /* what Winograd wants */
    axis.kernel = 3, axis.stride = axis.dilation = 1;
  if (cnn_axis_output (&axis, input) == 0)
    axis.padding_mode = CNN_PADDING_ZEROS;
  return axis;
}

static void
random_channels (CnnConv2dDesc *desc)
{
  static const int counts[] = {1, 2, 3, 4, 7, 8, 16, 17, 31, 32, 33, 64};
  const int n_counts = sizeof counts / sizeof *counts;
  desc->groups = 1;
  desc->input.c = counts[check_random_int (0, n_counts - 1)];
  desc->out_channels = counts[check_random_int (0, n_counts - 1)];
  switch (check_random_int (0, 5)) {
  case 0: /* depthwise */
    desc->groups = desc->out_channels = desc->input.c;
    break;
  case 1:
    desc->groups = check_random_int (1, 3);
    desc->input.c *= desc->groups;
    desc->out_channels *= desc->groups;
    break;
  case 2:
    desc->out_channels = check_random_int (1, 160);
    desc->input.c = check_random_int (1, 6);
    break;
  }
}

static float *
random_floats (size_t count)
{
  float *values = cnn_alloc (count, sizeof (float));
  check_fill (values, count);
  return values;
}

static CnnFormat
random_format (bool input)
{
  CnnFormat format = {CNN_SAMPLE_FLOAT32, (CnnLayout)check_random_int (0, 1)};
  if (check_random_int (0, 2) == 0)
    format.type = input && check_random_int (0, 2) == 0 ? CNN_SAMPLE_UINT16_LE : CNN_SAMPLE_UINT8;
  return format;
}

static void
random_weights (Case *this)
{
  CnnConv2dDesc *desc = &this->desc;
  const size_t per_output = (size_t)(desc->input.c / desc->groups) *
                            (size_t)desc->window.rows.kernel * (size_t)desc->window.columns.kernel;
  const size_t outputs = (size_t)desc->out_channels;
  this->weights = random_floats (outputs * per_output);
  this->bias = check_random_int (0, 2) ? random_floats (outputs) : NULL;
  if (desc->groups == desc->out_channels && check_random_int (0, 1)) { /* one filter for all */
    for (size_t i = per_output; i < outputs * per_output; i++)
      this->weights[i] = this->weights[i % per_output];
    for (size_t o = 1; this->bias && o < outputs; o++)
      this->bias[o] = this->bias[0];
  }
  desc->activation = check_random_int (0, 1)
                         ? CNN_ACTIVATION_NONE
                         : (CnnActivation)check_random_int (0, CNN_ACTIVATION_ABS);
  desc->n_alpha = desc->activation == CNN_ACTIVATION_PRELU ? desc->out_channels : 1;
  this->alpha = check_random_int (0, 3) ? random_floats ((size_t)desc->n_alpha) : NULL;
  desc->weights = this->weights;
  desc->bias = this->bias;
  desc->alpha = this->alpha;
}

static void
random_case (Case *this)
{
  CnnConv2dDesc *desc = &this->desc;
  *this =
      (Case){.desc.input = {check_random_int (0, 5) == 0 ? 2 : 1, check_random_int (1, 12),
                 check_random_int (0, 1) ? check_random_int (1, 60) : check_random_int (1, 12), 1}};
  random_channels (desc);
  CnnShape output;
  do {
    desc->window = (CnnWindow){random_axis (desc->input.h), random_axis (desc->input.w)};
  } while (!cnn_window_output (&desc->window, desc->input, &output, NULL));
  random_weights (this);
  desc->input_format = random_format (true);
  desc->output_format = random_format (false);
  const float range = desc->input_format.type == CNN_SAMPLE_UINT16_LE ? 65535.0f : 255.0f;
  for (int c = 0; c < desc->input.c; c++) {
    this->scale[c] = (1.5f + check_random_float ()) / range;
    this->offset[c] = check_random_float ();
  }
  desc->normalization = (CnnNormalization){this->scale, this->offset};
  this->output = output;
  this->output.c = cnn_activation_channels (desc->activation, desc->out_channels);
  const size_t count =
      (size_t)output.n * (size_t)output.h * (size_t)output.w * (size_t)this->output.c;
  this->expected = cnn_alloc (count, sizeof (double));
  this->magnitude = cnn_alloc (count, sizeof (double));
}

static void
free_case (Case *this)
{
  cnn_free (this->weights);
  cnn_free (this->bias);
  cnn_free (this->alpha);
  cnn_free (this->expected);
  cnn_free (this->magnitude);
}

/* ---- Comparison ------------------------------------------------------------------------------ */

static void
compare_output (const Case *this, const CnnImage *out, double relative)
{
  const CnnShape shape = this->output;
  size_t i = 0;
  for (int n = 0; n < shape.n; n++) {
    for (int y = 0; y < shape.h; y++) {
      for (int x = 0; x < shape.w; x++) {
        for (int c = 0; c < shape.c; c++, i++) {
          double expected = this->expected[i], value = sample_at (out, n, y, x, c);
          double bound = 1.2 * relative * this->magnitude[i] + 2e-6;
          if (out->type == CNN_SAMPLE_UINT8) {
            expected = fmin (fmax (255 * expected, 0), 255);
            bound = 0.5 + 255 * bound;
          }
          CHECK (fabs (value - expected) <= bound, "[%d,%d,%d,%d] is %.9g, not %.9g within %.3g", n,
              y, x, c, value, expected, bound);
        }
      }
    }
  }
}

static void
describe_case (const Case *this, const char *algorithm, const char *isa)
{
  const CnnConv2dDesc *desc = &this->desc;
  const CnnAxis *rows = &desc->window.rows, *columns = &desc->window.columns;
  check_context ("%s %s %dx%dx%dx%d to %d groups %d kernel %dx%d stride %dx%d dilation %dx%d "
                 "padding %d,%d,%d,%d mode %d,%d rule %d,%d activation %d type %d%d to %d%d",
      algorithm, isa, desc->input.n, desc->input.h, desc->input.w, desc->input.c,
      desc->out_channels, desc->groups, rows->kernel, columns->kernel, rows->stride,
      columns->stride, rows->dilation, columns->dilation, rows->padding_before,
      columns->padding_before, rows->padding_after, columns->padding_after, rows->padding_mode,
      columns->padding_mode, rows->rule, columns->rule, desc->activation, desc->input_format.type,
      desc->input_format.layout, desc->output_format.type, desc->output_format.layout);
}

/* Runs the layer on one thread, compares with the definition, then with itself on more threads. */
static void
run_layer (const Case *this, CnnLayer *layer, const CnnImage *in, CheckGuard guard, double relative)
{
  const CnnFormat format = this->desc.output_format;
  Frame out = new_frame (format.type, format.layout, this->output, guard);
  cnn_layer_run (layer, in, &out.image, 1);
  compare_output (this, &out.image, relative);
  unsigned char *first = malloc (out.bytes);
  memcpy (first, out.block, out.bytes);
  for (int n_threads = 2; n_threads <= 3 && check_ok (); n_threads++) {
    cnn_layer_run (layer, in, &out.image, n_threads);
    if (memcmp (first, out.block, out.bytes) != 0)
      check_fail ("%d threads give another result than one", n_threads);
  }
  free (first);
  check_guarded_free (out.block);
}

static bool
is_winograd (const CnnConvAlgorithm *algorithm)
{
  return algorithm == &cnn_conv_winograd_2x2 || algorithm == &cnn_conv_winograd_4x4;
}

static void
run_case (const Case *this, CnnWorkers *workers, const CnnImage *in, CheckGuard guard)
{
  for (int isa = 0; isa < check_isa_count () && check_ok (); isa++) {
    const CnnContext context = {.dispatch = check_kernels (isa), .workers = workers};
    for (int a = 0; cnn_conv_algorithms[a] && check_ok (); a++) {
      CnnError error;
      describe_case (this, cnn_conv_algorithms[a]->name, cnn_isa_name (check_isa (isa)));
      CnnLayer *layer = cnn_conv2d_new_with (&context, &this->desc, cnn_conv_algorithms[a], &error);
      if (!layer && !strstr (error.message, "cannot run"))
        check_fail ("refused: %s", error.message);
      if (layer)
        run_layer (this, layer, in, guard, is_winograd (cnn_conv_algorithms[a]) ? 1e-4 : 1e-5);
      cnn_layer_free (layer);
    }
  }
}

static void
run_random (void)
{
  CnnWorkers *workers = cnn_workers_new (3);
  for (int i = 0; i < 200 && check_ok (); i++) {
    Case this;
    random_case (&this);
    const CheckGuard guard = (CheckGuard)check_random_int (0, 1);
    Frame in = new_frame (
        this.desc.input_format.type, this.desc.input_format.layout, this.desc.input, guard);
    fill_frame (&in);
    define_output (&this, &in.image);
    run_case (&this, workers, &in.image, guard);
    check_guarded_free (in.block);
    free_case (&this);
  }
  cnn_workers_free (workers);
}

const CheckTest check_conv_random = {"conv-random", "conv", run_random};

/* ---- What is refused ------------------------------------------------------------------------- */

static CnnConv2dDesc
plain_desc (const float *weights)
{
  return (CnnConv2dDesc){
      .input = {1, 4, 4, 2},
      .window = cnn_window_unit (),
      .out_channels = 4,
      .groups = 1,
      .weights = weights,
  };
}

static void
check_refused (CnnWorkers *workers, const CnnConv2dDesc *desc, const char *part)
{
  const CnnContext context = {.dispatch = check_kernels (0), .workers = workers};
  CnnError error = {""};
  CnnLayer *layer = cnn_conv2d_new (&context, desc, &error);
  check_context ("refusal naming \"%s\"", part);
  if (layer)
    check_fail ("was accepted");
  else if (!strstr (error.message, part))
    check_fail ("says \"%s\"", error.message);
  cnn_layer_free (layer);
}

static void
run_refusals (void)
{
  static const float weights[4 * 2 * 9];
  CnnWorkers *workers = cnn_workers_new (1);
  CnnConv2dDesc desc = plain_desc (weights);
  desc.window.rows.stride = 0;
  check_refused (workers, &desc, "stride 0 is not in [1, 65535]");
  desc = plain_desc (weights);
  desc.window.columns.kernel = 0;
  check_refused (workers, &desc, "kernel size 0");
  desc = plain_desc (weights);
  desc.window.columns.padding_after = -1;
  check_refused (workers, &desc, "padding -1");
  desc = plain_desc (weights);
  desc.groups = 3;
  check_refused (workers, &desc, "groups 3 does not divide the 2 input channels");
  desc = plain_desc (weights);
  desc.groups = 0;
  check_refused (workers, &desc, "groups 0");
  desc = plain_desc (weights);
  desc.out_channels = 0;
  check_refused (workers, &desc, "0 output channels");
  desc = plain_desc (weights);
  desc.window.rows.kernel = 7;
  check_refused (workers, &desc, "larger than the padded input");
  desc = plain_desc (NULL);
  check_refused (workers, &desc, "no weights");
  desc = plain_desc (weights);
  desc.input = (CnnShape){1, 32767, 32767, 4096};
  check_refused (workers, &desc, "larger than");
  desc = plain_desc (weights);
  desc.input = (CnnShape){1, 20000, 20000, 1};
  desc.out_channels = 4096;
  check_refused (workers, &desc, "larger than");
  desc = plain_desc (weights);
  desc.window.rows =
      (CnnAxis){.kernel = 2, .stride = 65535, .dilation = 65535, .padding_before = 65535};
  desc.window.columns = desc.window.rows;
  desc.window.columns.padding_after = 65535;
  check_refused (workers, &desc, "scratch");
  cnn_workers_free (workers);
}

const CheckTest check_conv_refusals = {"conv-refusals", "conv", run_refusals};
