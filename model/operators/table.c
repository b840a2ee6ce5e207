/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families.h"
#include "helpers.h"

#include <inttypes.h>
#include <string.h>

#define ANY INT32_MAX

#define UNARY(name, since, function)                                                               \
  {                                                                                                \
    name, since, 0, 1, 1, 1, CNN_OPERATOR_UNARY, CNN_UNARY_##function, cnn_read_unary,             \
        cnn_shape_unary, cnn_run_unary                                                             \
  }
#define BINARY(name, since, most, function)                                                        \
  {                                                                                                \
    name, since, 0, most == ANY ? 1 : 2, most, 1, CNN_OPERATOR_BINARY, CNN_BINARY_##function,      \
        cnn_read_binary, cnn_shape_binary, cnn_run_binary                                          \
  }
#define REDUCE(name, function)                                                                     \
  {                                                                                                \
    name, 1, 0, 1, 2, 1, CNN_OPERATOR_REDUCE, CNN_REDUCE_##function, cnn_read_reduce,              \
        cnn_shape_reduce, cnn_run_reduce                                                           \
  }
#define RESHAPE(name, inputs, most, function)                                                      \
  {                                                                                                \
    name, 5, 0, inputs, most, 1, CNN_OPERATOR_RESHAPE, CNN_RESHAPE_##function, cnn_read_reshape,   \
        cnn_shape_reshape, cnn_run_copy                                                            \
  }
#define ROW(name, since, until, inputs, most, outputs, kind, function, family)                     \
  {                                                                                                \
    name, since, until, inputs, most, outputs, CNN_OPERATOR_##kind, function, cnn_read_##family,   \
        cnn_shape_##family, cnn_run_##family                                                       \
  }
#define PLAIN_ROW(name, since, inputs, most, kind, family)                                         \
  {                                                                                                \
    name, since, 0, inputs, most, 1, CNN_OPERATOR_##kind, 0, NULL, cnn_shape_##family,             \
        cnn_run_##family                                                                           \
  }

/* name, since, until, fewest inputs, most inputs, most outputs, kind, function, read, shape, run */
static const CnnOperator operators[] = {
    UNARY ("Relu", 6, RELU),
    UNARY ("LeakyRelu", 6, LEAKY_RELU),
    UNARY ("Elu", 6, ELU),
    UNARY ("Selu", 6, SELU),
    UNARY ("Celu", 12, CELU),
    UNARY ("Sigmoid", 6, SIGMOID),
    UNARY ("HardSigmoid", 6, HARD_SIGMOID),
    UNARY ("HardSwish", 14, HARD_SWISH),
    UNARY ("Tanh", 6, TANH),
    UNARY ("Softplus", 1, SOFTPLUS),
    UNARY ("Softsign", 1, SOFTSIGN),
    UNARY ("Mish", 18, MISH),
    UNARY ("Gelu", 20, GELU),
    UNARY ("ThresholdedRelu", 10, THRESHOLDED_RELU),
    UNARY ("Shrink", 9, SHRINK),
    UNARY ("Exp", 6, EXP),
    UNARY ("Log", 6, LOG),
    UNARY ("Sqrt", 6, SQRT),
    UNARY ("Abs", 6, ABS),
    UNARY ("Neg", 6, NEG),
    UNARY ("Reciprocal", 6, RECIPROCAL),
    UNARY ("Erf", 9, ERF),
    UNARY ("Sign", 9, SIGN),
    UNARY ("Floor", 6, FLOOR),
    UNARY ("Ceil", 6, CEIL),
    UNARY ("Round", 11, ROUND),
    UNARY ("Sin", 7, SIN),
    UNARY ("Cos", 7, COS),
    UNARY ("Not", 1, NOT),
    ROW ("Clip", 6, 0, 1, 3, 1, UNARY, CNN_UNARY_CLIP, clip),

    BINARY ("Add", 7, 2, ADD),
    BINARY ("Sub", 7, 2, SUB),
    BINARY ("Mul", 7, 2, MUL),
    BINARY ("Div", 7, 2, DIV),
    BINARY ("Pow", 7, 2, POW),
    BINARY ("PRelu", 7, 2, PRELU),
    BINARY ("Mod", 10, 2, MOD),
    BINARY ("Min", 6, ANY, MIN),
    BINARY ("Max", 6, ANY, MAX),
    BINARY ("Sum", 6, ANY, ADD),
    BINARY ("Mean", 6, ANY, MEAN),
    BINARY ("Equal", 7, 2, EQUAL),
    BINARY ("Less", 7, 2, LESS),
    BINARY ("LessOrEqual", 12, 2, LESS_OR_EQUAL),
    BINARY ("Greater", 7, 2, GREATER),
    BINARY ("GreaterOrEqual", 12, 2, GREATER_OR_EQUAL),
    BINARY ("And", 7, 2, AND),
    BINARY ("Or", 7, 2, OR),
    BINARY ("Xor", 7, 2, XOR),
    PLAIN_ROW ("Where", 9, 3, 3, WHERE, where),

    ROW ("Conv", 1, 0, 2, 3, 1, CONVOLUTION, 0, convolution),
    ROW ("ConvTranspose", 1, 0, 2, 3, 1, CONVOLUTION_TRANSPOSE, 0, convolution),
    ROW ("MaxPool", 1, 0, 1, 1, 2, POOL, CNN_POOLING_MAX, pool),
    ROW ("AveragePool", 1, 0, 1, 1, 1, POOL, CNN_POOLING_AVERAGE, pool),
    {"GlobalMaxPool", 1, 0, 1, 1, 1, CNN_OPERATOR_POOL, CNN_POOLING_MAX, cnn_read_global_pool,
        cnn_shape_pool, cnn_run_pool},
    {"GlobalAveragePool", 1, 0, 1, 1, 1, CNN_OPERATOR_POOL, CNN_POOLING_AVERAGE,
        cnn_read_global_pool, cnn_shape_pool, cnn_run_pool},
    ROW ("Gemm", 7, 0, 2, 3, 1, GEMM, 0, gemm),
    PLAIN_ROW ("MatMul", 1, 2, 2, MATMUL, matmul),
    ROW ("Softmax", 1, 0, 1, 1, 1, SOFTMAX, 0, softmax),
    ROW ("LogSoftmax", 1, 0, 1, 1, 1, SOFTMAX, 1, softmax),

    REDUCE ("ReduceSum", SUM),
    REDUCE ("ReduceMean", MEAN),
    REDUCE ("ReduceMax", MAX),
    REDUCE ("ReduceMin", MIN),
    REDUCE ("ReduceProd", PROD),
    REDUCE ("ReduceL1", L1),
    REDUCE ("ReduceL2", L2),
    REDUCE ("ReduceSumSquare", SUM_SQUARE),
    REDUCE ("ReduceLogSum", LOG_SUM),
    REDUCE ("ReduceLogSumExp", LOG_SUM_EXP),
    ROW ("ArgMax", 1, 0, 1, 1, 1, ARGUMENT, 0, argument),
    ROW ("ArgMin", 1, 0, 1, 1, 1, ARGUMENT, 1, argument),

    ROW ("BatchNormalization", 7, 0, 5, 5, 5, BATCH_NORMALIZATION, 0, batch_normalization),
    ROW ("InstanceNormalization", 6, 0, 3, 3, 1, GROUP_NORMALIZATION, 1, group_normalization),
    ROW ("GroupNormalization", 18, 0, 3, 3, 1, GROUP_NORMALIZATION, 0, group_normalization),
    ROW ("LayerNormalization", 17, 0, 2, 3, 3, LAYER_NORMALIZATION, 0, layer_normalization),
    ROW ("MeanVarianceNormalization", 9, 0, 1, 1, 1, MEAN_VARIANCE_NORMALIZATION, 0,
        mean_variance_normalization),
    ROW ("LpNormalization", 1, 0, 1, 1, 1, LP_NORMALIZATION, 0, lp_normalization),
    ROW ("LRN", 1, 0, 1, 1, 1, LOCAL_RESPONSE_NORMALIZATION, 0, response),

    {"Upsample", 7, 9, 1, 2, 1, CNN_OPERATOR_RESIZE, 0, cnn_read_upsample, cnn_shape_resize,
        cnn_run_resize},
    ROW ("Resize", 10, 0, 1, 4, 1, RESIZE, 0, resize),
    ROW ("Pad", 2, 0, 1, 4, 1, PAD, 0, pad),
    ROW ("Concat", 4, 0, 1, ANY, 1, CONCAT, 0, concat),
    ROW ("Split", 2, 0, 1, 2, ANY, SPLIT, 0, split),
    ROW ("Slice", 1, 0, 1, 5, 1, SLICE, 0, slice),
    ROW ("Gather", 1, 0, 2, 2, 1, GATHER, 0, gather),
    PLAIN_ROW ("Tile", 6, 2, 2, TILE, tile),
    PLAIN_ROW ("Expand", 8, 2, 2, EXPAND, expand),
    ROW ("Transpose", 1, 0, 1, 1, 1, TRANSPOSE, 0, transpose),
    RESHAPE ("Reshape", 2, 2, TO_SHAPE),
    RESHAPE ("Flatten", 1, 1, FLATTEN),
    RESHAPE ("Squeeze", 1, 2, SQUEEZE),
    RESHAPE ("Unsqueeze", 1, 2, UNSQUEEZE),
    ROW ("DepthToSpace", 1, 0, 1, 1, 1, DEPTH_TO_SPACE, 0, depth),
    ROW ("SpaceToDepth", 1, 0, 1, 1, 1, SPACE_TO_DEPTH, 0, depth),

    ROW ("Cast", 6, 0, 1, 1, 1, CAST, 0, cast),
    {"Identity", 1, 0, 1, 1, 1, CNN_OPERATOR_IDENTITY, 0, NULL, cnn_shape_same, cnn_run_copy},
    {"Dropout", 7, 0, 1, 3, 2, CNN_OPERATOR_IDENTITY, 0, cnn_read_dropout, cnn_shape_dropout,
        cnn_run_copy},
    ROW ("Constant", 1, 0, 0, 0, 1, CONSTANT, 0, constant),
    ROW ("ConstantOfShape", 9, 0, 1, 1, 1, CONSTANT_OF_SHAPE, 0, constant_of_shape),
    ROW ("Shape", 1, 0, 1, 1, 1, SHAPE, 0, shape),
    PLAIN_ROW ("Size", 1, 1, 1, SIZE, size),
    PLAIN_ROW ("Range", 11, 3, 3, RANGE, range),

    /* Of no file: the rules put them in. Opset 0 keeps files from naming them. */
    {"ChannelShuffle", 0, -1, 1, 1, 1, CNN_OPERATOR_CHANNEL_SHUFFLE, 0, NULL, cnn_shape_same,
        cnn_run_shuffle},
    {"Elementwise", 0, -1, 1, 1, 1, CNN_OPERATOR_UNARY, 0, NULL, cnn_shape_unary, cnn_run_unary},
    {"Unsupported", 0, -1, 0, ANY, ANY, CNN_OPERATOR_IDENTITY, 0, NULL, NULL, NULL},
    {"FixedReshape", 0, -1, 1, 1, 1, CNN_OPERATOR_RESHAPE, 0, NULL, cnn_shape_reshape,
        cnn_run_copy},
};

#define N_OPERATORS (int)(sizeof operators / sizeof *operators)

const CnnOperator *
cnn_operator_row (int i)
{
  return i >= 0 && i < N_OPERATORS ? &operators[i] : NULL;
}

const CnnOperator *
cnn_operator_find (const char *name, int opset)
{
  for (int i = 0; i < N_OPERATORS; i++)
    if (strcmp (operators[i].name, name) == 0 && operators[i].since <= opset &&
        (operators[i].until == 0 || operators[i].until >= opset))
      return &operators[i];
  return NULL;
}

const CnnOperator *
cnn_operator_internal (const char *name)
{
  for (int i = 0; i < N_OPERATORS; i++)
    if (strcmp (operators[i].name, name) == 0 && operators[i].until < 0)
      return &operators[i];
  return NULL;
}

bool
cnn_operation_shape (const CnnOperation *operation, CnnError *error)
{
  const CnnOperator *op = operation->node->op;
  for (int i = 0; i < op->min_inputs; i++)
    if (!cnn_operation_in (operation, i))
      return cnn_error_set (error, "its input %d is left out", i);
  if (!op->shape (operation, error))
    return false;
  for (int i = 0; i < operation->n_out; i++)
    if (operation->out[i] &&
        !cnn_dims_count (&operation->out[i]->dims, &operation->out[i]->count, error))
      return false;
  return true;
}

static void
activate (const CnnNode *node, CnnTensor *out)
{
  if (node->activation.function != CNN_UNARY_PRELU) {
    for (int64_t i = 0; i < out->count; i++)
      out->floats[i] = cnn_unary_apply (&node->activation, out->floats[i]);
    return;
  }
  const int64_t area = cnn_dims_product (&out->dims, 2, out->dims.rank);
  for (int64_t i = 0; i < out->count; i++)
    if (out->floats[i] < 0.0F)
      out->floats[i] *= node->slopes->floats[i / area % node->slopes->count];
}

/* A tensor without elements may have a huge dimension beside the one of 0. */
static bool
makes_nothing (const CnnOperation *operation)
{
  for (int i = 0; i < operation->n_out; i++)
    if (operation->out[i] && operation->out[i]->count > 0)
      return false;
  return true;
}

bool
cnn_operation_run (const CnnOperation *operation, CnnError *error)
{
  if (makes_nothing (operation))
    return true;
  if (!operation->node->op->run (operation, error))
    return false;
  if (operation->node->activation.function != CNN_UNARY_NONE)
    activate (operation->node, operation->out[0]);
  return true;
}
