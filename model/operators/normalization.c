/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Batch, instance, group, layer, mean-variance, Lp and local response normalization. */
#include "families.h"
#include "helpers.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <math.h>

/* One value a channel. */
static bool
check_vector (
    const CnnOperation *operation, int i, int64_t count, const char *what, CnnError *error)
{
  const CnnTensor *in = operation->in[i];
  char text[CNN_DIMS_TEXT];
  if (in->elements == CNN_ELEMENTS_FLOAT && in->dims.rank == 1 && in->dims.size[0] == count)
    return true;
  return cnn_error_set (error, "its %s is %s and there are %" PRId64 " channels", what,
      cnn_dims_text (&in->dims, text), count);
}

static bool
check_rank (const CnnOperation *operation, int least, CnnError *error)
{
  const CnnDims *in = &operation->in[0]->dims;
  char text[CNN_DIMS_TEXT];
  if (in->rank < least)
    return cnn_error_set (error, "its input is %s", cnn_dims_text (in, text));
  return cnn_operation_needs_floats (operation, 0, error);
}

/* out = (in - mean) * factor, and the two. */
static void
normalize (const float *in, float *out, int64_t n, float epsilon, double *mean, double *factor)
{
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i++)
    sum += in[i];
  *mean = sum / (double)n;
  for (int64_t i = 0; i < n; i++)
    squares += (in[i] - *mean) * (in[i] - *mean);
  *factor = 1 / sqrt (squares / (double)n + epsilon);
  for (int64_t i = 0; i < n; i++)
    out[i] = (float)((in[i] - *mean) * *factor);
}

/* --- BatchNormalization --------------------------------------------------------------------------- */

void
cnn_read_batch_normalization (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.normalization.epsilon = cnn_read_number (reader, "epsilon", 1e-5F);
  cnn_read_ignored (reader, "momentum");
  cnn_read_only (reader, "training_mode", 0);
  cnn_read_only (reader, "spatial", 1);
}

bool
cnn_shape_batch_normalization (const CnnOperation *operation, CnnError *error)
{
  static const char *const names[] = {"", "scale", "bias", "mean", "variance"};
  if (!check_rank (operation, 2, error))
    return false;
  for (int i = 1; i < 5; i++)
    if (!check_vector (operation, i, operation->in[0]->dims.size[1], names[i], error))
      return false;
  for (int i = 1; i < operation->n_out; i++)
    if (operation->out[i])
      return cnn_error_set (error, "its outputs for training are not supported");
  return cnn_shape_same (operation, error);
}

bool
cnn_run_batch_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  const int64_t channels = in->dims.size[1];
  const int64_t area = cnn_dims_product (&in->dims, 2, in->dims.rank);
  for (int64_t i = 0; i < in->dims.size[0] * channels; i++) {
    const int64_t c = i % channels;
    const double scale =
        operation->in[1]->floats[c] / sqrt ((double)operation->in[4]->floats[c] +
                                            operation->node->parameters.normalization.epsilon);
    const double mean = operation->in[3]->floats[c], bias = operation->in[2]->floats[c];
    for (int64_t k = i * area; k < (i + 1) * area; k++)
      operation->out[0]->floats[k] = (float)((in->floats[k] - mean) * scale + bias);
  }
  return true;
}

/* --- InstanceNormalization, GroupNormalization ---------------------------------------------------- */

void
cnn_read_group_normalization (CnnNodeReader *reader, CnnNode *node)
{
  const bool instances = node->op->function != 0;
  node->parameters.normalization.epsilon = cnn_read_number (reader, "epsilon", 1e-5F);
  if (instances)
    return;
  node->parameters.normalization.groups = cnn_read_within (reader, "num_groups", 0, 1, INT32_MAX);
  node->parameters.normalization.scale_of_groups = cnn_reader_opset (reader) < 21;
  cnn_read_ignored (reader, "stash_type");
}

bool
cnn_shape_group_normalization (const CnnOperation *operation, CnnError *error)
{
  if (!check_rank (operation, 3, error))
    return false;
  const int64_t channels = operation->in[0]->dims.size[1];
  int64_t groups = operation->node->parameters.normalization.groups;
  groups = groups ? groups : channels;
  if (channels % groups != 0)
    return cnn_error_set (
        error, "%" PRId64 " channels cannot be split into %" PRId64 " groups", channels, groups);
  const int64_t count =
      operation->node->parameters.normalization.scale_of_groups ? groups : channels;
  return check_vector (operation, 1, count, "scale", error) &&
         check_vector (operation, 2, count, "bias", error) && cnn_shape_same (operation, error);
}

bool
cnn_run_group_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0], *scale = operation->in[1], *bias = operation->in[2];
  const int64_t channels = in->dims.size[1];
  int64_t groups = operation->node->parameters.normalization.groups;
  groups = groups ? groups : channels;
  const int64_t area = cnn_dims_product (&in->dims, 2, in->dims.rank), members = channels / groups;
  for (int64_t g = 0; g < in->dims.size[0] * groups; g++) {
    double mean, factor;
    float *out = operation->out[0]->floats + g * members * area;
    normalize (in->floats + g * members * area, out, members * area,
        operation->node->parameters.normalization.epsilon, &mean, &factor);
    for (int64_t i = 0; i < members * area; i++) {
      const int64_t channel = g % groups * members + i / area;
      const int64_t c =
          operation->node->parameters.normalization.scale_of_groups ? channel / members : channel;
      out[i] = out[i] * scale->floats[c] + bias->floats[c];
    }
  }
  return true;
}

/* --- LayerNormalization --------------------------------------------------------------------------- */

void
cnn_read_layer_normalization (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.normalization.epsilon = cnn_read_number (reader, "epsilon", 1e-5F);
  node->parameters.normalization.axis = cnn_read_integer (reader, "axis", -1);
  cnn_read_ignored (reader, "stash_type");
}

bool
cnn_shape_layer_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnDims *in = &operation->in[0]->dims;
  int axis;
  if (!check_rank (operation, 1, error) ||
      !cnn_axis_resolve_index (
          operation->node->parameters.normalization.axis, in->rank, &axis, error))
    return false;
  CnnDims normalized = {.rank = in->rank - axis}, means = *in;
  for (int i = axis; i < in->rank; i++) {
    normalized.size[i - axis] = in->size[i];
    means.size[i] = 1;
  }
  for (int i = 1; i < 3; i++) {
    const CnnTensor *other = cnn_operation_in (operation, i);
    CnnDims dims = normalized;
    char text[CNN_DIMS_TEXT];
    if (other &&
        (other->elements != CNN_ELEMENTS_FLOAT || !cnn_broadcast (&dims, &other->dims, error) ||
            !cnn_dims_equal (&dims, &normalized)))
      return cnn_error_set (error, "its %s of %s does not fit its input", i == 1 ? "scale" : "bias",
          cnn_dims_text (&other->dims, text));
  }
  cnn_operation_set (operation, 1, CNN_ELEMENTS_FLOAT, means);
  cnn_operation_set (operation, 2, CNN_ELEMENTS_FLOAT, means);
  return cnn_shape_same (operation, error);
}

typedef struct {
  const CnnTensor *scale, *bias;
  float *out;
} Affine;

static void
affine_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Affine *affine = data;
  const int last = walk->dims.rank - 1;
  for (int64_t i = 0; i < n; i++) {
    float *x = &affine->out[position + i];
    *x *= affine->scale->floats[offsets[0] + i * walk->stride[0][last]];
    if (affine->bias)
      *x += affine->bias->floats[offsets[1] + i * walk->stride[1][last]];
  }
}

bool
cnn_run_layer_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  int axis;
  if (!cnn_axis_resolve_index (
          operation->node->parameters.normalization.axis, in->dims.rank, &axis, error))
    return false;
  const int64_t outer = cnn_dims_product (&in->dims, 0, axis);
  const int64_t n = cnn_dims_product (&in->dims, axis, in->dims.rank);
  const CnnTensor *mean_out = cnn_operation_out (operation, 1);
  const CnnTensor *factor_out = cnn_operation_out (operation, 2);
  for (int64_t i = 0; i < outer; i++) {
    double mean, factor;
    normalize (in->floats + i * n, operation->out[0]->floats + i * n, n,
        operation->node->parameters.normalization.epsilon, &mean, &factor);
    if (mean_out)
      mean_out->floats[i] = (float)mean;
    if (factor_out)
      factor_out->floats[i] = (float)factor;
  }
  Affine affine = {operation->in[1], cnn_operation_in (operation, 2), operation->out[0]->floats};
  CnnWalk walk = {.dims = in->dims};
  cnn_walk_add_broadcast (&walk, &affine.scale->dims);
  if (affine.bias)
    cnn_walk_add_broadcast (&walk, &affine.bias->dims);
  cnn_walk (&walk, affine_row, &affine);
  return true;
}

/* --- MeanVarianceNormalization -------------------------------------------------------------------- */

void
cnn_read_mean_variance_normalization (CnnNodeReader *reader, CnnNode *node)
{
  const CnnNumbers axes = cnn_read_integers (reader, "axes");
  node->parameters.normalization.axes = axes.count >= 0 ? axes : (CnnNumbers){3, {0, 2, 3}};
}

bool
cnn_shape_mean_variance_normalization (const CnnOperation *operation, CnnError *error)
{
  bool chosen[CNN_MAX_RANK];
  return check_rank (operation, 1, error) &&
         cnn_axes_resolve (&operation->node->parameters.normalization.axes,
             operation->in[0]->dims.rank, chosen, error) &&
         cnn_shape_same (operation, error);
}

typedef struct {
  const float *in;
  float *out;
  double *sums, *squares;
  double count;
} Moments;

static void
moments_row (void *data, const CnnWalk *walk, const int64_t offsets[], int64_t position, int64_t n)
{
  const Moments *moments = data;
  for (int64_t i = 0; i < n; i++) {
    const int64_t to = offsets[0] + i * walk->stride[0][walk->dims.rank - 1];
    const double x = moments->in[position + i];
    if (moments->out) {
      const double mean = moments->sums[to] / moments->count;
      const double variance = moments->squares[to] / moments->count - mean * mean;
      moments->out[position + i] = (float)((x - mean) / (sqrt (fmax (variance, 0)) + 1e-9));
    } else {
      moments->sums[to] += x;
      moments->squares[to] += x * x;
    }
  }
}

bool
cnn_run_mean_variance_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  bool chosen[CNN_MAX_RANK];
  if (!cnn_axes_resolve (
          &operation->node->parameters.normalization.axes, in->dims.rank, chosen, error))
    return false;
  CnnWalk walk = {.dims = in->dims, .n_operands = 1};
  int64_t kept = 1;
  for (int i = in->dims.rank - 1; i >= 0; i--) {
    walk.stride[0][i] = chosen[i] ? 0 : kept;
    kept *= chosen[i] ? 1 : in->dims.size[i];
  }
  double *memory = cnn_alloc ((size_t)kept, 2 * sizeof *memory);
  if (!memory)
    return cnn_error_set (error, "not enough memory for %" PRId64 " means", kept);
  Moments moments = {in->floats, NULL, memory, memory + kept, (double)in->count / (double)kept};
  cnn_walk (&walk, moments_row, &moments);
  moments.out = operation->out[0]->floats;
  cnn_walk (&walk, moments_row, &moments);
  cnn_free (memory);
  return true;
}

/* --- LpNormalization ------------------------------------------------------------------------------ */

void
cnn_read_lp_normalization (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.normalization.axis = cnn_read_integer (reader, "axis", -1);
  node->parameters.normalization.power = cnn_read_within (reader, "p", 2, 1, 2);
}

bool
cnn_shape_lp_normalization (const CnnOperation *operation, CnnError *error)
{
  int axis;
  return check_rank (operation, 1, error) &&
         cnn_axis_resolve_index (operation->node->parameters.normalization.axis,
             operation->in[0]->dims.rank, &axis, error) &&
         cnn_shape_same (operation, error);
}

bool
cnn_run_lp_normalization (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  int axis;
  if (!cnn_axis_resolve_index (
          operation->node->parameters.normalization.axis, in->dims.rank, &axis, error))
    return false;
  const int64_t n = in->dims.size[axis];
  const int64_t inner = cnn_dims_product (&in->dims, axis + 1, in->dims.rank);
  const bool square = operation->node->parameters.normalization.power == 2;
  for (int64_t o = 0; o < cnn_dims_product (&in->dims, 0, axis); o++)
    for (int64_t i = 0; i < inner; i++) {
      const float *from = in->floats + o * n * inner + i;
      float *to = operation->out[0]->floats + o * n * inner + i;
      double sum = 0;
      for (int64_t k = 0; k < n; k++)
        sum += square ? (double)from[k * inner] * from[k * inner] : fabs (from[k * inner]);
      sum = square ? sqrt (sum) : sum;
      for (int64_t k = 0; k < n; k++)
        to[k * inner] = sum > 0 ? (float)(from[k * inner] / sum) : 0.0F;
    }
  return true;
}

/* --- LRN ------------------------------------------------------------------------------------------ */

void
cnn_read_response (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.response.alpha = cnn_read_number (reader, "alpha", 1e-4F);
  node->parameters.response.beta = cnn_read_number (reader, "beta", 0.75F);
  node->parameters.response.bias = cnn_read_number (reader, "bias", 1.0F);
  node->parameters.response.size = cnn_read_within (reader, "size", 0, 1, 65535);
}

bool
cnn_shape_response (const CnnOperation *operation, CnnError *error)
{
  return check_rank (operation, 3, error) && cnn_shape_same (operation, error);
}

bool
cnn_run_response (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  const CnnNode *node = operation->node;
  const int64_t channels = in->dims.size[1], size = node->parameters.response.size;
  const int64_t area = cnn_dims_product (&in->dims, 2, in->dims.rank);
  for (int64_t n = 0; n < in->dims.size[0]; n++)
    for (int64_t c = 0; c < channels; c++) {
      const int64_t first = c - (size - 1) / 2 > 0 ? c - (size - 1) / 2 : 0;
      const int64_t end = c + size / 2 + 1 < channels ? c + size / 2 + 1 : channels;
      for (int64_t i = 0; i < area; i++) {
        const float *pixel = in->floats + n * channels * area + i;
        double squares = 0;
        for (int64_t k = first; k < end; k++)
          squares += (double)pixel[k * area] * pixel[k * area];
        const double scale = node->parameters.response.bias +
                             node->parameters.response.alpha / (double)size * squares;
        operation->out[0]->floats[(n * channels + c) * area + i] =
            (float)(pixel[c * area] / pow (scale, node->parameters.response.beta));
      }
    }
  return true;
}
