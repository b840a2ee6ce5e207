/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements picked by their indices: Slice, Split, Gather, Pad, Tile, Expand. All are one
 * thing: a list of source indices for each dimension. */
#include "../graph.h"
#include "families.h"
#include "helpers.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <string.h>

/* --- Lists of indices ----------------------------------------------------------------------------- */

#define FILL (-1) /* no source: the fill value */

typedef struct {
  int rank;
  int64_t *index[CNN_MAX_RANK]; /* out.size[i] source indices each */
} Picks;

static void
picks_clear (Picks *picks)
{
  for (int i = 0; i < picks->rank; i++)
    cnn_free (picks->index[i]);
}

/* Index k of each dimension takes index k of the source. */
static bool
picks_new (Picks *picks, const CnnDims *out, CnnError *error)
{
  *picks = (Picks){.rank = out->rank};
  for (int i = 0; i < out->rank; i++) {
    picks->index[i] = cnn_alloc ((size_t)out->size[i], sizeof (int64_t));
    if (!picks->index[i]) {
      picks_clear (picks);
      return cnn_error_set (error, "not enough memory for %" PRId64 " indices", out->size[i]);
    }
    for (int64_t k = 0; k < out->size[i]; k++)
      picks->index[i][k] = k;
  }
  return true;
}

static void
pick_row (const CnnTensor *in, CnnTensor *out, int64_t from, int64_t to, const int64_t *index,
    int64_t n, double fill)
{
  for (int64_t x = 0; x < n; x++) {
    const bool filled = from < 0 || index[x] < 0;
    if (in->floats)
      out->floats[to + x] = filled ? (float)fill : in->floats[from + index[x]];
    else
      out->integers[to + x] = filled ? (int64_t)fill : in->integers[from + index[x]];
  }
}

static void
pick (const Picks *picks, const CnnTensor *in, CnnTensor *out, double fill)
{
  static const int64_t first[] = {0};
  const int rank = picks->rank, last = rank - 1;
  const int64_t n = rank > 0 ? out->dims.size[last] : 1;
  int64_t strides[CNN_MAX_RANK], at[CNN_MAX_RANK] = {0};
  cnn_dims_strides (&in->dims, strides);
  for (int64_t to = 0; to < out->count; to += n) {
    int64_t from = 0;
    for (int i = 0; i < last; i++)
      from = from < 0 || picks->index[i][at[i]] < 0 ? FILL
                                                    : from + picks->index[i][at[i]] * strides[i];
    pick_row (in, out, from, to, rank > 0 ? picks->index[last] : first, n, fill);
    for (int i = last - 1; i >= 0 && ++at[i] == out->dims.size[i]; i--)
      at[i] = 0;
  }
}

/* --- Slice ---------------------------------------------------------------------------------------- */

void
cnn_read_slice (CnnNodeReader *reader, CnnNode *node)
{
  cnn_read_as_input (reader, "starts", 1);
  cnn_read_as_input (reader, "ends", 2);
  cnn_read_as_input (reader, "axes", 3);
  if (cnn_node_input (node, 1) == CNN_NO_VALUE || cnn_node_input (node, 2) == CNN_NO_VALUE)
    cnn_reader_refuse (reader, "starts or ends are missing");
}

static int64_t
clamp (int64_t value, int64_t least, int64_t most)
{
  return value < least ? least : value > most ? most : value;
}

bool
cnn_slice_resolve (const CnnOperation *operation, CnnSliceAxis axes[CNN_MAX_RANK], CnnError *error)
{
  static const char *const names[] = {"", "starts", "ends", "axes", "steps"};
  const CnnDims *in = &operation->in[0]->dims;
  CnnNumbers numbers[5];
  bool chosen[CNN_MAX_RANK];
  for (int i = 1; i < 5; i++)
    if (!cnn_operation_integers (operation, i, names[i], &numbers[i], error))
      return false;
  const int count = numbers[1].count;
  for (int i = 0; numbers[3].count < 0 && i < count; i++)
    numbers[3].values[i] = i;
  numbers[3].count = numbers[3].count < 0 ? count : numbers[3].count;
  if (numbers[2].count != count || numbers[3].count != count ||
      (numbers[4].count >= 0 && numbers[4].count != count))
    return cnn_error_set (error, "its starts, ends, axes and steps differ in number");
  if (!cnn_axes_resolve (&numbers[3], in->rank, chosen, error))
    return false;
  for (int i = 0; i < in->rank; i++)
    axes[i] = (CnnSliceAxis){0, 1, in->size[i]};
  for (int i = 0; i < count; i++) {
    const int axis =
        (int)(numbers[3].values[i] < 0 ? numbers[3].values[i] + in->rank : numbers[3].values[i]);
    const int64_t n = in->size[axis], step = numbers[4].count < 0 ? 1 : numbers[4].values[i];
    if (step == 0 || step < -INT32_MAX || (step > INT32_MAX && step != INT64_MAX))
      return cnn_error_set (error, "a step of %" PRId64 " is not supported", step);
    int64_t start = numbers[1].values[i], end = numbers[2].values[i];
    start = start < 0 ? clamp (start, -n - 1, -1) + n : start;
    end = end < 0 ? clamp (end, -n - 1, -1) + n : end;
    start = step > 0 ? clamp (start, 0, n) : clamp (start, -1, n - 1);
    end = step > 0 ? clamp (end, 0, n) : clamp (end, -1, n - 1);
    const int64_t distance = step > 0 ? end - start : start - end, pace = step > 0 ? step : -step;
    axes[axis] = (CnnSliceAxis){start, step, distance <= 0 ? 0 : (distance - 1) / pace + 1};
  }
  return true;
}

bool
cnn_shape_slice (const CnnOperation *operation, CnnError *error)
{
  CnnSliceAxis axes[CNN_MAX_RANK];
  CnnDims dims = operation->in[0]->dims;
  if (!cnn_slice_resolve (operation, axes, error))
    return false;
  for (int i = 0; i < dims.rank; i++)
    dims.size[i] = axes[i].count;
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_slice (const CnnOperation *operation, CnnError *error)
{
  CnnSliceAxis axes[CNN_MAX_RANK];
  CnnTensor *out = operation->out[0];
  Picks picks;
  if (!cnn_slice_resolve (operation, axes, error) || !picks_new (&picks, &out->dims, error))
    return false;
  for (int i = 0; i < picks.rank; i++)
    for (int64_t k = 0; k < out->dims.size[i]; k++)
      picks.index[i][k] = axes[i].start + k * axes[i].step;
  pick (&picks, operation->in[0], out, 0);
  picks_clear (&picks);
  return true;
}

/* --- Split ---------------------------------------------------------------------------------------- */

void
cnn_read_split (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.axis.axis = cnn_read_integer (reader, "axis", 0);
  const int64_t pieces = cnn_read_integer (reader, "num_outputs", node->n_outputs);
  if (pieces != node->n_outputs)
    cnn_reader_refuse (
        reader, "num_outputs is %" PRId64 " and it has %d outputs", pieces, node->n_outputs);
  cnn_read_as_input (reader, "split", 1);
}

/* Where piece `piece` begins along the axis, and its size; without sizes all are equal but for the last. */
bool
cnn_split_piece (const CnnOperation *operation, int axis, int piece, int64_t *start, int64_t *size,
    CnnError *error)
{
  const CnnTensor *sizes = cnn_operation_in (operation, 1);
  const int64_t n = operation->in[0]->dims.size[axis], pieces = operation->n_out;
  if (!sizes) {
    const int64_t each = (n + pieces - 1) / pieces;
    *start = piece * each < n ? piece * each : n;
    *size = *start + each < n ? each : n - *start;
    return true;
  }
  if (!cnn_tensor_has_data (sizes) || !sizes->integers || sizes->count != pieces)
    return cnn_error_set (error, "its sizes have to be %" PRId64 " constants", pieces);
  int64_t total = 0;
  for (int64_t i = 0; i < pieces; i++) {
    if (sizes->integers[i] < 0 || sizes->integers[i] > n - total)
      return cnn_error_set (error, "its sizes do not fit %" PRId64 " elements", n);
    if (i == piece) {
      *start = total;
      *size = sizes->integers[i];
    }
    total += sizes->integers[i];
  }
  return total == n ||
         cnn_error_set (error, "its sizes sum to %" PRId64 ", not %" PRId64, total, n);
}

bool
cnn_shape_split (const CnnOperation *operation, CnnError *error)
{
  int axis;
  if (!cnn_axis_resolve_index (
          operation->node->parameters.axis.axis, operation->in[0]->dims.rank, &axis, error))
    return false;
  for (int i = 0; i < operation->n_out; i++) {
    CnnDims dims = operation->in[0]->dims;
    int64_t start;
    if (!cnn_split_piece (operation, axis, i, &start, &dims.size[axis], error))
      return false;
    cnn_operation_set (operation, i, operation->in[0]->elements, dims);
  }
  return true;
}

bool
cnn_run_split (const CnnOperation *operation, CnnError *error)
{
  int axis;
  if (!cnn_axis_resolve_index (
          operation->node->parameters.axis.axis, operation->in[0]->dims.rank, &axis, error))
    return false;
  for (int i = 0; i < operation->n_out; i++) {
    Picks picks;
    int64_t start, size;
    if (!operation->out[i])
      continue;
    if (!cnn_split_piece (operation, axis, i, &start, &size, error) ||
        !picks_new (&picks, &operation->out[i]->dims, error))
      return false;
    for (int64_t k = 0; k < size; k++)
      picks.index[axis][k] = start + k;
    pick (&picks, operation->in[0], operation->out[i], 0);
    picks_clear (&picks);
  }
  return true;
}

/* --- Gather --------------------------------------------------------------------------------------- */

void
cnn_read_gather (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.axis.axis = cnn_read_integer (reader, "axis", 0);
}

bool
cnn_shape_gather (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0], *indices = operation->in[1];
  CnnDims dims = {.rank = 0};
  int axis;
  if (!cnn_axis_resolve_index (operation->node->parameters.axis.axis, in->dims.rank, &axis, error))
    return false;
  if (indices->elements != CNN_ELEMENTS_INTEGER)
    return cnn_error_set (error, "its indices are no integers");
  if (in->dims.rank - 1 + indices->dims.rank > CNN_MAX_RANK)
    return cnn_error_set (
        error, "its output would have rank %d", in->dims.rank - 1 + indices->dims.rank);
  for (int i = 0; i < in->dims.rank; i++) {
    for (int k = 0; i == axis && k < indices->dims.rank; k++)
      dims.size[dims.rank++] = indices->dims.size[k];
    if (i != axis)
      dims.size[dims.rank++] = in->dims.size[i];
  }
  cnn_operation_set (operation, 0, in->elements, dims);
  return true;
}

bool
cnn_run_gather (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0], *indices = operation->in[1];
  CnnTensor *out = operation->out[0];
  int axis;
  if (!cnn_axis_resolve_index (operation->node->parameters.axis.axis, in->dims.rank, &axis, error))
    return false;
  const int64_t outer = cnn_dims_product (&in->dims, 0, axis), n = in->dims.size[axis];
  const int64_t inner = cnn_dims_product (&in->dims, axis + 1, in->dims.rank);
  const size_t bytes = (size_t)inner * (in->floats ? sizeof (float) : sizeof (int64_t));
  for (int64_t k = 0; k < indices->count; k++) {
    const int64_t index =
        indices->integers[k] < 0 ? indices->integers[k] + n : indices->integers[k];
    if (index < 0 || index >= n)
      return cnn_error_set (error, "its index %" PRId64 " is not within %" PRId64 " elements",
          indices->integers[k], n);
    for (int64_t o = 0; o < outer; o++) {
      const int64_t from = (o * n + index) * inner, to = (o * indices->count + k) * inner;
      if (in->floats)
        memcpy (out->floats + to, in->floats + from, bytes);
      else
        memcpy (out->integers + to, in->integers + from, bytes);
    }
  }
  return true;
}

/* --- Pad ------------------------------------------------------------------------------------------ */

void
cnn_read_pad (CnnNodeReader *reader, CnnNode *node)
{
  static const char *const modes[] = {"constant", "reflect", "edge", "wrap", NULL};
  node->parameters.pad = (CnnPadMode)cnn_read_word (reader, "mode", modes, CNN_PAD_CONSTANT);
  if (cnn_reader_opset (reader) < 11) {
    cnn_read_as_input (reader, "pads", 1);
    cnn_read_number_as_input (reader, "value", 0.0F, 2);
  }
  if (cnn_node_input (node, 1) == CNN_NO_VALUE)
    cnn_reader_refuse (reader, "pads are missing");
}

bool
cnn_pad_resolve (const CnnOperation *operation, int64_t before[CNN_MAX_RANK],
    int64_t after[CNN_MAX_RANK], CnnError *error)
{
  const CnnTensor *pads = operation->in[1];
  const int rank = operation->in[0]->dims.rank;
  CnnNumbers axes;
  bool chosen[CNN_MAX_RANK];
  if (!cnn_operation_integers (operation, 3, "axes", &axes, error) ||
      !cnn_axes_resolve (&axes, rank, chosen, error))
    return false;
  const int count = axes.count < 0 ? rank : axes.count;
  if (!cnn_tensor_has_data (pads) || !pads->integers || pads->count != 2 * count)
    return cnn_error_set (error, "its pads have to be %d constants", 2 * count);
  for (int i = 0; i < rank; i++)
    before[i] = after[i] = 0;
  for (int i = 0; i < count; i++) {
    const int64_t axis = axes.count < 0       ? i
                         : axes.values[i] < 0 ? axes.values[i] + rank
                                              : axes.values[i];
    before[axis] = pads->integers[i];
    after[axis] = pads->integers[count + i];
    if (before[axis] < -INT32_MAX || before[axis] > INT32_MAX || after[axis] < -INT32_MAX ||
        after[axis] > INT32_MAX)
      return cnn_error_set (error, "padding of %" PRId64 " and %" PRId64 " is not supported",
          before[axis], after[axis]);
  }
  return true;
}

int64_t
cnn_pad_source (CnnPadMode mode, int64_t index, int64_t n)
{
  if (index >= 0 && index < n)
    return index;
  switch (mode) {
  case CNN_PAD_REFLECT: {
    const int64_t period = n > 1 ? 2 * (n - 1) : 1, at = (index % period + period) % period;
    return at < n ? at : period - at;
  }
  case CNN_PAD_EDGE:
    return index < 0 ? 0 : n - 1;
  case CNN_PAD_WRAP:
    return (index % n + n) % n;
  default:
    return FILL;
  }
}

bool
cnn_shape_pad (const CnnOperation *operation, CnnError *error)
{
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
  CnnDims dims = operation->in[0]->dims;
  const CnnTensor *value = cnn_operation_in (operation, 2);
  if (value && value->dims.rank > 1)
    return cnn_error_set (error, "its fill value is no scalar");
  if (!cnn_pad_resolve (operation, before, after, error))
    return false;
  for (int i = 0; i < dims.rank; i++) {
    const int64_t size = dims.size[i] + before[i] + after[i];
    if (size < 0 || (dims.size[i] == 0 && operation->node->parameters.pad != CNN_PAD_CONSTANT))
      return cnn_error_set (error,
          "padding of %" PRId64 " and %" PRId64 " leaves nothing of %" PRId64, before[i], after[i],
          dims.size[i]);
    dims.size[i] = size;
  }
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_pad (const CnnOperation *operation, CnnError *error)
{
  int64_t before[CNN_MAX_RANK], after[CNN_MAX_RANK];
  const CnnTensor *in = operation->in[0], *value = cnn_operation_in (operation, 2);
  CnnTensor *out = operation->out[0];
  Picks picks;
  if (!cnn_pad_resolve (operation, before, after, error) || !picks_new (&picks, &out->dims, error))
    return false;
  for (int i = 0; i < picks.rank; i++)
    for (int64_t k = 0; k < out->dims.size[i]; k++)
      picks.index[i][k] =
          cnn_pad_source (operation->node->parameters.pad, k - before[i], in->dims.size[i]);
  pick (&picks, in, out, value && value->count == 1 ? cnn_tensor_number (value, 0) : 0);
  picks_clear (&picks);
  return true;
}

/* --- Tile, Expand --------------------------------------------------------------------------------- */

bool
cnn_shape_tile (const CnnOperation *operation, CnnError *error)
{
  CnnDims dims = operation->in[0]->dims;
  CnnNumbers repeats;
  if (!cnn_operation_integers (operation, 1, "repeats", &repeats, error))
    return false;
  if (repeats.count != dims.rank)
    return cnn_error_set (
        error, "it has %d repeats and its input has rank %d", repeats.count, dims.rank);
  for (int i = 0; i < dims.rank; i++)
    if (repeats.values[i] < 0 ||
        __builtin_mul_overflow (dims.size[i], repeats.values[i], &dims.size[i]))
      return cnn_error_set (error, "%" PRId64 " repeats are not supported", repeats.values[i]);
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_tile (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  CnnTensor *out = operation->out[0];
  Picks picks;
  if (!picks_new (&picks, &out->dims, error))
    return false;
  for (int i = 0; i < picks.rank; i++)
    for (int64_t k = 0; k < out->dims.size[i]; k++)
      picks.index[i][k] = k % in->dims.size[i];
  pick (&picks, in, out, 0);
  picks_clear (&picks);
  return true;
}

bool
cnn_shape_expand (const CnnOperation *operation, CnnError *error)
{
  CnnDims dims = operation->in[0]->dims, wanted;
  CnnNumbers shape;
  if (!cnn_operation_integers (operation, 1, "shape", &shape, error))
    return false;
  wanted.rank = shape.count;
  for (int i = 0; i < shape.count; i++) {
    wanted.size[i] = shape.values[i];
    if (shape.values[i] < 0)
      return cnn_error_set (error, "a size of %" PRId64 " is impossible", shape.values[i]);
  }
  if (!cnn_broadcast (&dims, &wanted, error))
    return false;
  cnn_operation_set (operation, 0, operation->in[0]->elements, dims);
  return true;
}

bool
cnn_run_expand (const CnnOperation *operation, CnnError *error)
{
  CnnWalk walk = {.dims = operation->out[0]->dims};
  cnn_walk_add_broadcast (&walk, &operation->in[0]->dims);
  cnn_walk_copy (&walk, operation->in[0], operation->out[0]);
  return true;
}
