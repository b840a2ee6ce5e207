/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "functions.h"

#include "../operators/families.h"

#include <math.h>
#include <string.h>

/* Sample (n, y, x, c). */
static float *
sample (const CnnImage *image, int n, int y, int x, int c)
{
  return (float *)(void *)(cnn_image_row (image, n, y, c) + x * image->pixel_stride);
}

/* --- Functions of one number ---------------------------------------------------------------------- */

/* exp (x) within 2 ulp, 0 below -87 and exp (88) above 88: 2^k times a polynomial over [-ln 2 / 2, ln 2 / 2]. Without
 * branches, so that compilers compute several at once. */
static inline float
exponential (float x)
{
  const float least = x > -87.0F ? x : -87.0F, bounded = least < 88.0F ? least : 88.0F;
  const float shifted = bounded * 1.44269504F + 127.5F; /* above 0: cutting off rounds */
  const int exponent = (int)shifted;
  const float k = (float)(exponent - 127);
  const float r = (bounded - k * 0.693359375F) + k * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  union {
    int32_t bits;
    float number;
  } power = {.bits = exponent << 23};
  return x > -87.0F ? p * power.number : 0.0F;
}

static inline float
bounded (float x, float least, float most)
{
  const float above = x < least ? least : x;
  return above > most ? most : above;
}

#define EACH(expression)                                                                           \
  for (int i = 0; i < n; i++) {                                                                    \
    const float x = from[i];                                                                       \
    to[i] = (expression);                                                                          \
  }                                                                                                \
  break

/* The common ones several at a time; NaN stays NaN. */
static void
apply_adjacent (const CnnUnary *unary, const float *from, float *to, int n)
{
  const float alpha = unary->alpha, beta = unary->beta;
  switch (unary->function) {
  case CNN_UNARY_RELU:
    EACH (x < 0.0F ? 0.0F : x);
  case CNN_UNARY_LEAKY_RELU:
    EACH (x < 0.0F ? alpha * x : x);
  case CNN_UNARY_CLIP:
    EACH (bounded (x, alpha, beta));
  case CNN_UNARY_AFFINE:
    EACH (alpha * x + beta);
  case CNN_UNARY_HARD_SIGMOID:
    EACH (bounded (alpha * x + beta, 0.0F, 1.0F));
  case CNN_UNARY_HARD_SWISH:
    EACH (x * bounded (x / 6.0F + 0.5F, 0.0F, 1.0F));
  case CNN_UNARY_EXP:
    EACH (x > 88.0F || x != x ? expf (x) : exponential (x));
  case CNN_UNARY_SIGMOID:
    EACH (x != x ? x : 1.0F / (1.0F + exponential (-x)));
  case CNN_UNARY_SILU:
    EACH (x != x ? x : x / (1.0F + exponential (-alpha * x)));
  case CNN_UNARY_TANH:
    EACH (x != x ? x : 1.0F - 2.0F / (1.0F + exponential (2.0F * x)));
  default:
    EACH (cnn_unary_apply (unary, x));
  }
}

/* The frame and row of a part. */
static int
frame_of (const CnnStep *step, int part)
{
  return part / step->out.image.shape.h;
}

static int
row_of (const CnnStep *step, int part)
{
  return part % step->out.image.shape.h;
}

static ptrdiff_t
channel_pace (const CnnImage *image)
{
  return image->channel_stride / (ptrdiff_t)sizeof (float);
}

void
cnn_step_copy (const CnnGraph *graph, const CnnStep *step, int part, int worker)
{
  cnn_image_copy_row (
      &step->in[0].image, &step->out.image, frame_of (step, part), row_of (step, part));
}

/* Whether the values of a row lie side by side, in the same order for both. */
static bool
have_adjacent_rows (const CnnImage *a, const CnnImage *b)
{
  const ptrdiff_t pixel = (ptrdiff_t)sizeof (float) * a->shape.c;
  return channel_pace (a) == 1 && channel_pace (b) == 1 && a->pixel_stride == pixel &&
         b->pixel_stride == pixel;
}

void
cnn_step_unary (const CnnGraph *graph, const CnnStep *step, int part, int worker)
{
  const CnnImage *in = &step->in[0].image, *out = &step->out.image;
  const int n = frame_of (step, part), y = row_of (step, part);
  const ptrdiff_t from_pace = channel_pace (in), to_pace = channel_pace (out);
  if (have_adjacent_rows (in, out)) {
    apply_adjacent (
        &step->unary, sample (in, n, y, 0, 0), sample (out, n, y, 0, 0), in->shape.w * in->shape.c);
    return;
  }
  const bool planes = in->pixel_stride == sizeof (float) && out->pixel_stride == sizeof (float);
  for (int c = 0; c < in->shape.c; c++) {
    if (planes) {
      apply_adjacent (&step->unary, sample (in, n, y, 0, c), sample (out, n, y, 0, c), in->shape.w);
      continue;
    }
    for (int x = 0; x < in->shape.w; x++) {
      const float *from = sample (in, n, y, x, 0) + c * from_pace;
      sample (out, n, y, x, 0)[c * to_pace] = cnn_unary_apply (&step->unary, *from);
    }
  }
}

/* --- Softmax -------------------------------------------------------------------------------------- */

void
cnn_step_softmax (const CnnGraph *graph, const CnnStep *step, int part, int worker)
{
  const CnnImage *in = &step->in[0].image, *out = &step->out.image;
  const int n = frame_of (step, part), y = row_of (step, part), channels = in->shape.c;
  const ptrdiff_t pace = channel_pace (in);
  /* Channels of the output are adjacent, and so are its pixels. */
  float *row = sample (out, n, y, 0, 0);
  for (int x = 0; x < in->shape.w; x++) {
    const float *from = sample (in, n, y, x, 0);
    float most = from[0];
    for (int c = 1; c < channels; c++)
      most = from[c * pace] > most ? from[c * pace] : most;
    for (int c = 0; c < channels; c++)
      row[x * channels + c] = from[c * pace] - most;
  }
  for (int i = 0; i < in->shape.w * channels; i++)
    row[i] = exponential (row[i]);
  for (int x = 0; x < in->shape.w; x++) {
    float sum = 0;
    for (int c = 0; c < channels; c++)
      sum += row[x * channels + c];
    const float scale = 1.0F / sum;
    for (int c = 0; c < channels; c++)
      row[x * channels + c] *= scale;
  }
}

/* --- Instance normalization ----------------------------------------------------------------------- */

#define BLOCK CNN_NORMALIZED_CHANNELS

/* Sums of x - origin and of its squares over one frame: a row at a time in floats, the rows in doubles. */
static void
sum_frame (const CnnImage *in, int n, int c0, int count, const float *origin, double *sums,
    double *squares)
{
  const ptrdiff_t pace = channel_pace (in);
  for (int y = 0; y < in->shape.h; y++) {
    float row[BLOCK] = {0}, row_squares[BLOCK] = {0};
    for (int x = 0; x < in->shape.w; x++) {
      const float *from = sample (in, n, y, x, c0);
      if (pace == 1 && count == BLOCK)
        for (int c = 0; c < BLOCK; c++) {
          const float difference = from[c] - origin[c];
          row[c] += difference;
          row_squares[c] += difference * difference;
        }
      else
        for (int c = 0; c < count; c++) {
          const float difference = from[c * pace] - origin[c];
          row[c] += difference;
          row_squares[c] += difference * difference;
        }
    }
    for (int c = 0; c < count; c++) {
      sums[c] += row[c];
      squares[c] += row_squares[c];
    }
  }
}

static void
scale_frame (const CnnImage *in, const CnnImage *out, int n, int c0, int count,
    const float *factors, const float *shifts)
{
  const ptrdiff_t from_pace = channel_pace (in), to_pace = channel_pace (out);
  for (int y = 0; y < in->shape.h; y++)
    for (int x = 0; x < in->shape.w; x++) {
      const float *from = sample (in, n, y, x, c0);
      float *to = sample (out, n, y, x, c0);
      if (from_pace == 1 && to_pace == 1 && count == BLOCK)
        for (int c = 0; c < BLOCK; c++)
          to[c] = from[c] * factors[c] + shifts[c];
      else
        for (int c = 0; c < count; c++)
          to[c * to_pace] = from[c * from_pace] * factors[c] + shifts[c];
    }
}

void
cnn_step_normalize (const CnnGraph *graph, const CnnStep *step, int part, int worker)
{
  const CnnImage *in = &step->in[0].image;
  const CnnNode *node = &graph->nodes[step->node];
  const CnnTensor *scale = cnn_graph_constant (graph, node->inputs[1]);
  const CnnTensor *bias = cnn_graph_constant (graph, node->inputs[2]);
  const int blocks = (in->shape.c + BLOCK - 1) / BLOCK, n = part / blocks;
  const int c0 = part % blocks * BLOCK, count = in->shape.c - c0 < BLOCK ? in->shape.c - c0 : BLOCK;
  const double area = (double)in->shape.h * in->shape.w;
  double sums[BLOCK] = {0}, squares[BLOCK] = {0};
  float origin[BLOCK], factors[BLOCK], shifts[BLOCK];
  /* Around one of the values, so that squares and means do not cancel. */
  for (int c = 0; c < count; c++)
    origin[c] = *sample (in, n, in->shape.h / 2, in->shape.w / 2, c0 + c);
  sum_frame (in, n, c0, count, origin, sums, squares);
  for (int c = 0; c < count; c++) {
    const double mean = sums[c] / area, variance = squares[c] / area - mean * mean;
    const double factor =
        scale->floats[c0 + c] / sqrt (fmax (variance, 0) + node->parameters.normalization.epsilon);
    factors[c] = (float)factor;
    shifts[c] = (float)(bias->floats[c0 + c] - (mean + origin[c]) * factor);
  }
  scale_frame (in, &step->out.image, n, c0, count, factors, shifts);
}

/* --- Resizing ------------------------------------------------------------------------------------- */

/* One row of the output's height: a sum of input rows, channels innermost. */
static void
mix_rows (const CnnStep *step, int n, int y, float *row)
{
  const CnnImage *in = &step->in[0].image;
  const CnnResizeTaps *taps = &step->taps[0];
  const int channels = in->shape.c;
  const ptrdiff_t pace = channel_pace (in);
  memset (row, 0, (size_t)in->shape.w * (size_t)channels * sizeof *row);
  for (int t = 0; t < taps->n_taps; t++) {
    const float weight = taps->weight[y * taps->n_taps + t];
    for (int x = 0; weight != 0.0F && x < in->shape.w; x++) {
      const float *from = sample (in, n, taps->index[y * taps->n_taps + t], x, 0);
      for (int c = 0; c < channels; c++)
        row[x * channels + c] += weight * from[c * pace];
    }
  }
}

void
cnn_step_resize (const CnnGraph *graph, const CnnStep *step, int part, int worker)
{
  const CnnImage *out = &step->out.image;
  const CnnResizeTaps *taps = &step->taps[1];
  const int channels = out->shape.c, n = frame_of (step, part), y = row_of (step, part);
  const ptrdiff_t pace = channel_pace (out);
  float *row =
      step->scratch + (size_t)worker * (size_t)step->in[0].image.shape.w * (size_t)channels;
  mix_rows (step, n, y, row);
  for (int x = 0; x < out->shape.w; x++) {
    float *to = sample (out, n, y, x, 0);
    for (int c = 0; c < channels; c++)
      to[c * pace] = 0.0F;
    for (int t = 0; t < taps->n_taps; t++) {
      const float weight = taps->weight[x * taps->n_taps + t];
      const float *from = row + taps->index[x * taps->n_taps + t] * channels;
      for (int c = 0; c < channels; c++)
        to[c * pace] += weight * from[c];
    }
  }
}
