/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/merge.h"

#include "core/bands.h"
#include "core/layer-private.h"
#include "cnn/memory.h"
#include "rows/rows.h"

typedef struct {
  CnnShape shape;
  int first_channel; /* concat: where its channels begin in the output */
  CnnNormalization normalization;
  float *normalization_values;
} Branch;

/* What one worker needs by itself. */
typedef struct {
  CnnWriter writer;
  float *row;    /* a branch's row as floats */
  float *spread; /* a row of one channel repeated for every channel */
} Worker;

struct CnnMerge {
  CnnContext context;
  CnnMergeMode mode;
  int n_branches;
  Branch *branches;
  int *order;        /* branches in the order they are joined */
  CnnShape computed; /* before the activation */
  CnnShape output;
  CnnRowOrder rows;
  float *alpha;
  CnnWriterPlan writer_plan;
  Worker *workers;
  int n_workers;
};

/* A row of a branch as floats: interleaved, or channel c at c * plane_stride. */
typedef struct {
  const float *values;
  ptrdiff_t plane_stride;
} Row;

/* ---- Shapes ---------------------------------------------------------------------------------- */

static const char *const mode_names[] = {"concat", "add", "multiply"};

static bool
check_size (const CnnBranch *a, const CnnBranch *b, CnnError *error)
{
  if (a->shape.n == b->shape.n && a->shape.h == b->shape.h && a->shape.w == b->shape.w)
    return true;
  return cnn_error_set (error, "branches differ in size: %s has %dx%dx%d (N,H,W) and %s %dx%dx%d",
      a->name, a->shape.n, a->shape.h, a->shape.w, b->name, b->shape.n, b->shape.h, b->shape.w);
}

/* The branch with the most channels, which all others must have or be one channel wide. */
static const CnnBranch *
widest_branch (const CnnMergeDesc *desc)
{
  const CnnBranch *widest = &desc->branches[0];
  for (int i = 1; i < desc->n_branches; i++) {
    if (desc->branches[i].shape.c > widest->shape.c)
      widest = &desc->branches[i];
  }
  return widest;
}

static bool
join_channels (const CnnMergeDesc *desc, int *channels, CnnError *error)
{
  const CnnBranch *widest = widest_branch (desc);
  int64_t sum = 0;
  for (int i = 0; i < desc->n_branches; i++) {
    const CnnBranch *branch = &desc->branches[i];
    sum += branch->shape.c;
    if (desc->mode != CNN_MERGE_CONCAT && branch->shape.c != 1 &&
        branch->shape.c != widest->shape.c)
      return cnn_error_set (error,
          "mode=%s joins branches of the same number of channels, or of one channel: %s has %d and "
          "%s %d",
          mode_names[desc->mode], widest->name, widest->shape.c, branch->name, branch->shape.c);
  }
  if (sum > (int64_t)CNN_MAX_FRAME_BYTES)
    return cnn_error_set (error, "%lld channels in all are too many", (long long)sum);
  *channels = desc->mode == CNN_MERGE_CONCAT ? (int)sum : widest->shape.c;
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
    if (!cnn_shape_count (branch->shape, cnn_sample_bytes (branch->format.type), &count, error) ||
        !check_size (&desc->branches[0], branch, error))
      return false;
  }
  *joined = desc->branches[0].shape;
  return join_channels (desc, &joined->c, error) && check_alpha (desc, joined->c, error);
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

/* ---- The plan -------------------------------------------------------------------------------- */

static bool
copy_branches (CnnMerge *merge, const CnnMergeDesc *desc)
{
  merge->n_branches = desc->n_branches;
  merge->branches = cnn_alloc ((size_t)desc->n_branches, sizeof *merge->branches);
  merge->order = cnn_alloc ((size_t)desc->n_branches, sizeof *merge->order);
  if (!merge->branches || !merge->order)
    return false;
  int first_channel = 0;
  for (int i = 0; i < desc->n_branches; i++) {
    const CnnBranch *given = &desc->branches[i];
    Branch *branch = &merge->branches[i];
    const int c = given->shape.c;
    branch->shape = given->shape;
    branch->first_channel = first_channel;
    first_channel += c;
    if (given->format.type == CNN_SAMPLE_FLOAT32)
      continue;
    branch->normalization_values = cnn_alloc (2 * (size_t)c, sizeof (float));
    if (!branch->normalization_values)
      return false;
    float *scale = branch->normalization_values, *offset = scale + c;
    for (int k = 0; k < c; k++) {
      scale[k] = given->normalization.scale ? given->normalization.scale[k] : 1.0f;
      offset[k] = given->normalization.offset ? given->normalization.offset[k] : 0.0f;
    }
    branch->normalization = (CnnNormalization){scale, offset};
  }
  return true;
}

/* Sums and products begin with a branch that has all channels. */
static void
order_branches (CnnMerge *merge)
{
  int next = 0;
  for (int narrow = 0; narrow <= 1; narrow++) {
    for (int i = 0; i < merge->n_branches; i++) {
      const bool is_narrow = merge->mode != CNN_MERGE_CONCAT && merge->computed.c > 1 &&
                             merge->branches[i].shape.c == 1;
      if (is_narrow == (narrow == 1))
        merge->order[next++] = i;
    }
  }
}

static bool
copy_alpha (CnnMerge *merge, const CnnMergeDesc *desc, int *n_alpha)
{
  *n_alpha = desc->alpha ? desc->n_alpha : 1;
  merge->alpha = cnn_alloc ((size_t)*n_alpha, sizeof (float));
  for (int i = 0; merge->alpha && i < *n_alpha; i++)
    merge->alpha[i] = desc->alpha ? desc->alpha[i] : 0.01f;
  return merge->alpha != NULL;
}

static bool
make_workers (CnnMerge *merge, CnnError *error)
{
  merge->n_workers = cnn_workers_count (merge->context.workers);
  merge->workers = cnn_alloc ((size_t)merge->n_workers, sizeof *merge->workers);
  if (!merge->workers)
    return cnn_error_set (error, "no memory for %d workers", merge->n_workers);
  for (int i = 0; i < merge->n_workers; i++) {
    Worker *worker = &merge->workers[i];
    if (!cnn_writer_init (&worker->writer, &merge->writer_plan, error))
      return false;
    /* No branch has wider rows than the output. */
    worker->row = cnn_alloc (merge->writer_plan.row_floats, sizeof (float));
    worker->spread = cnn_alloc (merge->writer_plan.row_floats, sizeof (float));
    if (!worker->row || !worker->spread)
      return cnn_error_set (error, "no memory for the %zu MiB of two rows",
          2 * merge->writer_plan.row_floats * sizeof (float) >> 20);
  }
  return true;
}

static bool
build (CnnMerge *merge, const CnnMergeDesc *desc, CnnError *error)
{
  int n_alpha;
  if (!copy_branches (merge, desc) || !copy_alpha (merge, desc, &n_alpha))
    return cnn_error_set (error, "no memory to join %d branches", desc->n_branches);
  order_branches (merge);
  const CnnWriterDesc writer = {
      .dispatch = merge->context.dispatch,
      .computed = merge->computed,
      .order = merge->rows,
      .strip = 1,
      .activation = desc->activation,
      .alpha = merge->alpha,
      .n_alpha = n_alpha,
  };
  return cnn_writer_plan_init (&merge->writer_plan, &writer, error) && make_workers (merge, error);
}

CnnMerge *
cnn_merge_new (const CnnContext *context, const CnnMergeDesc *desc, CnnError *error)
{
  CnnShape joined, output;
  if (!joined_shape (desc, &joined, error) || !cnn_merge_output (desc, &output, error))
    return NULL;
  CnnMerge *merge = cnn_alloc (1, sizeof *merge);
  if (!merge) {
    cnn_error_set (error, "no memory for a layer");
    return NULL;
  }
  merge->context = *context;
  merge->mode = desc->mode;
  merge->computed = joined;
  merge->output = output;
  merge->rows =
      desc->output_format.layout == CNN_LAYOUT_NCHW ? CNN_ROWS_PLANAR : CNN_ROWS_INTERLEAVED;
  if (build (merge, desc, error))
    return merge;
  cnn_merge_free (merge);
  return NULL;
}

void
cnn_merge_free (CnnMerge *merge)
{
  if (!merge)
    return;
  for (int i = 0; merge->workers && i < merge->n_workers; i++) {
    cnn_writer_clear (&merge->workers[i].writer);
    cnn_free (merge->workers[i].row);
    cnn_free (merge->workers[i].spread);
  }
  cnn_free (merge->workers);
  for (int i = 0; merge->branches && i < merge->n_branches; i++)
    cnn_free (merge->branches[i].normalization_values);
  cnn_free (merge->branches);
  cnn_free (merge->order);
  cnn_free (merge->alpha);
  cnn_free (merge);
}

CnnShape
cnn_merge_output_shape (const CnnMerge *merge)
{
  return merge->output;
}

CnnLayerInfo
cnn_merge_info (const CnnMerge *merge)
{
  static const char *const names[] = {"merge-concat", "merge-add", "merge-multiply"};
  const CnnDispatch *dispatch = merge->context.dispatch;
  const CnnIsa isas[] = {
      dispatch->copy_runs_isa, dispatch->merge_add_isa, dispatch->merge_multiply_isa};
  CnnShape joined = merge->computed;
  joined.c = 0;
  for (int i = 0; i < merge->n_branches; i++)
    joined.c += merge->branches[i].shape.c;
  return (CnnLayerInfo){
      .dense_parameters = cnn_dense_parameters (joined, merge->computed),
      .isa = cnn_isa_name (isas[merge->mode]),
      .kernel_name = names[merge->mode],
  };
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Row (n, y) of a branch: in place where it already is in order, otherwise in `scratch`. */
static Row
branch_row (const CnnMerge *merge, int branch, const CnnImage *image, int n, int y, float *scratch)
{
  const CnnNormalization *normalization = &merge->branches[branch].normalization;
  const CnnDispatch *dispatch = merge->context.dispatch;
  const int w = merge->computed.w;
  if (cnn_image_has_rows (image, merge->rows))
    return (Row){(const float *)cnn_image_row (image, n, y, 0),
        image->channel_stride / (ptrdiff_t)sizeof (float)};
  if (merge->rows == CNN_ROWS_INTERLEAVED) {
    dispatch->load_interleaved (image, n, y, 0, w, normalization, scratch);
    return (Row){scratch, 0};
  }
  const size_t plane_floats = merge->writer_plan.plane_floats;
  dispatch->load_planar (image, n, y, 0, w, normalization, scratch, plane_floats);
  return (Row){scratch, (ptrdiff_t)plane_floats};
}

static void
concat_row (const CnnMerge *merge, Worker *worker, const CnnImage *images, int n, int y, float *out)
{
  const CnnDispatch *dispatch = merge->context.dispatch;
  const size_t w = (size_t)merge->computed.w;
  for (int i = 0; i < merge->n_branches; i++) {
    const Branch *branch = &merge->branches[i];
    if (merge->rows == CNN_ROWS_PLANAR) {
      dispatch->load_planar (&images[i], n, y, 0, merge->computed.w, &branch->normalization,
          out + branch->first_channel * worker->writer.plane_stride,
          (size_t)worker->writer.plane_stride);
      continue;
    }
    const size_t c = (size_t)branch->shape.c;
    const Row row = branch_row (merge, i, &images[i], n, y, worker->row);
    dispatch->copy_runs (
        row.values, c, c, w, out + branch->first_channel, (size_t)merge->computed.c);
  }
}

/* Rows one after the other into `out`, the first by copying. */
static void
combine_interleaved (const CnnMerge *merge, Worker *worker, CnnMergeFunc *combine, const Row *row,
    int c, bool first, float *out)
{
  const CnnDispatch *dispatch = merge->context.dispatch;
  const size_t w = (size_t)merge->computed.w, count = w * (size_t)merge->computed.c;
  const float *values = row->values;
  if (c < merge->computed.c) {
    dispatch->repeat_pixels (values, w, 1, merge->computed.c, worker->spread);
    values = worker->spread;
  }
  if (first)
    dispatch->copy_runs (values, count, count, 1, out, count);
  else
    combine (out, values, count, out);
}

static void
combine_planar (const CnnMerge *merge, const Worker *worker, CnnMergeFunc *combine, const Row *row,
    int c, bool first, float *out)
{
  const size_t w = (size_t)merge->computed.w;
  for (int k = 0; k < merge->computed.c; k++, out += worker->writer.plane_stride) {
    const float *plane = row->values + (c == 1 ? 0 : k * row->plane_stride);
    if (first)
      merge->context.dispatch->copy_runs (plane, w, w, 1, out, w);
    else
      combine (out, plane, w, out);
  }
}

static void
combine_row (
    const CnnMerge *merge, Worker *worker, const CnnImage *images, int n, int y, float *out)
{
  const CnnDispatch *dispatch = merge->context.dispatch;
  CnnMergeFunc *combine =
      merge->mode == CNN_MERGE_ADD ? dispatch->merge_add : dispatch->merge_multiply;
  for (int k = 0; k < merge->n_branches; k++) {
    const int i = merge->order[k], c = merge->branches[i].shape.c;
    const Row row = branch_row (merge, i, &images[i], n, y, worker->row);
    if (merge->rows == CNN_ROWS_INTERLEAVED)
      combine_interleaved (merge, worker, combine, &row, c, k == 0, out);
    else
      combine_planar (merge, worker, combine, &row, c, k == 0, out);
  }
}

typedef struct {
  CnnMerge *merge;
  const CnnImage *images, *out;
  CnnBands bands;
} Run;

static void
run_band (void *data, int task, int worker_index)
{
  const Run *run = data;
  CnnMerge *merge = run->merge;
  Worker *worker = &merge->workers[worker_index];
  const int64_t h = merge->computed.h;
  const int64_t first = cnn_band_first (&run->bands, task);
  const int64_t end = cnn_band_first (&run->bands, task + 1);
  cnn_writer_begin (&worker->writer, run->out);
  for (int64_t row = first; row < end; row++) {
    const int n = (int)(row / h), y = (int)(row % h);
    float *out = cnn_writer_row (&worker->writer, n, y);
    if (merge->mode == CNN_MERGE_CONCAT)
      concat_row (merge, worker, run->images, n, y, out);
    else
      combine_row (merge, worker, run->images, n, y, out);
    cnn_writer_finish (&worker->writer, n, y);
  }
}

void
cnn_merge_run (CnnMerge *merge, const CnnImage *branches, const CnnImage *out, int n_threads)
{
  const int available = cnn_workers_count (merge->context.workers);
  if (n_threads < 1 || n_threads > available)
    n_threads = available;
  const int64_t rows = (int64_t)merge->computed.n * merge->computed.h;
  Run run = {.merge = merge, .images = branches, .out = out};
  run.bands = cnn_bands (rows, 1, 0, n_threads);
  cnn_workers_run (merge->context.workers, n_threads, run.bands.count, run_band, &run);
}
