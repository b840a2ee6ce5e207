/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a stream is looked at, and tiles onto the screen. */
#include "view/view-private.h"

#include "cnn/memory.h"

#include <string.h>

/* Ranges are collected over at least this many floats at a time, in whole pixels. */
#define RANGE_PERIOD 256

/* ---- Geometry -------------------------------------------------------------------------------- */

static void
spans_free (CnnViewSpans *spans)
{
  cnn_free (spans->first);
  cnn_free (spans->n_taps);
  cnn_free (spans->weights);
}

/* The area average from `input` to `output` samples. Sample o covers [o, o + 1) * input / output:
 * in integers of which `output` make one input sample. */
static bool
spans_init (CnnViewSpans *spans, int input, int output)
{
  spans->size = output;
  spans->max_taps = (input + output - 1) / output + 1;
  spans->first = cnn_alloc ((size_t)output, sizeof *spans->first);
  spans->n_taps = cnn_alloc ((size_t)output, sizeof *spans->n_taps);
  spans->weights = cnn_alloc ((size_t)output, (size_t)spans->max_taps * sizeof *spans->weights);
  if (!spans->first || !spans->n_taps || !spans->weights)
    return false;
  for (int o = 0; o < output; o++) {
    int64_t start = (int64_t)o * input, end = start + input;
    spans->first[o] = (int)(start / output);
    spans->n_taps[o] = (int)((end + output - 1) / output) - spans->first[o];
    for (int t = 0; t < spans->n_taps[o]; t++) {
      int64_t left = (int64_t)(spans->first[o] + t) * output, right = left + output;
      int64_t overlap = (right < end ? right : end) - (left > start ? left : start);
      spans->weights[(size_t)t * (size_t)output + (size_t)o] = (float)((double)overlap / input);
    }
  }
  return true;
}

/* Decides which channels of a pixel are kept and where each tile lies. */
static bool
choose_planes (CnnView *view)
{
  const CnnViewGeometry *geometry = &view->geometry;
  int channels = geometry->shape.c;
  view->maps = cnn_alloc ((size_t)geometry->n_maps, sizeof *view->maps);
  view->planes = cnn_alloc ((size_t)geometry->n_maps, sizeof *view->planes);
  if (!view->maps || !view->planes)
    return false;
  memcpy (view->maps, geometry->maps, (size_t)geometry->n_maps * sizeof *view->maps);
  view->geometry.maps = view->maps;

  view->channels = 1;
  for (int i = 0; i < geometry->n_maps; i++)
    view->planes[i] = i;
  if (!cnn_view_is_interleaved (view))
    return true;

  int *place = cnn_alloc ((size_t)channels, sizeof *place);
  view->picked = cnn_alloc ((size_t)channels, sizeof *view->picked);
  if (!place || !view->picked) {
    cnn_free (place);
    return false;
  }
  view->channels = 0;
  for (int i = 0; i < geometry->n_maps; i++)
    place[view->maps[i] % channels] = 1;
  for (int c = 0; c < channels; c++) {
    if (!place[c])
      continue;
    view->picked[view->channels] = c;
    place[c] = view->channels++;
  }
  if (view->channels > channels / 4) {
    cnn_free (view->picked);
    view->picked = NULL;
    view->channels = channels;
  }
  for (int i = 0; i < geometry->n_maps; i++) {
    int channel = view->maps[i] % channels;
    view->planes[i] =
        view->maps[i] / channels * view->channels + (view->picked ? place[channel] : channel);
  }
  cnn_free (place);
  return true;
}

static size_t
greatest_common_divisor (size_t a, size_t b)
{
  while (b) {
    size_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static bool
allocate_averages (CnnView *view)
{
  const size_t width = (size_t)view->geometry.shape.w, channels = (size_t)view->channels;
  const size_t together = channels > VIEW_ROWS_TOGETHER ? channels : VIEW_ROWS_TOGETHER;
  view->averaged = cnn_alloc ((size_t)view->geometry.tile_width * together, sizeof *view->averaged);
  if (channels > VIEW_FEW_CHANNELS)
    return view->averaged != NULL;
  view->gathered = cnn_alloc (width * channels, VIEW_ROWS_TOGETHER * sizeof *view->gathered);
  view->turned = cnn_alloc (width, VIEW_ROWS_TOGETHER * sizeof *view->turned);
  return view->averaged && view->gathered && view->turned;
}

static bool
allocate_tiles (CnnView *view)
{
  const CnnShape shape = view->geometry.shape;
  int width = view->geometry.tile_width, height = view->geometry.tile_height;
  int interleaved = cnn_view_is_interleaved (view) ? shape.c : 1;
  size_t n_planes = cnn_view_is_interleaved (view) ? (size_t)shape.n * (size_t)view->channels
                                                   : (size_t)view->geometry.n_maps;

  if (!spans_init (&view->rows, shape.h, height) || !spans_init (&view->columns, shape.w, width))
    return false;
  view->resize_rows = height != shape.h;
  view->resize_columns = width != shape.w;

  view->tile_size = (size_t)width * (size_t)height;
  view->tiles = cnn_alloc (n_planes, view->tile_size * sizeof *view->tiles);

  view->floats_stride = (size_t)shape.w * (size_t)interleaved;
  view->floats =
      cnn_alloc ((size_t)view->rows.max_taps + 1, view->floats_stride * sizeof *view->floats);
  view->row_pointers = cnn_alloc ((size_t)view->rows.max_taps, sizeof *view->row_pointers);
  view->row_weights = cnn_alloc ((size_t)view->rows.max_taps, sizeof *view->row_weights);
  view->blended = cnn_alloc (view->floats_stride, sizeof *view->blended);
  return allocate_averages (view) && view->tiles && view->floats && view->row_pointers &&
         view->row_weights && view->blended;
}

static bool
allocate_ranges (CnnView *view)
{
  const CnnShape shape = view->geometry.shape;
  const int interleaved = cnn_view_is_interleaved (view) ? shape.c : 1;

  /* Whole vectors where that takes no more than a few pixels. */
  size_t pixels = interleaved >= 64 ? 1 : 64 / greatest_common_divisor (64, (size_t)interleaved);
  view->period = pixels * (size_t)interleaved;
  view->period *= view->period < RANGE_PERIOD ? RANGE_PERIOD / view->period : 1;
  view->inner.min = cnn_alloc (view->period, sizeof *view->inner.min);
  view->inner.max = cnn_alloc (view->period, sizeof *view->inner.max);
  view->border.min = cnn_alloc (view->period, sizeof *view->border.min);
  view->border.max = cnn_alloc (view->period, sizeof *view->border.max);
  view->ranges = cnn_alloc ((size_t)shape.n * (size_t)shape.c, sizeof *view->ranges);

  return view->inner.min && view->inner.max && view->border.min && view->border.max && view->ranges;
}

static bool
allocate_pixels (CnnView *view)
{
  const size_t width = (size_t)view->geometry.tile_width;
  view->pixels = cnn_alloc (width, sizeof *view->pixels);
  view->enlarged = cnn_alloc (width * (size_t)view->geometry.enlargement, sizeof *view->enlarged);
  return view->pixels && view->enlarged;
}

static bool
check_geometry (const CnnViewGeometry *geometry, CnnError *error)
{
  size_t count;
  if (!cnn_shape_count (geometry->shape, sizeof (float), &count, error))
    return false;
  if (geometry->type == CNN_SAMPLE_UINT16_LE)
    return cnn_error_set (error, "16-bit samples cannot be looked at");
  if (geometry->n_maps < 1)
    return cnn_error_set (error, "no map is chosen");
  if (geometry->tile_width < 1 || geometry->tile_height < 1 || geometry->enlargement < 1)
    return cnn_error_set (error, "a tile of %dx%d values, enlarged by %d, has nothing to show",
        geometry->tile_height, geometry->tile_width, geometry->enlargement);
  const CnnViewBorder *border = &geometry->border;
  if (border->top < 0 || border->left < 0 || border->bottom < 0 || border->right < 0 ||
      (int64_t)border->top + border->bottom >= geometry->shape.h ||
      (int64_t)border->left + border->right >= geometry->shape.w)
    return cnn_error_set (error,
        "a border of %d,%d,%d,%d (top, left, bottom, right) leaves nothing of maps of %dx%d",
        border->top, border->left, border->bottom, border->right, geometry->shape.h,
        geometry->shape.w);
  int64_t n_maps = (int64_t)geometry->shape.n * geometry->shape.c;
  for (int i = 0; i < geometry->n_maps; i++)
    if (geometry->maps[i] < 0 || geometry->maps[i] >= n_maps)
      return cnn_error_set (error, "there is no map %d: the last one is %lld", geometry->maps[i],
          (long long)n_maps - 1);
  return true;
}

CnnView *
cnn_view_new (const CnnContext *context, const CnnViewGeometry *geometry, CnnError *error)
{
  if (!check_geometry (geometry, error))
    return NULL;
  CnnView *view = cnn_alloc (1, sizeof *view);
  if (view) {
    view->dispatch = context->dispatch;
    view->geometry = *geometry;
    if (choose_planes (view) && allocate_tiles (view) && allocate_ranges (view) &&
        allocate_pixels (view))
      return view;
  }
  cnn_view_free (view);
  cnn_error_set (error, "no memory for %d tiles of %dx%d", geometry->n_maps, geometry->tile_height,
      geometry->tile_width);
  return NULL;
}

void
cnn_view_free (CnnView *view)
{
  if (!view)
    return;
  spans_free (&view->rows);
  spans_free (&view->columns);
  cnn_free (view->maps);
  cnn_free (view->planes);
  cnn_free (view->picked);
  cnn_free (view->tiles);
  cnn_free (view->floats);
  cnn_free (view->row_pointers);
  cnn_free (view->row_weights);
  cnn_free (view->blended);
  cnn_free (view->gathered);
  cnn_free (view->turned);
  cnn_free (view->averaged);
  cnn_free (view->inner.min);
  cnn_free (view->inner.max);
  cnn_free (view->border.min);
  cnn_free (view->border.max);
  cnn_free (view->ranges);
  cnn_free (view->pixels);
  cnn_free (view->enlarged);
  cnn_free (view);
}

/* ---- Results --------------------------------------------------------------------------------------- */

const CnnMapRange *
cnn_view_ranges (const CnnView *view)
{
  return view->ranges;
}

const float *
cnn_view_tile (const CnnView *view, int index)
{
  return view->tiles + (size_t)view->planes[index] * view->tile_size;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/* The first of `size` tile values that no value of the `border` of `whole` ones reaches. */
static size_t
beyond_border (int border, int whole, int size)
{
  return (size_t)(((int64_t)border * size + whole - 1) / whole);
}

void
cnn_view_count (CnnView *view, int index, CnnViewScale scale, size_t *counts)
{
  const CnnViewGeometry *geometry = &view->geometry;
  const CnnViewBorder *border = &geometry->border;
  const CnnShape shape = geometry->shape;
  const size_t width = (size_t)geometry->tile_width, height = (size_t)geometry->tile_height;
  const float *values = cnn_view_tile (view, index);
  size_t top = beyond_border (border->top, shape.h, geometry->tile_height);
  size_t left = beyond_border (border->left, shape.w, geometry->tile_width);
  size_t bottom = height - beyond_border (border->bottom, shape.h, geometry->tile_height);
  size_t right = width - beyond_border (border->right, shape.w, geometry->tile_width);
  memset (view->counters, 0, sizeof view->counters);
  if (!cnn_view_has_border (view) || top >= bottom || left >= right)
    view->dispatch->view_count (values, view->tile_size, scale, view->counters);
  else
    for (size_t y = top; y < bottom; y++)
      view->dispatch->view_count (values + y * width + left, right - left, scale, view->counters);
  for (int counter = 0; counter < CNN_VIEW_COUNTERS; counter++)
    for (int level = 0; level < CNN_VIEW_LEVELS; level++)
      counts[level] += view->counters[counter * CNN_VIEW_TABLE_SIZE + level];
}

void
cnn_view_draw (CnnView *view, int index, CnnViewScale scale, const CnnViewTable *table,
    unsigned char *out, ptrdiff_t stride)
{
  const CnnDispatch *dispatch = view->dispatch;
  int enlargement = view->geometry.enlargement;
  size_t width = (size_t)view->geometry.tile_width, wide = width * (size_t)enlargement;
  size_t row_bytes = wide * (size_t)table->format.bytes;
  const float *values = cnn_view_tile (view, index);
  for (int y = 0; y < view->geometry.tile_height; y++, values += width) {
    const uint32_t *pixels = view->pixels;
    dispatch->view_paint (values, width, scale, table->pixels, view->pixels);
    if (enlargement > 1) {
      dispatch->repeat_words (view->pixels, width, enlargement, view->enlarged);
      pixels = view->enlarged;
    }
    unsigned char *first = out;
    if (table->format.bytes == 3)
      dispatch->view_pack (pixels, wide, first);
    else
      memcpy (first, pixels, row_bytes);
    out += stride;
    for (int copy = 1; copy < enlargement; copy++, out += stride)
      memcpy (out, first, row_bytes);
  }
}
