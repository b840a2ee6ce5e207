/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolution layers by value: the worked examples of the theory. */
#include "layer-check.h"

#include <string.h>

typedef struct {
  const char *name;
  int size, channels; /* the input: size x size, planes one after the other below */
  float input[27];
  int kernel, outputs;
  float weights[36]; /* O,I,H,W */
  int padding[4];    /* top, left, bottom, right */
  int stride_rows, stride_columns;
  int rows, columns;
  float values[16]; /* planes */
} ConvRow;

#define NINE 0, 1, 2, 3, 4, 5, 6, 7, 8

static const ConvRow rows[] = {
    {"2x2", 3, 1, {NINE}, 2, 1, {0, 1, 2, 3}, {0}, 1, 1, 2, 2, {19, 25, 37, 43}},
    {"padding on each side", 3, 1, {NINE}, 2, 1, {0, 1, 2, 3}, {1, 1, 1, 1}, 1, 1, 4, 4,
        {0, 3, 8, 4, 9, 19, 25, 10, 21, 37, 43, 16, 6, 7, 8, 0}},
    {"stride 3 down and 2 across", 3, 1, {NINE}, 2, 1, {0, 1, 2, 3}, {1, 1, 1, 1}, 3, 2, 2, 2,
        {0, 8, 6, 8}},
    {"two input channels", 3, 2, {NINE, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 1, {0, 1, 2, 3, 1, 2, 3, 4},
        {0}, 1, 1, 2, 2, {56, 72, 104, 120}},
    {"one row above alone", 3, 1, {NINE}, 2, 1, {0, 1, 2, 3}, {1, 0, 0, 0}, 1, 1, 3, 2,
        {3, 8, 19, 25, 37, 43}},
    {"one column to the right alone", 3, 1, {NINE}, 2, 1, {0, 1, 2, 3}, {0, 0, 0, 1}, 1, 1, 2, 3,
        {19, 25, 10, 37, 43, 16}},
    {"a kernel as large as the input", 3, 1, {NINE}, 3, 2, {1, 1, 1, 1, 1, 1, 1, 1, 1, NINE}, {0},
        1, 1, 1, 1, {36, 204}},
};

static CnnLayer *
make_layer (const ConvRow *row, int isa, CnnError *error)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (1)};
  const CnnConv2dDesc desc = {
      .input = {1, row->size, row->size, row->channels},
      .input_format = {CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NCHW},
      .output_format = {CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NCHW},
      .window =
          {
              {.kernel = row->kernel,
                  .stride = row->stride_rows,
                  .dilation = 1,
                  .padding_before = row->padding[0],
                  .padding_after = row->padding[2]},
              {.kernel = row->kernel,
                  .stride = row->stride_columns,
                  .dilation = 1,
                  .padding_before = row->padding[1],
                  .padding_after = row->padding[3]},
          },
      .out_channels = row->outputs,
      .groups = 1,
      .weights = row->weights,
  };
  return cnn_conv2d_new (&context, &desc, error);
}

static void
check_row (const ConvRow *row, int isa)
{
  check_context ("%s, %s", row->name, cnn_isa_name (check_isa (isa)));
  CnnError error;
  CnnLayer *layer = make_layer (row, isa, &error);
  CHECK (layer, "refused: %s", error.message);
  const CnnShape shape = cnn_layer_input_shape (layer, 0), output = cnn_layer_output_shape (layer);
  float in[27], out[16] = {0};
  memcpy (in, row->input, sizeof in);
  const bool fits = output.h == row->rows && output.w == row->columns && output.c == row->outputs;
  if (fits) {
    const CnnImage from = cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NCHW, shape);
    const CnnImage to = cnn_image_from_tensor (out, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NCHW, output);
    cnn_layer_run (layer, &from, &to, 1);
  }
  cnn_layer_free (layer);
  CHECK (fits, "gives %dx%dx%d", output.h, output.w, output.c);
  check_floats (
      out, row->values, (size_t)(row->rows * row->columns * row->outputs), 1e-4, 0, "output");
}

static void
run_values (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (size_t i = 0; i < sizeof rows / sizeof *rows && check_ok (); i++)
      check_row (&rows[i], isa);
}

const CheckTest check_layer_conv_values = {"layer-conv-values", "layers", run_values};

/* A 1x1 convolution is a matrix product over the channels of each pixel. */
static void
run_matrix (void)
{
  enum { PIXELS = 35, INPUTS = 3, OUTPUTS = 2 };
  float in[PIXELS * INPUTS], weights[OUTPUTS * INPUTS], expected[PIXELS * OUTPUTS];
  check_fill (in, PIXELS * INPUTS);
  check_fill (weights, OUTPUTS * INPUTS);
  for (int p = 0; p < PIXELS; p++)
    for (int o = 0; o < OUTPUTS; o++) {
      double sum = 0;
      for (int i = 0; i < INPUTS; i++)
        sum += (double)weights[o * INPUTS + i] * in[p * INPUTS + i];
      expected[p * OUTPUTS + o] = (float)sum;
    }
  for (int isa = 0; isa < check_isa_count (); isa++) {
    const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (1)};
    const CnnConv2dDesc desc = {.input = {1, 5, 7, INPUTS},
        .window = cnn_window_unit (),
        .out_channels = OUTPUTS,
        .groups = 1,
        .weights = weights};
    float out[PIXELS * OUTPUTS];
    check_context ("1x1, %s", cnn_isa_name (check_isa (isa)));
    CnnLayer *layer = cnn_conv2d_new (&context, &desc, NULL);
    CHECK (layer, "refused");
    const CnnImage from =
        cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, desc.input);
    const CnnImage to = cnn_image_from_tensor (
        out, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, cnn_layer_output_shape (layer));
    cnn_layer_run (layer, &from, &to, 1);
    cnn_layer_free (layer);
    check_floats (out, expected, PIXELS * OUTPUTS, 1e-6, 0, "output");
  }
}

const CheckTest check_layer_conv_matrix = {"layer-conv-matrix", "layers", run_matrix};
