/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pool2d/pool2d-windows.h"

#include "core/integers.h"
#include "cnn/memory.h"

/* Taps first + i * dilation, i in [0, kernel), that are below `end`. */
static int64_t
taps_below (const CnnAxis *axis, int64_t first, int64_t end)
{
  if (first >= end)
    return 0;
  return min64 (div_up64 (end - first, axis->dilation), axis->kernel);
}

static CnnPoolWindow
clip_window (const CnnAxis *axis, int input, int output, bool count_include_pad)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE) {
    const int64_t outputs = axis->adaptive_output;
    const int64_t start = (int64_t)output * input / outputs;
    const int64_t end = div_up64 (((int64_t)output + 1) * input, outputs);
    return (CnnPoolWindow){(int)start, (int)(end - start), (int)(end - start)};
  }
  const int64_t start = (int64_t)output * axis->stride - axis->padding_before;
  const int64_t before = taps_below (axis, start, 0);
  const int64_t inside = taps_below (axis, start, input) - before;
  const int64_t padded = taps_below (axis, start, (int64_t)input + axis->padding_after);
  if (inside == 0)
    return (CnnPoolWindow){0, 0, count_include_pad ? (int)padded : 0};
  return (CnnPoolWindow){(int)(start + before * axis->dilation), (int)inside,
      (int)(count_include_pad ? padded : inside)};
}

static bool
continues_run (const CnnPoolRun *run, const CnnPoolWindow *window, int stride)
{
  return window->count == run->columns && window->divisor == run->divisor &&
         (int64_t)window->first == run->first_column + (int64_t)run->outputs * stride;
}

bool
cnn_pool_grid_init (CnnPoolGrid *grid, const CnnAxis *rows, const CnnAxis *columns, CnnShape input,
    CnnShape output, bool count_include_pad)
{
  const int column_stride = columns->rule == CNN_SIZE_ADAPTIVE ? 0 : columns->stride;
  *grid = (CnnPoolGrid){
      .rows = cnn_alloc ((size_t)output.h, sizeof *grid->rows),
      .runs = cnn_alloc ((size_t)output.w, sizeof *grid->runs),
  };
  if (!grid->rows || !grid->runs)
    return false;
  for (int y = 0; y < output.h; y++) {
    grid->rows[y] = clip_window (rows, input.h, y, count_include_pad);
    if (grid->rows[y].count > grid->most_rows)
      grid->most_rows = grid->rows[y].count;
  }
  for (int x = 0; x < output.w; x++) {
    const CnnPoolWindow window = clip_window (columns, input.w, x, count_include_pad);
    CnnPoolRun *last = grid->n_runs > 0 ? &grid->runs[grid->n_runs - 1] : NULL;
    if (last && column_stride > 0 && continues_run (last, &window, column_stride))
      last->outputs++;
    else
      grid->runs[grid->n_runs++] = (CnnPoolRun){x, 1, window.first, window.count, window.divisor};
  }
  return true;
}

void
cnn_pool_grid_clear (CnnPoolGrid *grid)
{
  cnn_free (grid->rows);
  cnn_free (grid->runs);
  *grid = (CnnPoolGrid){0};
}
