/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: what a kind of layer (conv2d.c, pool2d.c ...) provides, and the one driver
 * that runs them all. A layer answers two questions: which input rows do output rows depend on, and
 * what are their values. The driver (layer.c) owns threads, blocks of rows, workers, their scratch,
 * readers and writers. */
#ifndef CNN_LAYER_PRIVATE_H
#define CNN_LAYER_PRIVATE_H

#include "cnn/layer.h"
#include "rows/rows.h"

/* Rows [first, end): none where end <= first. */
typedef struct {
  int first, end;
} CnnRowRange;

/* What one worker needs by itself. */
typedef struct {
  const CnnImage *in, *out; /* of the frame under way */
  CnnReader *readers;       /* one an input, where the layer has readers */
  CnnWriter writer;
  unsigned char *scratch; /* layer->scratch_bytes, aligned to CNN_ALIGNMENT, zeros at first */
  int step;               /* of the run under way: see CnnSplit */
  int part, n_parts;      /* which of several shares of the output channels it computes */
} CnnLayerWorker;

/* How a run is cut into tasks. */
typedef struct {
  int n_threads;
  int step;    /* output rows computed together; blocks of rows begin at multiples of it */
  int overlap; /* steps whose input rows neighbouring blocks both read */
  int n_parts; /* tasks that share the output channels of a block; 1 unless nothing is left to do for a row
                  when its channels are computed */
} CnnSplit;

typedef struct {
  /* The rows of one input that output rows [y0, y1) depend on. Neither end falls as y0 or y1
   * rises. */
  CnnRowRange (*needed_rows) (const CnnLayer *layer, int input, int y0, int y1);
  /* Output rows [y0, y1) of frame n, up to the writer's finish: the same values whatever the range,
   * as long as y0 is a multiple of layer->row_unit. */
  void (*compute_rows) (CnnLayer *layer, CnnLayerWorker *worker, int n, int y0, int y1);
  /* Optional: sizes a run whose images `worker` has begun; `split` comes with the layer's step, no
   * overlap and one part. */
  void (*split) (const CnnLayer *layer, const CnnLayerWorker *worker, CnnSplit *split);
  /* Optional: once a worker's scratch is there. */
  void (*init_worker) (const CnnLayer *layer, CnnLayerWorker *worker);
  /* Optional: a worker's reader and writer have begun a frame. */
  void (*begin) (const CnnLayer *layer, CnnLayerWorker *worker);
  /* Optional, instead of everything above: as cnn_layer_run (), with n_threads in [1,
   * cnn_workers_count ()]. */
  void (*run) (CnnLayer *layer, const CnnImage *in, const CnnImage *out, int n_threads);
  /* Optional: releases what the layer has of its own. Copes with a half-built layer. */
  void (*clear) (CnnLayer *layer);
} CnnLayerClass;

/* The first member of every layer's struct. */
struct CnnLayer {
  const CnnLayerClass *layer_class;
  CnnContext context;
  CnnShape input, output; /* input: the first of several */
  int n_inputs;
  CnnFormat output_format;
  CnnLayerInfo info;
  int row_unit; /* output rows are computed from multiples of this on; at least 1 */
  int step; /* output rows that are best computed together, a multiple of row_unit; at least 1 */
  size_t scratch_bytes; /* of one worker, beside its rows */

  /* The driver's own. */
  float *alpha; /* slopes as CnnActivationFunc wants them */
  int n_alpha;
  CnnShape *input_shapes; /* of several inputs */
  CnnReaderPlan *reader_plans;
  int n_readers; /* one an input, or none */
  CnnWriterPlan writer_plan;
  bool has_writer;
  CnnLayerWorker *workers;
  int n_workers;
  unsigned char *worker_memory;
};

/* A zeroed struct of `size` bytes that begins with a CnnLayer, row_unit and step 1. NULL with a
 * sentence when memory is short. From now on cnn_layer_free () releases it. */
void *cnn_layer_alloc (size_t size, const CnnLayerClass *layer_class, const CnnContext *context,
    CnnShape input, CnnShape output, CnnError *error);

/* Copies slopes; NULL means 0.01 for all. */
bool cnn_layer_set_alpha (CnnLayer *layer, const float *alpha, int n_alpha, CnnError *error);

/* Copies the shapes of several inputs, for layers without readers. */
bool cnn_layer_set_inputs (CnnLayer *layer, const CnnShape *shapes, int n_inputs, CnnError *error);

/* Plans the rows of `n_inputs` inputs and of the output, and makes a worker a thread. The writer's
 * slopes are the layer's, its dispatch table the context's, as are the readers'. To be called once
 * scratch_bytes is known. */
bool cnn_layer_plan (CnnLayer *layer, int n_inputs, const CnnReaderDesc *readers,
    const CnnWriterDesc *writer, CnnError *error);

/* The last part of it alone, for layers that read and write by other means. */
bool cnn_layer_make_workers (CnnLayer *layer, CnnError *error);

/* What the layer tells of itself. A fully connected layer between the same frames would have a
 * weight for each pair of `inputs` values and those of `output`. */
void cnn_layer_set_info (
    CnnLayer *layer, const char *kernel_name, CnnIsa isa, int64_t inputs, CnnShape output);

/* ---- Workers, for layers made of layers ------------------------------------------------------- */

/* Bytes that one worker of the layer needs; SIZE_MAX when they are too many. */
size_t cnn_layer_worker_bytes (const CnnLayer *layer);

/* Makes a worker in memory of cnn_layer_worker_bytes (), zeros, aligned to CNN_ALIGNMENT. */
void cnn_layer_worker_init (CnnLayerWorker *worker, const CnnLayer *layer, unsigned char *memory);

/* Begins frames: `in` has one image an input. The images must stay until the last row was
 * computed. */
void cnn_layer_worker_begin (
    CnnLayerWorker *worker, const CnnLayer *layer, const CnnImage *in, const CnnImage *out);

/* Releases the layer's own workers: cnn_layer_run () is no longer allowed. */
void cnn_layer_drop_workers (CnnLayer *layer);

/* The input rows that windows of output rows [y0, y1) see along an axis of the given input size,
 * padding modes included; for the rules EXPLICIT and SAME, resolved. */
CnnRowRange cnn_axis_needed_rows (const CnnAxis *axis, int input, int y0, int y1);

/* ---- Room in a worker's scratch ---------------------------------------------------------------- */

/* Adds `count` items of `size` bytes, aligned to CNN_ALIGNMENT, and returns where they begin.
 * *bytes becomes SIZE_MAX when they are too many. */
size_t cnn_scratch_reserve (size_t *bytes, size_t count, size_t size);

/* ---- Costs ------------------------------------------------------------------------------------- */

/* Values of one frame. */
int64_t cnn_frame_values (CnnShape shape);

/* a * b, or INT64_MAX when that is larger; both at least 0. */
int64_t cnn_saturating_product (int64_t a, int64_t b);

#endif
