/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

static const float input_matrix[6][6] = {
    {4, 0, -5, 0, 1, 0},
    {0, -4, -4, 1, 1, 0},
    {0, 4, -4, -1, 1, 0},
    {0, -2, -1, 2, 1, 0},
    {0, 2, -1, -2, 1, 0},
    {0, 4, 0, -5, 0, 1},
};

static const float output_matrix[4][6] = {
    {1, 1, 1, 1, 1, 0},
    {0, 1, -1, 2, -2, 0},
    {0, 1, 1, 4, 4, 0},
    {0, 1, -1, 8, -8, 1},
};

static void
transform_input_channel (const CnnWinogradInput *input, int channel)
{
  float half[6][6]; /* input_matrix times tile */
  for (int i = 0; i < 6; i++) {
    for (int x = 0; x < 6; x++) {
      half[i][x] = 0;
      for (int y = 0; y < 6 && x < input->columns; y++)
        half[i][x] += input_matrix[i][y] * input->rows[y][x * input->pixel_stride + channel];
    }
  }
  for (int i = 0; i < 6; i++) {
    for (int j = 0; j < 6; j++) {
      float sum = 0;
      for (int x = 0; x < 6; x++)
        sum += half[i][x] * input_matrix[j][x];
      input->out[(size_t)(6 * i + j) * input->matrix_stride + (size_t)channel] = sum;
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
  float sum = 0;
  for (int i = 0; i < 6; i++) {
    float half = 0;
    for (int j = 0; j < 6; j++)
      half += output->in[(size_t)(6 * i + j) * output->matrix_stride + (size_t)channel] *
              output_matrix[x][j];
    sum += output_matrix[y][i] * half;
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
