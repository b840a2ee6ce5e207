/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 3x3 convolution of stride 1 by Winograd F(4x4, 3x3): a quarter of the multiplications, at the cost
 * of transforms and of rounding errors that belong to the whole tile of 6x6 inputs, not to the nine
 * that an output sees. Not used when a context asks to be exact.
 *
 * Blocks of tiles go through three steps while they stay in the cache: 36 matrices of tiles x input
 * channels, 36 products with the transformed weights, 36 matrices back into tiles of outputs. */
#include "conv2d-private.h"

#include "memory.h"

#include <math.h>

#define TILE 4      /* output rows and columns of a tile */
#define WINDOW 6    /* input rows and columns of a tile */
#define MATRICES 36 /* WINDOW * WINDOW */
#define MAX_BLOCK 24

typedef struct {
  int row, span, column; /* first output row in the strip, first output column in the span */
} Tile;

/* Tiles that go through the three steps together. */
typedef struct {
  const CnnConv2d *conv;
  CnnConvWorker *worker;
  int n, y, rows; /* the strip */
  Tile tiles[MAX_BLOCK];
  int count;
} Block;

static int
round_up (int value, int multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

static int
min (int a, int b)
{
  return a < b ? a : b;
}

/* Every window must see a part of the image: one of zeros alone would get the rounding errors of its
 * tile where it is due an exact value. */
static bool
is_suitable (const CnnAxis *axis)
{
  return axis->kernel == 3 && axis->stride == 1 && axis->dilation == 1 &&
         axis->padding_before < 3 && axis->padding_after < 3;
}

static double
winograd_cost (const CnnConv2d *conv)
{
  const CnnKernels *kernels = conv->base.context.kernels;
  if (conv->base.context.exact || conv->groups > 1 || !is_suitable (&conv->rows) ||
      !is_suitable (&conv->columns))
    return INFINITY;
  const int lanes = cnn_isa_lanes (kernels->conv_tile_isa);
  const int inputs = conv->base.input.c, outputs = conv->computed.c;
  const double in_vectors = round_up (inputs, lanes) / lanes;
  const double out_vectors = round_up (outputs, lanes) / lanes;
  const double products = 1.1 * MATRICES * inputs * out_vectors;
  const double transforms = 230 * in_vectors + 170 * out_vectors;
  const double tiles = (double)(round_up (conv->computed.h, TILE) / TILE) *
                       (double)(round_up (conv->computed.w, TILE) / TILE);
  return (products + transforms) * tiles / ((double)conv->computed.h * conv->computed.w) +
         cnn_conv_layout_cost (conv->input_format.layout, CNN_LAYOUT_NHWC, inputs) +
         cnn_conv_layout_cost (CNN_LAYOUT_NHWC, conv->output_format.layout, outputs);
}

static CnnIsa
winograd_isa (const CnnKernels *kernels)
{
  return kernels->conv_tile_isa;
}

/* ---- Weights --------------------------------------------------------------------------------- */

/* G w Gt of one 3x3 kernel. */
static void
transform_kernel (const float *weights, double out[WINDOW][WINDOW])
{
  static const double matrix[WINDOW][3] = {
      {1.0 / 4, 0, 0},
      {-1.0 / 6, -1.0 / 6, -1.0 / 6},
      {-1.0 / 6, 1.0 / 6, -1.0 / 6},
      {1.0 / 24, 1.0 / 12, 1.0 / 6},
      {1.0 / 24, -1.0 / 12, 1.0 / 6},
      {0, 0, 1},
  };
  for (int i = 0; i < WINDOW; i++) {
    for (int j = 0; j < WINDOW; j++) {
      out[i][j] = 0;
      for (int y = 0; y < 3; y++) {
        for (int x = 0; x < 3; x++)
          out[i][j] += matrix[i][y] * matrix[j][x] * (double)weights[3 * y + x];
      }
    }
  }
}

static size_t
padded_outputs (const CnnConv2d *conv)
{
  return (size_t)round_up (
      conv->computed.c, cnn_isa_lanes (conv->base.context.kernels->conv_tile_isa));
}

/* Weights in the order [matrix][panel of outputs][input][output of the panel]. */
static void
pack_kernel (CnnConv2d *conv, const float *weights, int input, int output)
{
  const CnnIsa isa = conv->base.context.kernels->conv_tile_isa;
  const int widest = cnn_isa_panel (isa), first = output / widest * widest;
  const size_t inputs = (size_t)conv->base.input.c;
  const size_t panel = (size_t)min (widest, (int)padded_outputs (conv) - first);
  const size_t place = (size_t)first * inputs + (size_t)input * panel + (size_t)(output - first);
  double transformed[WINDOW][WINDOW];
  transform_kernel (weights, transformed);
  for (size_t m = 0; m < MATRICES; m++)
    conv->weights[m * inputs * padded_outputs (conv) + place] =
        (float)transformed[m / WINDOW][m % WINDOW];
}

/* Tiles of a block: what keeps its matrices in half of a second-level cache. */
static int
choose_block (const CnnConv2d *conv)
{
  const size_t cached_floats = (512 << 10) / sizeof (float);
  const size_t tile_floats = MATRICES * ((size_t)conv->base.input.c + (size_t)conv->computed.c);
  const int six = (int)(cached_floats / tile_floats) / 6 * 6;
  return six < 6 ? 6 : min (six, MAX_BLOCK);
}

static bool
winograd_pack (CnnConv2d *conv, const float *weights, const float *bias)
{
  const size_t inputs = (size_t)conv->base.input.c, outputs = padded_outputs (conv);
  const int tiles_per_row = round_up (conv->computed.w, TILE) / TILE;
  conv->weights = cnn_alloc (MATRICES * inputs, outputs * sizeof (float));
  conv->bias = cnn_alloc (2 * outputs, sizeof (float)); /* and zeros for the products */
  if (!conv->weights || !conv->bias)
    return false;
  for (int o = 0; o < conv->computed.c; o++) {
    conv->bias[o] = bias ? bias[o] : 0;
    for (int i = 0; i < conv->base.input.c; i++)
      pack_kernel (conv, weights + ((size_t)o * inputs + (size_t)i) * 9, i, o);
  }
  conv->n_taps = 1;
  conv->tile = TILE * 3;
  conv->block = choose_block (conv);
  conv->strip = TILE * ((conv->block + tiles_per_row - 1) / tiles_per_row);
  conv->scratch_floats = MATRICES * (size_t)conv->block * (inputs + (size_t)conv->computed.c);
  return true;
}

/* ---- The three steps ------------------------------------------------------------------------- */

static void
transform_inputs (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  const int channels = conv->base.input.c;
  CnnWinogradInput input = {
      .pixel_stride = channels,
      .channels = channels,
      .out = block->worker->scratch,
      .matrix_stride = (size_t)conv->block * (size_t)channels,
  };
  for (int i = 0; i < block->count; i++, input.out += channels) {
    const Tile tile = block->tiles[i];
    const int left = block->worker->reader.spans[tile.span].count - tile.column;
    input.columns = min (left + 2, WINDOW);
    for (int ky = 0; ky < WINDOW; ky++)
      input.rows[ky] = cnn_reader_row (&block->worker->reader, block->n,
                           cnn_conv_position (conv, block->y + tile.row, ky), tile.span) +
                       (ptrdiff_t)tile.column * channels;
    conv->base.context.kernels->winograd_input (&input);
  }
}

static void
multiply_matrices (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  const CnnKernels *kernels = conv->base.context.kernels;
  const int widest = cnn_isa_panel (kernels->conv_tile_isa);
  const size_t inputs = (size_t)conv->base.input.c, outputs = (size_t)conv->computed.c;
  const size_t tiles = (size_t)conv->block, padded = padded_outputs (conv);
  const float *in = block->worker->scratch;
  float *out = block->worker->scratch + MATRICES * tiles * inputs;
  CnnConvTile product = {
      .taps = &in,
      .n_taps = 1,
      .run = (int)inputs,
      .pixel_stride = (ptrdiff_t)inputs,
      .out_stride = (ptrdiff_t)outputs,
      .bias = conv->bias + padded,
      .count = block->count,
      .low = -INFINITY,
      .high = INFINITY,
  };
  for (size_t m = 0; m < MATRICES; m++, in += tiles * inputs, out += tiles * outputs) {
    for (int o = 0; o < conv->computed.c; o += widest) {
      product.weights = conv->weights + (m * padded + (size_t)o) * inputs;
      product.outputs = min (conv->computed.c - o, widest);
      product.panel = min ((int)padded - o, widest);
      product.out = out + o;
      kernels->conv_tile (&product);
    }
  }
}

static void
transform_outputs (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  CnnConvWorker *worker = block->worker;
  const int channels = conv->computed.c;
  CnnWinogradOutput output = {
      .in = worker->scratch + MATRICES * (size_t)conv->block * (size_t)conv->base.input.c,
      .matrix_stride = (size_t)conv->block * (size_t)channels,
      .bias = conv->bias,
      .channels = channels,
      .low = conv->low,
      .high = conv->high,
      .pixel_stride = channels,
  };
  for (int i = 0; i < block->count; i++, output.in += channels) {
    const Tile tile = block->tiles[i];
    const CnnSpan span = worker->reader.spans[tile.span];
    output.n_rows = min (block->rows - tile.row, TILE);
    output.columns = min (span.count - tile.column, TILE);
    for (int y = 0; y < output.n_rows; y++)
      output.out[y] = cnn_writer_row (&worker->writer, block->n, block->y + tile.row + y) +
                      (ptrdiff_t)(span.first + tile.column) * channels;
    conv->base.context.kernels->winograd_output (&output);
  }
}

static void
compute_block (Block *block)
{
  transform_inputs (block);
  multiply_matrices (block);
  transform_outputs (block);
  block->count = 0;
}

static void
winograd_compute (const CnnConv2d *conv, CnnConvWorker *worker, int n, int y, int rows)
{
  Block block = {.conv = conv, .worker = worker, .n = n, .y = y, .rows = rows};
  for (int row = 0; row < rows; row += TILE) {
    for (int span = 0; span < worker->reader.n_spans; span++) {
      for (int column = 0; column < worker->reader.spans[span].count; column += TILE) {
        block.tiles[block.count++] = (Tile){row, span, column};
        if (block.count == conv->block)
          compute_block (&block);
      }
    }
  }
  if (block.count > 0)
    compute_block (&block);
}

const CnnConvAlgorithm cnn_conv_winograd = {
    .name = "conv-winograd-4x4",
    .reads = CNN_ROWS_INTERLEAVED,
    .writes = CNN_ROWS_INTERLEAVED,
    .cost = winograd_cost,
    .isa = winograd_isa,
    .pack = winograd_pack,
    .compute = winograd_compute,
};
