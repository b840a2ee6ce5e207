/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conv and ConvTranspose over one to three spatial dimensions. */
#include "families.h"
#include "helpers.h"
#include "spatial.h"

#include <inttypes.h>

void
cnn_read_convolution (CnnNodeReader *reader, CnnNode *node)
{
  if (node->op->kind == CNN_OPERATOR_CONVOLUTION)
    cnn_read_window (reader, &node->parameters.window);
  else
    cnn_read_transposed_window (reader, &node->parameters.window);
  node->parameters.window.groups = cnn_read_within (reader, "group", 1, 1, INT32_MAX);
}

/* The output channels; 0 with a sentence when weights, bias, groups and input do not fit together. */
static int64_t
check_channels (const CnnOperation *operation, CnnError *error)
{
  const CnnNode *node = operation->node;
  const CnnDims *in = &operation->in[0]->dims, *weights = &operation->in[1]->dims;
  const CnnTensor *bias = cnn_operation_in (operation, 2);
  const bool transposed = node->op->kind == CNN_OPERATOR_CONVOLUTION_TRANSPOSE;
  const int64_t groups = node->parameters.window.groups;
  char text[CNN_DIMS_TEXT], other[CNN_DIMS_TEXT];
  if (in->rank < 3 || weights->rank != in->rank)
    return cnn_error_set (error, "its input is %s and its weights are %s", cnn_dims_text (in, text),
        cnn_dims_text (weights, other));
  int64_t outputs = weights->size[0];
  bool fits = in->size[1] > 0 && in->size[1] % groups == 0;
  if (transposed) {
    fits = fits && weights->size[0] == in->size[1] && weights->size[1] > 0 &&
           weights->size[1] <= INT32_MAX / groups;
    outputs = fits ? weights->size[1] * groups : 0;
  } else {
    fits = fits && weights->size[1] == in->size[1] / groups && outputs > 0 && outputs % groups == 0;
  }
  if (!fits)
    return cnn_error_set (error, "weights of %s with %" PRId64 " groups do not fit an input of %s",
        cnn_dims_text (weights, other), groups, cnn_dims_text (in, text));
  if (bias && (bias->dims.rank != 1 || bias->dims.size[0] != outputs))
    return cnn_error_set (error, "its bias is %s and its output has %" PRId64 " channels",
        cnn_dims_text (&bias->dims, text), outputs);
  return outputs;
}

static bool
resolve (const CnnOperation *operation, CnnResolvedWindow *r, CnnError *error)
{
  const CnnNode *node = operation->node;
  const CnnDims *in = &operation->in[0]->dims, *weights = &operation->in[1]->dims;
  return node->op->kind == CNN_OPERATOR_CONVOLUTION
             ? cnn_window_resolve (&node->parameters.window, in, weights, r, error)
             : cnn_window_resolve_transposed (&node->parameters.window, in, weights, r, error);
}

bool
cnn_shape_convolution (const CnnOperation *operation, CnnError *error)
{
  CnnResolvedWindow r;
  for (int i = 0; i < 3; i++)
    if (!cnn_operation_needs_floats (operation, i, error))
      return false;
  const int64_t outputs = check_channels (operation, error);
  if (outputs == 0 || !resolve (operation, &r, error))
    return false;
  cnn_operation_set (operation, 0, CNN_ELEMENTS_FLOAT, cnn_resolved_output (&r, outputs));
  return true;
}

/* Positions x with 0 <= x * stride + offset < n: from *first up to, without, *end. */
static void
inside (int64_t offset, int64_t stride, int64_t n, int64_t count, int64_t *first, int64_t *end)
{
  *first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = n - 1 - offset;
  *end = last < 0 ? 0 : last / stride + 1;
  *end = *end < count ? *end : count;
}

/* One plane of weights over one plane of the input, added to one plane of the output. Walks over the smaller grid:
 * `small` positions are strided into `large` ones. Of a convolution the output is small, of a transposed one the
 * input. */
static void
add_plane (const CnnResolvedWindow *r, const float *weights, const int64_t *small,
    const int64_t *large, const float *in, float *out, bool transposed)
{
  for (int64_t kz = 0; kz < r->kernel[0]; kz++)
    for (int64_t ky = 0; ky < r->kernel[1]; ky++)
      for (int64_t kx = 0; kx < r->kernel[2]; kx++) {
        const float w = *weights++;
        int64_t first[3], end[3], offset[3];
        const int64_t tap[] = {kz, ky, kx};
        for (int i = 0; i < 3; i++) {
          offset[i] = tap[i] * r->dilation[i] - r->pad_before[i];
          inside (offset[i], r->stride[i], large[i], small[i], &first[i], &end[i]);
        }
        for (int64_t z = first[0]; z < end[0]; z++)
          for (int64_t y = first[1]; y < end[1]; y++) {
            const int64_t row = (z * small[1] + y) * small[2];
            const int64_t wide =
                ((z * r->stride[0] + offset[0]) * large[1] + y * r->stride[1] + offset[1]) *
                    large[2] +
                offset[2];
            const int64_t step = r->stride[2];
            if (!transposed)
              for (int64_t x = first[2]; x < end[2]; x++)
                out[row + x] += w * in[wide + x * step];
            else
              for (int64_t x = first[2]; x < end[2]; x++)
                out[wide + x * step] += w * in[row + x];
          }
      }
}

bool
cnn_run_convolution (const CnnOperation *operation, CnnError *error)
{
  CnnResolvedWindow r;
  if (!resolve (operation, &r, error))
    return false;
  const CnnTensor *bias = cnn_operation_in (operation, 2);
  CnnTensor *out = operation->out[0];
  const bool transposed = operation->node->op->kind == CNN_OPERATOR_CONVOLUTION_TRANSPOSE;
  const int64_t outputs = out->dims.size[1], groups = operation->node->parameters.window.groups;
  const int64_t in_area = r.in[0] * r.in[1] * r.in[2], out_area = r.out[0] * r.out[1] * r.out[2];
  const int64_t taps = r.kernel[0] * r.kernel[1] * r.kernel[2];
  const int64_t inputs = r.channels / groups, per_group = outputs / groups;
  for (int64_t n = 0; n < r.batch; n++)
    for (int64_t o = 0; o < outputs; o++) {
      float *plane = out->floats + (n * outputs + o) * out_area;
      for (int64_t i = 0; i < out_area; i++)
        plane[i] = bias ? bias->floats[o] : 0.0F;
      for (int64_t i = 0; i < inputs; i++) {
        const int64_t channel = o / per_group * inputs + i;
        const int64_t kernel = transposed ? channel * per_group + o % per_group : o * inputs + i;
        add_plane (&r, operation->in[1]->floats + kernel * taps, transposed ? r.in : r.out,
            transposed ? r.out : r.in,
            operation->in[0]->floats + (n * r.channels + channel) * in_area, plane, transposed);
      }
    }
  return true;
}
