/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feature maps to pictures: whole views against their definition in double precision. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
isa_name (int isa)
{
  return cnn_isa_name (check_isa (isa));
}

/* ---- Views ----------------------------------------------------------------------------------- */

static double
sample (const CnnViewGeometry *geometry, const unsigned char *tensor, int map, int y, int x)
{
  CnnImage image = cnn_image_from_tensor (
      (void *)(uintptr_t)tensor, geometry->type, geometry->layout, geometry->shape);
  const unsigned char *at =
      cnn_image_row (&image, map / geometry->shape.c, y, map % geometry->shape.c) +
      x * image.pixel_stride;
  if (geometry->type == CNN_SAMPLE_UINT8)
    return *at;
  float value;
  memcpy (&value, at, sizeof value);
  return value;
}

/* The average of a map over the area that value (y, x) of its tile covers, by its definition. */
static double
area_average (const CnnViewGeometry *geometry, const unsigned char *tensor, int map, int y, int x)
{
  const double rows = (double)geometry->shape.h / geometry->tile_height;
  const double columns = (double)geometry->shape.w / geometry->tile_width;
  double sum = 0;
  for (int v = 0; v < geometry->shape.h; v++) {
    double high = fmin (v + 1, (y + 1) * rows) - fmax (v, y * rows);
    for (int u = 0; high > 1e-9 && u < geometry->shape.w; u++) {
      double wide = fmin (u + 1, (x + 1) * columns) - fmax (u, x * columns);
      if (wide > 1e-9)
        sum += high * wide * sample (geometry, tensor, map, v, u);
    }
  }
  return sum / (rows * columns);
}

static void
check_view_ranges (
    const CnnViewGeometry *geometry, const unsigned char *tensor, const CnnView *view)
{
  const CnnViewBorder *border = &geometry->border;
  for (int map = 0; map < geometry->shape.n * geometry->shape.c && check_ok (); map++) {
    CnnMapRange range = cnn_view_ranges (view)[map], expected = {INFINITY, -INFINITY, 0};
    for (int y = 0; y < geometry->shape.h; y++)
      for (int x = 0; x < geometry->shape.w; x++) {
        float value = (float)sample (geometry, tensor, map, y, x);
        const bool inside = y >= border->top && y < geometry->shape.h - border->bottom &&
                            x >= border->left && x < geometry->shape.w - border->right;
        if (isfinite (value) && inside) {
          expected.min = fminf (expected.min, value);
          expected.max = fmaxf (expected.max, value);
        } else if (!isfinite (value)) {
          expected.not_finite++;
        }
      }
    if (range.min != expected.min || range.max != expected.max ||
        range.not_finite != expected.not_finite)
      check_fail ("map %d spans %g to %g with %zu not finite instead of %g to %g with %zu", map,
          range.min, range.max, range.not_finite, expected.min, expected.max, expected.not_finite);
  }
}

/* Another color for every level. */
static void
fill_table (CnnViewTable *table, const CnnPixelFormat *format)
{
  table->format = *format;
  for (uint32_t level = 0; level < CNN_VIEW_TABLE_SIZE; level++)
    table->pixels[level] = cnn_pixel (format, level * 0x3fb1 & 0xffffff);
}

/* Every byte of a drawn tile follows from its values; no byte beside it is touched. */
static void
check_view_drawing (const CnnViewGeometry *geometry, CnnView *view, int tile, int bytes)
{
  const CnnPixelFormat format = {bytes, 2, 1, 0, bytes == 4 ? 3 : -1};
  static CnnViewTable table;
  fill_table (&table, &format);
  const int zoom = geometry->enlargement;
  const size_t row = (size_t)(geometry->tile_width * zoom * bytes), stride = row + 5;
  const size_t size = stride * (size_t)(geometry->tile_height * zoom - 1) + row;
  const CnnViewScale scale = cnn_view_scale (-0.9, 0.9);
  unsigned char *out = check_guarded (size, CHECK_GUARD_BEHIND);
  memset (out, 77, size);
  cnn_view_draw (view, tile, scale, &table, out, (ptrdiff_t)stride);
  for (size_t i = 0; i < size && check_ok (); i++) {
    size_t y = i / stride / (size_t)zoom, x = i % stride / (size_t)(zoom * bytes);
    unsigned char expected = 77;
    if (i % stride < row) {
      uint32_t pixel;
      float value = cnn_view_tile (view, tile)[y * (size_t)geometry->tile_width + x];
      cnn_view_paint_c (&value, 1, scale, table.pixels, &pixel);
      expected = ((unsigned char *)&pixel)[i % stride % (size_t)bytes];
    }
    if (out[i] != expected)
      check_fail ("byte %zu of tile %d is %d instead of %d", i, tile, out[i], expected);
  }
  check_guarded_free (out);
}

static CnnViewGeometry
random_geometry (int *maps, int most_maps)
{
  CnnViewGeometry geometry = {
      .shape = {check_random_int (1, 2), check_random_int (1, 20), check_random_int (1, 30),
          check_random_int (1, check_random_int (1, 2) * 40)},
      .layout = check_random_int (0, 1) ? CNN_LAYOUT_NHWC : CNN_LAYOUT_NCHW,
      .type = check_random_int (0, 2) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
      .enlargement = check_random_int (1, 4),
      .maps = maps};
  geometry.tile_height = check_random_int (0, 1) ? geometry.shape.h : check_random_int (1, 30);
  geometry.tile_width = check_random_int (0, 1) ? geometry.shape.w : check_random_int (1, 40);
  if (check_random_int (0, 1)) {
    CnnViewBorder *border = &geometry.border;
    border->top = check_random_int (0, geometry.shape.h - 1);
    border->bottom = check_random_int (0, geometry.shape.h - 1 - border->top);
    border->left = check_random_int (0, geometry.shape.w - 1);
    border->right = check_random_int (0, geometry.shape.w - 1 - border->left);
  }
  int n_maps = geometry.shape.n * geometry.shape.c, step = check_random_int (1, 9);
  for (int map = check_random_int (0, n_maps - 1); map < n_maps && geometry.n_maps < most_maps;
       map += step)
    maps[geometry.n_maps++] = map;
  return geometry;
}

static void
check_view_once (int isa)
{
  int maps[200];
  const CnnViewGeometry geometry = random_geometry (maps, 200);
  size_t count = (size_t)geometry.shape.n * (size_t)geometry.shape.h * (size_t)geometry.shape.w *
                 (size_t)geometry.shape.c * cnn_sample_bytes (geometry.type);
  check_context ("view %s: %dx%dx%dx%d %s, tiles %dx%d by %d of %d maps", isa_name (isa),
      geometry.shape.n, geometry.shape.h, geometry.shape.w, geometry.shape.c,
      geometry.layout == CNN_LAYOUT_NHWC ? "nhwc" : "nchw", geometry.tile_height,
      geometry.tile_width, geometry.enlargement, geometry.n_maps);
  /* Behind: the end is at the page's; before: also unaligned. */
  size_t shift = check_random_int (0, 1) ? (size_t)check_random_int (0, 3) : 0;
  unsigned char *block = check_guarded (count + shift, CHECK_GUARD_BEHIND);
  unsigned char *tensor = block + shift;
  float *values = malloc (count);
  if (geometry.type == CNN_SAMPLE_UINT8)
    check_fill_bytes ((unsigned char *)values, count);
  else
    check_fill (values, count / sizeof (float));
  memcpy (tensor, values, count);
  free (values);

  CnnError error;
  CnnView *view = cnn_view_new (&(CnnContext){.dispatch = check_kernels (isa)}, &geometry, &error);
  if (!view) {
    check_fail ("refused: %s", error.message);
  } else {
    for (int run = 0; run < 2; run++)
      cnn_view_read (view, tensor);
    check_view_ranges (&geometry, tensor, view);
    int tile = check_random_int (0, geometry.n_maps - 1);
    for (int y = 0; y < geometry.tile_height; y++)
      for (int x = 0; x < geometry.tile_width && check_ok (); x++) {
        float expected = (float)area_average (&geometry, tensor, maps[tile], y, x);
        check_floats (cnn_view_tile (view, tile) + y * geometry.tile_width + x, &expected, 1,
            2e-6 * (geometry.type == CNN_SAMPLE_UINT8 ? 255 : 1), 1e-6, "average");
      }
    check_view_drawing (&geometry, view, tile, check_random_int (3, 4));
  }
  cnn_view_free (view);
  check_guarded_free (block);
}

static void
run_views (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 300 && check_ok (); round++)
      check_view_once (isa);
}

const CheckTest check_views = {"view", "view", run_views};

static void
run_refusals (void)
{
  static const struct {
    CnnViewGeometry geometry;
    const char *text;
  } cases[] = {
      {{.shape = {1, 0, 2, 2}, .tile_height = 1, .tile_width = 1, .enlargement = 1, .n_maps = 1},
          "below 1"},
      {{.shape = {1, 65535, 65535, 4096},
           .tile_height = 1,
           .tile_width = 1,
           .enlargement = 1,
           .n_maps = 1},
          "MiB"},
      {{.shape = {1, 2, 2, 2}, .tile_height = 0, .tile_width = 1, .enlargement = 1, .n_maps = 1},
          "nothing to show"},
      {{.shape = {1, 2, 2, 2}, .tile_height = 1, .tile_width = 1, .enlargement = 1, .n_maps = 0},
          "no map"},
      {{.shape = {1, 2, 2, 2}, .tile_height = 1, .tile_width = 1, .enlargement = 1, .n_maps = 2},
          "there is no map 2: the last one is 1"},
      {{.shape = {1, 2, 3, 2},
           .tile_height = 1,
           .tile_width = 1,
           .enlargement = 1,
           .border = {.left = 2, .right = 1},
           .n_maps = 1},
          "a border of 0,2,0,1"},
  };
  static const int maps[] = {0, 2};
  for (size_t i = 0; i < sizeof cases / sizeof *cases && check_ok (); i++) {
    CnnViewGeometry geometry = cases[i].geometry;
    CnnError error = {""};
    geometry.maps = maps;
    CnnView *view = cnn_view_new (&(CnnContext){.dispatch = check_kernels (0)}, &geometry, &error);
    check_context ("case %zu", i);
    if (view || !strstr (error.message, cases[i].text))
      check_fail ("\"%s\" lacks \"%s\"", error.message, cases[i].text);
    cnn_view_free (view);
  }
}

const CheckTest check_view_refusals = {"view-refusals", "view", run_refusals};

/* ---- Benchmark ------------------------------------------------------------------------------- */

typedef struct {
  CnnView *view;
  const unsigned char *tensor;
  unsigned char *picture;
  CnnViewTable table;
  bool clip;
} Bench;

/* A 64-channel map of 320x180 in a picture of 1280x720: 8x8 tiles of 157x88. */
static void
draw_frame (void *data)
{
  Bench *bench = data;
  cnn_view_read (bench->view, bench->tensor);
  for (int tile = 0; tile < 64; tile++) {
    CnnMapRange range = cnn_view_ranges (bench->view)[tile];
    size_t counts[CNN_VIEW_LEVELS] = {0};
    if (bench->clip)
      cnn_view_count (bench->view, tile, cnn_view_scale (range.min, range.max), counts);
    cnn_view_draw (bench->view, tile, cnn_view_scale (range.min, range.max), &bench->table,
        bench->picture + tile / 8 * 90 * 1280 * 4 + tile % 8 * 160 * 4, 1280 * 4);
  }
}

static void
bench_layout (int isa, CnnLayout layout, const float *values)
{
  static Bench bench;
  int maps[64];
  for (int i = 0; i < 64; i++)
    maps[i] = i;
  const CnnPixelFormat format = {4, 2, 1, 0, 3};
  const CnnViewGeometry geometry = {.shape = {1, 180, 320, 64},
      .layout = layout,
      .tile_height = 88,
      .tile_width = 157,
      .enlargement = 1,
      .maps = maps,
      .n_maps = 64};
  fill_table (&bench.table, &format);
  bench.view = cnn_view_new (&(CnnContext){.dispatch = check_kernels (isa)}, &geometry, NULL);
  bench.tensor = (const unsigned char *)values;
  bench.picture = aligned_alloc (64, 1280 * 720 * 4);
  for (int clip = 0; clip < 2; clip++) {
    char name[40];
    snprintf (name, sizeof name, "view 64x180x320 %s%s",
        layout == CNN_LAYOUT_NHWC ? "nhwc" : "nchw", clip ? " clip" : "");
    bench.clip = clip;
    check_bench (name, isa_name (isa), draw_frame, &bench);
  }
  free (bench.picture);
  cnn_view_free (bench.view);
}

static void
run_bench (void)
{
  if (!check_benchmarking ())
    return;
  const size_t count = 180 * 320 * 64;
  /* As frames are. */
  float *values = aligned_alloc (64, count * sizeof *values);
  check_fill (values, count);
  for (int isa = 0; isa < check_isa_count (); isa++) {
    bench_layout (isa, CNN_LAYOUT_NHWC, values);
    bench_layout (isa, CNN_LAYOUT_NCHW, values);
  }
  free (values);
}

const CheckTest check_view_bench = {"view-bench", "view", run_bench};
