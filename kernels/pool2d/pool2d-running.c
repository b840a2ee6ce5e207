/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool2d/pool2d-running.h"

#include "core/integers.h"
#include "core/layer-private.h"

#include <limits.h>
#include <math.h>

/* From which size of windows on this is faster, by how many channels a row has: pixels of few
 * channels leave lanes empty where they are pooled value by value, and strides skip windows that
 * are made here. Rows and columns of a window together are at least window / 2 times both strides
 * together. Blocks of rows are worth it from windows of blocks + 4 * stride rows on; fewer rows are
 * combined anew. */
static const struct {
  int most_channels, window, blocks;
} worthwhile[] = {{1, 3, 6}, {15, 2, 2}, {INT_MAX, 10, 2}};

/* What a worker may keep, in floats: 16 MiB. */
#define MAX_FLOATS (1 << 22)

/* Sums of this many rows begin anew, and are added up by themselves: so the error of an average
 * does not grow with its window. */
#define CHUNK_ROWS 64

static size_t
padded_columns (const CnnRunningDesc *desc)
{
  const size_t reach =
      (size_t)(desc->output.w - 1) * (size_t)desc->columns.stride + (size_t)desc->columns.kernel;
  const size_t own = (size_t)desc->columns.padding_before + (size_t)desc->input.w;
  return reach > own ? reach : own;
}

static int
n_chunks (int kernel)
{
  return div_up (kernel, CHUNK_ROWS);
}

/* An end for each row of a block, what follows each chunk, and two places for both parts of a
 * beginning. */
static int
kept_rows (int kernel)
{
  return kernel + n_chunks (kernel) + 4;
}

bool
cnn_running_plan_init (CnnRunningPlan *plan, const CnnRunningDesc *desc)
{
  const CnnAxis *rows = &desc->rows, *columns = &desc->columns;
  *plan = (CnnRunningPlan){.desc = *desc};
  if (rows->rule == CNN_SIZE_ADAPTIVE || columns->rule == CNN_SIZE_ADAPTIVE || rows->dilation > 1 ||
      columns->dilation > 1)
    return false;
  size_t i = 0;
  while (desc->channels > worthwhile[i].most_channels)
    i++;
  const int64_t size = (int64_t)rows->kernel + columns->kernel;
  const int64_t strides = (int64_t)rows->stride + columns->stride;
  const bool has_blocks =
      desc->output.h > 1 && rows->kernel >= worthwhile[i].blocks + 4 * (int64_t)rows->stride;
  if (2 * size < worthwhile[i].window * strides || (desc->output.w == 1 && !has_blocks))
    return false;
  plan->row_floats = (size_t)desc->input.w * (size_t)desc->channels;
  plan->padded_floats = padded_columns (desc);
  if (!multiply_within (&plan->padded_floats, desc->channels, MAX_FLOATS / 2))
    return false;
  if (!has_blocks)
    return true;
  size_t kept = plan->row_floats;
  if (rows->kernel > MAX_FLOATS || !multiply_within (&kept, kept_rows (rows->kernel), MAX_FLOATS))
    return false;
  plan->plane_floats = kept;
  return multiply_within (&kept, desc->planes, MAX_FLOATS);
}

/* The parts of that memory, one after the other. */
typedef struct {
  size_t planes, kept, padded, scratch, bytes;
} RunningLayout;

static RunningLayout
lay_out (const CnnRunningPlan *plan)
{
  const size_t planes = (size_t)plan->desc.planes;
  RunningLayout layout = {0};
  layout.planes = cnn_scratch_reserve (&layout.bytes, planes, sizeof (CnnRunningPlane));
  layout.kept = cnn_scratch_reserve (&layout.bytes, planes * plan->plane_floats, sizeof (float));
  layout.padded = cnn_scratch_reserve (&layout.bytes, plan->padded_floats, sizeof (float));
  layout.scratch = cnn_scratch_reserve (&layout.bytes, plan->padded_floats, sizeof (float));
  return layout;
}

size_t
cnn_running_bytes (const CnnRunningPlan *plan)
{
  return lay_out (plan).bytes;
}

void
cnn_running_init (CnnRunning *running, const CnnRunningPlan *plan, unsigned char *memory)
{
  const RunningLayout layout = lay_out (plan);
  *running = (CnnRunning){
      .plan = plan,
      .planes = (CnnRunningPlane *)(memory + layout.planes),
      .kept = (float *)(memory + layout.kept),
      .padded = (float *)(memory + layout.padded),
      .scratch = (float *)(memory + layout.scratch),
  };
  for (size_t i = 0; plan->desc.is_max && i < plan->padded_floats; i++)
    running->padded[i] = -INFINITY;
}

void
cnn_running_begin (CnnRunning *running)
{
  for (int i = 0; i < running->plan->desc.planes; i++)
    running->planes[i] = (CnnRunningPlane){.next = -1};
}

/* out = one row, or the sum or maximum of several; what makes no difference when there is none. */
static void
combine (const CnnRunningPlan *plan, const float *const *rows, size_t n_rows, float *out)
{
  const CnnDispatch *dispatch = plan->desc.dispatch;
  const CnnPoolWindows down = {
      .columns = 1,
      .channels = plan->row_floats,
      .output_stride = plan->row_floats,
      .scale = 1,
  };
  (plan->desc.is_max ? dispatch->pool_max : dispatch->pool_average) (rows, n_rows, &down, 1, out);
}

/* out = those of `n` rows that are there, combined. */
static float *
combine_present (const CnnRunningPlan *plan, const float *const *rows, int n, float *out)
{
  const float *present[4];
  size_t n_present = 0;
  for (int i = 0; i < n; i++)
    if (rows[i])
      present[n_present++] = rows[i];
  combine (plan, present, n_present, out);
  return out;
}

static float *
combine_two (const CnnRunningPlan *plan, const float *a, const float *b, float *out)
{
  const float *const rows[] = {a, b};
  return combine_present (plan, rows, 2, out);
}

/* The rows of a window, all in padded coordinates. */
typedef struct {
  const float *const *rows;
  int first, end; /* those that lie in the input */
} WindowRows;

static const float *
window_row (const WindowRows *window, int row)
{
  return row >= window->first && row < window->end ? window->rows[row - window->first] : NULL;
}

/* Where rows of a plane are kept. */
typedef struct {
  float *ends;       /* of each row of the block to the end of its chunk */
  float *following;  /* of each chunk but the last: all chunks of the block behind it */
  float *beginnings; /* two places for CnnRunningPlane.current, two for .before */
} Kept;

static Kept
find_kept (const CnnRunning *running, int plane)
{
  const CnnRunningPlan *plan = running->plan;
  const int kernel = plan->desc.rows.kernel;
  float *ends = running->kept + (size_t)plane * plan->plane_floats;
  float *following = ends + (size_t)kernel * plan->row_floats;
  return (Kept){ends, following, following + (size_t)n_chunks (kernel) * plan->row_floats};
}

static void
make_ends (const CnnRunningPlan *plan, const Kept *kept, int start, const WindowRows *window)
{
  const int kernel = plan->desc.rows.kernel, first = start - start % kernel;
  const float *end = NULL, *following = NULL;
  for (int row = kernel - 1; row >= start - first; row--) {
    end = combine_two (
        plan, end, window_row (window, first + row), kept->ends + (size_t)row * plan->row_floats);
    if (row % CHUNK_ROWS == 0 && row > start - first) {
      following = combine_two (plan, following, end,
          kept->following + (size_t)(row / CHUNK_ROWS - 1) * plan->row_floats);
      end = NULL;
    }
  }
}

/* One of two places, the one that does not hold `value`. */
static float *
other_place (const CnnRunningPlan *plan, float *places, const float *value)
{
  return value == places ? places + plan->row_floats : places;
}

static void
extend_beginning (
    const CnnRunningPlan *plan, const Kept *kept, CnnRunningPlane *plane, const float *row)
{
  float *places = kept->beginnings;
  if (plane->begun % plan->desc.rows.kernel % CHUNK_ROWS == 0 && plane->current) {
    float *before = places + 2 * plan->row_floats;
    plane->before = combine_two (
        plan, plane->before, plane->current, other_place (plan, before, plane->before));
    plane->current = NULL;
  }
  if (row)
    plane->current =
        combine_two (plan, plane->current, row, other_place (plan, places, plane->current));
  plane->begun++;
}

/* Down the columns of the window that begins with padded row `start`. */
static void
run_down (CnnRunning *running, int plane_index, int start, const WindowRows *window, float *out)
{
  const CnnRunningPlan *plan = running->plan;
  const int kernel = plan->desc.rows.kernel, block = start / kernel;
  const int row = start % kernel, chunk = row / CHUNK_ROWS;
  const Kept kept = find_kept (running, plane_index);
  CnnRunningPlane *plane = &running->planes[plane_index];
  if (plane->block != block) {
    make_ends (plan, &kept, start, window);
    *plane = (CnnRunningPlane){.block = block, .begun = (block + 1) * kernel};
  }
  while (plane->begun < start + kernel)
    extend_beginning (plan, &kept, plane, window_row (window, plane->begun));
  const float *const parts[] = {
      kept.ends + (size_t)row * plan->row_floats,
      chunk < n_chunks (kernel) - 1 ? kept.following + (size_t)chunk * plan->row_floats : NULL,
      plane->before,
      plane->current,
  };
  combine_present (plan, parts, 4, out);
}

void
cnn_running_row (CnnRunning *running, int plane, int n, int y, const float *const *rows, int n_rows,
    const float *scale, float factor, float *out)
{
  const CnnRunningPlan *plan = running->plan;
  const CnnRunningDesc *desc = &plan->desc;
  float *padded = running->padded + (size_t)desc->columns.padding_before * (size_t)desc->channels;
  const int start = y * desc->rows.stride, before = desc->rows.padding_before;
  const int first = start > before ? start : before;
  const WindowRows window = {rows, first, first + n_rows};
  if (plan->plane_floats > 0) {
    CnnRunningPlane *at_hand = &running->planes[plane];
    const int64_t key = ((int64_t)n << 32) + y;
    if (at_hand->next != key)
      at_hand->block = -1;
    run_down (running, plane, start, &window, padded);
    at_hand->next = key + 1;
  } else {
    combine (plan, rows, (size_t)n_rows, padded);
  }
  const CnnPoolSliding along = {
      .columns = (size_t)desc->columns.kernel,
      .stride = (size_t)desc->columns.stride,
      .channels = (size_t)desc->channels,
      .scale = scale,
      .factor = factor,
      .scratch = running->scratch,
  };
  const CnnDispatch *dispatch = desc->dispatch;
  (desc->is_max ? dispatch->pool_sliding_max : dispatch->pool_sliding_sum) (
      running->padded, &along, (size_t)desc->output.w, out);
}
