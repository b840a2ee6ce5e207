/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <stdlib.h>
#include <string.h>

static CnnConvTile
random_tile (int lanes)
{
  const int vectors = check_random_int (1, cnn_isa_panel (check_kernel ()->isa) / lanes);
  CnnConvTile tile = {
      .n_taps = check_random_int (1, 9),
      .run = check_random_int (0, 2) ? check_random_int (1, 9) : check_random_int (1, 70),
      .panel = vectors * lanes,
      .outputs = (vectors - 1) * lanes + check_random_int (1, lanes),
      .count = check_random_int (0, 60),
  };
  tile.pixel_stride = check_random_int (0, 2) ? check_random_int (1, 40) : 3;
  tile.out_stride = tile.outputs + check_random_int (0, 5);
  return tile;
}

static void
define_tile (const CnnConvTile *tile, Bounds bounds, float *out)
{
  for (int p = 0; p < tile->count; p++)
    for (int o = 0; o < tile->outputs; o++) {
      double sum = (double)tile->bias[o];
      for (int t = 0; t < tile->n_taps; t++)
        for (int i = 0; i < tile->run; i++)
          sum += (double)tile->taps[t][p * tile->pixel_stride + i] *
                 (double)tile->weights[(t * tile->run + i) * tile->panel + o];
      out[p * tile->out_stride + o] = clamped (sum, bounds);
    }
}

static void
check_once (CnnConvTileFunc *kernel, CheckGuard guard)
{
  const Bounds bounds = random_bounds ();
  CnnConvTile tile = random_tile (check_lanes ());
  const size_t pixels = (size_t)(tile.count > 0 ? tile.count - 1 : 0);
  const size_t out_floats =
      tile.count ? pixels * (size_t)tile.out_stride + (size_t)tile.outputs : 0;
  Taps taps = taps_new (tile.n_taps, pixels * (size_t)tile.pixel_stride + (size_t)tile.run, guard);
  float *weights = check_guarded_floats ((size_t)(tile.n_taps * tile.run * tile.panel), guard);
  float *bias = check_guarded_floats ((size_t)tile.panel, guard);
  for (int i = 0; i < tile.n_taps * tile.run * tile.panel; i++)
    weights[i] = i % tile.panel < tile.outputs ? weights[i] : 0;
  float *out = check_guarded_floats (out_floats, guard);
  float *expected = check_copy (out, out_floats * sizeof *out);
  tile.taps = taps.pointers;
  tile.weights = weights;
  tile.bias = bias;
  tile.low = bounds.low;
  tile.high = bounds.high;
  tile.out = out;
  check_context ("%d taps of %d floats, %d pixels %td apart, %d outputs in a panel of %d",
      tile.n_taps, tile.run, tile.count, tile.pixel_stride, tile.outputs, tile.panel);
  define_tile (&tile, bounds, expected);
  kernel (&tile);
  check_floats (out, expected, out_floats, sum_tolerance (tile.n_taps * tile.run), 1e-6, "output");
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
  free (expected);
}

void
check_conv_tile (CnnConvTileFunc *kernel)
{
  for (int round = 0; round < 400 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* A row of 56 pixels of a 3x3 window over 64 channels, one panel of outputs. */
void
bench_conv_tile (CnnConvTileFunc *kernel)
{
  enum { TAPS = 3, RUN = 3 * 64, COUNT = 56 };
  const int panel = cnn_isa_panel (check_kernel ()->isa);
  Taps taps = taps_new (TAPS, (COUNT + 2) * 64, CHECK_GUARD_BEHIND);
  float *weights = check_guarded_floats ((size_t)(TAPS * RUN * panel), CHECK_GUARD_BEFORE);
  float *bias = check_guarded_floats ((size_t)panel, CHECK_GUARD_BEFORE);
  float *out = check_guarded_floats ((size_t)(COUNT * panel), CHECK_GUARD_BEFORE);
  const CnnConvTile tile = {.taps = taps.pointers,
      .n_taps = TAPS,
      .run = RUN,
      .pixel_stride = 64,
      .out_stride = panel,
      .weights = weights,
      .bias = bias,
      .panel = panel,
      .outputs = panel,
      .count = COUNT,
      .low = 0,
      .high = 6,
      .out = out};
  CheckTimer timer = check_timer ("56 pixels, 3x3x64 to %d", panel);
  while (check_timer_runs (&timer))
    kernel (&tile);
  taps_free (&taps);
  check_guarded_free (weights);
  check_guarded_free (bias);
  check_guarded_free (out);
}
