/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arithmetic of the grid, for random requests. */
#include "view/layout.h"
#include "view/weightsgrid.h"

#include <gst/check/gstcheck.h>
#include <math.h>

static gint
random_size (GRand *random)
{
  static const gint most[] = {1, 4, 30, 300, 3000};
  return g_rand_int_range (random, 1, most[g_rand_int_range (random, 0, 5)] + 1);
}

static CnnViewRequest
random_request (GRand *random)
{
  CnnViewRequest request = {.width = random_size (random),
      .height = random_size (random),
      .map_width = random_size (random),
      .map_height = random_size (random),
      .n_tiles = random_size (random),
      .columns = g_rand_boolean (random) ? 0 : (guint)random_size (random),
      .page = (guint)g_rand_int_range (random, 0, 5),
      .gap = g_rand_int_range (random, 0, 12),
      .captions = g_rand_boolean (random),
      .title = g_rand_boolean (random),
      .legend = g_rand_boolean (random)};
  if (g_rand_boolean (random)) {
    request.source_width = random_size (random);
    request.source_height = random_size (random);
  }
  return request;
}

static gboolean
lies_in (CnnViewBox box, gint x, gint y, gint width, gint height)
{
  return box.x >= x && box.y >= y && box.width >= 0 && box.height >= 0 &&
         box.x + box.width <= x + width && box.y + box.height <= y + height;
}

static void
check_tiles (const CnnViewLayout *layout, const gchar *what)
{
  const CnnViewBox body = layout->body;
  for (gint i = 0; i < layout->n_shown; i++) {
    CnnViewBox tile = cnn_view_layout_tile (layout, i);
    fail_unless (lies_in (tile, body.x, body.y + layout->caption_height, body.width,
                     body.height - layout->caption_height),
        "%s: tile %d is %dx%d at %d,%d", what, i, tile.width, tile.height, tile.x, tile.y);
    fail_unless (tile.width >= 1 && tile.height >= 1, "%s: tile %d is empty", what, i);
    fail_unless (cnn_view_layout_find (layout, tile.x + 0.5, tile.y + tile.height - 0.5) == i,
        "%s: tile %d is not found", what, i);
  }
  fail_unless (layout->step_x >= layout->tile_width, "%s: tiles overlap", what);
  fail_unless (
      layout->step_y >= layout->tile_height + layout->caption_height, "%s: tiles overlap", what);
}

static void
check_shape (const CnnViewLayout *layout, const CnnViewRequest *request, const gchar *what)
{
  if (layout->bars)
    return;
  fail_unless (layout->tile_width == layout->values_width * layout->enlargement &&
                   layout->tile_height == layout->values_height * layout->enlargement,
      "%s: %dx%d values enlarged %d times are not %dx%d", what, layout->values_width,
      layout->values_height, layout->enlargement, layout->tile_width, layout->tile_height);
  /* One of the sides follows from the other, but for rounding to a pixel at least. */
  gdouble from_width = layout->tile_width / (gdouble)request->map_width;
  gdouble from_height = layout->tile_height / (gdouble)request->map_height;
  gdouble width_off = fabs (layout->tile_width - from_height * request->map_width);
  gdouble height_off = fabs (layout->tile_height - from_width * request->map_height);
  fail_unless (MIN (width_off, height_off) <= 1, "%s: a tile of %dx%d for maps of %dx%d", what,
      layout->tile_width, layout->tile_height, request->map_width, request->map_height);
}

GST_START_TEST (test_random)
{
  GRand *random = g_rand_new_with_seed (7);
  for (gint round = 0; round < 4000; round++) {
    CnnViewRequest request = random_request (random);
    CnnViewLayout layout;
    gchar *what = g_strdup_printf ("round %d: %d maps of %dx%d in %dx%d, %u columns, gap %d", round,
        request.n_tiles, request.map_width, request.map_height, request.width, request.height,
        request.columns, request.gap);
    cnn_view_layout_init (&layout, &request);
    fail_unless (lies_in (layout.body, 0, 0, request.width, request.height), "%s: body", what);
    fail_unless (lies_in (layout.title, 0, 0, request.width, request.height), "%s: title", what);
    fail_unless (lies_in (layout.legend, 0, 0, request.width, request.height), "%s: legend", what);
    fail_unless (lies_in (layout.source, 0, 0, request.width, request.height), "%s: source", what);
    fail_unless (layout.n_shown >= 1, "%s: nothing is shown", what);
    check_tiles (&layout, what);
    check_shape (&layout, &request, what);
    g_free (what);
  }
  g_rand_free (random);
}
GST_END_TEST;

/* Every tile is on one page. */
GST_START_TEST (test_pages)
{
  GRand *random = g_rand_new_with_seed (8);
  for (gint round = 0; round < 200; round++) {
    CnnViewRequest request = random_request (random);
    CnnViewLayout layout;
    gint next = 0, n_pages = 1;
    for (gint page = 0; page < MIN (n_pages, 50); page++) {
      request.page = (guint)page;
      cnn_view_layout_init (&layout, &request);
      n_pages = layout.n_pages;
      fail_unless_equals_int (layout.first, next);
      next += layout.n_shown;
    }
    fail_unless (n_pages > 50 || next == request.n_tiles);
  }
  g_rand_free (random);
}
GST_END_TEST;

/* The natural size gives tiles that are enlarged by the factor it was made for. */
GST_START_TEST (test_natural)
{
  GRand *random = g_rand_new_with_seed (9);
  for (gint round = 0; round < 500; round++) {
    CnnViewRequest request = {.map_width = g_rand_int_range (random, 20, 100),
        .map_height = g_rand_int_range (random, 20, 100),
        .n_tiles = g_rand_int_range (random, 1, 20),
        .gap = g_rand_int_range (random, 0, 5),
        .title = g_rand_boolean (random),
        .legend = g_rand_boolean (random)};
    CnnViewLayout layout;
    cnn_view_layout_natural_size (&request, &request.width, &request.height);
    cnn_view_layout_init (&layout, &request);
    fail_unless (layout.values_width == request.map_width,
        "round %d: %d maps of %dx%d, gap %d, become %dx%d in %dx%d", round, request.n_tiles,
        request.map_width, request.map_height, request.gap, layout.tile_width, layout.tile_height,
        request.width, request.height);
    fail_unless (request.width >= 320 || request.height == 1080, "round %d", round);
  }
  g_rand_free (random);
}
GST_END_TEST;

static CnnViewLayout
bars (gint count)
{
  const CnnViewRequest request = {.width = 1280,
      .height = 720,
      .map_width = 1,
      .map_height = 1,
      .n_tiles = count,
      .gap = 2,
      .captions = TRUE,
      .caption_letters = 4};
  CnnViewLayout layout;
  cnn_view_layout_init (&layout, &request);
  return layout;
}

/* A pointer between two bars is on the left one; a thousand fit on a page; more take bars of two pixels. */
GST_START_TEST (test_bars)
{
  CnnViewLayout layout = bars (100);
  fail_unless (layout.bars && layout.step_x > layout.tile_width);
  CnnViewBox tile = cnn_view_layout_tile (&layout, 7);
  fail_unless_equals_int (cnn_view_layout_find (&layout, tile.x + tile.width + 0.5, tile.y + 9), 7);
  fail_unless_equals_int (cnn_view_layout_find (&layout, tile.x - 0.5, tile.y + 9), 6);
  layout = bars (1000);
  fail_unless (layout.n_pages == 1 && layout.tile_width == 1 && layout.column_names);
  layout = bars (2000);
  fail_unless (layout.n_pages == 4 && layout.tile_width == 2);
  layout = bars (1);
  fail_unless (layout.tile_width * 2 <= layout.tile_height &&
               ABS (2 * layout.x + layout.tile_width - 1280) <= 1);
  layout = bars (20);
  fail_unless (layout.caption_height > 0 && !layout.column_names);
}
GST_END_TEST;

/* One row of high and narrow maps has its numbers above, several rows before each. */
GST_START_TEST (test_high)
{
  CnnViewRequest request = {.width = 1280,
      .height = 720,
      .map_width = 4,
      .map_height = 400,
      .n_tiles = 40,
      .gap = 2,
      .captions = TRUE,
      .caption_letters = 2};
  CnnViewLayout layout;
  cnn_view_layout_init (&layout, &request);
  fail_unless (layout.rows == 1 && layout.column_names && !layout.row_names);
  fail_unless (layout.y >= 0 && cnn_view_layout_tile (&layout, 0).y >= layout.caption_height &&
               layout.caption_height > 0);
  request.map_height = 30;
  request.n_tiles = 2000;
  cnn_view_layout_init (&layout, &request);
  fail_unless (layout.rows > 1 && !layout.column_names && layout.row_names);
}
GST_END_TEST;

/* Pictures of kernels lie in their box, apart from each other, and all are shown where one row would do. */
GST_START_TEST (test_kernel_grids)
{
  GRand *random = g_rand_new_with_seed (7);
  for (gint round = 0; round < 3000; round++) {
    CnnViewWeightsGrid grid = {
        .box = {3, 5, g_rand_int_range (random, -5, 400), g_rand_int_range (random, -5, 300)},
        .n_items = g_rand_int_range (random, 1, 600),
        .rows_of_item = g_rand_int_range (random, 1, 20),
        .columns_of_item = g_rand_int_range (random, 1, 20),
        .caption = g_rand_boolean (random) ? 0 : 12};
    const gint most = g_rand_int_range (random, 1, 30);
    cnn_view_weights_grid_fit (&grid, most);
    fail_unless (grid.n_shown >= 0 && grid.n_shown <= grid.n_items, "round %d", round);
    fail_unless (cnn_view_weights_grid_height (&grid) <= MAX (0, grid.box.height));
    for (gint i = 0; i < grid.n_shown; i++) {
      CnnViewBox item = cnn_view_weights_grid_item (&grid, i);
      fail_unless (item.x >= 3 && item.y >= 5 && item.x + item.width <= 3 + grid.box.width &&
                       item.y + item.height + grid.caption <= 5 + grid.box.height,
          "round %d: picture %d of %d leaves the box", round, i, grid.n_shown);
      fail_unless (item.width == grid.cell * grid.columns_of_item && grid.cell >= 1);
    }
    fail_unless (grid.step_x > grid.cell * grid.columns_of_item &&
                 grid.step_y > grid.cell * grid.rows_of_item + grid.caption);
  }
  g_rand_free (random);
}
GST_END_TEST;

static Suite *
layout_suite (void)
{
  Suite *suite = suite_create ("cnnview layout");
  TCase *tests = tcase_create ("arithmetic");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_random);
  tcase_add_test (tests, test_pages);
  tcase_add_test (tests, test_natural);
  tcase_add_test (tests, test_bars);
  tcase_add_test (tests, test_high);
  tcase_add_test (tests, test_kernel_grids);
  return suite;
}

GST_CHECK_MAIN (layout);
