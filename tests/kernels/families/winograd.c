/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The matrices of F(2x2, 3x3) and F(4x4, 3x3), with points 0, 1, -1 and 0, 1, -1, 2, -2. */
static const double input_2[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}};
static const double input_4[6][6] = {{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0},
    {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const double output_2[2][4] = {{1, 1, 1, 0}, {0, 1, -1, 1}};
static const double output_4[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};

static double
input_factor (int tile, int i, int y)
{
  return tile == 2 ? input_2[i][y] : input_4[i][y];
}

static double
output_factor (int tile, int y, int i)
{
  return tile == 2 ? output_2[y][i] : output_4[y][i];
}

/* ---- Input ----------------------------------------------------------------------------------- */

static void
define_input (const CnnWinogradInput *input, float *out)
{
  const int window = input->tile + 2;
  for (int i = 0; i < window; i++)
    for (int j = 0; j < window; j++)
      for (int c = 0; c < input->channels; c++) {
        double sum = 0;
        for (int y = 0; y < window; y++)
          for (int x = 0; x < input->columns; x++)
            sum += input_factor (input->tile, i, y) * input_factor (input->tile, j, x) *
                   (double)input->rows[y][x * input->pixel_stride + c];
        out[(size_t)(window * i + j) * input->matrix_stride + (size_t)c] = (float)sum;
      }
}

static void
check_input_once (CnnWinogradInputFunc *kernel, CheckGuard guard)
{
  const int tile = check_random_int (1, 2) * 2, window = tile + 2;
  CnnWinogradInput input = {
      .tile = tile,
      .columns = check_random_int (1, window),
      .channels = check_random_int (1, 70),
  };
  input.pixel_stride = input.channels + check_random_int (0, 9);
  input.matrix_stride = (size_t)(input.channels + check_random_int (0, 9));
  const size_t out_floats =
      (size_t)(window * window - 1) * input.matrix_stride + (size_t)input.channels;
  const size_t row_floats = (size_t)((input.columns - 1) * input.pixel_stride + input.channels);
  float *rows[CNN_WINOGRAD_MAX_WINDOW];
  for (int y = 0; y < window; y++)
    input.rows[y] = rows[y] = check_guarded_floats (row_floats, guard);
  float *out = check_guarded_floats (out_floats, guard);
  float *expected = check_copy (out, out_floats * sizeof *out);
  check_context (
      "input, tiles of %d, %d columns of %d channels", tile, input.columns, input.channels);
  input.out = out;
  define_input (&input, expected);
  kernel (&input);
  check_floats (out, expected, out_floats, 1e-4, 0, "output");
  for (int y = 0; y < window; y++)
    check_guarded_free (rows[y]);
  check_guarded_free (out);
  free (expected);
}

void
check_winograd_input (CnnWinogradInputFunc *kernel)
{
  for (int round = 0; round < 200 && check_ok (); round++)
    check_input_once (kernel, (CheckGuard)(round % 2));
}

void
bench_winograd_input (CnnWinogradInputFunc *kernel)
{
  enum { CHANNELS = 128 };
  float *in = check_guarded_floats (36 * CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (36 * CHANNELS, CHECK_GUARD_BEHIND);
  CnnWinogradInput input = {.tile = 4,
      .pixel_stride = CHANNELS,
      .columns = 6,
      .channels = CHANNELS,
      .out = out,
      .matrix_stride = CHANNELS};
  for (int y = 0; y < 6; y++)
    input.rows[y] = in + y * 6 * CHANNELS;
  CheckTimer timer = check_timer ("one tile of 4x4, 128 channels");
  while (check_timer_runs (&timer))
    kernel (&input);
  check_guarded_free (in);
  check_guarded_free (out);
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void
define_output (const CnnWinogradOutput *output, int y, float *out)
{
  const int window = output->tile + 2;
  for (int x = 0; x < output->columns; x++)
    for (int c = 0; c < output->channels; c++) {
      double sum = (double)output->bias[c];
      for (int i = 0; i < window; i++)
        for (int j = 0; j < window; j++)
          sum += output_factor (output->tile, y, i) * output_factor (output->tile, x, j) *
                 (double)output->in[(size_t)(window * i + j) * output->matrix_stride + (size_t)c];
      if (!isnan (sum))
        sum = fmin (fmax (sum, (double)output->low), (double)output->high);
      out[x * output->pixel_stride + c] = (float)sum;
    }
}

static void
check_output_once (CnnWinogradOutputFunc *kernel, CheckGuard guard)
{
  const int tile = check_random_int (1, 2) * 2, window = tile + 2;
  CnnWinogradOutput output = {
      .tile = tile,
      .channels = check_random_int (1, 70),
      .n_rows = check_random_int (1, tile),
      .columns = check_random_int (1, tile),
      .low = check_random_int (0, 1) ? -INFINITY : 0,
      .high = check_random_int (0, 1) ? INFINITY : 6,
  };
  output.pixel_stride = output.channels + check_random_int (0, 9);
  output.matrix_stride = (size_t)(output.channels + check_random_int (0, 9));
  float *in = check_guarded_floats (
      (size_t)(window * window - 1) * output.matrix_stride + (size_t)output.channels, guard);
  if (check_random_int (0, 9) == 0) /* element (1, 1) is in every output */
    in[(size_t)(window + 1) * output.matrix_stride] = NAN;
  float *bias = check_guarded_floats ((size_t)output.channels, guard);
  const size_t floats = (size_t)((output.columns - 1) * output.pixel_stride + output.channels);
  float *out[CNN_WINOGRAD_MAX_TILE], *expected[CNN_WINOGRAD_MAX_TILE];
  output.in = in;
  output.bias = bias;
  check_context ("output, tiles of %d, %d rows and %d columns of %d channels", tile, output.n_rows,
      output.columns, output.channels);
  for (int y = 0; y < output.n_rows; y++) {
    output.out[y] = out[y] = check_guarded_floats (floats, guard);
    expected[y] = check_copy (out[y], floats * sizeof (float));
    define_output (&output, y, expected[y]);
  }
  kernel (&output);
  for (int y = 0; y < output.n_rows; y++) {
    check_floats (out[y], expected[y], floats, 1e-6 * 400, 0, "row");
    check_guarded_free (out[y]);
    free (expected[y]);
  }
  check_guarded_free (in);
  check_guarded_free (bias);
}

void
check_winograd_output (CnnWinogradOutputFunc *kernel)
{
  for (int round = 0; round < 200 && check_ok (); round++)
    check_output_once (kernel, (CheckGuard)(round % 2));
}

void
bench_winograd_output (CnnWinogradOutputFunc *kernel)
{
  enum { CHANNELS = 128 };
  float *in = check_guarded_floats (36 * CHANNELS, CHECK_GUARD_BEHIND);
  float *bias = check_guarded_floats (CHANNELS, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (16 * CHANNELS, CHECK_GUARD_BEHIND);
  CnnWinogradOutput output = {.tile = 4,
      .in = in,
      .matrix_stride = CHANNELS,
      .bias = bias,
      .channels = CHANNELS,
      .n_rows = 4,
      .columns = 4,
      .low = 0,
      .high = 6,
      .pixel_stride = CHANNELS};
  for (int y = 0; y < 4; y++)
    output.out[y] = out + y * 4 * CHANNELS;
  CheckTimer timer = check_timer ("one tile of 4x4, 128 channels");
  while (check_timer_runs (&timer))
    kernel (&output);
  check_guarded_free (in);
  check_guarded_free (bias);
  check_guarded_free (out);
}
