/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to conv2d*.c: a convolution in the making, and the algorithms that can run it. */
#ifndef CNN_CONV2D_PRIVATE_H
#define CNN_CONV2D_PRIVATE_H

#include "cnn/conv2d.h"
#include "core/layer-private.h"

typedef struct CnnConv2d CnnConv2d;

/* What an algorithm made of one convolution: the first member of a struct of its own. */
typedef struct {
  int tile;     /* output pixels computed at a time: spans begin at multiples of it */
  int strip;    /* output rows that share one walk through the weights */
  int row_unit; /* strips begin at multiples of this many rows */
  int n_panels; /* of output channels, which tasks may share; 1 when they may not */
  bool
      skips_padding; /* zeros beside a row need not be there: rows begin at the image's first column */
  int n_taps;        /* pointers one call of a kernel takes, see cnn_conv_taps () */
  size_t scratch_bytes;  /* of one worker, beside its rows; begins with the taps */
  float *weights, *bias; /* packed, when they are floats */
} CnnConvPlan;

/* A plan of `size` bytes with room for `weights` and `bias` floats, zeros, and for n_taps in the
 * scratch; the other numbers 1. NULL when memory is short. */
void *cnn_conv_plan_alloc (size_t size, size_t weights, size_t bias, int n_taps);
void cnn_conv_plan_free (CnnConvPlan *plan);

/* The type and order of samples in rows. */
typedef struct {
  CnnSampleType type;
  CnnRowOrder order;
} CnnRowFormat;

/* One way to convolve. */
typedef struct {
  const char *name;
  CnnRowFormat reads, writes;
  /* Vector multiply-adds for one pixel of all output channels, changes of layout included;
   * INFINITY when it cannot run this convolution. */
  double (*cost) (const CnnConv2d *conv, const CnnConv2dDesc *desc);
  /* The variant it runs. */
  CnnIsa (*isa) (const CnnDispatch *dispatch);
  /* Packs the weights of the description. NULL when memory is short. */
  CnnConvPlan *(*plan_new) (const CnnConv2d *conv, const CnnConv2dDesc *desc);
  /* Optional: a worker's reader and writer have begun a frame. */
  void (*begin) (CnnLayerWorker *worker);
  /* Output rows [y, y + rows) of frame n, rows <= plan->strip, up to the writer's finish. */
  void (*compute) (const CnnConv2d *conv, CnnLayerWorker *worker, int n, int y, int rows);
  /* Whether a strip may have fewer rows, with the same result, when threads are many. */
  bool splits_strips;
} CnnConvAlgorithm;

extern const CnnConvAlgorithm cnn_conv_bytes;
extern const CnnConvAlgorithm cnn_conv_tile, cnn_conv_dot, cnn_conv_depthwise, cnn_conv_flat;
extern const CnnConvAlgorithm cnn_conv_plane, cnn_conv_plane_to_pixels, cnn_conv_rows;
extern const CnnConvAlgorithm cnn_conv_winograd_2x2, cnn_conv_winograd_4x4;

/* All of them, ended by NULL. */
extern const CnnConvAlgorithm *const cnn_conv_algorithms[];

/* As cnn_conv2d_new (), by one algorithm, or by the cheapest when it is NULL: for tests. */
CnnLayer *cnn_conv2d_new_with (const CnnContext *context, const CnnConv2dDesc *desc,
    const CnnConvAlgorithm *algorithm, CnnError *error);

struct CnnConv2d {
  CnnLayer base;
  CnnFormat input_format;
  CnnShape computed;     /* output shape before the activation */
  CnnAxis rows, columns; /* resolved */
  int groups, group_inputs, group_outputs;
  bool uniform; /* every channel by itself, all with the same weights and bias */
  float low, high;

  const CnnConvAlgorithm *algorithm;
  CnnConvPlan *plan;
};

/* Where a worker has the plan's taps. */
static inline const float **
cnn_conv_taps (const CnnLayerWorker *worker)
{
  return (const float **)worker->scratch;
}

/* Weights of one output channel. */
static inline size_t
cnn_conv_weights_per_output (const CnnConv2d *conv)
{
  return (size_t)conv->group_inputs * (size_t)conv->rows.kernel * (size_t)conv->columns.kernel;
}

/* The padded input row that kernel row ky sees from output row y. */
static inline int64_t
cnn_conv_position (const CnnConv2d *conv, int y, int ky)
{
  return (int64_t)y * conv->rows.stride - conv->rows.padding_before +
         (int64_t)ky * conv->rows.dilation;
}

/* What it costs, in vector multiply-adds, to change the layout of one pixel. */
static inline double
cnn_conv_layout_cost (CnnLayout from, CnnLayout to, int channels)
{
  return from == to || channels == 1 ? 0 : 0.5 * channels;
}

#endif
