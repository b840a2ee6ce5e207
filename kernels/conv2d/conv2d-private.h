/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to conv2d*.c: a convolution in the making, and the algorithms that can run it. */
#ifndef CNN_CONV2D_PRIVATE_H
#define CNN_CONV2D_PRIVATE_H

#include "cnn/conv2d.h"
#include "core/layer-private.h"
#include "rows/rows.h"

typedef struct CnnConv2d CnnConv2d;

/* What one worker needs by itself. */
typedef struct {
  CnnReader reader;
  CnnWriter writer;
  const float **taps; /* conv->n_taps pointers */
  float *scratch;     /* conv->scratch_floats, or NULL */
  int part, n_parts;  /* which of several shares of the panels it computes */
} CnnConvWorker;

/* One way to convolve. */
typedef struct {
  const char *name;
  CnnRowOrder reads, writes; /* the order of its rows */
  /* Vector multiply-adds for one pixel of all output channels, changes of layout included;
   * INFINITY when it cannot run this convolution. */
  double (*cost) (const CnnConv2d *conv);
  /* The variant it runs. */
  CnnIsa (*isa) (const CnnDispatch *dispatch);
  /* Sets n_taps, tile, strip, scratch and makes packed weights and bias. False when memory is short. */
  bool (*pack) (CnnConv2d *conv, const float *weights, const float *bias);
  /* Output rows [y, y + rows) of frame n, rows <= conv->strip, up to the writer's finish. */
  void (*compute) (const CnnConv2d *conv, CnnConvWorker *worker, int n, int y, int rows);
  /* Whether a strip may have fewer rows, with the same result, when threads are many. */
  bool splits_strips;
} CnnConvAlgorithm;

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
  CnnFormat input_format, output_format;
  CnnShape computed;     /* output shape before the activation */
  CnnAxis rows, columns; /* resolved */
  int groups, group_inputs, group_outputs;
  bool uniform; /* every channel by itself, all with the same weights and bias */
  float low, high;

  const CnnConvAlgorithm *algorithm;
  int tile;              /* output pixels computed at a time */
  int strip;             /* output rows that share one walk through the weights */
  int n_panels;          /* of output channels, which tasks may share; 1 when they may not */
  int n_taps;            /* pointers one call of a kernel takes */
  int block;             /* Winograd: tiles that go through the transforms together */
  size_t scratch_floats; /* of one worker, beside its rows */
  float *weights, *bias, *alpha;

  CnnReaderPlan reader_plan;
  CnnWriterPlan writer_plan;
  CnnConvWorker *workers;
  int n_workers;
  struct CnnConvBytesPlan *bytes; /* the same in integers, or NULL */
};

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
