/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node of a graph: which operator, and its attributes as typed parameters. */
#ifndef CNN_NODE_H
#define CNN_NODE_H

#include "tensor.h"

/* Rows of a file's operators that differ in one function only share a kind. */
typedef enum {
  CNN_OPERATOR_UNARY,
  CNN_OPERATOR_BINARY, /* of any number of inputs for sums, means, minima and maxima */
  CNN_OPERATOR_WHERE,
  CNN_OPERATOR_CONVOLUTION,
  CNN_OPERATOR_CONVOLUTION_TRANSPOSE,
  CNN_OPERATOR_POOL,
  CNN_OPERATOR_GEMM,
  CNN_OPERATOR_MATMUL,
  CNN_OPERATOR_SOFTMAX,
  CNN_OPERATOR_REDUCE,
  CNN_OPERATOR_ARGUMENT,
  CNN_OPERATOR_BATCH_NORMALIZATION,
  CNN_OPERATOR_GROUP_NORMALIZATION, /* of instances, too */
  CNN_OPERATOR_LAYER_NORMALIZATION,
  CNN_OPERATOR_MEAN_VARIANCE_NORMALIZATION,
  CNN_OPERATOR_LP_NORMALIZATION,
  CNN_OPERATOR_LOCAL_RESPONSE_NORMALIZATION,
  CNN_OPERATOR_RESIZE,
  CNN_OPERATOR_PAD,
  CNN_OPERATOR_CONCAT,
  CNN_OPERATOR_SPLIT,
  CNN_OPERATOR_SLICE,
  CNN_OPERATOR_GATHER,
  CNN_OPERATOR_TILE,
  CNN_OPERATOR_EXPAND,
  CNN_OPERATOR_TRANSPOSE,
  CNN_OPERATOR_RESHAPE, /* Flatten, Squeeze and Unsqueeze, too */
  CNN_OPERATOR_DEPTH_TO_SPACE,
  CNN_OPERATOR_SPACE_TO_DEPTH,
  CNN_OPERATOR_CHANNEL_SHUFFLE, /* of no file: what rules make of Reshape, Transpose, Reshape */
  CNN_OPERATOR_CAST,
  CNN_OPERATOR_IDENTITY,
  CNN_OPERATOR_CONSTANT,
  CNN_OPERATOR_CONSTANT_OF_SHAPE,
  CNN_OPERATOR_SHAPE,
  CNN_OPERATOR_SIZE,
  CNN_OPERATOR_RANGE,
} CnnOperatorKind;

typedef enum {
  CNN_UNARY_NONE, /* x */
  CNN_UNARY_RELU,
  CNN_UNARY_LEAKY_RELU, /* x < 0 ? alpha * x : x */
  CNN_UNARY_ELU,        /* x < 0 ? alpha * (exp (x) - 1) : x */
  CNN_UNARY_SELU,       /* beta * (x > 0 ? x : alpha * (exp (x) - 1)) */
  CNN_UNARY_CELU,       /* x > 0 ? x : alpha * (exp (x / alpha) - 1) */
  CNN_UNARY_CLIP,       /* min (max (x, alpha), beta) */
  CNN_UNARY_SIGMOID,
  CNN_UNARY_HARD_SIGMOID, /* min (max (alpha * x + beta, 0), 1) */
  CNN_UNARY_HARD_SWISH,   /* x * min (max (x / 6 + 1 / 2, 0), 1) */
  CNN_UNARY_SILU,         /* x * sigmoid (alpha * x) */
  CNN_UNARY_TANH,
  CNN_UNARY_SOFTPLUS, /* log (1 + exp (x)) */
  CNN_UNARY_SOFTSIGN, /* x / (1 + |x|) */
  CNN_UNARY_MISH,     /* x * tanh (softplus (x)) */
  CNN_UNARY_GELU,     /* x / 2 * (1 + erf (x / sqrt (2))) */
  CNN_UNARY_GELU_TANH,
  CNN_UNARY_THRESHOLDED_RELU, /* x > alpha ? x : 0 */
  CNN_UNARY_SHRINK,           /* x < -alpha ? x + beta : x > alpha ? x - beta : 0 */
  CNN_UNARY_EXP,
  CNN_UNARY_LOG,
  CNN_UNARY_SQRT,
  CNN_UNARY_ABS,
  CNN_UNARY_NEG,
  CNN_UNARY_RECIPROCAL,
  CNN_UNARY_ERF,
  CNN_UNARY_SIGN,
  CNN_UNARY_FLOOR,
  CNN_UNARY_CEIL,
  CNN_UNARY_ROUND, /* ties to even */
  CNN_UNARY_SIN,
  CNN_UNARY_COS,
  CNN_UNARY_NOT,
  CNN_UNARY_POWER,  /* x ^ alpha: a rule's, of Pow with a constant */
  CNN_UNARY_AFFINE, /* alpha * x + beta: a rule's, of constant arithmetic */
  CNN_UNARY_PRELU,  /* x < 0 ? slope of the channel * x : x; of activations behind nodes only */
} CnnUnaryFunction;

typedef struct {
  CnnUnaryFunction function;
  float alpha, beta;
} CnnUnary;

typedef enum {
  CNN_BINARY_ADD,
  CNN_BINARY_SUB,
  CNN_BINARY_MUL,
  CNN_BINARY_DIV,
  CNN_BINARY_MIN,
  CNN_BINARY_MAX,
  CNN_BINARY_MEAN,
  CNN_BINARY_POW,
  CNN_BINARY_PRELU,
  CNN_BINARY_MOD,  /* the sign of the divisor */
  CNN_BINARY_FMOD, /* the sign of the dividend */
  CNN_BINARY_EQUAL,
  CNN_BINARY_LESS,
  CNN_BINARY_LESS_OR_EQUAL,
  CNN_BINARY_GREATER,
  CNN_BINARY_GREATER_OR_EQUAL,
  CNN_BINARY_AND,
  CNN_BINARY_OR,
  CNN_BINARY_XOR,
} CnnBinaryFunction;

typedef enum {
  CNN_AUTO_PAD_NONE,
  CNN_AUTO_PAD_SAME_UPPER, /* the odd row comes after */
  CNN_AUTO_PAD_SAME_LOWER,
  CNN_AUTO_PAD_VALID,
} CnnAutoPad;

#define CNN_MAX_SPATIAL 3

/* Of convolutions and pools. `rank` is the number of spatial dimensions that the attributes speak of, 0 when none
 * does; then everything has its default. */
typedef struct {
  int rank;
  CnnAutoPad auto_pad;
  int64_t kernel[CNN_MAX_SPATIAL]; /* 0: the weights say it */
  int64_t stride[CNN_MAX_SPATIAL], dilation[CNN_MAX_SPATIAL];
  int64_t pad_before[CNN_MAX_SPATIAL], pad_after[CNN_MAX_SPATIAL];
  int64_t output_padding[CNN_MAX_SPATIAL];
  int64_t output_shape[CNN_MAX_SPATIAL]; /* 0: not given */
  int64_t groups;
  bool ceil_mode, count_include_pad;
} CnnSpatialWindow;

typedef enum {
  CNN_POOLING_MAX,
  CNN_POOLING_AVERAGE,
} CnnPooling;

typedef struct {
  CnnPooling pooling;
  bool is_global; /* over everything behind the channels */
  CnnSpatialWindow window;
} CnnPool;

typedef enum {
  CNN_REDUCE_SUM,
  CNN_REDUCE_MEAN,
  CNN_REDUCE_MAX,
  CNN_REDUCE_MIN,
  CNN_REDUCE_PROD,
  CNN_REDUCE_L1,
  CNN_REDUCE_L2,
  CNN_REDUCE_SUM_SQUARE,
  CNN_REDUCE_LOG_SUM,
  CNN_REDUCE_LOG_SUM_EXP,
} CnnReduceFunction;

/* A list of at most one number a dimension, as an attribute has it. */
typedef struct {
  int count; /* -1: not given */
  int64_t values[CNN_MAX_RANK];
} CnnNumbers;

typedef struct {
  CnnReduceFunction function;
  bool keep_dims, empty_is_none; /* no axes: nothing is reduced */
} CnnReduce;

typedef enum {
  CNN_RESIZE_NEAREST,
  CNN_RESIZE_LINEAR,
  CNN_RESIZE_CUBIC,
} CnnResizeMode;

typedef enum {
  CNN_COORDINATES_HALF_PIXEL,
  CNN_COORDINATES_HALF_PIXEL_SYMMETRIC,
  CNN_COORDINATES_PYTORCH_HALF_PIXEL,
  CNN_COORDINATES_ALIGN_CORNERS,
  CNN_COORDINATES_ASYMMETRIC,
  CNN_COORDINATES_TF_HALF_PIXEL_FOR_NN,
  CNN_COORDINATES_TF_CROP_AND_RESIZE,
} CnnCoordinates;

typedef enum {
  CNN_NEAREST_ROUND_PREFER_FLOOR,
  CNN_NEAREST_ROUND_PREFER_CEIL,
  CNN_NEAREST_FLOOR,
  CNN_NEAREST_CEIL,
  CNN_NEAREST_SIMPLE, /* opset 10: down when enlarging, up when shrinking */
} CnnNearestRule;

typedef enum {
  CNN_ASPECT_STRETCH,
  CNN_ASPECT_NOT_LARGER,
  CNN_ASPECT_NOT_SMALLER,
} CnnAspectPolicy;

typedef struct {
  CnnResizeMode mode;
  CnnCoordinates coordinates;
  CnnNearestRule nearest;
  CnnAspectPolicy aspect;
  float cubic_a, extrapolation;
  bool exclude_outside, antialias;
  int scales_input, sizes_input, roi_input; /* -1: none */
  CnnNumbers axes;
} CnnResize;

typedef enum {
  CNN_PAD_CONSTANT,
  CNN_PAD_REFLECT,
  CNN_PAD_EDGE,
  CNN_PAD_WRAP,
} CnnPadMode;

typedef enum {
  CNN_RESHAPE_TO_SHAPE,
  CNN_RESHAPE_FLATTEN,
  CNN_RESHAPE_SQUEEZE,
  CNN_RESHAPE_UNSQUEEZE,
  CNN_RESHAPE_FIXED, /* a rule's: to `fixed` */
} CnnReshapeFunction;

/* The parameters of a kind of operator; which member counts follows from the kind. What later opsets have as an
 * input and earlier ones as an attribute (axes, pads, sizes) is always an input here. */
typedef union {
  CnnUnary unary;
  CnnBinaryFunction binary;
  CnnSpatialWindow window;
  CnnPool pool;
  CnnReduce reduce;
  CnnResize resize;
  CnnPadMode pad;
  struct {
    float alpha, beta;
    bool transpose_a, transpose_b;
  } gemm;
  struct {
    bool log,
        flatten; /* flatten: before opset 13, one softmax over all dimensions from `axis` on */
    int64_t axis;
  } softmax;
  struct {
    bool minimum, keep_dims, last;
    int64_t axis;
  } argument;
  struct {
    float epsilon;
    int64_t groups; /* GROUP: 0 = as many as channels */
    bool scale_of_groups;
    int64_t axis;    /* LAYER, LP */
    int64_t power;   /* LP: 1 or 2 */
    CnnNumbers axes; /* MEAN_VARIANCE */
  } normalization;
  struct {
    float alpha, beta, bias;
    int64_t size;
  } response;
  struct {
    int64_t axis;
  } axis; /* CONCAT, SPLIT, GATHER */
  struct {
    CnnNumbers permutation;
  } transpose;
  struct {
    CnnReshapeFunction function;
    bool zero_is_zero;
    int64_t axis;  /* FLATTEN */
    CnnDims fixed; /* FIXED */
  } reshape;
  struct {
    int64_t block;
    bool column_row_depth;
  } depth;
  struct {
    int64_t groups;
  } shuffle;
  struct {
    CnnElements elements;
    bool to_bool;
  } cast;
  struct {
    CnnTensor *tensor; /* a reference of the node's */
  } constant;          /* CONSTANT, CONSTANT_OF_SHAPE */
  struct {
    int64_t start, end;
  } shape;
} CnnParameters;

typedef struct CnnOperator CnnOperator;

typedef struct {
  char *name; /* the file's, or the name of the first output where the file has none */
  const CnnOperator *op;
  int *inputs; /* values; CNN_NO_VALUE for one that is left out */
  int n_inputs;
  int *outputs; /* values; CNN_NO_VALUE for one that nobody wants */
  int n_outputs;
  CnnParameters parameters;
  CnnUnary activation; /* applied to output 0 behind the operator: a rule's work */
  CnnTensor *slopes;   /* of a PRELU there: one a channel, a reference of the node's; else NULL */
  bool is_removed;
  char *unsupported; /* why it cannot be computed, as a clause of a sentence; NULL: it can */
} CnnNode;

#endif
