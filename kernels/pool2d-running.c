/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool2d-running.h"

#include "integers.h"
#include "memory.h"

#include <limits.h>
#include <math.h>

/* From which size of windows on this is faster, by how many channels a row has: pixels of few channels
 * leave lanes empty where they are pooled value by value, and strides skip windows that are made here.
 * Rows and columns of a window together are at least window / 2 times both strides together. Blocks of
 * rows are worth it from windows of blocks + 4 * stride rows on; fewer rows are combined anew. */
static const struct {
  int most_channels, window, blocks;
} worthwhile[] = {{1, 3, 6}, {15, 2, 2}, {INT_MAX, 10, 2}};

/* What a worker may keep, in floats: 16 MiB. */
#define MOST_FLOATS (1 << 22)

static size_t
padded_columns (const CnnRunningDesc *desc)
{
  const size_t reach =
      (size_t)(desc->output.w - 1) * (size_t)desc->columns.stride + (size_t)desc->columns.kernel;
  const size_t own = (size_t)desc->columns.padding_before + (size_t)desc->input.w;
  return reach > own ? reach : own;
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
  if (!multiply_within (&plan->padded_floats, desc->channels, MOST_FLOATS / 2))
    return false;
  if (!has_blocks)
    return true;
  size_t kept = plan->row_floats;
  if (!multiply_within (&kept, rows->kernel + 2, MOST_FLOATS))
    return false;
  plan->plane_floats = kept;
  return multiply_within (&kept, desc->planes, MOST_FLOATS);
}

bool
cnn_running_init (CnnRunning *running, const CnnRunningPlan *plan)
{
  const size_t planes = (size_t)plan->desc.planes;
  *running = (CnnRunning){.plan = plan};
  running->planes = cnn_alloc (planes, sizeof *running->planes);
  running->kept = cnn_alloc (planes * plan->plane_floats + 1, sizeof (float));
  running->padded = cnn_alloc (plan->padded_floats, sizeof (float));
  running->scratch = cnn_alloc (plan->padded_floats, sizeof (float));
  if (!running->planes || !running->kept || !running->padded || !running->scratch)
    return false;
  for (size_t i = 0; plan->desc.is_max && i < plan->padded_floats; i++)
    running->padded[i] = -INFINITY;
  return true;
}

void
cnn_running_clear (CnnRunning *running)
{
  cnn_free (running->planes);
  cnn_free (running->kept);
  cnn_free (running->padded);
  cnn_free (running->scratch);
  *running = (CnnRunning){0};
}

void
cnn_running_begin (CnnRunning *running)
{
  for (int i = 0; i < running->plan->desc.planes; i++)
    running->planes[i].block = -1;
}

/* out = one row, or the sum or maximum of several; what makes no difference when there is none. */
static void
combine (const CnnRunningPlan *plan, const float *const *rows, size_t n_rows, float *out)
{
  const CnnKernels *kernels = plan->desc.kernels;
  const CnnPoolWindows down = {
      .columns = 1,
      .channels = plan->row_floats,
      .output_stride = plan->row_floats,
      .scale = 1,
  };
  (plan->desc.is_max ? kernels->pool_max : kernels->pool_average) (rows, n_rows, &down, 1, out);
}

/* out = a combined with b, either of which may be missing. */
static float *
combine_two (const CnnRunningPlan *plan, const float *a, const float *b, float *out)
{
  const float *const rows[] = {a ? a : b, b};
  combine (plan, rows, (size_t)(a != NULL) + (size_t)(b != NULL), out);
  return out;
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

/* Down the columns of the window that begins with padded row `start`. */
static void
run_down (CnnRunning *running, int plane_index, int start, const WindowRows *window, float *out)
{
  const CnnRunningPlan *plan = running->plan;
  const int kernel = plan->desc.rows.kernel, block = start / kernel, next = (block + 1) * kernel;
  CnnRunningPlane *plane = &running->planes[plane_index];
  float *ends = running->kept + (size_t)plane_index * plan->plane_floats;
  float *beginnings = ends + (size_t)kernel * plan->row_floats;
  if (plane->block != block) {
    const float *end = NULL;
    for (int row = next - 1; row >= start; row--) {
      float *place = ends + (size_t)(row % kernel) * plan->row_floats;
      end = combine_two (plan, end, window_row (window, row), place);
    }
    *plane = (CnnRunningPlane){.block = block, .begun = next};
  }
  for (; plane->begun < start + kernel; plane->begun++) {
    const float *row = window_row (window, plane->begun);
    float *other = plane->current == beginnings ? beginnings + plan->row_floats : beginnings;
    if (row)
      plane->current = combine_two (plan, plane->current, row, other);
  }
  combine_two (plan, ends + (size_t)(start % kernel) * plan->row_floats, plane->current, out);
}

void
cnn_running_row (CnnRunning *running, int plane, int y, const float *const *rows, int n_rows,
    const float *scale, float factor, float *out)
{
  const CnnRunningPlan *plan = running->plan;
  const CnnRunningDesc *desc = &plan->desc;
  float *padded = running->padded + (size_t)desc->columns.padding_before * (size_t)desc->channels;
  const int start = y * desc->rows.stride, before = desc->rows.padding_before;
  const int first = start > before ? start : before;
  const WindowRows window = {rows, first, first + n_rows};
  if (plan->plane_floats > 0)
    run_down (running, plane, start, &window, padded);
  else
    combine (plan, rows, (size_t)n_rows, padded);
  const CnnPoolRunning along = {
      .columns = (size_t)desc->columns.kernel,
      .stride = (size_t)desc->columns.stride,
      .channels = (size_t)desc->channels,
      .scale = scale,
      .factor = factor,
      .scratch = running->scratch,
  };
  const CnnKernels *kernels = desc->kernels;
  (desc->is_max ? kernels->pool_running_max : kernels->pool_running_sum) (
      running->padded, &along, (size_t)desc->output.w, out);
}
