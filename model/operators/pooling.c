/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MaxPool, AveragePool and their global forms. */
#include "families.h"
#include "helpers.h"
#include "spatial.h"

#include <math.h>

void
cnn_read_pool (CnnNodeReader *reader, CnnNode *node)
{
  CnnPool *pool = &node->parameters.pool;
  *pool = (CnnPool){.pooling = (CnnPooling)node->op->function};
  cnn_read_window (reader, &pool->window);
  if (pool->window.kernel[0] == 0)
    cnn_reader_refuse (reader, "kernel_shape is missing");
  pool->window.ceil_mode = cnn_read_flag (reader, "ceil_mode", false);
  if (pool->pooling == CNN_POOLING_AVERAGE)
    pool->window.count_include_pad = cnn_read_flag (reader, "count_include_pad", false);
  else
    cnn_read_ignored (reader, "storage_order"); /* of the indices, which are not supported */
}

void
cnn_read_global_pool (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.pool = (CnnPool){.pooling = (CnnPooling)node->op->function, .is_global = true};
}

bool
cnn_pool_resolve (const CnnPool *pool, const CnnDims *input, CnnResolvedWindow *r, CnnError *error)
{
  CnnSpatialWindow window = pool->window;
  char text[CNN_DIMS_TEXT];
  if (input->rank < 3 || input->rank > 2 + CNN_MAX_SPATIAL)
    return cnn_error_set (error, "its input is %s", cnn_dims_text (input, text));
  if (pool->is_global) {
    window = (CnnSpatialWindow){.rank = input->rank - 2};
    for (int i = 0; i < window.rank; i++) {
      window.kernel[i] = input->size[2 + i];
      window.stride[i] = window.dilation[i] = 1;
    }
  }
  return cnn_window_resolve (&window, input, NULL, r, error);
}

bool
cnn_shape_pool (const CnnOperation *operation, CnnError *error)
{
  CnnResolvedWindow r;
  if (cnn_operation_out (operation, 1))
    return cnn_error_set (error, "its second output, the indices, is not supported");
  if (!cnn_operation_needs_floats (operation, 0, error) ||
      !cnn_pool_resolve (&operation->node->parameters.pool, &operation->in[0]->dims, &r, error))
    return false;
  cnn_operation_set (operation, 0, CNN_ELEMENTS_FLOAT, cnn_resolved_output (&r, r.channels));
  return true;
}

/* The taps of a window that lie in the input: first, end; and how many lie in it or its padding. */
static int64_t
taps_inside (const CnnResolvedWindow *r, int axis, int64_t position, int64_t *first, int64_t *end)
{
  const int64_t start = position * r->stride[axis] - r->pad_before[axis], step = r->dilation[axis];
  int64_t counted = 0;
  *first = start >= 0 ? 0 : (-start + step - 1) / step;
  *end = *first;
  for (int64_t k = 0; k < r->kernel[axis]; k++) {
    counted += start + k * step < r->in[axis] + r->pad_after[axis];
    if (k >= *first && start + k * step < r->in[axis])
      *end = k + 1;
  }
  return counted;
}

static float
pool_window (
    const CnnResolvedWindow *r, const CnnPool *pool, const float *plane, const int64_t at[3])
{
  int64_t first[3], end[3], start[3], counted = 1, found = 0;
  for (int i = 0; i < 3; i++) {
    counted *= taps_inside (r, i, at[i], &first[i], &end[i]);
    start[i] = at[i] * r->stride[i] - r->pad_before[i];
  }
  double sum = 0;
  float most = -INFINITY;
  for (int64_t z = first[0]; z < end[0]; z++)
    for (int64_t y = first[1]; y < end[1]; y++)
      for (int64_t x = first[2]; x < end[2]; x++) {
        const float value =
            plane[((start[0] + z * r->dilation[0]) * r->in[1] + start[1] + y * r->dilation[1]) *
                      r->in[2] +
                  start[2] + x * r->dilation[2]];
        sum += value;
        most = isnan (most) || value <= most ? most : value;
        found++;
      }
  if (pool->pooling == CNN_POOLING_MAX)
    return most;
  const int64_t divisor = pool->window.count_include_pad ? counted : found;
  return divisor > 0 ? (float)(sum / (double)divisor) : 0.0F;
}

bool
cnn_run_pool (const CnnOperation *operation, CnnError *error)
{
  CnnResolvedWindow r;
  const CnnPool *pool = &operation->node->parameters.pool;
  if (!cnn_pool_resolve (pool, &operation->in[0]->dims, &r, error))
    return false;
  float *out = operation->out[0]->floats;
  for (int64_t plane = 0; plane < r.batch * r.channels; plane++) {
    const float *in = operation->in[0]->floats + plane * r.in[0] * r.in[1] * r.in[2];
    int64_t at[3];
    for (at[0] = 0; at[0] < r.out[0]; at[0]++)
      for (at[1] = 0; at[1] < r.out[1]; at[1]++)
        for (at[2] = 0; at[2] < r.out[2]; at[2]++)
          *out++ = pool_window (&r, pool, in, at);
  }
  return true;
}
