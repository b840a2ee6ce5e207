/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/merge.h"

#include "cnn/memory.h"
#include "core/integers.h"
#include "core/layer-private.h"

typedef struct {
  CnnShape shape;
  int first;      /* concat: where it begins in the output, along the axis */
  bool is_spread; /* its rows are repeated to fill the output's */
  size_t spread;  /* where the worker's scratch has such a row */
} Branch;

typedef struct {
  CnnLayer layer;
  CnnMergeMode mode;
  CnnMergeAxis axis;
  int n_branches;
  Branch *branches;
  CnnShape computed; /* before the activation */
  CnnRowOrder order;
  size_t plane_floats; /* planar: from one plane of a row that is spread to the next */
  size_t keys;         /* where the worker's scratch has which row of each branch is spread */
  size_t count; /* and a row of the number of branches, as many floats as a plane or row has */
} MergeLayer;

/* A row of a branch: interleaved, or channel c at c * plane_stride. */
typedef struct {
  const float *values;
  ptrdiff_t plane_stride;
} Row;

/* ---- Shapes ---------------------------------------------------------------------------------- */

static const char *const mode_names[] = {
    "concat", "add", "multiply", "subtract", "divide", "maximum", "minimum", "average"};

/* Two branches whose rows, columns or frames differ, in one sentence. */
static bool
refuse_sizes (const CnnBranch *a, const CnnBranch *b, CnnError *error)
{
  return cnn_error_set (error, "branches differ in size: %s has %dx%dx%d (N,H,W) and %s %dx%dx%d",
      a->name, a->shape.n, a->shape.h, a->shape.w, b->name, b->shape.n, b->shape.h, b->shape.w);
}

static bool
check_concat (const CnnMergeDesc *desc, const CnnBranch *branch, CnnError *error)
{
  const CnnBranch *first = &desc->branches[0];
  const CnnShape a = first->shape, b = branch->shape;
  if (a.n != b.n || (a.h != b.h && desc->axis != CNN_AXIS_ROWS) ||
      (a.w != b.w && desc->axis != CNN_AXIS_COLUMNS))
    return refuse_sizes (first, branch, error);
  if (a.c == b.c || desc->axis == CNN_AXIS_CHANNELS)
    return true;
  return cnn_error_set (error,
      "branches that follow each other along %s have the same number of channels: %s has %d and %s "
      "%d",
      desc->axis == CNN_AXIS_ROWS ? "rows" : "columns", first->name, a.c, branch->name, b.c);
}

static int *
along (CnnShape *shape, CnnMergeAxis axis)
{
  return axis == CNN_AXIS_ROWS ? &shape->h : axis == CNN_AXIS_COLUMNS ? &shape->w : &shape->c;
}

static bool
concat_shapes (const CnnMergeDesc *desc, CnnShape *joined, CnnError *error)
{
  int64_t sum = 0;
  *joined = desc->branches[0].shape;
  for (int i = 0; i < desc->n_branches; i++) {
    CnnShape shape = desc->branches[i].shape;
    if (!check_concat (desc, &desc->branches[i], error))
      return false;
    sum += *along (&shape, desc->axis);
  }
  if (sum > (int64_t)CNN_MAX_FRAME_BYTES)
    return cnn_error_set (error, "%lld %s in all are too many", (long long)sum,
        desc->axis == CNN_AXIS_CHANNELS ? "channels"
        : desc->axis == CNN_AXIS_ROWS   ? "rows"
                                        : "columns");
  *along (joined, desc->axis) = (int)sum;
  return true;
}

static bool
fits (int size, int joined)
{
  return size == joined || size == 1;
}

static const CnnBranch *
larger (const CnnBranch *a, const CnnBranch *b, int size_a, int size_b)
{
  return size_b > size_a ? b : a;
}

/* Value by value: all sizes along a dimension are the same, or 1. */
static bool
broadcast_shapes (const CnnMergeDesc *desc, CnnShape *joined, CnnError *error)
{
  const CnnBranch *n = desc->branches, *h = n, *w = n, *c = n;
  for (int i = 1; i < desc->n_branches; i++) {
    const CnnBranch *branch = &desc->branches[i];
    n = larger (n, branch, n->shape.n, branch->shape.n);
    h = larger (h, branch, h->shape.h, branch->shape.h);
    w = larger (w, branch, w->shape.w, branch->shape.w);
    c = larger (c, branch, c->shape.c, branch->shape.c);
  }
  *joined = (CnnShape){n->shape.n, h->shape.h, w->shape.w, c->shape.c};
  for (int i = 0; i < desc->n_branches; i++) {
    const CnnBranch *branch = &desc->branches[i];
    const CnnShape shape = branch->shape;
    const CnnBranch *other = !fits (shape.n, joined->n)   ? n
                             : !fits (shape.h, joined->h) ? h
                             : !fits (shape.w, joined->w) ? w
                                                          : NULL;
    if (other)
      return other < branch ? refuse_sizes (other, branch, error)
                            : refuse_sizes (branch, other, error);
    if (!fits (shape.c, joined->c))
      return cnn_error_set (error,
          "mode=%s joins branches of the same number of channels, or of one channel: %s has %d and "
          "%s %d",
          mode_names[desc->mode], c->name, c->shape.c, branch->name, shape.c);
  }
  return true;
}

static bool
check_alpha (const CnnMergeDesc *desc, int channels, CnnError *error)
{
  if (!desc->alpha || desc->n_alpha == 1)
    return true;
  if (desc->activation != CNN_ACTIVATION_PRELU)
    return cnn_error_set (
        error, "alpha has %d values, but only activation=prelu takes more than one", desc->n_alpha);
  if (desc->n_alpha == channels)
    return true;
  return cnn_error_set (error, "alpha has %d values, but the branches joined have %d channels",
      desc->n_alpha, channels);
}

/* The shape before the activation, and all checks. */
static bool
joined_shape (const CnnMergeDesc *desc, CnnShape *joined, CnnError *error)
{
  if (desc->n_branches < 1 || desc->n_branches > CNN_MAX_BRANCHES)
    return cnn_error_set (
        error, "%d branches are not in [1, %d]", desc->n_branches, CNN_MAX_BRANCHES);
  for (int i = 0; i < desc->n_branches; i++) {
    const CnnBranch *branch = &desc->branches[i];
    size_t count;
    if (!cnn_shape_count (branch->shape, cnn_sample_bytes (branch->format.type), &count, error))
      return false;
  }
  const bool fit = desc->mode == CNN_MERGE_CONCAT ? concat_shapes (desc, joined, error)
                                                  : broadcast_shapes (desc, joined, error);
  return fit && check_alpha (desc, joined->c, error);
}

bool
cnn_merge_output (const CnnMergeDesc *desc, CnnShape *output, CnnError *error)
{
  size_t count;
  if (!joined_shape (desc, output, error))
    return false;
  output->c = cnn_activation_channels (desc->activation, output->c);
  return cnn_shape_count (*output, sizeof (float), &count, error);
}

/* ---- Rows of branches ------------------------------------------------------------------------ */

/* The row as the reader has it. */
static Row
read_row (const MergeLayer *merge, CnnReader *reader, int n, int y)
{
  if (merge->order == CNN_ROWS_INTERLEAVED)
    return (Row){cnn_reader_row (reader, n, y, 0), 0};
  const float *planes = cnn_reader_plane (reader, n, y, 0, 0);
  const bool several = reader->plan->desc.input.c > 1;
  return (Row){planes, several ? cnn_reader_plane (reader, n, y, 0, 1) - planes : 0};
}

/* Repeats a row's one column, or one channel, or both, to fill `out`. */
static void
spread_row (const MergeLayer *merge, const Branch *branch, const Row *row, float *out)
{
  const CnnDispatch *dispatch = merge->layer.context.dispatch;
  const size_t w = (size_t)merge->computed.w, c = (size_t)merge->computed.c;
  if (merge->order == CNN_ROWS_PLANAR) { /* one column */
    for (int k = 0; k < branch->shape.c; k++)
      dispatch->copy_runs (
          row->values + k * row->plane_stride, 0, 1, w, out + (size_t)k * merge->plane_floats, 1);
  } else if (branch->shape.c == (int)c) {
    dispatch->copy_runs (row->values, 0, c, w, out, c);
  } else if (branch->shape.w == (int)w) {
    dispatch->repeat_pixels (row->values, w, 1, (int)c, out);
  } else {
    dispatch->copy_runs (row->values, 0, 1, w * c, out, 1);
  }
}

/* The row of a branch that output row (n, y) is made of, as wide as the output. */
static Row
branch_row (const MergeLayer *merge, CnnLayerWorker *worker, int i, int n, int y)
{
  const Branch *branch = &merge->branches[i];
  const int from_n = branch->shape.n > 1 ? n : 0, from_y = branch->shape.h > 1 ? y : 0;
  if (!branch->is_spread)
    return read_row (merge, &worker->readers[i], from_n, from_y);
  float *spread = (float *)(worker->scratch + branch->spread);
  int64_t *key = (int64_t *)(worker->scratch + merge->keys) + i;
  const int64_t wanted = ((int64_t)from_n << 32) + from_y;
  if (*key != wanted) {
    const Row row = read_row (merge, &worker->readers[i], from_n, from_y);
    spread_row (merge, branch, &row, spread);
    *key = wanted;
  }
  return (Row){spread, branch->shape.c > 1 ? (ptrdiff_t)merge->plane_floats : 0};
}

/* ---- Joining --------------------------------------------------------------------------------- */

/* Copies row (n, y) of branch i to its place in an output row. */
static void
place_row (const MergeLayer *merge, CnnLayerWorker *worker, int i, int n, int y, float *out)
{
  const CnnDispatch *dispatch = merge->layer.context.dispatch;
  const Branch *branch = &merge->branches[i];
  const size_t w = (size_t)branch->shape.w, c = (size_t)branch->shape.c;
  const size_t joined_c = (size_t)merge->computed.c;
  const int channel = merge->axis == CNN_AXIS_CHANNELS ? branch->first : 0;
  const int column = merge->axis == CNN_AXIS_COLUMNS ? branch->first : 0;
  const Row row = read_row (merge, &worker->readers[i], n, y);
  if (merge->order == CNN_ROWS_PLANAR) {
    out += channel * worker->writer.plane_stride + column;
    for (size_t k = 0; k < c; k++)
      dispatch->copy_runs (row.values + (ptrdiff_t)k * row.plane_stride, w, w, 1,
          out + (ptrdiff_t)k * worker->writer.plane_stride, w);
  } else if (merge->axis == CNN_AXIS_CHANNELS) {
    dispatch->copy_runs (row.values, c, c, w, out + channel, joined_c);
  } else {
    dispatch->copy_runs (row.values, w * c, w * c, 1, out + (size_t)column * c, w * c);
  }
}

static void
concat_row (const MergeLayer *merge, CnnLayerWorker *worker, int n, int y, float *out)
{
  for (int i = 0; i < merge->n_branches; i++) {
    const Branch *branch = &merge->branches[i];
    if (merge->axis != CNN_AXIS_ROWS)
      place_row (merge, worker, i, n, y, out);
    else if (y >= branch->first && y < branch->first + branch->shape.h)
      place_row (merge, worker, i, n, y - branch->first, out);
  }
}

static CnnMergeFunc *
combine_func (const MergeLayer *merge)
{
  const CnnDispatch *dispatch = merge->layer.context.dispatch;
  switch (merge->mode) {
  case CNN_MERGE_MULTIPLY:
    return dispatch->merge_multiply;
  case CNN_MERGE_SUBTRACT:
    return dispatch->merge_subtract;
  case CNN_MERGE_DIVIDE:
    return dispatch->merge_divide;
  case CNN_MERGE_MAXIMUM:
    return dispatch->merge_maximum;
  case CNN_MERGE_MINIMUM:
    return dispatch->merge_minimum;
  case CNN_MERGE_CONCAT:
  case CNN_MERGE_ADD:
  case CNN_MERGE_AVERAGE:
    break;
  }
  return dispatch->merge_add;
}

/* out = a, joined with b when there is one. Both may be `out`. */
static void
combine_rows (
    const MergeLayer *merge, CnnMergeFunc *combine, const Row *a, const Row *b, const Row *out_row)
{
  const bool planar = merge->order == CNN_ROWS_PLANAR;
  const int passes = planar ? merge->computed.c : 1;
  const size_t count = (size_t)merge->computed.w * (planar ? 1 : (size_t)merge->computed.c);
  float *out = (float *)out_row->values;
  for (int k = 0; k < passes; k++, out += out_row->plane_stride) {
    const float *values = a->values + k * a->plane_stride;
    if (b)
      combine (values, b->values + k * b->plane_stride, count, out);
    else
      merge->layer.context.dispatch->copy_runs (values, count, count, 1, out, count);
  }
}

static void
combine_branches (const MergeLayer *merge, CnnLayerWorker *worker, int n, int y, float *out)
{
  CnnMergeFunc *combine = combine_func (merge);
  const Row joined = {out, worker->writer.plane_stride};
  Row row = branch_row (merge, worker, 0, n, y);
  if (merge->n_branches == 1)
    combine_rows (merge, combine, &row, NULL, &joined);
  for (int i = 1; i < merge->n_branches; i++) {
    const Row next = branch_row (merge, worker, i, n, y);
    combine_rows (merge, combine, &row, &next, &joined);
    row = joined;
  }
  if (merge->mode == CNN_MERGE_AVERAGE) {
    const Row count = {(const float *)(worker->scratch + merge->count), 0};
    combine_rows (merge, merge->layer.context.dispatch->merge_divide, &joined, &count, &joined);
  }
}

static void
merge_compute_rows (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1)
{
  const MergeLayer *merge = (const MergeLayer *)layer;
  for (int y = y0; y < y1; y++) {
    float *out = cnn_writer_row (&worker->writer, n, y);
    if (merge->mode == CNN_MERGE_CONCAT)
      concat_row (merge, worker, n, y, out);
    else
      combine_branches (merge, worker, n, y, out);
    cnn_writer_finish (&worker->writer, n, y);
  }
}

static CnnRowRange
merge_needed_rows (const CnnLayer *layer, int input, int y0, int y1)
{
  const MergeLayer *merge = (const MergeLayer *)layer;
  const Branch *branch = &merge->branches[input];
  if (merge->mode == CNN_MERGE_CONCAT && merge->axis == CNN_AXIS_ROWS)
    return (CnnRowRange){min (max (y0 - branch->first, 0), branch->shape.h),
        min (max (y1 - branch->first, 0), branch->shape.h)};
  return branch->shape.h == 1 ? (CnnRowRange){0, 1} : (CnnRowRange){y0, y1};
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
merge_init_worker (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const MergeLayer *merge = (const MergeLayer *)layer;
  const size_t c = merge->order == CNN_ROWS_PLANAR ? 1 : (size_t)merge->computed.c;
  float *count = (float *)(worker->scratch + merge->count);
  for (size_t i = 0; merge->mode == CNN_MERGE_AVERAGE && i < (size_t)merge->computed.w * c; i++)
    count[i] = (float)merge->n_branches;
}

static void
merge_begin (const CnnLayer *layer, CnnLayerWorker *worker)
{
  const MergeLayer *merge = (const MergeLayer *)layer;
  int64_t *keys = (int64_t *)(worker->scratch + merge->keys);
  for (int i = 0; i < merge->n_branches; i++)
    keys[i] = -1;
}

static void
merge_clear (CnnLayer *layer)
{
  cnn_free (((MergeLayer *)layer)->branches);
}

static const CnnLayerClass merge_class = {
    .needed_rows = merge_needed_rows,
    .compute_rows = merge_compute_rows,
    .init_worker = merge_init_worker,
    .begin = merge_begin,
    .clear = merge_clear,
};

/* Rows of one channel of planes serve all of them as they are. */
static bool
is_spread (const MergeLayer *merge, CnnShape shape)
{
  const CnnShape joined = merge->computed;
  if (merge->mode == CNN_MERGE_CONCAT)
    return false;
  return shape.w < joined.w || (shape.c < joined.c && merge->order == CNN_ROWS_INTERLEAVED);
}

static void
plan_branches (MergeLayer *merge, const CnnMergeDesc *desc, CnnReaderDesc *readers)
{
  const bool planar = merge->order == CNN_ROWS_PLANAR;
  const size_t w = (size_t)merge->computed.w, c = (size_t)merge->computed.c;
  size_t *scratch = &merge->layer.scratch_bytes;
  int first = 0;
  merge->plane_floats = round_up_size (w, CNN_ALIGNMENT / sizeof (float));
  merge->keys = cnn_scratch_reserve (scratch, (size_t)desc->n_branches, sizeof (int64_t));
  if (merge->mode == CNN_MERGE_AVERAGE)
    merge->count = cnn_scratch_reserve (scratch, planar ? w : w * c, sizeof (float));
  for (int i = 0; i < desc->n_branches; i++) {
    const CnnBranch *given = &desc->branches[i];
    Branch *branch = &merge->branches[i];
    branch->shape = given->shape;
    branch->first = first;
    branch->is_spread = is_spread (merge, given->shape);
    first += *along (&branch->shape, merge->axis);
    if (branch->is_spread)
      branch->spread =
          cnn_scratch_reserve (scratch, planar ? merge->plane_floats * c : w * c, sizeof (float));
    readers[i] = (CnnReaderDesc){
        .input = given->shape,
        .rows = cnn_window_unit ().rows,
        .columns = cnn_window_unit ().columns,
        .output_columns = given->shape.w,
        .order = merge->order,
        .tile = 1,
        .strip = 1,
    };
    if (given->format.type != CNN_SAMPLE_FLOAT32)
      readers[i].normalization = given->normalization;
  }
}

static bool
plan (MergeLayer *merge, const CnnMergeDesc *desc, CnnError *error)
{
  const CnnWriterDesc writer = {
      .computed = merge->computed,
      .order = merge->order,
      .strip = 1,
      .activation = desc->activation,
  };
  CnnReaderDesc *readers = cnn_alloc ((size_t)desc->n_branches, sizeof *readers);
  merge->branches = cnn_alloc ((size_t)desc->n_branches, sizeof *merge->branches);
  bool planned = false;
  if (!merge->branches || !readers) {
    cnn_error_set (error, "no memory to join %d branches", desc->n_branches);
  } else {
    plan_branches (merge, desc, readers);
    planned = cnn_layer_set_alpha (&merge->layer, desc->alpha, desc->n_alpha, error) &&
              cnn_layer_plan (&merge->layer, desc->n_branches, readers, &writer, error);
  }
  cnn_free (readers);
  return planned;
}

/* A fully connected layer would see all branches. */
static void
set_info (MergeLayer *merge)
{
  static const char *const names[] = {"merge-concat", "merge-add", "merge-multiply",
      "merge-subtract", "merge-divide", "merge-maximum", "merge-minimum", "merge-average"};
  const CnnDispatch *dispatch = merge->layer.context.dispatch;
  const CnnIsa isas[] = {dispatch->copy_runs_isa, dispatch->merge_add_isa,
      dispatch->merge_multiply_isa, dispatch->merge_subtract_isa, dispatch->merge_divide_isa,
      dispatch->merge_maximum_isa, dispatch->merge_minimum_isa, dispatch->merge_add_isa};
  int64_t samples = 0;
  for (int i = 0; i < merge->n_branches; i++) {
    const CnnShape shape = merge->branches[i].shape;
    samples += (int64_t)shape.h * shape.w * shape.c;
  }
  cnn_layer_set_info (
      &merge->layer, names[merge->mode], isas[merge->mode], samples, merge->computed);
}

CnnLayer *
cnn_merge_new (const CnnContext *context, const CnnMergeDesc *desc, CnnError *error)
{
  CnnShape joined, output;
  if (!joined_shape (desc, &joined, error) || !cnn_merge_output (desc, &output, error))
    return NULL;
  MergeLayer *merge = cnn_layer_alloc (
      sizeof *merge, &merge_class, context, desc->branches[0].shape, output, error);
  if (!merge)
    return NULL;
  merge->layer.output_format = desc->output_format;
  merge->mode = desc->mode;
  merge->axis = desc->axis;
  merge->n_branches = desc->n_branches;
  merge->computed = joined;
  merge->order = cnn_row_order (desc->output_format.layout);
  if (plan (merge, desc, error)) {
    set_info (merge);
    return &merge->layer;
  }
  cnn_layer_free (&merge->layer);
  return NULL;
}
