/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conv2d/winograd.h"

#define TILE CNN_WINOGRAD_MAX_TILE
#define WINDOW CNN_WINOGRAD_MAX_WINDOW

typedef struct {
  float input[WINDOW][WINDOW]; /* B transposed */
  float output[TILE][WINDOW];  /* A transposed */
} Matrices;

static const Matrices matrices_2x2 = {
    .input =
        {
            {1, 0, -1, 0},
            {0, 1, 1, 0},
            {0, -1, 1, 0},
            {0, -1, 0, 1},
        },
    .output =
        {
            {1, 1, 1, 0},
            {0, 1, -1, 1},
        },
};

static const Matrices matrices_4x4 = {
    .input =
        {
            {4, 0, -5, 0, 1, 0},
            {0, -4, -4, 1, 1, 0},
            {0, 4, -4, -1, 1, 0},
            {0, -2, -1, 2, 1, 0},
            {0, 2, -1, -2, 1, 0},
            {0, 4, 0, -5, 0, 1},
        },
    .output =
        {
            {1, 1, 1, 1, 1, 0},
            {0, 1, -1, 2, -2, 0},
            {0, 1, 1, 4, 4, 0},
            {0, 1, -1, 8, -8, 1},
        },
};

static const Matrices *
matrices_of (int tile)
{
  return tile == 2 ? &matrices_2x2 : &matrices_4x4;
}

static void
transform_input_channel (const CnnWinogradInput *input, int channel)
{
  const Matrices *matrices = matrices_of (input->tile);
  const int window = input->tile + 2;
  float half[WINDOW][WINDOW]; /* matrix times window */
  for (int i = 0; i < window; i++) {
    for (int x = 0; x < window; x++) {
      half[i][x] = 0;
      for (int y = 0; y < window && x < input->columns; y++)
        half[i][x] += matrices->input[i][y] * input->rows[y][x * input->pixel_stride + channel];
    }
  }
  for (int i = 0; i < window; i++) {
    for (int j = 0; j < window; j++) {
      float sum = 0;
      for (int x = 0; x < window; x++)
        sum += half[i][x] * matrices->input[j][x];
      input->out[(size_t)(window * i + j) * input->matrix_stride + (size_t)channel] = sum;
    }
  }
}

void
cnn_winograd_input_c (const CnnWinogradInput *input)
{
  for (int channel = 0; channel < input->channels; channel++)
    transform_input_channel (input, channel);
}

static float
output_at (const CnnWinogradOutput *output, int channel, int y, int x)
{
  const Matrices *matrices = matrices_of (output->tile);
  const int window = output->tile + 2;
  float sum = 0;
  for (int i = 0; i < window; i++) {
    float half = 0;
    for (int j = 0; j < window; j++)
      half += output->in[(size_t)(window * i + j) * output->matrix_stride + (size_t)channel] *
              matrices->output[x][j];
    sum += matrices->output[y][i] * half;
  }
  sum += output->bias[channel];
  sum = sum < output->low ? output->low : sum;
  return sum > output->high ? output->high : sum;
}

void
cnn_winograd_output_c (const CnnWinogradOutput *output)
{
  for (int y = 0; y < output->n_rows; y++) {
    for (int x = 0; x < output->columns; x++) {
      for (int channel = 0; channel < output->channels; channel++)
        output->out[y][x * output->pixel_stride + channel] = output_at (output, channel, y, x);
    }
  }
}
