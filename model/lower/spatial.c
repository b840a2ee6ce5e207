/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pooling, resizing, depth to space. */
#include "lower-private.h"

#include "../rules/match.h"
#include "functions.h"

#include <cnn/memory.h>
#include <cnn/pool2d.h>
#include <cnn/upsample2d.h>
#include <math.h>

/* --- Pooling -------------------------------------------------------------------------------------- */

bool
cnn_lower_pool (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPool *pool = &node->parameters.pool;
  const CnnPlace *in = &plan->places[node->inputs[0]];
  CnnResolvedWindow r;
  if (!in->is_image ||
      !cnn_pool_resolve (pool, &plan->graph->values[node->inputs[0]].dims, &r, NULL) ||
      !cnn_lower_fits_window (&r))
    return true;
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  CnnPool2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .mode = pool->pooling == CNN_POOLING_MAX ? CNN_POOL_MAX : CNN_POOL_AVERAGE,
      .window = {cnn_lower_axis_of (&r, 1), cnn_lower_axis_of (&r, 2)},
      .count_include_pad = pool->window.count_include_pad,
  };
  desc.window.rows.ceil_mode = desc.window.columns.ceil_mode = pool->window.ceil_mode;
  if (pool->is_global) {
    const CnnAxis whole = {
        .rule = CNN_SIZE_ADAPTIVE, .kernel = 1, .stride = 1, .dilation = 1, .adaptive_output = 1};
    desc.window = (CnnWindow){whole, whole};
  }
  CnnShape output;
  if (!cnn_window_output (&desc.window, desc.input, &output, NULL) ||
      output.h != out.image.shape.h || output.w != out.image.shape.w)
    return true;
  plan->places[node->outputs[0]] = out;
  return cnn_lower_add_layer (
      plan, index, cnn_pool2d_new (plan->context, &desc, NULL), in, &out, done);
}

/* --- Enlarging ------------------------------------------------------------------------------------ */

/* Whether an axis is enlarged as the kernels do it: to samples repeated, or between the middles of two. */
static bool
enlarges (const CnnResize *resize, const CnnResizedAxis *axis, int64_t factor)
{
  CnnResizeTaps taps;
  bool same = axis->out == axis->in * factor && cnn_resize_taps (resize, axis, &taps, NULL);
  if (!same)
    return false;
  for (int64_t k = 0; same && k < axis->out; k++) {
    if (resize->mode == CNN_RESIZE_NEAREST) {
      same = taps.index[k] == k / factor;
      continue;
    }
    const double x =
        fmin (fmax (((double)k + 0.5) / (double)factor - 0.5, 0), (double)(axis->in - 1));
    double found = 0;
    for (int t = 0; t < taps.n_taps; t++)
      found += taps.weight[k * taps.n_taps + t] * taps.index[k * taps.n_taps + t];
    same = taps.n_taps == 2 && fabs (found - x) < 1e-4;
  }
  cnn_resize_taps_clear (&taps);
  return same;
}

static bool
add_upsample (CnnPlan *plan, int index, CnnUpsampleMode mode, int factor, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnPlace *in = &plan->places[node->inputs[0]];
  const CnnPlace out = cnn_plan_output_place (plan, node->outputs[0]);
  const CnnUpsample2dDesc desc = {
      .input = in->image.shape,
      .input_format = cnn_place_format (&in->image),
      .output_format = cnn_place_format (&out.image),
      .mode = mode,
      .factor = factor,
  };
  plan->places[node->outputs[0]] = out;
  return cnn_lower_add_layer (
      plan, index, cnn_upsample2d_new (plan->context, &desc, NULL), in, &out, done);
}

/* Any other: coordinates once, sums with every frame. */
static bool
lower_any_resize (CnnPlan *plan, int index, const CnnResizedAxis *axes, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnShape in = plan->places[node->inputs[0]].image.shape;
  CnnResizeTaps *taps = cnn_alloc (2, sizeof *taps);
  const size_t n_workers = (size_t)cnn_context_thread_count (plan->context);
  float *scratch = cnn_alloc ((size_t)in.w * n_workers, (size_t)in.c * sizeof *scratch);
  bool kept = taps && scratch &&
              cnn_resize_taps (&node->parameters.resize, &axes[2], &taps[0], NULL) &&
              cnn_resize_taps (&node->parameters.resize, &axes[3], &taps[1], NULL);
  const int first = plan->n_steps;
  kept = kept && cnn_lower_function (plan, index, cnn_step_resize, done);
  if (kept && *done) {
    plan->steps[first].taps = taps;
    plan->steps[first].scratch = scratch;
    return true;
  }
  if (taps) {
    cnn_resize_taps_clear (&taps[0]);
    cnn_resize_taps_clear (&taps[1]);
  }
  cnn_free (taps);
  cnn_free (scratch);
  return kept;
}

bool
cnn_lower_resize (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  const CnnResize *resize = &node->parameters.resize;
  CnnResizedAxis axes[CNN_MAX_RANK];
  CnnAsked asked;
  if (!plan->places[node->inputs[0]].is_image || resize->mode == CNN_RESIZE_CUBIC ||
      resize->antialias || resize->coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE ||
      !cnn_ask (plan->graph, node, &asked) || !cnn_resize_resolve (&asked.operation, axes, NULL) ||
      axes[0].in != axes[0].out || axes[1].in != axes[1].out)
    return true;
  const int64_t factor = axes[2].out / axes[2].in;
  if (axes[1].in == axes[1].out && factor >= 1 && factor <= CNN_MAX_FACTOR &&
      enlarges (resize, &axes[2], factor) && enlarges (resize, &axes[3], factor))
    return add_upsample (plan, index,
        resize->mode == CNN_RESIZE_NEAREST ? CNN_UPSAMPLE_NEAREST : CNN_UPSAMPLE_BILINEAR,
        (int)factor, done);
  return resize->mode == CNN_RESIZE_NEAREST ? cnn_lower_nearest (plan, index, done)
                                            : lower_any_resize (plan, index, axes, done);
}

bool
cnn_lower_depth_to_space (CnnPlan *plan, int index, bool *done)
{
  const CnnNode *node = &plan->graph->nodes[index];
  if (!plan->places[node->inputs[0]].is_image || !node->parameters.depth.column_row_depth ||
      node->parameters.depth.block > CNN_MAX_FACTOR)
    return true;
  return add_upsample (
      plan, index, CNN_UPSAMPLE_PIXEL_SHUFFLE, (int)node->parameters.depth.block, done);
}
