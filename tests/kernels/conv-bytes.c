/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters on bytes against integer arithmetic: exact, ties to even, for pictures of every pixel
 * layout, with guard pages around both. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WEIGHTS 49

typedef struct {
  CnnConv2dDesc desc;
  CnnShape output;
  int divisor, integers[MAX_WEIGHTS], bias; /* of the sum of bytes times integers */
  float weights[4 * MAX_WEIGHTS], biases[4];
} Filter;

typedef struct {
  CnnImage image;
  unsigned char *block;
  size_t bytes;
} Picture;

/* Pixels as RGB, BGR, RGBx, xRGB, BGRx ... */
typedef struct {
  bool reversed;
  int padding_bytes, before; /* padding bytes, and how many of them come first */
} PixelLayout;

static Picture
new_picture (CnnShape shape, PixelLayout layout, CheckGuard guard)
{
  const int pixel = shape.c + layout.padding_bytes, slack = check_random_int (0, 1) * 5;
  Picture picture = {.bytes = (size_t)((pixel * shape.w + slack) * shape.h - slack)};
  picture.block = check_guarded (picture.bytes, guard);
  picture.image = (CnnImage){
      .type = CNN_SAMPLE_UINT8,
      .shape = shape,
      .data = picture.block + layout.before + (layout.reversed ? shape.c - 1 : 0),
      .row_stride = pixel * shape.w + slack,
      .pixel_stride = pixel,
      .channel_stride = layout.reversed ? -1 : 1,
      .padding_bytes = layout.padding_bytes,
  };
  const ptrdiff_t padding = layout.before ? 0 : shape.c;
  picture.image.padding_offset = picture.block + padding - picture.image.data;
  return picture;
}

static CnnAxis
random_axis (int input, bool may_stride)
{
  CnnAxis axis = {
      .kernel = check_random_int (1, 7),
      .stride = may_stride ? check_random_int (1, 3) : 1,
      .dilation = check_random_int (0, 3) ? 1 : 2,
      .padding_before = check_random_int (0, 4),
      .padding_after = check_random_int (0, 4),
      .padding_mode = (CnnPaddingMode)check_random_int (0, 4),
  };
  if (cnn_axis_output (&axis, input) == 0)
    axis.padding_mode = CNN_PADDING_ZEROS;
  return axis;
}

static void
random_filter (Filter *filter)
{
  static const int divisors[] = {1, 2, 3, 4, 5, 8, 9, 16, 25, 32, 49, 64};
  static const float scale[4] = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
  CnnConv2dDesc *desc = &filter->desc;
  *desc = (CnnConv2dDesc){
      .input = {1, check_random_int (1, 9), check_random_int (1, 150), check_random_int (1, 3)},
      .input_format = {CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC},
      .output_format = {CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC},
      .normalization = {scale, NULL},
      .weights = filter->weights,
      .bias = filter->biases,
  };
  do {
    desc->window =
        (CnnWindow){random_axis (desc->input.h, true), random_axis (desc->input.w, false)};
  } while (!cnn_window_output (&desc->window, desc->input, &filter->output, NULL));
  const int channels = desc->input.c, n = desc->window.rows.kernel * desc->window.columns.kernel;
  desc->groups = desc->out_channels = channels;
  filter->divisor = divisors[check_random_int (0, 11)];
  filter->bias = check_random_int (0, 1) * check_random_int (-100, 100) * filter->divisor;
  for (int t = 0; t < n; t++)
    filter->integers[t] = check_random_int (-90, 90) / n;
  filter->integers[n / 2] += 2;
  for (int t = 0; t < channels * n; t++)
    filter->weights[t] = (float)((double)filter->integers[t % n] / filter->divisor);
  for (int c = 0; c < channels; c++)
    filter->biases[c] = (float)(filter->bias / (255.0 * filter->divisor));
}

static int
expected_byte (const Filter *filter, const CnnImage *in, int y, int x, int c)
{
  const CnnAxis *rows = &filter->desc.window.rows, *columns = &filter->desc.window.columns;
  int sum = filter->bias;
  for (int ky = 0; ky < rows->kernel; ky++) {
    for (int kx = 0; kx < columns->kernel; kx++) {
      int sy = cnn_padding_source (rows->padding_mode,
          y * rows->stride + ky * rows->dilation - rows->padding_before, in->shape.h);
      int sx = cnn_padding_source (
          columns->padding_mode, x + kx * columns->dilation - columns->padding_before, in->shape.w);
      if (sy >= 0 && sx >= 0)
        sum += filter->integers[ky * columns->kernel + kx] *
               cnn_image_row (in, 0, sy, c)[sx * in->pixel_stride];
    }
  }
  return (int)fmin (fmax (rint ((double)sum / filter->divisor), 0), 255);
}

static void
compare (const Filter *filter, const CnnImage *in, const CnnImage *out)
{
  for (int y = 0; y < out->shape.h; y++) {
    for (int x = 0; x < out->shape.w; x++) {
      for (int c = 0; c < out->shape.c; c++) {
        const int value = cnn_image_row (out, 0, y, c)[x * out->pixel_stride];
        const int expected = expected_byte (filter, in, y, x, c);
        CHECK (value == expected, "[%d,%d,%d] is %d, not %d", y, x, c, value, expected);
      }
      for (int i = 0; i < out->padding_bytes; i++) {
        const unsigned char *pixel = cnn_image_row (out, 0, y, 0) + x * out->pixel_stride;
        CHECK (pixel[out->padding_offset + i] == 255, "padding of [%d,%d] is not 255", y, x);
      }
    }
  }
}

static void
run_filter (const Filter *filter, CnnWorkers *workers, PixelLayout in_layout,
    PixelLayout out_layout, CheckGuard guard)
{
  const CnnConv2dDesc *desc = &filter->desc;
  Picture in = new_picture (desc->input, in_layout, guard);
  Picture out = new_picture (filter->output, out_layout, guard);
  check_fill_bytes (in.block, in.bytes);
  for (int isa = 0; isa < check_isa_count () && check_ok (); isa++) {
    const CnnContext context = {.dispatch = check_kernels (isa), .workers = workers};
    CnnError error;
    check_context ("%s %dx%dx%d kernel %dx%d divisor %d pixel of %d bytes to %d",
        cnn_isa_name (check_isa (isa)), desc->input.h, desc->input.w, desc->input.c,
        desc->window.rows.kernel, desc->window.columns.kernel, filter->divisor,
        (int)in.image.pixel_stride, (int)out.image.pixel_stride);
    CnnLayer *layer = cnn_conv2d_new (&context, desc, &error);
    if (!layer)
      check_fail ("refused: %s", error.message);
    else if (strcmp (cnn_layer_info (layer).kernel_name, "conv-bytes") != 0)
      check_fail ("runs %s", cnn_layer_info (layer).kernel_name);
    for (int n_threads = 1; layer && n_threads <= 2 && check_ok (); n_threads++) {
      memset (out.block, 0, out.bytes);
      cnn_layer_run (layer, &in.image, &out.image, n_threads);
      compare (filter, &in.image, &out.image);
    }
    cnn_layer_free (layer);
  }
  check_guarded_free (in.block);
  check_guarded_free (out.block);
}

static PixelLayout
random_layout (int channels)
{
  PixelLayout layout = {channels > 1 && check_random_int (0, 1), 0, 0};
  if (channels == 3 && check_random_int (0, 1)) {
    layout.padding_bytes = 1;
    layout.before = check_random_int (0, 1);
  }
  return layout;
}

static void
run_bytes (void)
{
  CnnWorkers *workers = cnn_workers_new (2);
  for (int i = 0; i < 200 && check_ok (); i++) {
    Filter filter;
    random_filter (&filter);
    const int channels = filter.desc.input.c;
    const PixelLayout in = random_layout (channels);
    /* Mostly as in a video, where both pictures have the same pixels. */
    const PixelLayout out = check_random_int (0, 3) ? in : random_layout (channels);
    run_filter (&filter, workers, in, out, (CheckGuard)check_random_int (0, 1));
  }
  cnn_workers_free (workers);
}

const CheckTest check_conv_pictures = {"conv-bytes", "conv", run_bytes};
