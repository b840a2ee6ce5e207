/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows are clipped to the image when the layer is made: kernels only ever see samples that
 * exist, so nothing is padded. Neighbouring columns whose windows look alike form runs, one kernel
 * call each; the clipped ones at the ends are runs of their own. */
#include "cnn/pool2d.h"

#include "core/integers.h"
#include "core/layer-private.h"
#include "core/row-blocks.h"
#include "cnn/memory.h"
#include "pool2d/pool2d-running.h"
#include "pool2d/pool2d-windows.h"

#include <string.h>

/* Outputs of a strip are pooled down their columns first, then along the rows: this much of the
 * intermediate row stays in the first-level cache. */
#define SCRATCH_FLOATS 4096

/* Windows up to this many values are pooled at once: their loads overlap in cache and the
 * intermediate row would cost more. */
#define DIRECT_VALUES 9

/* How a row of windows is pooled. */
typedef enum {
  POOL_DIRECT,    /* all values of a window at once */
  POOL_SEPARABLE, /* down the columns, then along them */
  POOL_RUNNING,   /* the same, with what neighbouring windows share */
} PoolAlgorithm;

/* What lies in a worker's scratch. */
typedef struct {
  CnnRunning running;
  const float **rows; /* of a window */
  float *between;     /* pool->between_floats */
} PoolScratch;

typedef struct {
  CnnLayer layer;
  CnnPoolMode mode;
  CnnAxis rows, columns; /* resolved */
  bool planar;
  PoolAlgorithm algorithm;
  int divisor_override;
  CnnPoolGrid grid;
  size_t between_floats;
  CnnRunningPlan running_plan;
  float *running_scale; /* one per output column: 1 / divisor, or 1 where one divisor is for all */
} PoolLayer;

/* ---- Running --------------------------------------------------------------------------------- */

static PoolScratch *
scratch_of (const CnnLayerWorker *worker)
{
  return (PoolScratch *)worker->scratch;
}

static int
column_dilation (const PoolLayer *pool)
{
  return pool->columns.rule == CNN_SIZE_ADAPTIVE ? 1 : pool->columns.dilation;
}

static CnnPoolFunc *
pool_func (const PoolLayer *pool)
{
  const CnnDispatch *dispatch = pool->layer.context.dispatch;
  return pool->mode == CNN_POOL_MAX ? dispatch->pool_max : dispatch->pool_average;
}

/* What sums are multiplied by. */
static float
average_scale (const PoolLayer *pool, int64_t divisor)
{
  if (pool->divisor_override > 0)
    divisor = pool->divisor_override;
  return divisor > 0 ? (float)(1.0 / (double)divisor) : 0.0f;
}

/* A run of outputs from rows that each hold `pixel` floats a column, of which `channels` from
 * `rows` on are pooled. */
static void
pool_direct (const PoolLayer *pool, const float *const *rows, int n_rows, const CnnPoolRun *run,
    size_t pixel, size_t channels, float scale, float *out)
{
  const CnnPoolWindows windows = {
      .first = (size_t)run->first_column * pixel,
      .stride = (size_t)pool->columns.stride * pixel,
      .dilation = (size_t)column_dilation (pool) * pixel,
      .columns = (size_t)max64 (run->columns, 1),
      .channels = channels,
      .output_stride = pixel,
      .scale = scale,
  };
  pool_func (pool) (rows, run->columns > 0 ? (size_t)n_rows : 0, &windows, (size_t)run->outputs,
      out + (size_t)run->first_output * pixel);
}

/* The same by way of an intermediate row: down the columns, then along them. */
static void
pool_separably (const PoolLayer *pool, float *scratch, const float *const *rows, int n_rows,
    const CnnPoolRun *run, size_t pixel, float scale, float *out)
{
  const size_t reach = (size_t)(run->columns - 1) * (size_t)column_dilation (pool) + 1;
  const size_t stride = (size_t)pool->columns.stride;
  const size_t fitting = pool->between_floats / pixel;
  const size_t most = fitting > reach ? (fitting - reach) / stride + 1 : 1;
  const float *const intermediate[] = {scratch};
  for (size_t i = 0; i < (size_t)run->outputs; i += most) {
    const size_t outputs = (size_t)run->outputs - i < most ? (size_t)run->outputs - i : most;
    const size_t floats = ((outputs - 1) * stride + reach) * pixel;
    const CnnPoolWindows down = {
        .first = ((size_t)run->first_column + i * stride) * pixel,
        .columns = 1,
        .channels = floats,
        .output_stride = floats,
        .scale = 1,
    };
    pool_func (pool) (rows, (size_t)n_rows, &down, 1, scratch);
    const CnnPoolRun along = {
        run->first_output + (int)i, (int)outputs, 0, run->columns, run->divisor};
    pool_direct (pool, intermediate, 1, &along, pixel, pixel, scale, out);
  }
}

static void
pool_row (const PoolLayer *pool, CnnLayerWorker *worker, const CnnPoolWindow *window, size_t pixel,
    size_t channels, float *out)
{
  for (int i = 0; i < pool->grid.n_runs; i++) {
    const CnnPoolRun *run = &pool->grid.runs[i];
    const float scale = average_scale (pool, (int64_t)window->divisor * run->divisor);
    if (pool->algorithm == POOL_SEPARABLE && channels == pixel && window->count > 1 &&
        run->columns > 1)
      pool_separably (pool, scratch_of (worker)->between, scratch_of (worker)->rows, window->count,
          run, pixel, scale, out);
    else
      pool_direct (
          pool, scratch_of (worker)->rows, window->count, run, pixel, channels, scale, out);
  }
}

/* Output row y of one plane, or of all channels of pixels. */
static void
run_row (const PoolLayer *pool, CnnLayerWorker *worker, int plane, int n, int y, float *out)
{
  const CnnPoolWindow *window = &pool->grid.rows[y];
  cnn_running_row (&scratch_of (worker)->running, plane, n, y, scratch_of (worker)->rows,
      window->count, pool->running_scale, average_scale (pool, window->divisor), out);
}

/* Points at the input rows of a window, channel c first. */
static void
find_rows (PoolLayer *pool, CnnLayerWorker *worker, const CnnPoolWindow *window, int n, int channel)
{
  const int dilation = pool->rows.rule == CNN_SIZE_ADAPTIVE ? 1 : pool->rows.dilation;
  const float **rows = scratch_of (worker)->rows;
  CnnReader *reader = &worker->readers[0];
  for (int i = 0; i < window->count; i++) {
    const int64_t position = window->first + (int64_t)i * dilation;
    rows[i] = pool->planar ? cnn_reader_plane (reader, n, position, 0, channel)
                           : cnn_reader_row (reader, n, position, 0) + channel;
  }
}

/* Rows [y0, y1) of planes [c0, c1), plane by plane where they can be read in place. */
static void
pool_planes (PoolLayer *pool, CnnLayerWorker *worker, int n, int y0, int y1, int c0, int c1)
{
  const bool by_plane = worker->readers[0].in_place && worker->writer.in_place;
  const int planes = c1 - c0, rows = y1 - y0;
  for (int64_t i = 0; i < (int64_t)planes * rows; i++) {
    const int c = c0 + (int)(by_plane ? i / rows : i % planes);
    const int y = y0 + (int)(by_plane ? i % rows : i / planes);
    find_rows (pool, worker, &pool->grid.rows[y], n, c);
    float *out = cnn_writer_row (&worker->writer, n, y) + c * worker->writer.plane_stride;
    if (pool->algorithm == POOL_RUNNING)
      run_row (pool, worker, c, n, y, out);
    else
      pool_row (pool, worker, &pool->grid.rows[y], 1, 1, out);
    if (!by_plane && c == c1 - 1)
      cnn_writer_finish (&worker->writer, n, y);
  }
}

static void
pool_pixels (PoolLayer *pool, CnnLayerWorker *worker, int n, int y0, int y1, int c0, int c1)
{
  for (int y = y0; y < y1; y++) {
    find_rows (pool, worker, &pool->grid.rows[y], n, c0);
    float *out = cnn_writer_row (&worker->writer, n, y) + c0;
    if (pool->algorithm == POOL_RUNNING)
      run_row (pool, worker, 0, n, y, out);
    else
      pool_row (
          pool, worker, &pool->grid.rows[y], (size_t)pool->layer.input.c, (size_t)(c1 - c0), out);
    if (!worker->writer.in_place)
      cnn_writer_finish (&worker->writer, n, y);
  }
}

static bool
in_place (const CnnLayerWorker *worker)
{
  return worker->readers[0].in_place && worker->writer.in_place;
}

/* Fewer channels a task: one plane, or a few cache lines. */
static int
least_channels (const PoolLayer *pool)
{
  return pool->planar ? 1 : 64;
}

static void
pool_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  PoolLayer *pool = (PoolLayer *)layer;
  const int c = layer->input.c;
  const int block = min (round_up (div_up (c, worker->n_parts), least_channels (pool)), c);
  const int c0 = min (worker->part * block, c), c1 = min (c0 + block, c);
  if (c0 < c1)
    (pool->planar ? pool_planes : pool_pixels) (pool, worker, n, y0, y1, c0, c1);
}

/* Where rows are read and written in place, tasks share the channels when the rows alone would
 * leave threads idle. */
static void
pool_split (const CnnLayer *layer, const CnnLayerWorker *worker, CnnSplit *split)
{
  const PoolLayer *pool = (const PoolLayer *)layer;
  const int64_t rows = (int64_t)layer->output.n * layer->output.h;
  split->overlap = pool->grid.most_rows;
  const bool whole_pixels = pool->algorithm == POOL_RUNNING && !pool->planar;
  if (!in_place (worker) || whole_pixels || split->n_threads == 1)
    return;
  const int blocks = cnn_row_blocks (rows, split->overlap, split->n_threads).count;
  const int parts = div_up (4 * split->n_threads, blocks), c = layer->output.c;
  split->n_parts = div_up (c, min (round_up (div_up (c, parts), least_channels (pool)), c));
}

/* Dilated windows that the padding clips may begin above those before them, so the padding
 * counts. */
static CnnRowRange
pool_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  const PoolLayer *pool = (const PoolLayer *)layer;
  if (pool->rows.rule != CNN_SIZE_ADAPTIVE)
    return cnn_axis_needed_rows (&pool->rows, layer->input.h, y0, y1);
  const CnnPoolWindow first = pool->grid.rows[y0], last = pool->grid.rows[y1 - 1];
  return (CnnRowRange){first.first, last.first + last.count};
}

static void
pool_begin (const CnnLayer *layer, CnnLayerWorker *worker)
{
  if (((const PoolLayer *)layer)->algorithm == POOL_RUNNING)
    cnn_running_begin (&scratch_of (worker)->running);
}

/* The parts of a worker's scratch, one after the other. */
typedef struct {
  size_t rows, between, running, bytes;
} ScratchLayout;

static ScratchLayout
lay_out_scratch (const PoolLayer *pool)
{
  ScratchLayout layout = {0};
  cnn_scratch_reserve (&layout.bytes, 1, sizeof (PoolScratch));
  layout.rows = cnn_scratch_reserve (
      &layout.bytes, (size_t)max (pool->grid.most_rows, 1), sizeof (const float *));
  layout.between = cnn_scratch_reserve (&layout.bytes, pool->between_floats, sizeof (float));
  layout.running = layout.bytes;
  if (pool->algorithm == POOL_RUNNING)
    cnn_scratch_reserve (&layout.bytes, cnn_running_bytes (&pool->running_plan), 1);
  return layout;
}

static void
pool_init_worker (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const PoolLayer *pool = (const PoolLayer *)layer;
  const ScratchLayout layout = lay_out_scratch (pool);
  PoolScratch *scratch = scratch_of (worker);
  scratch->rows = (const float **)(worker->scratch + layout.rows);
  scratch->between = (float *)(worker->scratch + layout.between);
  if (pool->algorithm == POOL_RUNNING)
    cnn_running_init (&scratch->running, &pool->running_plan, worker->scratch + layout.running);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
pool_clear (CnnLayer *layer)
{
  PoolLayer *pool = (PoolLayer *)layer;
  cnn_free (pool->running_scale);
  cnn_pool_grid_clear (&pool->grid);
}

static const CnnLayerClass pool_class = {
    .needed_rows = pool_needed_rows,
    .compute_rows = pool_compute_rows,
    .split = pool_split,
    .init_worker = pool_init_worker,
    .begin = pool_begin,
    .clear = pool_clear,
};

static bool
check_axis (const CnnAxis *axis, const char *name, CnnError *error)
{
  const int64_t effective = cnn_axis_effective_kernel (axis);
  if (axis->rule == CNN_SIZE_ADAPTIVE)
    return axis->adaptive_output >= 1 ||
           cnn_error_set (error, "output-size %d of %s is below 1", axis->adaptive_output, name);
  if (axis->kernel < 1 || axis->stride < 1 || axis->dilation < 1)
    return cnn_error_set (error, "kernel %d, stride %d and dilation %d of %s must be at least 1",
        axis->kernel, axis->stride, axis->dilation, name);
  if (axis->padding_before < 0 || axis->padding_after < 0)
    return cnn_error_set (
        error, "padding %d,%d of %s is negative", axis->padding_before, axis->padding_after, name);
  if (axis->padding_mode != CNN_PADDING_ZEROS)
    return cnn_error_set (error, "pooling knows no padding-mode but zeros");
  if (axis->padding_before >= effective || axis->padding_after >= effective)
    return cnn_error_set (error,
        "padding %d,%d of %s must be smaller than the effective kernel %lld on each side",
        axis->padding_before, axis->padding_after, name, (long long)effective);
  return true;
}

static bool
check_desc (const CnnPool2dDesc *desc, CnnShape *output, CnnError *error)
{
  size_t count;
  if (!cnn_shape_count (desc->input, sizeof (float), &count, error) ||
      !check_axis (&desc->window.rows, "rows", error) ||
      !check_axis (&desc->window.columns, "columns", error))
    return false;
  if (desc->divisor_override < 0)
    return cnn_error_set (error, "divisor-override %d is negative", desc->divisor_override);
  return cnn_window_output (&desc->window, desc->input, output, error) &&
         cnn_shape_count (*output, sizeof (float), &count, error);
}

static void
set_info (PoolLayer *pool)
{
  static const char *const names[2][2] = {{"pool-max-interleaved", "pool-max-planar"},
      {"pool-average-interleaved", "pool-average-planar"}};
  const CnnDispatch *dispatch = pool->layer.context.dispatch;
  const bool is_max = pool->mode == CNN_POOL_MAX;
  cnn_layer_set_info (&pool->layer, names[!is_max][pool->planar],
      is_max ? dispatch->pool_max_isa : dispatch->pool_average_isa,
      cnn_frame_values (pool->layer.input), pool->layer.output);
}

/* Pooling down first saves work when windows overlap, and always along planes and few channels,
 * where whole vectors go down but not along. */
static bool
is_separable (const PoolLayer *pool)
{
  const CnnAxis *rows = &pool->rows, *columns = &pool->columns;
  if (rows->rule == CNN_SIZE_ADAPTIVE || columns->rule == CNN_SIZE_ADAPTIVE)
    return false;
  const bool is_small = (int64_t)rows->kernel * columns->kernel <= DIRECT_VALUES;
  if (pool->planar)
    return pool->layer.output.w > 1 && !(is_small && columns->stride <= 2);
  if (pool->layer.input.c < 16)
    return pool->layer.output.w > 1;
  return pool->layer.output.w > 1 && !is_small && columns->kernel > columns->stride;
}

static PoolAlgorithm
select_algorithm (PoolLayer *pool)
{
  const CnnShape in = pool->layer.input;
  const CnnRunningDesc desc = {
      .dispatch = pool->layer.context.dispatch,
      .is_max = pool->mode == CNN_POOL_MAX,
      .rows = pool->rows,
      .columns = pool->columns,
      .input = in,
      .output = pool->layer.output,
      .channels = pool->planar ? 1 : in.c,
      .planes = pool->planar ? in.c : 1,
  };
  if (cnn_running_plan_init (&pool->running_plan, &desc))
    return POOL_RUNNING;
  return is_separable (pool) ? POOL_SEPARABLE : POOL_DIRECT;
}

static bool
make_running_scale (PoolLayer *pool)
{
  pool->running_scale = cnn_alloc ((size_t)pool->layer.output.w, sizeof (float));
  for (int i = 0; pool->running_scale && i < pool->grid.n_runs; i++) {
    const CnnPoolRun *run = &pool->grid.runs[i];
    const float scale = pool->divisor_override > 0 ? 1.0f : average_scale (pool, run->divisor);
    for (int x = 0; x < run->outputs; x++)
      pool->running_scale[run->first_output + x] = scale;
  }
  return pool->running_scale != NULL;
}

static size_t
between_floats (const PoolLayer *pool)
{
  if (pool->algorithm != POOL_SEPARABLE)
    return 0;
  const size_t pixel = pool->planar ? 1 : (size_t)pool->layer.input.c;
  const int64_t reach = min64 (cnn_axis_effective_kernel (&pool->columns), pool->layer.input.w);
  const size_t least = pixel * (size_t)reach;
  return least > SCRATCH_FLOATS / 2 ? 2 * least : SCRATCH_FLOATS;
}

static bool
plan (PoolLayer *pool, const CnnPool2dDesc *desc, CnnError *error)
{
  const CnnRowOrder order = pool->planar ? CNN_ROWS_PLANAR : CNN_ROWS_INTERLEAVED;
  const int dilation = pool->rows.rule == CNN_SIZE_ADAPTIVE ? 1 : pool->rows.dilation;
  CnnAxis rows = cnn_window_unit ().rows;
  rows.kernel = pool->grid.most_rows > 0 ? (pool->grid.most_rows - 1) * dilation + 1 : 1;
  const CnnReaderDesc reader = {
      .input = pool->layer.input,
      .rows = rows,
      .columns = cnn_window_unit ().columns,
      .output_columns = pool->layer.input.w,
      .order = order,
      .tile = 1,
      .strip = 1,
      .normalization = desc->normalization,
  };
  const CnnWriterDesc writer = {.computed = pool->layer.output, .order = order, .strip = 1};
  pool->layer.scratch_bytes = lay_out_scratch (pool).bytes;
  return cnn_layer_plan (&pool->layer, 1, &reader, &writer, error);
}

CnnLayer *
cnn_pool2d_new (const CnnContext *context, const CnnPool2dDesc *desc, CnnError *error)
{
  CnnShape output;
  if (!check_desc (desc, &output, error))
    return NULL;
  PoolLayer *pool =
      cnn_layer_alloc (sizeof *pool, &pool_class, context, desc->input, output, error);
  if (!pool)
    return NULL;
  pool->layer.output_format = desc->output_format;
  pool->mode = desc->mode;
  pool->rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  pool->columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  pool->planar = desc->input_format.layout == CNN_LAYOUT_NCHW || desc->input.c == 1;
  pool->divisor_override = desc->divisor_override;
  pool->algorithm = select_algorithm (pool);
  pool->between_floats = between_floats (pool);
  if (!cnn_pool_grid_init (
          &pool->grid, &pool->rows, &pool->columns, desc->input, output, desc->count_include_pad) ||
      (pool->algorithm == POOL_RUNNING && !make_running_scale (pool))) {
    cnn_error_set (error, "no memory for the windows of a %dx%d output", output.h, output.w);
  } else if (plan (pool, desc, error)) {
    set_info (pool);
    return &pool->layer;
  }
  cnn_layer_free (&pool->layer);
  return NULL;
}
