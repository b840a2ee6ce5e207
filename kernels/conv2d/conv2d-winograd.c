/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 3x3 convolution of stride 1 by Winograd F(4x4, 3x3) and F(2x2, 3x3): a quarter of the
 * multiplications, or less than half, at the cost of transforms and of rounding errors that belong
 * to the whole window of a tile, not to the nine inputs that an output sees. Not used when a
 * context asks to be exact.
 *
 * Blocks of tiles go through three steps while they stay in the cache: a matrix of tiles x input
 * channels for each element of a window, as many products with the transformed weights, and
 * matrices of tiles x output channels back into tiles of outputs. the plan's tile is their size,
 * everything else follows from it. */
#include "conv2d/conv2d-private.h"

#include "core/integers.h"
#include "cnn/memory.h"

#include <limits.h>
#include <math.h>

#define MAX_WINDOW CNN_WINOGRAD_MAX_WINDOW
/* Fewer tiles would not be worth a walk through the weights, more do not make it cheaper. */
#define MIN_BLOCK 6
#define MAX_BLOCK 48
/* Fewer tiles are not worth a strip of their own, when workers can share output channels instead,
 * and otherwise. */
#define MIN_SHARED_STRIP 8
#define MIN_STRIP 4

typedef struct {
  CnnConvPlan base; /* tile: rows and columns of a tile */
  int block;        /* tiles that go through the transforms together */
  size_t
      matrices; /* where a worker's scratch has the matrices of their inputs, those of their outputs behind */
} WinogradPlan;

typedef struct {
  int row, span, column; /* first output row in the strip, first output column in the span */
} Tile;

/* Tiles that go through the three steps together. */
typedef struct {
  const CnnConv2d *conv;
  CnnLayerWorker *worker;
  int n, y, rows;                 /* the strip */
  int outputs_begin, outputs_end; /* output channels that are computed */
  Tile tiles[MAX_BLOCK];
  int count;
} Block;

static const WinogradPlan *
plan_of (const CnnConv2d *conv)
{
  return (const WinogradPlan *)conv->plan;
}

/* Rows and columns of the inputs that a tile sees. */
static int
window_of (const WinogradPlan *plan)
{
  return plan->base.tile + 2;
}

static size_t
matrices_of (const WinogradPlan *plan)
{
  return (size_t)window_of (plan) * (size_t)window_of (plan);
}

/* Floats from one matrix of tiles x channels to the next: an odd number of cache lines, so that the
 * matrices which one tile is spread over lie in different sets of the cache. */
static size_t
matrix_stride (const WinogradPlan *plan, int channels)
{
  const size_t line = CNN_ALIGNMENT / sizeof (float);
  const size_t lines = ((size_t)plan->block * (size_t)channels + line - 1) / line;
  return (lines | 1) * line;
}

/* Output channels of a product. */
static int
panel_of (const CnnConv2d *conv)
{
  return cnn_isa_panel (conv->base.context.dispatch->conv_tile_isa);
}

static int
vectors_of (const CnnConv2d *conv, int channels)
{
  return div_up (channels, cnn_isa_lanes (conv->base.context.dispatch->conv_tile_isa));
}

/* ---- The choice ------------------------------------------------------------------------------ */

/* All that differs between tiles of one size and another: what the transforms of a vector of
 * channels cost, in vector multiply-adds, and G.
 *
 * The costs are such that of direct, 2x2 and 4x4 the fastest is chosen for nearly all of 200 layers
 * of 3x3 to 180x320 pixels and 1 to 512 channels, measured with one thread and AVX-512, AVX2,
 * SSE4.1 and C. That is 4x4 almost everywhere from 4 inputs on, although a map of 5x5 or 7x7 wastes
 * half of its last tiles: the products are so many fewer. It is 2x2 where a map has a single tile
 * of 4x4, and for the millions of weights of deep layers on maps of up to 10x10, of which there are
 * 36 floats for nine instead of 16. */
typedef struct {
  int tile;
  double input_cost, output_cost;
  double kernel[MAX_WINDOW][3];
} TileSize;

static const TileSize tiles_2x2 = {
    .tile = 2,
    .input_cost = 60,
    .output_cost = 110,
    .kernel =
        {
            {1, 0, 0},
            {1.0 / 2, 1.0 / 2, 1.0 / 2},
            {1.0 / 2, -1.0 / 2, 1.0 / 2},
            {0, 0, 1},
        },
};

static const TileSize tiles_4x4 = {
    .tile = 4,
    .input_cost = 150,
    .output_cost = 280,
    .kernel =
        {
            {1.0 / 4, 0, 0},
            {-1.0 / 6, -1.0 / 6, -1.0 / 6},
            {-1.0 / 6, 1.0 / 6, -1.0 / 6},
            {1.0 / 24, 1.0 / 12, 1.0 / 6},
            {1.0 / 24, -1.0 / 12, 1.0 / 6},
            {0, 0, 1},
        },
};

/* Every window must see a part of the image: one of zeros alone would get the rounding errors of
 * its tile where it is due an exact value. */
static bool
is_suitable (const CnnAxis *axis)
{
  return axis->kernel == 3 && axis->stride == 1 && axis->dilation == 1 &&
         axis->padding_before < 3 && axis->padding_after < 3;
}

/* The 36 or 16 products, of which few tiles take as long as four, and weights that do not stay in
 * the third-level cache as long as four more. */
static double
products_cost (const CnnConv2d *conv, const TileSize *size, double tiles)
{
  const double matrices = (size->tile + 2.0) * (size->tile + 2.0);
  const double weights = matrices * conv->base.input.c * vectors_of (conv, conv->computed.c);
  const double weight_bytes = matrices * conv->base.input.c * conv->computed.c * sizeof (float);
  return weights * (1.1 * 4 * ceil (tiles / 4) + (weight_bytes > 16 << 20 ? 4 : 0));
}

static double
winograd_cost (const CnnConv2d *conv, const TileSize *size)
{
  if (conv->base.context.exact || conv->groups > 1 || !is_suitable (&conv->rows) ||
      !is_suitable (&conv->columns))
    return INFINITY;
  const CnnShape in = conv->base.input, out = conv->computed;
  const double tiles = (double)div_up (out.h, size->tile) * div_up (out.w, size->tile);
  const double transforms =
      size->input_cost * vectors_of (conv, in.c) + size->output_cost * vectors_of (conv, out.c);
  const bool is_c = conv->base.context.dispatch->winograd_input_isa == CNN_ISA_C;
  const double frame = products_cost (conv, size, tiles) + tiles * transforms * (is_c ? 2.5 : 1);
  return frame / ((double)out.h * out.w) +
         cnn_conv_layout_cost (conv->input_format.layout, CNN_LAYOUT_NHWC, in.c) +
         cnn_conv_layout_cost (CNN_LAYOUT_NHWC, conv->base.output_format.layout, out.c);
}

static double
cost_2x2 (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  return winograd_cost (conv, &tiles_2x2);
}

static double
cost_4x4 (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  return winograd_cost (conv, &tiles_4x4);
}

static CnnIsa
winograd_isa (const CnnDispatch *dispatch)
{
  return dispatch->conv_tile_isa;
}

/* ---- Weights --------------------------------------------------------------------------------- */

/* Element (i, j) of G w Gt, the transform of one 3x3 kernel. */
static double
transform_kernel (const double matrix[][3], const float *weights, size_t i, size_t j)
{
  double sum = 0;
  for (int y = 0; y < 3; y++) {
    for (int x = 0; x < 3; x++)
      sum += matrix[i][y] * matrix[j][x] * (double)weights[3 * y + x];
  }
  return sum;
}

static size_t
padded_outputs (const CnnConv2d *conv)
{
  return (size_t)round_up (
      conv->computed.c, cnn_isa_lanes (conv->base.context.dispatch->conv_tile_isa));
}

/* Weights in the order [matrix][panel of outputs][input][output of the panel]. */
static void
pack_kernel (const CnnConv2d *conv, WinogradPlan *plan, const TileSize *size, const float *weights,
    int input, int output)
{
  const int widest = panel_of (conv), first = output / widest * widest;
  const size_t inputs = (size_t)conv->base.input.c;
  const size_t panel = (size_t)min (widest, (int)padded_outputs (conv) - first);
  const size_t place = (size_t)first * inputs + (size_t)input * panel + (size_t)(output - first);
  const size_t window = (size_t)window_of (plan);
  for (size_t m = 0; m < matrices_of (plan); m++)
    plan->base.weights[m * inputs * padded_outputs (conv) + place] =
        (float)transform_kernel (size->kernel, weights, m / window, m % window);
}

/* Tiles of a block: what keeps its matrices in the second-level cache, but so many that they are
 * worth a walk through weights which are not in that cache. */
static int
most_tiles (const CnnConv2d *conv, const WinogradPlan *plan)
{
  const size_t inputs = (size_t)conv->base.input.c, outputs = (size_t)conv->computed.c;
  const size_t cached_floats = (1 << 20) / sizeof (float);
  const size_t cached = cached_floats / (matrices_of (plan) * (inputs + outputs));
  const size_t worth = inputs * outputs / (4 * (inputs + outputs));
  const size_t tiles = cached > worth ? cached : worth;
  return tiles > MAX_BLOCK ? MAX_BLOCK : tiles < MIN_BLOCK ? MIN_BLOCK : (int)tiles;
}

/* Rows of tiles in a strip: as many as make a block of `most` tiles, or fewer where that leaves
 * less work to the busiest of all workers. */
static int
choose_strip (const CnnConv2d *conv, const WinogradPlan *plan, int most, int tiles_per_row)
{
  const int tile_rows = div_up (conv->computed.h, plan->base.tile);
  const int workers = cnn_workers_count (conv->base.context.workers);
  const int least_tiles = plan->base.n_panels < workers ? MIN_STRIP : MIN_SHARED_STRIP;
  const int least = min (div_up (least_tiles, tiles_per_row), tile_rows);
  int best = 0, least_work = INT_MAX;
  for (int rows = max (min (most / tiles_per_row, tile_rows), least); rows >= least; rows--) {
    const int strips = div_up (tile_rows, rows), work = div_up (strips, workers) * rows;
    if (work < least_work) {
      least_work = work;
      best = rows;
    }
  }
  return best;
}

static CnnConvPlan *
winograd_plan_new (const CnnConv2d *conv, const CnnConv2dDesc *desc, const TileSize *size)
{
  const size_t inputs = (size_t)conv->base.input.c, outputs = padded_outputs (conv);
  const size_t matrices = (size_t)(size->tile + 2) * (size_t)(size->tile + 2);
  /* Biases, and zeros for the products. */
  WinogradPlan *plan =
      cnn_conv_plan_alloc (sizeof *plan, matrices * inputs * outputs, 2 * outputs, 1);
  if (!plan)
    return NULL;
  plan->base.tile = plan->base.row_unit = size->tile;
  for (int o = 0; o < conv->computed.c; o++) {
    plan->base.bias[o] = desc->bias ? desc->bias[o] : 0;
    for (int i = 0; i < conv->base.input.c; i++)
      pack_kernel (conv, plan, size, desc->weights + ((size_t)o * inputs + (size_t)i) * 9, i, o);
  }
  plan->base.n_panels = div_up (conv->computed.c, panel_of (conv));
  const int tiles_per_row = div_up (conv->computed.w, size->tile), most = most_tiles (conv, plan);
  const int strip_rows = choose_strip (conv, plan, most, tiles_per_row);
  const int strip_tiles = strip_rows * tiles_per_row;
  plan->base.strip = size->tile * strip_rows;
  plan->block = div_up (strip_tiles, div_up (strip_tiles, most)); /* all of about the same size */
  plan->matrices = cnn_scratch_reserve (&plan->base.scratch_bytes, matrices,
      (matrix_stride (plan, conv->base.input.c) + matrix_stride (plan, conv->computed.c)) *
          sizeof (float));
  return &plan->base;
}

static CnnConvPlan *
plan_new_2x2 (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  return winograd_plan_new (conv, desc, &tiles_2x2);
}

static CnnConvPlan *
plan_new_4x4 (const CnnConv2d *conv, const CnnConv2dDesc *desc)
{
  return winograd_plan_new (conv, desc, &tiles_4x4);
}

/* ---- The three steps ------------------------------------------------------------------------- */

/* The matrices of tiles x input channels. */
static float *
inputs_of (const WinogradPlan *plan, const CnnLayerWorker *worker)
{
  return (float *)(worker->scratch + plan->matrices);
}

static void
transform_inputs (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  const WinogradPlan *plan = plan_of (conv);
  const int channels = conv->base.input.c;
  const int window = window_of (plan);
  CnnWinogradInput input = {
      .tile = plan->base.tile,
      .pixel_stride = channels,
      .channels = channels,
      .out = inputs_of (plan, block->worker),
      .matrix_stride = matrix_stride (plan, channels),
  };
  for (int i = 0; i < block->count; i++, input.out += channels) {
    const Tile tile = block->tiles[i];
    const int left = block->worker->readers[0].spans[tile.span].count - tile.column;
    input.columns = min (left + 2, window);
    for (int ky = 0; ky < window; ky++)
      input.rows[ky] = cnn_reader_row (&block->worker->readers[0], block->n,
                           cnn_conv_position (conv, block->y + tile.row, ky), tile.span) +
                       (ptrdiff_t)tile.column * channels;
    conv->base.context.dispatch->winograd_input (&input);
  }
}

static void
multiply_matrices (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  const WinogradPlan *plan = plan_of (conv);
  const CnnDispatch *dispatch = conv->base.context.dispatch;
  const int widest = panel_of (conv);
  const size_t inputs = (size_t)conv->base.input.c, outputs = (size_t)conv->computed.c;
  const size_t padded = padded_outputs (conv);
  const size_t in_stride = matrix_stride (plan, conv->base.input.c);
  const size_t out_stride = matrix_stride (plan, conv->computed.c);
  const float *in = inputs_of (plan, block->worker);
  float *out = inputs_of (plan, block->worker) + matrices_of (plan) * in_stride;
  CnnConvTile product = {
      .taps = &in,
      .n_taps = 1,
      .run = (int)inputs,
      .pixel_stride = (ptrdiff_t)inputs,
      .out_stride = (ptrdiff_t)outputs,
      .bias = plan->base.bias + padded,
      .count = block->count,
      .low = -INFINITY,
      .high = INFINITY,
  };
  for (size_t m = 0; m < matrices_of (plan); m++, in += in_stride, out += out_stride) {
    for (int o = block->outputs_begin; o < block->outputs_end; o += widest) {
      product.weights = plan->base.weights + (m * padded + (size_t)o) * inputs;
      product.outputs = min (conv->computed.c - o, widest);
      product.panel = min ((int)padded - o, widest);
      product.out = out + o;
      dispatch->conv_tile (&product);
    }
  }
}

static void
transform_outputs (const Block *block)
{
  const CnnConv2d *conv = block->conv;
  const WinogradPlan *plan = plan_of (conv);
  CnnLayerWorker *worker = block->worker;
  const int channels = conv->computed.c, first = block->outputs_begin;
  CnnWinogradOutput output = {
      .tile = plan->base.tile,
      .in = inputs_of (plan, worker) +
            matrices_of (plan) * matrix_stride (plan, conv->base.input.c) + first,
      .matrix_stride = matrix_stride (plan, channels),
      .bias = plan->base.bias + first,
      .channels = block->outputs_end - first,
      .low = conv->low,
      .high = conv->high,
      .pixel_stride = channels,
  };
  for (int i = 0; i < block->count; i++, output.in += channels) {
    const Tile tile = block->tiles[i];
    const CnnSpan span = worker->readers[0].spans[tile.span];
    output.n_rows = min (block->rows - tile.row, plan->base.tile);
    output.columns = min (span.count - tile.column, plan->base.tile);
    for (int y = 0; y < output.n_rows; y++)
      output.out[y] = cnn_writer_row (&worker->writer, block->n, block->y + tile.row + y) +
                      (ptrdiff_t)(span.first + tile.column) * channels + first;
    conv->base.context.dispatch->winograd_output (&output);
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
winograd_compute (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows)
{
  const WinogradPlan *plan = plan_of (conv);
  const int first = plan->base.n_panels * worker->part / worker->n_parts;
  const int end = plan->base.n_panels * (worker->part + 1) / worker->n_parts;
  Block block = {
      .conv = conv,
      .worker = worker,
      .n = n,
      .y = y,
      .rows = rows,
      .outputs_begin = first * panel_of (conv),
      .outputs_end = min (end * panel_of (conv), conv->computed.c),
  };
  for (int row = 0; row < rows; row += plan->base.tile) {
    for (int span = 0; span < worker->readers[0].n_spans; span++) {
      for (int column = 0; column < worker->readers[0].spans[span].count;
           column += plan->base.tile) {
        block.tiles[block.count++] = (Tile){row, span, column};
        if (block.count == plan->block)
          compute_block (&block);
      }
    }
  }
  if (block.count > 0)
    compute_block (&block);
}

const CnnConvAlgorithm cnn_conv_winograd_2x2 = {
    .name = "conv-winograd-2x2",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = cost_2x2,
    .isa = winograd_isa,
    .plan_new = plan_new_2x2,
    .compute = winograd_compute,
};

const CnnConvAlgorithm cnn_conv_winograd_4x4 = {
    .name = "conv-winograd-4x4",
    .reads = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .writes = {CNN_SAMPLE_FLOAT32, CNN_ROWS_INTERLEAVED},
    .cost = cost_4x4,
    .isa = winograd_isa,
    .plan_new = plan_new_4x4,
    .compute = winograd_compute,
};
