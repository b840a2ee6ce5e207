/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums, means and extremes over dimensions; ArgMax, ArgMin; Softmax. */
#include "families.h"
#include "helpers.h"

#include <cnn/memory.h>
#include <math.h>

/* --- Reduce --------------------------------------------------------------------------------------- */

void
cnn_read_reduce (CnnNodeReader *reader, CnnNode *node)
{
  CnnReduce *reduce = &node->parameters.reduce;
  reduce->function = (CnnReduceFunction)node->op->function;
  reduce->keep_dims = cnn_read_flag (reader, "keepdims", true);
  reduce->empty_is_none = cnn_read_flag (reader, "noop_with_empty_axes", false);
  cnn_read_as_input (reader, "axes", 1);
}

bool
cnn_reduce_axes (const CnnOperation *operation, bool chosen[CNN_MAX_RANK], CnnError *error)
{
  CnnNumbers axes;
  const int rank = operation->in[0]->dims.rank;
  if (!cnn_operation_integers (operation, 1, "axes", &axes, error) ||
      !cnn_axes_resolve (&axes, rank, chosen, error))
    return false;
  for (int i = 0; axes.count <= 0 && i < rank; i++)
    chosen[i] = !operation->node->parameters.reduce.empty_is_none;
  return true;
}

bool
cnn_shape_reduce (const CnnOperation *operation, CnnError *error)
{
  bool chosen[CNN_MAX_RANK];
  const CnnDims *in = &operation->in[0]->dims;
  const CnnReduceFunction function = operation->node->parameters.reduce.function;
  CnnDims dims = {.rank = 0};
  if (!cnn_reduce_axes (operation, chosen, error))
    return false;
  if (function > CNN_REDUCE_PROD && !cnn_operation_needs_floats (operation, 0, error))
    return false;
  for (int i = 0; i < in->rank; i++)
    if (!chosen[i] || operation->node->parameters.reduce.keep_dims)
      dims.size[dims.rank++] = chosen[i] ? 1 : in->size[i];
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

typedef struct {
  CnnReduceFunction function;
  const CnnTensor *in;
  double *sums;
} Reduction;

static double
accumulate (CnnReduceFunction function, double sum, double x)
{
  switch (function) {
  case CNN_REDUCE_MAX:
    return isnan (sum) || sum > x ? sum : x;
  case CNN_REDUCE_MIN:
    return isnan (sum) || sum < x ? sum : x;
  case CNN_REDUCE_PROD:
    return sum * x;
  case CNN_REDUCE_L1:
    return sum + fabs (x);
  case CNN_REDUCE_L2:
  case CNN_REDUCE_SUM_SQUARE:
    return sum + x * x;
  case CNN_REDUCE_LOG_SUM_EXP:
    return sum + exp (x);
  default:
    return sum + x;
  }
}

static double
finish (CnnReduceFunction function, double sum, double count)
{
  switch (function) {
  case CNN_REDUCE_MEAN:
    return sum / count;
  case CNN_REDUCE_L2:
    return sqrt (sum);
  case CNN_REDUCE_LOG_SUM:
  case CNN_REDUCE_LOG_SUM_EXP:
    return log (sum);
  default:
    return sum;
  }
}

/* The walk's first operand is the output, which stands still along the reduced dimensions. */
static void
reduce_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Reduction *reduction = data;
  const int64_t step = walk->dims.rank > 0 ? walk->stride[0][walk->dims.rank - 1] : 0;
  for (int64_t i = 0; i < n; i++) {
    double *sum = &reduction->sums[offsets[0] + i * step];
    *sum = accumulate (reduction->function, *sum, cnn_tensor_number (reduction->in, position + i));
  }
}

bool
cnn_run_reduce (const CnnOperation *operation, CnnError *error)
{
  bool chosen[CNN_MAX_RANK];
  const CnnTensor *in = operation->in[0];
  CnnTensor *out = operation->out[0];
  const CnnReduceFunction function = operation->node->parameters.reduce.function;
  CnnWalk walk = {.dims = in->dims, .n_operands = 1};
  if (!cnn_reduce_axes (operation, chosen, error))
    return false;
  int64_t stride = 1;
  for (int i = in->dims.rank - 1; i >= 0; i--) {
    walk.stride[0][i] = chosen[i] ? 0 : stride;
    stride *= chosen[i] ? 1 : in->dims.size[i];
  }
  double *sums = cnn_alloc ((size_t)out->count, sizeof *sums);
  if (!sums)
    return cnn_error_set (error, "not enough memory for %lld sums", (long long)out->count);
  const double start = function == CNN_REDUCE_MAX   ? -INFINITY
                       : function == CNN_REDUCE_MIN ? INFINITY
                                                    : function == CNN_REDUCE_PROD;
  for (int64_t i = 0; i < out->count; i++)
    sums[i] = start;
  Reduction reduction = {function, in, sums};
  cnn_walk (&walk, reduce_row, &reduction);
  const double share = out->count > 0 ? (double)in->count / (double)out->count : 1;
  for (int64_t i = 0; i < out->count; i++) {
    const double value = finish (function, sums[i], share);
    if (out->floats)
      out->floats[i] = (float)value;
    else
      out->integers[i] = value >= -9e18 && value <= 9e18 ? (int64_t)value : 0;
  }
  cnn_free (sums);
  return true;
}

/* --- ArgMax, ArgMin ------------------------------------------------------------------------------- */

void
cnn_read_argument (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.argument.minimum = node->op->function != 0;
  node->parameters.argument.axis = cnn_read_integer (reader, "axis", 0);
  node->parameters.argument.keep_dims = cnn_read_flag (reader, "keepdims", true);
  node->parameters.argument.last = cnn_read_flag (reader, "select_last_index", false);
}

bool
cnn_shape_argument (const CnnOperation *operation, CnnError *error)
{
  const CnnDims *in = &operation->in[0]->dims;
  CnnDims dims = {.rank = 0};
  int axis;
  if (!cnn_axis_resolve_index (operation->node->parameters.argument.axis, in->rank, &axis, error))
    return false;
  if (in->size[axis] == 0)
    return cnn_error_set (error, "there is no largest of no values");
  for (int i = 0; i < in->rank; i++)
    if (i != axis || operation->node->parameters.argument.keep_dims)
      dims.size[dims.rank++] = i == axis ? 1 : in->size[i];
  cnn_operation_set (operation, 0, CNN_ELEMENTS_INTEGER, dims);
  return true;
}

bool
cnn_run_argument (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  int axis;
  if (!cnn_axis_resolve_index (
          operation->node->parameters.argument.axis, in->dims.rank, &axis, error))
    return false;
  const int64_t outer = cnn_dims_product (&in->dims, 0, axis), n = in->dims.size[axis];
  const int64_t inner = cnn_dims_product (&in->dims, axis + 1, in->dims.rank);
  const bool last = operation->node->parameters.argument.last;
  const double sign = operation->node->parameters.argument.minimum ? -1 : 1;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      int64_t best = 0;
      for (int64_t k = 1; k < n; k++) {
        const double value = sign * cnn_tensor_number (in, (o * n + k) * inner + i);
        const double found = sign * cnn_tensor_number (in, (o * n + best) * inner + i);
        if (value > found || (last && value == found))
          best = k;
      }
      operation->out[0]->integers[o * inner + i] = best;
    }
  return true;
}

/* --- Softmax -------------------------------------------------------------------------------------- */

void
cnn_read_softmax (CnnNodeReader *reader, CnnNode *node)
{
  const bool flatten = cnn_reader_opset (reader) < 13;
  node->parameters.softmax.log = node->op->function != 0;
  node->parameters.softmax.flatten = flatten;
  node->parameters.softmax.axis = cnn_read_integer (reader, "axis", flatten ? 1 : -1);
}

bool
cnn_shape_softmax (const CnnOperation *operation, CnnError *error)
{
  int axis;
  const int rank = operation->in[0]->dims.rank;
  const int64_t wanted = operation->node->parameters.softmax.axis;
  const bool whole = operation->node->parameters.softmax.flatten && wanted == rank;
  return cnn_operation_needs_floats (operation, 0, error) &&
         (whole || cnn_axis_resolve_index (wanted, rank, &axis, error)) &&
         cnn_shape_same (operation, error);
}

static void
softmax (const float *in, float *out, int64_t n, int64_t step, bool is_log)
{
  float most = -INFINITY;
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    most = fmaxf (most, in[i * step]);
  for (int64_t i = 0; i < n; i++) {
    out[i * step] = in[i * step] - most;
    const float power = expf (out[i * step]);
    sum += power;
    if (!is_log)
      out[i * step] = power;
  }
  const float scale = (float)(1 / sum), offset = (float)log (sum);
  for (int64_t i = 0; i < n; i++)
    out[i * step] = is_log ? out[i * step] - offset : out[i * step] * scale;
}

bool
cnn_run_softmax (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  const int rank = in->dims.rank;
  int axis = rank;
  if (operation->node->parameters.softmax.axis != rank &&
      !cnn_axis_resolve_index (operation->node->parameters.softmax.axis, rank, &axis, error))
    return false;
  const bool flatten = operation->node->parameters.softmax.flatten;
  const int end = flatten ? rank : axis + 1;
  const int64_t outer = cnn_dims_product (&in->dims, 0, axis);
  const int64_t n = cnn_dims_product (&in->dims, axis, end);
  const int64_t inner = cnn_dims_product (&in->dims, end, rank);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++)
      softmax (in->floats + o * n * inner + i, operation->out[0]->floats + o * n * inner + i, n,
          inner, operation->node->parameters.softmax.log);
  return true;
}
