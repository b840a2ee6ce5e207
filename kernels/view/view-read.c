/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One pass over a frame finds the ranges and keeps the tiles. */
#include "view/view-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Ranges are collected in whole rows of about this many floats, which stay in cache until they are
 * averaged. */
#define RANGE_BLOCK 32768

static bool
is_in_place (const CnnView *view, const unsigned char *samples)
{
  return view->geometry.type == CNN_SAMPLE_FLOAT32 && (uintptr_t)samples % sizeof (float) == 0;
}

/* `count` samples as floats: in place where they can be read as such, else in `floats`. */
static const float *
as_floats (const CnnView *view, const unsigned char *samples, size_t count, float *floats)
{
  if (is_in_place (view, samples))
    return (const float *)(const void *)samples;
  if (view->geometry.type == CNN_SAMPLE_FLOAT32)
    memcpy (floats, samples, count * sizeof (float));
  else
    for (size_t i = 0; i < count; i++)
      floats[i] = samples[i];
  return floats;
}

static void
pick_channels (const CnnView *view, const float *row, float *picked)
{
  for (int x = 0; x < view->geometry.shape.w; x++, row += view->geometry.shape.c)
    for (int k = 0; k < view->channels; k++)
      *picked++ = row[view->picked[k]];
}

static void
start_ranges (CnnView *view)
{
  for (size_t i = 0; i < view->period; i++) {
    view->inner.min[i] = view->border.min[i] = INFINITY;
    view->inner.max[i] = view->border.max[i] = -INFINITY;
  }
}

/* Adds what was collected to the ranges of `channels` maps from `ranges` on. */
static void
finish_ranges (CnnView *view, int channels, CnnMapRange *ranges)
{
  for (size_t i = 0, c = 0; i < view->period; i++, c = c + 1 == (size_t)channels ? 0 : c + 1) {
    ranges[c].min = view->inner.min[i] < ranges[c].min ? view->inner.min[i] : ranges[c].min;
    ranges[c].max = view->inner.max[i] > ranges[c].max ? view->inner.max[i] : ranges[c].max;
  }
}

/* What one pass over a frame, or one plane of it, reads and writes. */
typedef struct {
  const unsigned char *samples;
  int channels;        /* of a pixel */
  int kept;            /* of these, 0 when only the ranges are wanted */
  CnnMapRange *ranges; /* of the `channels` maps */
  float *tiles;        /* of the `kept` maps */
} Pass;

/* Row y as floats, `kept` of each pixel. `slot` names the scratch row to use. */
static const float *
read_row (CnnView *view, const Pass *pass, int y, int slot)
{
  size_t count = (size_t)view->geometry.shape.w * (size_t)pass->channels;
  const unsigned char *samples =
      pass->samples + (size_t)y * count * cnn_sample_bytes (view->geometry.type);
  float *scratch = view->floats + (size_t)slot * view->floats_stride;
  if (!view->picked)
    return as_floats (view, samples, count, scratch);
  float *whole = view->floats + (size_t)view->rows.max_taps * view->floats_stride;
  pick_channels (view, as_floats (view, samples, count, whole), scratch);
  return scratch;
}

/* Widens the collected ranges of whole pixels, and counts what is not finite. */
static void
widen_ranges (CnnView *view, const Pass *pass, const float *pixels, size_t n_pixels,
    const CnnViewCollected *collected)
{
  const size_t channels = (size_t)pass->channels, count = n_pixels * channels;
  if (view->dispatch->view_range (pixels, count, view->period, collected->min, collected->max))
    return;
  for (size_t i = 0, c = 0; i < count; i++, c = c + 1 == channels ? 0 : c + 1)
    pass->ranges[c].not_finite += !(fabsf (pixels[i]) <= FLT_MAX);
}

/* The same for row y: what lies in the border is collected apart. */
static void
widen_ranges_within_border (CnnView *view, const Pass *pass, int y, const float *row)
{
  const CnnViewBorder *border = &view->geometry.border;
  const int width = view->geometry.shape.w;
  if (y < border->top || y >= view->geometry.shape.h - border->bottom) {
    widen_ranges (view, pass, row, (size_t)width, &view->border);
    return;
  }
  const size_t left = (size_t)border->left, right = (size_t)border->right;
  const size_t inner = (size_t)width - left - right, channels = (size_t)pass->channels;
  if (left > 0)
    widen_ranges (view, pass, row, left, &view->border);
  widen_ranges (view, pass, row + left * channels, inner, &view->inner);
  if (right > 0)
    widen_ranges (view, pass, row + (left + inner) * channels, right, &view->border);
}

static void
widen_ranges_by_rows (CnnView *view, const Pass *pass, int y, int n_rows)
{
  size_t row_size = (size_t)view->geometry.shape.w * (size_t)pass->channels;
  const unsigned char *samples =
      pass->samples + (size_t)y * row_size * cnn_sample_bytes (view->geometry.type);
  const float *rows = as_floats (view, samples, (size_t)n_rows * row_size, view->floats);
  if (!cnn_view_has_border (view)) {
    widen_ranges (view, pass, rows, (size_t)n_rows * (size_t)view->geometry.shape.w, &view->inner);
    return;
  }
  for (int row = 0; row < n_rows; row++)
    widen_ranges_within_border (view, pass, y + row, rows + (size_t)row * row_size);
}

/* Averages many channels along a row into a row of each tile. */
static void
average_row (CnnView *view, const Pass *pass, const float *row, float *tiles)
{
  const CnnDispatch *dispatch = view->dispatch;
  dispatch->view_average (row, pass->kept, &view->columns, view->averaged);
  dispatch->deinterleave (view->averaged, view->columns.size, pass->kept, tiles, view->tile_size);
}

/* Averages the gathered rows of few channels, which become rows of the tiles from row `first` on. */
static void
average_gathered (CnnView *view, const Pass *pass, int first, int n_rows)
{
  const CnnDispatch *dispatch = view->dispatch;
  const size_t width = (size_t)view->geometry.shape.w, size = (size_t)view->columns.size;
  for (int c = 0; c < pass->kept; c++) {
    const float *rows = view->gathered + (size_t)c * VIEW_ROWS_TOGETHER * width;
    float *tile = pass->tiles + (size_t)c * view->tile_size + (size_t)first * size;
    dispatch->deinterleave (rows, n_rows, (int)width, view->turned, (size_t)n_rows);
    dispatch->view_average (view->turned, n_rows, &view->columns, view->averaged);
    dispatch->deinterleave (view->averaged, (int)size, n_rows, tile, size);
  }
}

/* The rows that make row o of the tiles, blended into `out`. */
static void
blend_rows (CnnView *view, const Pass *pass, int o, float *out)
{
  const CnnViewSpans *rows = &view->rows;
  for (int t = 0; t < rows->n_taps[o]; t++) {
    view->row_pointers[t] = read_row (view, pass, rows->first[o] + t, t);
    view->row_weights[t] = rows->weights[(size_t)t * (size_t)rows->size + (size_t)o];
  }
  view->dispatch->rows_weighted_sum (view->row_pointers, view->row_weights, rows->n_taps[o],
      (size_t)view->geometry.shape.w * (size_t)pass->kept, out);
}

/* Row o of one channel or a few, kept until enough rows have come together. */
static void
gather_row (CnnView *view, const Pass *pass, int o)
{
  const size_t width = (size_t)view->geometry.shape.w;
  const int slot = o % VIEW_ROWS_TOGETHER;
  float *place = view->gathered + (size_t)slot * width;
  blend_rows (view, pass, o, pass->kept == 1 ? place : view->blended);
  if (pass->kept > 1)
    view->dispatch->deinterleave (
        view->blended, (int)width, pass->kept, place, VIEW_ROWS_TOGETHER * width);
  if (slot == VIEW_ROWS_TOGETHER - 1 || o + 1 == view->rows.size)
    average_gathered (view, pass, o - slot, slot + 1);
}

/* Row o of the tiles. */
static void
make_row (CnnView *view, const Pass *pass, int o)
{
  float *tiles = pass->tiles + (size_t)o * (size_t)view->geometry.tile_width;
  if (view->resize_columns && pass->kept <= VIEW_FEW_CHANNELS) {
    gather_row (view, pass, o);
    return;
  }
  const float *row = view->blended;
  if (view->resize_rows)
    blend_rows (view, pass, o, view->blended);
  else
    row = read_row (view, pass, o, 0);
  if (view->resize_columns)
    average_row (view, pass, row, tiles);
  else
    view->dispatch->deinterleave (
        row, view->geometry.tile_width, pass->kept, tiles, view->tile_size);
}

/* Rows are widened into the ranges just before they are averaged, while they are in cache. */
static void
run_pass (CnnView *view, const Pass *pass)
{
  const int height = view->geometry.shape.h;
  size_t row_size = (size_t)view->geometry.shape.w * (size_t)pass->channels;
  int block = 1;
  if (is_in_place (view, pass->samples) && row_size < RANGE_BLOCK)
    block = (int)(RANGE_BLOCK / row_size);

  int widened = 0;
  start_ranges (view);
  for (int o = 0; o < view->rows.size; o++) {
    int needed = pass->kept > 0 ? view->rows.first[o] + view->rows.n_taps[o] : height;
    for (; widened < needed; widened += block)
      widen_ranges_by_rows (
          view, pass, widened, height - widened < block ? height - widened : block);
    if (pass->kept > 0)
      make_row (view, pass, o);
  }
  finish_ranges (view, pass->channels, pass->ranges);
}

static void
read_interleaved (CnnView *view, const unsigned char *tensor, size_t plane_bytes)
{
  const CnnShape shape = view->geometry.shape;
  for (int n = 0; n < shape.n; n++) {
    const Pass pass = {.samples = tensor + (size_t)n * (size_t)shape.c * plane_bytes,
        .channels = shape.c,
        .kept = view->channels,
        .ranges = view->ranges + (size_t)n * (size_t)shape.c,
        .tiles = view->tiles + (size_t)n * (size_t)view->channels * view->tile_size};
    run_pass (view, &pass);
  }
}

static void
read_planar (CnnView *view, const unsigned char *tensor, size_t plane_bytes)
{
  size_t n_maps = (size_t)view->geometry.shape.n * (size_t)view->geometry.shape.c;
  /* Drawn maps first; those drawn twice are read twice, which is rare. */
  for (int i = 0; i < view->geometry.n_maps; i++) {
    size_t map = (size_t)view->maps[i];
    view->ranges[map] = (CnnMapRange){INFINITY, -INFINITY, 0};
    const Pass pass = {.samples = tensor + map * plane_bytes,
        .channels = 1,
        .kept = 1,
        .ranges = &view->ranges[map],
        .tiles = view->tiles + (size_t)i * view->tile_size};
    run_pass (view, &pass);
  }
  for (size_t map = 0; map < n_maps; map++) {
    CnnMapRange *range = &view->ranges[map];
    const Pass pass = {
        .samples = tensor + map * plane_bytes, .channels = 1, .kept = 0, .ranges = range};
    if (range->min > range->max && range->not_finite == 0)
      run_pass (view, &pass);
  }
}

void
cnn_view_read (CnnView *view, const unsigned char *tensor)
{
  const CnnShape shape = view->geometry.shape;
  size_t plane_bytes = (size_t)shape.h * (size_t)shape.w * cnn_sample_bytes (view->geometry.type);
  for (size_t map = 0; map < (size_t)shape.n * (size_t)shape.c; map++)
    view->ranges[map] = (CnnMapRange){INFINITY, -INFINITY, 0};
  if (cnn_view_is_interleaved (view))
    read_interleaved (view, tensor, plane_bytes);
  else
    read_planar (view, tensor, plane_bytes);
}
