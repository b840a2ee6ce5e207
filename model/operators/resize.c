/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resize and Upsample: one dimension after the other, each output element a weighted sum of a few inputs. */
#include "../graph.h"
#include "families.h"
#include "helpers.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_SCALE 65536.0F

/* --- Attributes ----------------------------------------------------------------------------------- */

static const char *const modes[] = {"nearest", "linear", "cubic", NULL};

void
cnn_read_upsample (CnnNodeReader *reader, CnnNode *node)
{
  CnnResize *resize = &node->parameters.resize;
  *resize = (CnnResize){.coordinates = CNN_COORDINATES_ASYMMETRIC,
      .nearest = CNN_NEAREST_FLOOR,
      .scales_input = 1,
      .sizes_input = -1,
      .roi_input = -1,
      .axes.count = -1};
  resize->mode = (CnnResizeMode)cnn_read_word (reader, "mode", modes, CNN_RESIZE_NEAREST);
  cnn_read_as_input (reader, "scales", 1);
  if (cnn_node_input (node, 1) == CNN_NO_VALUE)
    cnn_reader_refuse (reader, "scales are missing");
}

void
cnn_read_resize (CnnNodeReader *reader, CnnNode *node)
{
  static const char *const coordinates[] = {"half_pixel", "half_pixel_symmetric",
      "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn",
      "tf_crop_and_resize", NULL};
  static const char *const nearest[] = {
      "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
  static const char *const policies[] = {"stretch", "not_larger", "not_smaller", NULL};
  CnnResize *resize = &node->parameters.resize;
  if (cnn_reader_opset (reader) < 11) {
    cnn_read_upsample (reader, node);
    resize->nearest = CNN_NEAREST_SIMPLE;
    return;
  }
  *resize = (CnnResize){.roi_input = 1, .scales_input = 2, .sizes_input = 3};
  resize->mode = (CnnResizeMode)cnn_read_word (reader, "mode", modes, CNN_RESIZE_NEAREST);
  resize->coordinates = (CnnCoordinates)cnn_read_word (
      reader, "coordinate_transformation_mode", coordinates, CNN_COORDINATES_HALF_PIXEL);
  resize->nearest = (CnnNearestRule)cnn_read_word (reader, "nearest_mode", nearest, 0);
  resize->aspect = (CnnAspectPolicy)cnn_read_word (reader, "keep_aspect_ratio_policy", policies, 0);
  resize->cubic_a = cnn_read_number (reader, "cubic_coeff_a", -0.75F);
  resize->extrapolation = cnn_read_number (reader, "extrapolation_value", 0.0F);
  resize->exclude_outside = cnn_read_flag (reader, "exclude_outside", false);
  resize->antialias = cnn_read_flag (reader, "antialias", false);
  resize->axes = cnn_read_integers (reader, "axes");
}

/* --- Sizes ---------------------------------------------------------------------------------------- */

/* The constant numbers of an input, `count` of them; NULL when it is left out or empty. */
static bool
get_list (const CnnOperation *operation, int i, const char *what, int64_t count,
    const CnnTensor **list, CnnError *error)
{
  const CnnTensor *in = i < 0 ? NULL : cnn_operation_in (operation, i);
  *list = NULL;
  if (!in || (in->dims.rank == 1 && in->dims.size[0] == 0))
    return true;
  if (!cnn_tensor_has_data (in) || in->count != count)
    return cnn_error_set (error, "its %s have to be %" PRId64 " constants", what, count);
  *list = in;
  return true;
}

static bool
size_by_scale (const CnnTensor *scales, int k, CnnResizedAxis *axis, CnnError *error)
{
  axis->scale = (float)cnn_tensor_number (scales, k);
  if (!(axis->scale > 0.0F && axis->scale <= MAX_SCALE))
    return cnn_error_set (error, "a scale of %g is not supported", (double)axis->scale);
  axis->out = (int64_t)floorf ((float)axis->in * axis->scale);
  return true;
}

/* One scale for all axes, so that the result is at most, or at least, the wanted sizes. */
static void
keep_aspect (CnnAspectPolicy policy, const int *order, int count, CnnResizedAxis *axes)
{
  float scale = 0;
  for (int i = 0; i < count; i++) {
    const float own = axes[order[i]].scale;
    if (i == 0 || (policy == CNN_ASPECT_NOT_LARGER ? own < scale : own > scale))
      scale = own;
  }
  for (int i = 0; i < count; i++) {
    CnnResizedAxis *axis = &axes[order[i]];
    axis->scale = scale;
    axis->out = (int64_t)roundf (scale * (float)axis->in);
  }
}

static bool
size_by_size (const CnnTensor *sizes, int k, CnnResizedAxis *axis, CnnError *error)
{
  const double size = cnn_tensor_number (sizes, k);
  if (!(size >= 1 && size <= (double)CNN_MAX_ELEMENTS) || axis->in < 1)
    return cnn_error_set (error, "%" PRId64 " elements cannot become %g", axis->in, size);
  axis->out = (int64_t)size;
  axis->scale = (float)axis->out / (float)axis->in;
  return true;
}

bool
cnn_resize_resolve (
    const CnnOperation *operation, CnnResizedAxis axes[CNN_MAX_RANK], CnnError *error)
{
  const CnnResize *resize = &operation->node->parameters.resize;
  const CnnDims *in = &operation->in[0]->dims;
  const CnnTensor *roi, *scales, *sizes;
  bool chosen[CNN_MAX_RANK];
  int order[CNN_MAX_RANK];
  if (!cnn_axes_resolve (&resize->axes, in->rank, chosen, error))
    return false;
  const int count = resize->axes.count < 0 ? in->rank : resize->axes.count;
  const bool crops = resize->coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE;
  if (!get_list (operation, crops ? resize->roi_input : -1, "roi", 2 * count, &roi, error) ||
      !get_list (operation, resize->scales_input, "scales", count, &scales, error) ||
      !get_list (operation, resize->sizes_input, "sizes", count, &sizes, error))
    return false;
  if (!scales == !sizes || (crops && !roi))
    return cnn_error_set (
        error, "%s", crops && !roi ? "its roi is missing" : "either scales or sizes are needed");
  for (int i = 0; i < in->rank; i++)
    axes[i] = (CnnResizedAxis){.in = in->size[i], .out = in->size[i], .scale = 1, .end = 1};
  for (int k = 0; k < count; k++) {
    const int64_t at = resize->axes.count < 0 ? k : resize->axes.values[k];
    order[k] = (int)(at < 0 ? at + in->rank : at);
    CnnResizedAxis *axis = &axes[order[k]];
    if (!(scales ? size_by_scale (scales, k, axis, error) : size_by_size (sizes, k, axis, error)))
      return false;
    if (roi) {
      axis->start = (float)cnn_tensor_number (roi, k);
      axis->end = (float)cnn_tensor_number (roi, count + k);
    }
  }
  if (sizes && resize->aspect != CNN_ASPECT_STRETCH)
    keep_aspect (resize->aspect, order, count, axes);
  return true;
}

bool
cnn_shape_resize (const CnnOperation *operation, CnnError *error)
{
  CnnResizedAxis axes[CNN_MAX_RANK];
  CnnDims dims = operation->in[0]->dims;
  if (!cnn_operation_needs_floats (operation, 0, error) ||
      !cnn_resize_resolve (operation, axes, error))
    return false;
  for (int i = 0; i < dims.rank; i++) {
    dims.size[i] = axes[i].out;
    if (axes[i].out < 1 || axes[i].in < 1)
      return cnn_error_set (
          error, "%" PRId64 " elements cannot become %" PRId64, axes[i].in, axes[i].out);
  }
  cnn_operation_set (operation, 0, CNN_ELEMENTS_FLOAT, dims);
  return true;
}

/* --- Coordinates ---------------------------------------------------------------------------------- */

/* Where output element `x` lies in the input. Floats on purpose: ties of rounding are decided by them. */
static float
coordinate (const CnnResize *resize, const CnnResizedAxis *axis, int64_t x)
{
  const float position = (float)x, in = (float)axis->in, out = (float)axis->out;
  if (axis->scale == 1.0F && axis->in == axis->out &&
      resize->coordinates != CNN_COORDINATES_TF_CROP_AND_RESIZE)
    return position;
  switch (resize->coordinates) {
  case CNN_COORDINATES_HALF_PIXEL:
    return (position + 0.5F) / axis->scale - 0.5F;
  case CNN_COORDINATES_HALF_PIXEL_SYMMETRIC: {
    const float adjustment = out / (axis->scale * in), center = in / 2.0F;
    return center * (1.0F - adjustment) + (position + 0.5F) / axis->scale - 0.5F;
  }
  case CNN_COORDINATES_PYTORCH_HALF_PIXEL:
    return axis->out > 1 ? (position + 0.5F) / axis->scale - 0.5F : 0.0F;
  case CNN_COORDINATES_ALIGN_CORNERS:
    return axis->out == 1 ? 0.0F : position * (in - 1.0F) / (out - 1.0F);
  case CNN_COORDINATES_ASYMMETRIC:
    return position / axis->scale;
  case CNN_COORDINATES_TF_HALF_PIXEL_FOR_NN:
    return (position + 0.5F) / axis->scale;
  case CNN_COORDINATES_TF_CROP_AND_RESIZE:
    return axis->out > 1 ? axis->start * (in - 1.0F) +
                               position * (axis->end - axis->start) * (in - 1.0F) / (out - 1.0F)
                         : 0.5F * (axis->start + axis->end) * (in - 1.0F);
  }
  return position;
}

static float
round_nearest (const CnnResize *resize, const CnnResizedAxis *axis, float x)
{
  switch (resize->nearest) {
  case CNN_NEAREST_ROUND_PREFER_FLOOR:
    return x == floorf (x) + 0.5F ? floorf (x) : roundf (x);
  case CNN_NEAREST_ROUND_PREFER_CEIL:
    return x == floorf (x) + 0.5F ? ceilf (x) : roundf (x);
  case CNN_NEAREST_FLOOR:
    return floorf (x);
  case CNN_NEAREST_CEIL:
    return ceilf (x);
  case CNN_NEAREST_SIMPLE:
    return axis->scale < 1.0F ? ceilf (x) : truncf (x);
  }
  return x;
}

static float
cubic_weight (float a, float distance)
{
  const float x = fabsf (distance);
  if (x <= 1.0F)
    return ((a + 2.0F) * x - (a + 3.0F)) * x * x + 1.0F;
  return x < 2.0F ? ((a * x - 5.0F * a) * x + 8.0F * a) * x - 4.0F * a : 0.0F;
}

/* --- Taps ----------------------------------------------------------------------------------------- */

void
cnn_resize_taps_clear (CnnResizeTaps *taps)
{
  cnn_free (taps->index);
  cnn_free (taps->weight);
  cnn_free (taps->outside);
}

static int64_t
within (int64_t index, int64_t n)
{
  return index < 0 ? 0 : index >= n ? n - 1 : index;
}

/* The weights of one output element: those of the kernel, which sum to 1 once what lies outside is left out. */
static void
set_taps (const CnnResize *resize, const CnnResizedAxis *axis, float x, int n_taps, int32_t *index,
    float *weight)
{
  const bool shrinks = resize->antialias && axis->scale < 1.0F;
  const float pace = shrinks ? axis->scale : 1.0F;
  const float reach = (resize->mode == CNN_RESIZE_CUBIC ? 2.0F : 1.0F) / pace;
  const bool drop = resize->exclude_outside && (resize->mode == CNN_RESIZE_CUBIC || shrinks);
  const int64_t first = shrinks ? (int64_t)floorf (x - reach) + 1
                                : (int64_t)floorf (x) - (resize->mode == CNN_RESIZE_CUBIC ? 1 : 0);
  float sum = 0;
  for (int i = 0; i < n_taps; i++) {
    const int64_t at = first + i;
    const float distance = (x - (float)at) * pace;
    const bool gone = drop && (at < 0 || at >= axis->in);
    index[i] = (int32_t)within (at, axis->in);
    weight[i] = gone                               ? 0.0F
                : resize->mode == CNN_RESIZE_CUBIC ? cubic_weight (resize->cubic_a, distance)
                                                   : fmaxf (0.0F, 1.0F - fabsf (distance));
    sum += weight[i];
  }
  for (int i = 0; (drop || shrinks) && sum != 0.0F && i < n_taps; i++)
    weight[i] /= sum;
}

static int
count_taps (const CnnResize *resize, const CnnResizedAxis *axis)
{
  const int taps = resize->mode == CNN_RESIZE_NEAREST  ? 1
                   : resize->mode == CNN_RESIZE_LINEAR ? 2
                                                       : 4;
  if (!resize->antialias || axis->scale >= 1.0F || taps == 1)
    return taps;
  return (int)fminf (ceilf ((float)taps / axis->scale) + 1.0F, 1 << 20);
}

bool
cnn_resize_taps (
    const CnnResize *resize, const CnnResizedAxis *axis, CnnResizeTaps *taps, CnnError *error)
{
  const int n_taps = count_taps (resize, axis);
  *taps = (CnnResizeTaps){.n_taps = n_taps};
  taps->index = cnn_alloc ((size_t)axis->out, (size_t)n_taps * sizeof *taps->index);
  taps->weight = cnn_alloc ((size_t)axis->out, (size_t)n_taps * sizeof *taps->weight);
  taps->outside = cnn_alloc ((size_t)axis->out, sizeof *taps->outside);
  if (!taps->index || !taps->weight || !taps->outside) {
    cnn_resize_taps_clear (taps);
    return cnn_error_set (error, "not enough memory for %" PRId64 " coordinates", axis->out);
  }
  const float last = (float)(axis->in - 1);
  for (int64_t k = 0; k < axis->out; k++) {
    float x = coordinate (resize, axis, k);
    if (resize->coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE)
      taps->outside[k] = !(x >= 0.0F && x <= last);
    x = x > -1e6F - last ? (x < 1e6F + 2 * last ? x : last) : 0.0F;
    if (resize->mode == CNN_RESIZE_NEAREST) {
      taps->index[k] = (int32_t)within ((int64_t)round_nearest (resize, axis, x), axis->in);
      taps->weight[k] = 1.0F;
      continue;
    }
    if (resize->mode == CNN_RESIZE_LINEAR && !resize->antialias)
      x = x < 0.0F ? 0.0F : x > last ? last : x;
    set_taps (resize, axis, x, n_taps, taps->index + k * n_taps, taps->weight + k * n_taps);
  }
  return true;
}

/* --- Reference ------------------------------------------------------------------------------------ */

/* One dimension of an array of outer x axis x inner. */
static void
resize_axis (const float *in, float *out, int64_t outer, const CnnResizedAxis *axis, int64_t inner,
    const CnnResizeTaps *taps, float extrapolation)
{
  for (int64_t o = 0; o < outer; o++)
    for (int64_t k = 0; k < axis->out; k++) {
      float *to = out + (o * axis->out + k) * inner;
      for (int64_t i = 0; i < inner; i++)
        to[i] = taps->outside[k] ? extrapolation : 0.0F;
      for (int t = 0; !taps->outside[k] && t < taps->n_taps; t++) {
        const float *from = in + (o * axis->in + taps->index[k * taps->n_taps + t]) * inner;
        const float weight = taps->weight[k * taps->n_taps + t];
        for (int64_t i = 0; weight != 0.0F && i < inner; i++)
          to[i] += weight * from[i];
      }
    }
}

/* The result of each dimension is the next one's input; the last writes to the output. */
static bool
resize_all (const CnnOperation *operation, const CnnResizedAxis *axes, CnnError *error)
{
  const CnnResize *resize = &operation->node->parameters.resize;
  const CnnTensor *in = operation->in[0];
  CnnTensor *current = NULL;
  CnnDims dims = in->dims;
  const bool crops = resize->coordinates == CNN_COORDINATES_TF_CROP_AND_RESIZE;
  bool done = true;
  for (int i = dims.rank - 1; done && i >= 0; i--) {
    if (axes[i].in == axes[i].out && axes[i].scale == 1.0F && !crops)
      continue;
    CnnResizeTaps taps;
    dims.size[i] = axes[i].out;
    CnnTensor *next = cnn_tensor_new (CNN_ELEMENTS_FLOAT, &dims, error);
    done = next && cnn_resize_taps (resize, &axes[i], &taps, error);
    if (done) {
      resize_axis (current ? current->floats : in->floats, next->floats,
          cnn_dims_product (&dims, 0, i), &axes[i], cnn_dims_product (&dims, i + 1, dims.rank),
          &taps, resize->extrapolation);
      cnn_resize_taps_clear (&taps);
    }
    cnn_tensor_unref (current);
    current = next;
  }
  if (done)
    memcpy (operation->out[0]->floats, current ? current->floats : in->floats,
        (size_t)operation->out[0]->count * sizeof (float));
  cnn_tensor_unref (current);
  return done;
}

bool
cnn_run_resize (const CnnOperation *operation, CnnError *error)
{
  CnnResizedAxis axes[CNN_MAX_RANK];
  return cnn_resize_resolve (operation, axes, error) && resize_all (operation, axes, error);
}
