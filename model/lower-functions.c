/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lower-functions.h"

#include "operators/families.h"

#include <math.h>
#include <string.h>

/* Sample (n, y, x, c). */
static float *
sample (const CnnImage *image, int n, int y, int x, int c)
{
  return (float *)(void *)(cnn_image_row (image, n, y, c) + x * image->pixel_stride);
}

void
cnn_step_copy (const CnnGraph *graph, const CnnStep *step)
{
  cnn_image_copy (&step->in[0].image, &step->out.image);
}

void
cnn_step_unary (const CnnGraph *graph, const CnnStep *step)
{
  const CnnImage *in = &step->in[0].image, *out = &step->out.image;
  const CnnShape s = in->shape;
  const float alpha = step->unary.alpha, beta = step->unary.beta;
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++) {
        const float *from = sample (in, n, y, x, 0);
        float *to = sample (out, n, y, x, 0);
        const ptrdiff_t pace = in->channel_stride / (ptrdiff_t)sizeof (float);
        const ptrdiff_t step_out = out->channel_stride / (ptrdiff_t)sizeof (float);
        if (step->unary.function == CNN_UNARY_AFFINE)
          for (int c = 0; c < s.c; c++)
            to[c * step_out] = alpha * from[c * pace] + beta;
        else
          for (int c = 0; c < s.c; c++)
            to[c * step_out] = cnn_unary_apply (&step->unary, from[c * pace]);
      }
}

void
cnn_step_shuffle (const CnnGraph *graph, const CnnStep *step)
{
  const CnnImage *in = &step->in[0].image, *out = &step->out.image;
  const CnnShape s = in->shape;
  const int groups = (int)graph->nodes[step->node].parameters.shuffle.groups;
  const int members = s.c / groups;
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++)
        for (int g = 0; g < groups; g++) {
          const unsigned char *from =
              (unsigned char *)sample (in, n, y, x, 0) + g * members * in->channel_stride;
          unsigned char *to = (unsigned char *)sample (out, n, y, x, 0) + g * out->channel_stride;
          for (int m = 0; m < members; m++)
            *(float *)(void *)(to + m * groups * out->channel_stride) =
                *(const float *)(const void *)(from + m * in->channel_stride);
        }
}

/* --- Instance normalization ----------------------------------------------------------------------- */

#define BLOCK 16 /* channels at a time */

/* Sums of (x - mean) or its squares over one frame, a row at a time in floats, the rows in doubles. */
static void
sum_frame (
    const CnnImage *in, int n, int c0, int count, const float *means, bool squares, double *sums)
{
  const ptrdiff_t pace = in->channel_stride / (ptrdiff_t)sizeof (float);
  memset (sums, 0, BLOCK * sizeof *sums);
  for (int y = 0; y < in->shape.h; y++) {
    float row[BLOCK] = {0};
    for (int x = 0; x < in->shape.w; x++) {
      const float *from = sample (in, n, y, x, c0);
      for (int c = 0; c < count; c++) {
        const float difference = from[c * pace] - means[c];
        row[c] += squares ? difference * difference : difference;
      }
    }
    for (int c = 0; c < count; c++)
      sums[c] += row[c];
  }
}

static void
normalize_block (const CnnNode *node, const CnnTensor *scale, const CnnTensor *bias,
    const CnnImage *in, const CnnImage *out, int n, int c0, int count)
{
  const double area = (double)in->shape.h * in->shape.w;
  const ptrdiff_t pace = in->channel_stride / (ptrdiff_t)sizeof (float);
  const ptrdiff_t out_pace = out->channel_stride / (ptrdiff_t)sizeof (float);
  double sums[BLOCK];
  float means[BLOCK] = {0}, factors[BLOCK], shifts[BLOCK];
  /* Twice: what is left around a first mean is small, and floats are enough for it. */
  for (int pass = 0; pass < 2; pass++) {
    sum_frame (in, n, c0, count, means, false, sums);
    for (int c = 0; c < count; c++)
      means[c] += (float)(sums[c] / area);
  }
  sum_frame (in, n, c0, count, means, true, sums);
  for (int c = 0; c < count; c++) {
    factors[c] = (float)(scale->floats[c0 + c] /
                         sqrt (sums[c] / area + node->parameters.normalization.epsilon));
    shifts[c] = bias->floats[c0 + c] - means[c] * factors[c];
  }
  for (int y = 0; y < in->shape.h; y++)
    for (int x = 0; x < in->shape.w; x++) {
      const float *from = sample (in, n, y, x, c0);
      float *to = sample (out, n, y, x, c0);
      for (int c = 0; c < count; c++)
        to[c * out_pace] = from[c * pace] * factors[c] + shifts[c];
    }
}

void
cnn_step_normalize (const CnnGraph *graph, const CnnStep *step)
{
  const CnnImage *in = &step->in[0].image;
  const CnnNode *node = &graph->nodes[step->node];
  const CnnTensor *scale = cnn_graph_constant (graph, node->inputs[1]);
  const CnnTensor *bias = cnn_graph_constant (graph, node->inputs[2]);
  for (int n = 0; n < in->shape.n; n++)
    for (int c = 0; c < in->shape.c; c += BLOCK)
      normalize_block (node, scale, bias, in, &step->out.image, n, c,
          in->shape.c - c < BLOCK ? in->shape.c - c : BLOCK);
}

/* --- Resizing ------------------------------------------------------------------------------------- */

/* One row of the output's height: a sum of input rows, channels innermost. */
static void
mix_rows (const CnnStep *step, int n, int y, float *row)
{
  const CnnImage *in = &step->in[0].image;
  const CnnResizeTaps *taps = &step->taps[0];
  const int channels = in->shape.c;
  memset (row, 0, (size_t)in->shape.w * (size_t)channels * sizeof *row);
  for (int t = 0; t < taps->n_taps; t++) {
    const float weight = taps->weight[y * taps->n_taps + t];
    for (int x = 0; weight != 0.0F && x < in->shape.w; x++) {
      const unsigned char *from =
          (unsigned char *)sample (in, n, taps->index[y * taps->n_taps + t], x, 0);
      for (int c = 0; c < channels; c++)
        row[x * channels + c] +=
            weight * *(const float *)(const void *)(from + c * in->channel_stride);
    }
  }
}

void
cnn_step_resize (const CnnGraph *graph, const CnnStep *step)
{
  const CnnImage *out = &step->out.image;
  const CnnResizeTaps *taps = &step->taps[1];
  const int channels = out->shape.c;
  for (int n = 0; n < out->shape.n; n++)
    for (int y = 0; y < out->shape.h; y++) {
      mix_rows (step, n, y, step->scratch);
      for (int x = 0; x < out->shape.w; x++) {
        unsigned char *to = (unsigned char *)sample (out, n, y, x, 0);
        for (int c = 0; c < channels; c++) {
          float sum = 0;
          for (int t = 0; t < taps->n_taps; t++)
            sum += taps->weight[x * taps->n_taps + t] *
                   step->scratch[taps->index[x * taps->n_taps + t] * channels + c];
          *(float *)(void *)(to + c * out->channel_stride) = sum;
        }
      }
    }
}
