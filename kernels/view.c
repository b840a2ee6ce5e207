/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feature maps as pictures: one pass over a frame finds the ranges and keeps the tiles. */
#include "view.h"

#include "dispatch.h"
#include "memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Ranges are collected over at least this many floats at a time, in whole pixels. */
#define RANGE_PERIOD 256
/* and in whole rows of about this many, which stay in cache until they are averaged. */
#define RANGE_BLOCK 32768
/* Up to this many channels of a pixel are taken apart before they are averaged along a row. */
#define FEW_CHANNELS 7

struct CnnView {
  const CnnKernels *kernels;
  CnnViewGeometry geometry;
  int *maps;
  int *planes; /* where tile i lies in `tiles` */

  /* An interleaved frame is read in rows of pixels. When few of its channels are drawn, only these
   * are picked out of the rows before anything else is done to them. */
  int channels; /* kept of each pixel */
  int *picked;  /* which ones, or NULL for all */
  CnnViewSpans rows, columns;
  bool resize_rows, resize_columns;
  size_t tile_size;
  float *tiles;

  float *floats; /* max_taps rows as floats, where the frame's cannot be used in place */
  size_t floats_stride;
  const float **row_pointers; /* max_taps */
  float *row_weights;         /* max_taps */
  float *blended, *averaged, *planar;

  size_t period; /* of the ranges: a multiple of the interleaved channels */
  float *minimum, *maximum;
  CnnMapRange *ranges;

  uint32_t *pixels, *enlarged;                 /* one row */
  uint32_t level_numbers[CNN_VIEW_TABLE_SIZE]; /* a table that paints levels as they are */
};

/* ---- Colours --------------------------------------------------------------------------------- */

uint32_t
cnn_pixel (const CnnPixelFormat *format, uint32_t colour)
{
  unsigned char bytes[4] = {0};
  bytes[format->red] = (unsigned char)(colour >> 16);
  bytes[format->green] = (unsigned char)(colour >> 8);
  bytes[format->blue] = (unsigned char)colour;
  if (format->unused >= 0)
    bytes[format->unused] = 255;
  uint32_t pixel;
  memcpy (&pixel, bytes, 4);
  return pixel;
}

/* Colour of a level. The lowest and the highest level, or the middle one, stay. */
static int
colour_index (int level, double gamma, bool centred)
{
  double shade = (level + 0.5) / CNN_VIEW_LEVELS;
  if (gamma != 1 && centred) {
    const double half = (CNN_VIEW_LEVELS - 1) / 2.0;
    double distance = (level - CNN_VIEW_LEVELS / 2) / half;
    shade = 0.5 + 0.5 * copysign (pow (fabs (distance), gamma), distance);
  } else if (gamma != 1) {
    shade = pow (level / (CNN_VIEW_LEVELS - 1.0), gamma);
  }
  int index = (int)(shade * 256);
  return index < 0 ? 0 : index > 255 ? 255 : index;
}

void
cnn_view_table_fill (CnnViewTable *table, CnnColormap colormap, double gamma, bool centred,
    const CnnPixelFormat *format)
{
  table->format = *format;
  for (int level = 0; level < CNN_VIEW_LEVELS; level++) {
    int index = colour_index (level, gamma, centred);
    table->pixels[level] = cnn_pixel (format, cnn_colormap_colour (colormap, index));
  }
  table->pixels[CNN_VIEW_NAN] = cnn_pixel (format, CNN_VIEW_NAN_COLOUR);
  table->pixels[CNN_VIEW_PLUS_INFINITY] = cnn_pixel (format, CNN_VIEW_PLUS_INFINITY_COLOUR);
  table->pixels[CNN_VIEW_MINUS_INFINITY] = cnn_pixel (format, CNN_VIEW_MINUS_INFINITY_COLOUR);
}

CnnViewScale
cnn_view_scale (double min, double max)
{
  double width = max - min;
  if (!(width > CNN_VIEW_LEVELS / (double)FLT_MAX))
    return (CnnViewScale){0, 0, 0};
  /* From the middle: differences stay finite for every pair of floats, and 0 of a range that is
   * symmetric about it is the middle level exactly. */
  return (CnnViewScale){
      (float)(min + width / 2), (float)(CNN_VIEW_LEVELS / width), CNN_VIEW_LEVELS / 2};
}

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

static bool
is_interleaved (const CnnView *view)
{
  return view->geometry.layout == CNN_LAYOUT_NHWC;
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
  if (!is_interleaved (view))
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
allocate (CnnView *view)
{
  const CnnShape shape = view->geometry.shape;
  int width = view->geometry.tile_width, height = view->geometry.tile_height;
  int interleaved = is_interleaved (view) ? shape.c : 1;
  size_t n_planes = is_interleaved (view) ? (size_t)shape.n * (size_t)view->channels
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
  view->planar = cnn_alloc (view->floats_stride, sizeof *view->planar);
  view->averaged = cnn_alloc ((size_t)width * (size_t)view->channels, sizeof *view->averaged);

  /* Whole vectors where that takes no more than a few pixels. */
  size_t pixels = interleaved >= 64 ? 1 : 64 / greatest_common_divisor (64, (size_t)interleaved);
  view->period = pixels * (size_t)interleaved;
  view->period *= view->period < RANGE_PERIOD ? RANGE_PERIOD / view->period : 1;
  view->minimum = cnn_alloc (view->period, sizeof *view->minimum);
  view->maximum = cnn_alloc (view->period, sizeof *view->maximum);
  view->ranges = cnn_alloc ((size_t)shape.n * (size_t)shape.c, sizeof *view->ranges);

  view->pixels = cnn_alloc ((size_t)width, sizeof *view->pixels);
  view->enlarged =
      cnn_alloc ((size_t)width * (size_t)view->geometry.enlargement, sizeof *view->enlarged);
  return view->tiles && view->floats && view->row_pointers && view->row_weights && view->blended &&
         view->planar && view->averaged && view->minimum && view->maximum && view->ranges &&
         view->pixels && view->enlarged;
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
  int64_t n_maps = (int64_t)geometry->shape.n * geometry->shape.c;
  for (int i = 0; i < geometry->n_maps; i++)
    if (geometry->maps[i] < 0 || geometry->maps[i] >= n_maps)
      return cnn_error_set (error, "there is no map %d: the last one is %lld", geometry->maps[i],
          (long long)n_maps - 1);
  return true;
}

CnnView *
cnn_view_new (const CnnKernels *kernels, const CnnViewGeometry *geometry, CnnError *error)
{
  if (!check_geometry (geometry, error))
    return NULL;
  CnnView *view = cnn_alloc (1, sizeof *view);
  if (view) {
    view->kernels = kernels;
    view->geometry = *geometry;
    for (uint32_t level = 0; level < CNN_VIEW_TABLE_SIZE; level++)
      view->level_numbers[level] = level;
    if (choose_planes (view) && allocate (view))
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
  cnn_free (view->planar);
  cnn_free (view->averaged);
  cnn_free (view->minimum);
  cnn_free (view->maximum);
  cnn_free (view->ranges);
  cnn_free (view->pixels);
  cnn_free (view->enlarged);
  cnn_free (view);
}

/* ---- Reading --------------------------------------------------------------------------------- */

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
    view->minimum[i] = INFINITY;
    view->maximum[i] = -INFINITY;
  }
}

/* Adds what was collected to the ranges of `channels` maps from `ranges` on. */
static void
finish_ranges (CnnView *view, int channels, CnnMapRange *ranges)
{
  for (size_t i = 0, c = 0; i < view->period; i++, c = c + 1 == (size_t)channels ? 0 : c + 1) {
    ranges[c].min = view->minimum[i] < ranges[c].min ? view->minimum[i] : ranges[c].min;
    ranges[c].max = view->maximum[i] > ranges[c].max ? view->maximum[i] : ranges[c].max;
  }
}

static void
widen_ranges (CnnView *view, const float *row, size_t count, int channels, CnnMapRange *ranges)
{
  if (view->kernels->view_range (row, count, view->period, view->minimum, view->maximum))
    return;
  for (size_t i = 0, c = 0; i < count; i++, c = c + 1 == (size_t)channels ? 0 : c + 1)
    ranges[c].not_finite += !(fabsf (row[i]) <= FLT_MAX);
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

static void
widen_ranges_by_rows (CnnView *view, const Pass *pass, int y, int n_rows)
{
  size_t row_size = (size_t)view->geometry.shape.w * (size_t)pass->channels;
  const unsigned char *samples =
      pass->samples + (size_t)y * row_size * cnn_sample_bytes (view->geometry.type);
  size_t count = (size_t)n_rows * row_size;
  widen_ranges (
      view, as_floats (view, samples, count, view->floats), count, pass->channels, pass->ranges);
}

/* Averages `kept` channels along a row into a row of each tile. */
static void
average_row (CnnView *view, const Pass *pass, const float *row, float *tiles)
{
  const CnnKernels *kernels = view->kernels;
  size_t width = (size_t)view->geometry.shape.w;
  if (pass->kept > FEW_CHANNELS) {
    kernels->view_average (row, pass->kept, &view->columns, view->averaged);
    kernels->view_transpose (
        view->averaged, view->columns.size, pass->kept, tiles, view->tile_size);
    return;
  }
  if (pass->kept > 1) {
    kernels->view_transpose (row, (int)width, pass->kept, view->planar, width);
    row = view->planar;
  }
  for (int c = 0; c < pass->kept; c++)
    kernels->view_average_plane (
        row + (size_t)c * width, &view->columns, tiles + (size_t)c * view->tile_size);
}

/* Row o of the tiles. */
static void
make_row (CnnView *view, const Pass *pass, int o)
{
  const CnnViewSpans *rows = &view->rows;
  float *tiles = pass->tiles + (size_t)o * (size_t)view->geometry.tile_width;
  for (int t = 0; t < rows->n_taps[o]; t++) {
    view->row_pointers[t] = read_row (view, pass, rows->first[o] + t, t);
    view->row_weights[t] = rows->weights[(size_t)t * (size_t)rows->size + (size_t)o];
  }
  const float *row = view->row_pointers[0];
  if (view->resize_rows) {
    size_t count = (size_t)view->geometry.shape.w * (size_t)pass->kept;
    view->kernels->view_blend (
        view->row_pointers, view->row_weights, rows->n_taps[o], count, view->blended);
    row = view->blended;
  }
  if (view->resize_columns)
    average_row (view, pass, row, tiles);
  else
    view->kernels->view_transpose (
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
  if (is_interleaved (view))
    read_interleaved (view, tensor, plane_bytes);
  else
    read_planar (view, tensor, plane_bytes);
}

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

void
cnn_view_count (CnnView *view, int index, CnnViewScale scale, size_t *counts)
{
  size_t width = (size_t)view->geometry.tile_width;
  const float *values = cnn_view_tile (view, index);
  for (int y = 0; y < view->geometry.tile_height; y++, values += width) {
    view->kernels->view_paint (values, width, scale, view->level_numbers, view->pixels);
    for (size_t x = 0; x < width; x++)
      if (view->pixels[x] < CNN_VIEW_LEVELS)
        counts[view->pixels[x]]++;
  }
}

void
cnn_view_draw (CnnView *view, int index, CnnViewScale scale, const CnnViewTable *table,
    unsigned char *out, ptrdiff_t stride)
{
  const CnnKernels *kernels = view->kernels;
  int enlargement = view->geometry.enlargement;
  size_t width = (size_t)view->geometry.tile_width, wide = width * (size_t)enlargement;
  size_t row_bytes = wide * (size_t)table->format.bytes;
  const float *values = cnn_view_tile (view, index);
  for (int y = 0; y < view->geometry.tile_height; y++, values += width) {
    const uint32_t *pixels = view->pixels;
    kernels->view_paint (values, width, scale, table->pixels, view->pixels);
    if (enlargement > 1) {
      kernels->view_repeat (view->pixels, width, enlargement, view->enlarged);
      pixels = view->enlarged;
    }
    unsigned char *first = out;
    if (table->format.bytes == 3)
      kernels->view_pack (pixels, wide, first);
    else
      memcpy (first, pixels, row_bytes);
    out += stride;
    for (int copy = 1; copy < enlargement; copy++, out += stride)
      memcpy (out, first, row_bytes);
  }
}
