/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: the functions of the table's rows, and what rules and lowering ask the families besides. */
#ifndef CNN_FAMILIES_H
#define CNN_FAMILIES_H

#include "operators.h"
#include "spatial.h"

typedef void CnnReadFunction (CnnNodeReader *reader, CnnNode *node);
typedef bool CnnOperationFunction (const CnnOperation *operation, CnnError *error);

CnnReadFunction cnn_read_argument, cnn_read_batch_normalization, cnn_read_binary, cnn_read_cast,
    cnn_read_clip, cnn_read_concat, cnn_read_constant, cnn_read_constant_of_shape,
    cnn_read_convolution, cnn_read_depth, cnn_read_dropout, cnn_read_gather, cnn_read_gemm,
    cnn_read_global_pool, cnn_read_group_normalization, cnn_read_layer_normalization,
    cnn_read_lp_normalization, cnn_read_mean_variance_normalization, cnn_read_pad, cnn_read_pool,
    cnn_read_reduce, cnn_read_reshape, cnn_read_resize, cnn_read_response, cnn_read_shape,
    cnn_read_slice, cnn_read_softmax, cnn_read_split, cnn_read_transpose, cnn_read_unary,
    cnn_read_upsample;

CnnOperationFunction cnn_shape_argument, cnn_shape_batch_normalization, cnn_shape_binary,
    cnn_shape_cast, cnn_shape_clip, cnn_shape_concat, cnn_shape_constant,
    cnn_shape_constant_of_shape, cnn_shape_convolution, cnn_shape_depth, cnn_shape_dropout,
    cnn_shape_expand, cnn_shape_gather, cnn_shape_gemm, cnn_shape_group_normalization,
    cnn_shape_layer_normalization, cnn_shape_lp_normalization, cnn_shape_matmul,
    cnn_shape_mean_variance_normalization, cnn_shape_pad, cnn_shape_pool, cnn_shape_range,
    cnn_shape_reduce, cnn_shape_reshape, cnn_shape_resize, cnn_shape_response, cnn_shape_shape,
    cnn_shape_size, cnn_shape_slice, cnn_shape_softmax, cnn_shape_split, cnn_shape_tile,
    cnn_shape_transpose, cnn_shape_unary, cnn_shape_where;

CnnOperationFunction cnn_run_argument, cnn_run_batch_normalization, cnn_run_binary, cnn_run_cast,
    cnn_run_clip, cnn_run_concat, cnn_run_constant, cnn_run_constant_of_shape, cnn_run_convolution,
    cnn_run_depth, cnn_run_expand, cnn_run_gather, cnn_run_gemm, cnn_run_group_normalization,
    cnn_run_layer_normalization, cnn_run_lp_normalization, cnn_run_matmul,
    cnn_run_mean_variance_normalization, cnn_run_pad, cnn_run_pool, cnn_run_range, cnn_run_reduce,
    cnn_run_resize, cnn_run_response, cnn_run_shape, cnn_run_shuffle, cnn_run_size, cnn_run_slice,
    cnn_run_softmax, cnn_run_split, cnn_run_tile, cnn_run_transpose, cnn_run_unary, cnn_run_where;

/* The bounds of a Clip, when they are constants. */
bool cnn_clip_bounds (const CnnOperation *operation, CnnUnary *unary, CnnError *error);

bool cnn_pool_resolve (
    const CnnPool *pool, const CnnDims *input, CnnResolvedWindow *resolved, CnnError *error);

/* Which dimensions of the input are reduced. */
bool cnn_reduce_axes (const CnnOperation *operation, bool chosen[CNN_MAX_RANK], CnnError *error);

/* Index k of a dimension's result comes from start + k * step, for k in [0, count). */
typedef struct {
  int64_t start, step, count;
} CnnSliceAxis;

bool
cnn_slice_resolve (const CnnOperation *operation, CnnSliceAxis axes[CNN_MAX_RANK], CnnError *error);
/* Where piece `piece` of a Split begins along the axis, and its size. */
bool cnn_split_piece (const CnnOperation *operation, int axis, int piece, int64_t *start,
    int64_t *size, CnnError *error);
/* Where a padded index comes from among `n` elements, at least one; -1: it is filled. */
int64_t cnn_pad_source (CnnPadMode mode, int64_t index, int64_t n);
/* Elements in front of and behind each dimension; negative ones are cut off. */
bool cnn_pad_resolve (const CnnOperation *operation, int64_t before[CNN_MAX_RANK],
    int64_t after[CNN_MAX_RANK], CnnError *error);

typedef struct {
  int64_t in, out;
  float scale;
  float start, end; /* what tf_crop_and_resize looks at, as shares of the input */
} CnnResizedAxis;

bool cnn_resize_resolve (
    const CnnOperation *operation, CnnResizedAxis axes[CNN_MAX_RANK], CnnError *error);

/* Output k of an axis is the sum over t of weight[k * n_taps + t] * in[index[k * n_taps + t]]. */
typedef struct CnnResizeTaps {
  int n_taps;
  int32_t *index;
  float *weight;
  bool *outside; /* it lies outside the input and has the extrapolation value */
} CnnResizeTaps;

bool cnn_resize_taps (
    const CnnResize *resize, const CnnResizedAxis *axis, CnnResizeTaps *taps, CnnError *error);
void cnn_resize_taps_clear (CnnResizeTaps *taps);

#endif
