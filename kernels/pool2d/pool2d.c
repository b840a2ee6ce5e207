/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows are clipped to the image when the layer is made: kernels only ever see samples that exist,
 * so nothing is padded. Neighbouring columns whose windows look alike form runs, one kernel call
 * each; the clipped ones at the ends are runs of their own. */
#include "cnn/pool2d.h"

#include "core/bands.h"
#include "cpu/dispatch.h"
#include "core/integers.h"
#include "core/layer-private.h"
#include "cnn/memory.h"
#include "pool2d/pool2d-running.h"
#include "pool2d/pool2d-windows.h"
#include "rows/rows.h"

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
} PoolWay;

typedef struct {
  CnnReader reader;
  CnnWriter writer;
  const float **rows;
  float *scratch;
  CnnRunning running;
} PoolWorker;

typedef struct {
  CnnLayer layer;
  CnnPoolMode mode;
  CnnAxis rows, columns; /* resolved */
  bool planar;
  PoolWay way;
  int divisor_override;
  CnnPoolGrid grid;
  CnnReaderPlan reader_plan;
  CnnWriterPlan writer_plan;
  size_t scratch_floats;
  CnnRunningPlan running_plan;
  float *running_scale; /* one per output column: 1 / divisor, or 1 where one divisor is for all */
  PoolWorker *workers;
  int n_workers;
} PoolLayer;

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct {
  PoolLayer *pool;
  CnnBands bands; /* of the output rows of one frame */
  int block;      /* channels of a task */
  int n_blocks;
} PoolRun;

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

/* A run of outputs from rows that each hold `pixel` floats a column, of which `channels` from `rows`
 * on are pooled. */
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
  const size_t fitting = pool->scratch_floats / pixel;
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
pool_row (const PoolLayer *pool, PoolWorker *worker, const CnnPoolWindow *window, size_t pixel,
    size_t channels, float *out)
{
  for (int i = 0; i < pool->grid.n_runs; i++) {
    const CnnPoolRun *run = &pool->grid.runs[i];
    const float scale = average_scale (pool, (int64_t)window->divisor * run->divisor);
    if (pool->way == POOL_SEPARABLE && channels == pixel && window->count > 1 && run->columns > 1)
      pool_separably (pool, worker->scratch, worker->rows, window->count, run, pixel, scale, out);
    else
      pool_direct (pool, worker->rows, window->count, run, pixel, channels, scale, out);
  }
}

/* Output row y of one plane, or of all channels of pixels. */
static void
run_row (const PoolLayer *pool, PoolWorker *worker, int plane, int n, int y, float *out)
{
  const CnnPoolWindow *window = &pool->grid.rows[y];
  cnn_running_row (&worker->running, plane, n, y, worker->rows, window->count, pool->running_scale,
      average_scale (pool, window->divisor), out);
}

/* Points worker->rows at the input rows of a window, channel c first. */
static void
find_rows (PoolLayer *pool, PoolWorker *worker, const CnnPoolWindow *window, int n, int channel)
{
  const int dilation = pool->rows.rule == CNN_SIZE_ADAPTIVE ? 1 : pool->rows.dilation;
  for (int i = 0; i < window->count; i++) {
    const int64_t position = window->first + (int64_t)i * dilation;
    worker->rows[i] = pool->planar ? cnn_reader_plane (&worker->reader, n, position, 0, channel)
                                   : cnn_reader_row (&worker->reader, n, position, 0) + channel;
  }
}

/* Rows [y0, y1) of planes [c0, c1), plane by plane where they can be read in place. */
static void
pool_planes (PoolLayer *pool, PoolWorker *worker, int n, int y0, int y1, int c0, int c1)
{
  const bool by_plane = worker->reader.in_place && worker->writer.in_place;
  const int planes = c1 - c0, rows = y1 - y0;
  for (int64_t i = 0; i < (int64_t)planes * rows; i++) {
    const int c = c0 + (int)(by_plane ? i / rows : i % planes);
    const int y = y0 + (int)(by_plane ? i % rows : i / planes);
    find_rows (pool, worker, &pool->grid.rows[y], n, c);
    float *out = cnn_writer_row (&worker->writer, n, y) + c * worker->writer.plane_stride;
    if (pool->way == POOL_RUNNING)
      run_row (pool, worker, c, n, y, out);
    else
      pool_row (pool, worker, &pool->grid.rows[y], 1, 1, out);
    if (!by_plane && c == c1 - 1)
      cnn_writer_finish (&worker->writer, n, y);
  }
}

static void
pool_pixels (PoolLayer *pool, PoolWorker *worker, int n, int y0, int y1, int c0, int c1)
{
  for (int y = y0; y < y1; y++) {
    find_rows (pool, worker, &pool->grid.rows[y], n, c0);
    float *out = cnn_writer_row (&worker->writer, n, y) + c0;
    if (pool->way == POOL_RUNNING)
      run_row (pool, worker, 0, n, y, out);
    else
      pool_row (
          pool, worker, &pool->grid.rows[y], (size_t)pool->layer.input.c, (size_t)(c1 - c0), out);
    if (!worker->writer.in_place)
      cnn_writer_finish (&worker->writer, n, y);
  }
}

static void
run_task (void *data, int task, int worker_number)
{
  const PoolRun *run = data;
  PoolLayer *pool = run->pool;
  PoolWorker *worker = &pool->workers[worker_number];
  const int block = task % run->n_blocks, band = task / run->n_blocks % run->bands.count;
  const int n = task / run->n_blocks / run->bands.count, c0 = block * run->block;
  const int y0 = (int)cnn_band_first (&run->bands, band);
  const int y1 = (int)cnn_band_first (&run->bands, band + 1);
  const int c1 = (int)min64 ((int64_t)c0 + run->block, pool->layer.input.c);
  (pool->planar ? pool_planes : pool_pixels) (pool, worker, n, y0, y1, c0, c1);
}

/* Bands of rows; and where rows are read and written in place, blocks of channels: one plane or a
 * few cache lines, when the rows alone would leave threads idle. */
static void
split (PoolRun *run, int n_threads)
{
  const CnnShape out = run->pool->layer.output;
  const PoolWorker *worker = &run->pool->workers[0];
  const int overlap = run->pool->grid.most_rows;
  run->block = out.c;
  run->bands = cnn_bands (out.h, 1, overlap, n_threads);
  const bool whole_pixels = run->pool->way == POOL_RUNNING && !run->pool->planar;
  if (worker->reader.in_place && worker->writer.in_place && !whole_pixels) {
    const int wanted = 4 * n_threads, least = run->pool->planar ? 1 : 64;
    const int rows = (int)min64 ((int64_t)out.n * run->bands.count, wanted);
    const int blocks = n_threads > 1 ? div_up (wanted, rows) : 1;
    run->block = min (round_up (div_up (out.c, blocks), least), out.c);
  }
  run->n_blocks = div_up (out.c, run->block);
}

static void
pool_run (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads)
{
  PoolLayer *pool = (PoolLayer *)layer;
  for (int i = 0; i < pool->n_workers; i++) {
    cnn_reader_begin (&pool->workers[i].reader, in);
    cnn_writer_begin (&pool->workers[i].writer, out);
    if (pool->way == POOL_RUNNING)
      cnn_running_begin (&pool->workers[i].running);
  }
  PoolRun run = {.pool = pool};
  split (&run, n_threads);
  const int tasks = layer->output.n * run.bands.count * run.n_blocks;
  cnn_workers_run (layer->context.workers, n_threads, tasks, run_task, &run);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
pool_destroy (CnnLayer *layer)
{
  PoolLayer *pool = (PoolLayer *)layer;
  for (int i = 0; pool->workers && i < pool->n_workers; i++) {
    PoolWorker *worker = &pool->workers[i];
    cnn_reader_clear (&worker->reader);
    cnn_writer_clear (&worker->writer);
    cnn_running_clear (&worker->running);
    cnn_free (worker->rows);
    cnn_free (worker->scratch);
  }
  cnn_free (pool->workers);
  cnn_reader_plan_clear (&pool->reader_plan);
  cnn_free (pool->running_scale);
  cnn_pool_grid_clear (&pool->grid);
  cnn_free (pool);
}

static const CnnLayerClass pool_class = {pool_run, pool_destroy};

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
fill_info (PoolLayer *pool)
{
  static const char *const names[2][2] = {{"pool-max-interleaved", "pool-max-planar"},
      {"pool-average-interleaved", "pool-average-planar"}};
  const CnnDispatch *dispatch = pool->layer.context.dispatch;
  const bool is_max = pool->mode == CNN_POOL_MAX;
  pool->layer.info = (CnnLayerInfo){
      .dense_parameters = cnn_dense_parameters (pool->layer.input, pool->layer.output),
      .isa = cnn_isa_name (is_max ? dispatch->pool_max_isa : dispatch->pool_average_isa),
      .kernel_name = names[!is_max][pool->planar],
  };
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

static PoolWay
choose_way (PoolLayer *pool)
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
scratch_floats (const PoolLayer *pool)
{
  if (pool->way != POOL_SEPARABLE)
    return 0;
  const size_t pixel = pool->planar ? 1 : (size_t)pool->layer.input.c;
  const int64_t reach = min64 (cnn_axis_effective_kernel (&pool->columns), pool->layer.input.w);
  const size_t least = pixel * (size_t)reach;
  return least > SCRATCH_FLOATS / 2 ? 2 * least : SCRATCH_FLOATS;
}

static bool
make_plans (PoolLayer *pool, const CnnPool2dDesc *desc, CnnError *error)
{
  const CnnRowOrder order = pool->planar ? CNN_ROWS_PLANAR : CNN_ROWS_INTERLEAVED;
  const int dilation = pool->rows.rule == CNN_SIZE_ADAPTIVE ? 1 : pool->rows.dilation;
  CnnAxis rows = cnn_window_unit ().rows;
  rows.kernel = pool->grid.most_rows > 0 ? (pool->grid.most_rows - 1) * dilation + 1 : 1;
  const CnnReaderDesc reader = {
      .dispatch = pool->layer.context.dispatch,
      .input = pool->layer.input,
      .rows = rows,
      .columns = cnn_window_unit ().columns,
      .output_columns = pool->layer.input.w,
      .order = order,
      .tile = 1,
      .strip = 1,
      .normalization = desc->normalization,
  };
  const CnnWriterDesc writer = {
      .dispatch = pool->layer.context.dispatch,
      .computed = pool->layer.output,
      .order = order,
      .strip = 1,
  };
  return cnn_reader_plan_init (&pool->reader_plan, &reader, error) &&
         cnn_writer_plan_init (&pool->writer_plan, &writer, error);
}

static bool
make_workers (PoolLayer *pool, CnnError *error)
{
  pool->n_workers = cnn_workers_count (pool->layer.context.workers);
  pool->workers = cnn_alloc ((size_t)pool->n_workers, sizeof *pool->workers);
  if (!pool->workers)
    return cnn_error_set (error, "no memory for %d threads", pool->n_workers);
  for (int i = 0; i < pool->n_workers; i++) {
    PoolWorker *worker = &pool->workers[i];
    worker->rows = cnn_alloc ((size_t)max64 (pool->grid.most_rows, 1), sizeof *worker->rows);
    worker->scratch = cnn_alloc (pool->scratch_floats, sizeof (float));
    if (!worker->rows || !worker->scratch ||
        (pool->way == POOL_RUNNING && !cnn_running_init (&worker->running, &pool->running_plan)))
      return cnn_error_set (error, "no memory for the rows of a window");
    if (!cnn_reader_init (&worker->reader, &pool->reader_plan, error) ||
        !cnn_writer_init (&worker->writer, &pool->writer_plan, error))
      return false;
  }
  return true;
}

CnnLayer *
cnn_pool2d_new (const CnnContext *context, const CnnPool2dDesc *desc, CnnError *error)
{
  CnnShape output;
  if (!check_desc (desc, &output, error))
    return NULL;
  PoolLayer *pool = cnn_alloc (1, sizeof *pool);
  if (!pool) {
    cnn_error_set (error, "no memory for a pooling layer");
    return NULL;
  }
  pool->layer = (CnnLayer){
      .layer_class = &pool_class, .context = *context, .input = desc->input, .output = output};
  pool->mode = desc->mode;
  pool->rows = cnn_axis_resolve (&desc->window.rows, desc->input.h);
  pool->columns = cnn_axis_resolve (&desc->window.columns, desc->input.w);
  pool->planar = desc->input_format.layout == CNN_LAYOUT_NCHW || desc->input.c == 1;
  pool->divisor_override = desc->divisor_override;
  pool->way = choose_way (pool);
  pool->scratch_floats = scratch_floats (pool);
  if (!cnn_pool_grid_init (
          &pool->grid, &pool->rows, &pool->columns, desc->input, output, desc->count_include_pad) ||
      (pool->way == POOL_RUNNING && !make_running_scale (pool))) {
    cnn_error_set (error, "no memory for the windows of a %dx%d output", output.h, output.w);
  } else if (make_plans (pool, desc, error) && make_workers (pool, error)) {
    fill_info (pool);
    return &pool->layer;
  }
  pool_destroy (&pool->layer);
  return NULL;
}
