/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Winograd beside what tests/kernels/conv.c checks of every algorithm: when it is chosen, and what becomes
 * of dark places beside bright ones. */
#include "check.h"

#include "conv2d/conv2d-private.h"

#include <math.h>
#include <string.h>

/* ---- The choice ------------------------------------------------------------------------------ */

/* A 3x3 layer that keeps the size of its square input. */
static CnnConv2dDesc
square_desc (int size, int inputs, int outputs, const float *weights)
{
  const CnnAxis axis = {
      .kernel = 3, .stride = 1, .dilation = 1, .padding_before = 1, .padding_after = 1};
  return (CnnConv2dDesc){
      .input = {1, size, size, inputs},
      .window = {axis, axis},
      .out_channels = outputs,
      .groups = 1,
      .weights = weights,
  };
}

static const struct {
  int size, inputs, outputs;
  const char *name; /* what it runs on vectors of any length */
} choices[] = {
    {32, 64, 64, "conv-winograd-4x4"},
    {13, 48, 192, "conv-winograd-4x4"},
    {7, 64, 64, "conv-winograd-4x4"},
    {3, 64, 64, "conv-winograd-2x2"},
    {6, 512, 512, "conv-winograd-2x2"},
    {64, 3, 16, "conv-tile"},
};

static void
check_choice (const CnnConv2dDesc *desc, CnnWorkers *workers, bool exact, const char *expected)
{
  const CnnContext context = {
      .dispatch = check_kernels (check_isa_count () - 1), .workers = workers, .exact = exact};
  CnnLayer *layer = cnn_conv2d_new (&context, desc, NULL);
  CHECK (layer, "refused");
  const char *name = cnn_layer_info (layer).kernel_name;
  check_context ("3x3, %d to %d channels of %d rows, exact %d", desc->input.c, desc->out_channels,
      desc->input.h, exact);
  if (expected ? strcmp (name, expected) != 0 : strstr (name, "winograd") != NULL)
    check_fail ("runs %s", name);
  cnn_layer_free (layer);
}

/* Tiles of a size that suits the layer, and none at all when exactness is asked for. */
static void
run_choice (void)
{
  CnnWorkers *workers = cnn_workers_new (1);
  const size_t count = 512 * 512 * 9;
  float *weights = cnn_alloc (count, sizeof *weights);
  check_fill (weights, count);
  for (size_t i = 0; i < sizeof choices / sizeof *choices && check_ok (); i++) {
    const CnnConv2dDesc desc =
        square_desc (choices[i].size, choices[i].inputs, choices[i].outputs, weights);
    if (check_isa (check_isa_count () - 1) != CNN_ISA_C)
      check_choice (&desc, workers, false, choices[i].name);
    check_choice (&desc, workers, true, NULL);
  }
  cnn_free (weights);
  cnn_workers_free (workers);
}

const CheckTest check_winograd_choice = {"winograd-choice", "winograd", run_choice};

/* ---- Dark beside bright ---------------------------------------------------------------------- */

enum { SIZE = 14, INPUTS = 32, OUTPUTS = 24, BRIGHT = 255 };

/* The largest error where windows see nothing but zeros, left of column `bright`. */
static float
dark_error (const CnnContext *context, const CnnConvAlgorithm *algorithm, int bright)
{
  static float in[SIZE][SIZE][INPUTS], out[SIZE][SIZE][OUTPUTS], weights[OUTPUTS * INPUTS * 9];
  check_fill (&in[0][0][0], SIZE * SIZE * INPUTS);
  check_fill (weights, OUTPUTS * INPUTS * 9);
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      for (int c = 0; c < INPUTS; c++)
        in[y][x][c] *= x < bright ? 0 : BRIGHT;
  const CnnConv2dDesc desc = square_desc (SIZE, INPUTS, OUTPUTS, weights);
  CnnLayer *layer = cnn_conv2d_new_with (context, &desc, algorithm, NULL);
  if (!layer)
    return INFINITY;
  const CnnImage from = cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, desc.input);
  const CnnImage to = cnn_image_from_tensor (
      out, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, cnn_layer_output_shape (layer));
  cnn_layer_run (layer, &from, &to, 1);
  cnn_layer_free (layer);
  float error = 0;
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < bright - 1; x++)
      for (int o = 0; o < OUTPUTS; o++)
        error = fmaxf (error, fabsf (out[y][x][o]));
  return error;
}

/* An output of a 2x2 tile is made of nothing but the products of its own window, so zeros give exactly
 * zero. Those of a 4x4 tile get what its brightest window leaves: within 1e-5 of what that sums. */
static void
run_dark (void)
{
  CnnWorkers *workers = cnn_workers_new (1);
  for (int i = 0; i < check_isa_count (); i++) {
    const CnnContext context = {.dispatch = check_kernels (i), .workers = workers};
    for (int bright = 4; bright < 12 && check_ok (); bright++) {
      check_context ("%s, bright from column %d", cnn_isa_name (check_isa (i)), bright);
      const float small = dark_error (&context, &cnn_conv_winograd_2x2, bright);
      if (small > 0)
        check_fail ("2x2 is %g off", (double)small);
      const float large = dark_error (&context, &cnn_conv_winograd_4x4, bright);
      if (!(large <= 1e-5f * BRIGHT * 9 * INPUTS / 4)) /* the mean of |w x| is a quarter of 255 */
        check_fail ("4x4 is %g off", (double)large);
    }
  }
  cnn_workers_free (workers);
}

const CheckTest check_winograd_dark = {"winograd-dark", "winograd", run_dark};
