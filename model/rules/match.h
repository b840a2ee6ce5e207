/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to rules/: the questions that rules ask of a graph, and the changes they make. */
#ifndef CNN_MATCH_H
#define CNN_MATCH_H

#include "rules.h"

typedef bool CnnRuleFunction (CnnGraph *graph, int node, bool *changed);

CnnRuleFunction cnn_rule_remove_identity, cnn_rule_scalar_arithmetic, cnn_rule_merge_scalar,
    cnn_rule_activation_pieces, cnn_rule_global_pool, cnn_rule_gemm, cnn_rule_channel_shuffle,
    cnn_rule_pixel_shuffle, cnn_rule_merge_reshape, cnn_rule_merge_transpose,
    cnn_rule_transpose_as_reshape, cnn_rule_pad_convolution, cnn_rule_pad_pool,
    cnn_rule_affine_behind, cnn_rule_affine_before, cnn_rule_merge_affine, cnn_rule_fuse_activation,
    cnn_rule_fuse_prelu;

/* The node that makes a value, if it is of this kind and nothing is fused behind it; or CNN_NO_NODE. */
int cnn_match_producer (const CnnGraph *graph, int value, CnnOperatorKind kind);
/* The same, if no one else uses the value. */
int cnn_match_only_producer (const CnnGraph *graph, int value, CnnOperatorKind kind, int user);
/* A node of kind UNARY with this function that makes a value. */
int cnn_match_unary (const CnnGraph *graph, int value, CnnUnaryFunction function);
/* A constant of one float; false when it is none. */
bool cnn_match_scalar (const CnnGraph *graph, int value, float *number);
bool cnn_is_near (float a, float b);

/* Of a node with two inputs of which one is a constant: which one is not; -1 when both or none are. */
int cnn_match_variable_input (const CnnGraph *graph, const CnnNode *node);

/* The node becomes f (input), with the output it had. */
bool cnn_become_unary (CnnGraph *graph, int node, int input, CnnUnary unary);
/* A new constant of floats; -1 when memory is short. */
int cnn_add_floats (CnnGraph *graph, const char *name, const CnnDims *dims, CnnTensor **tensor);
/* The operation of a node with constants as its inputs and shapes for the rest, for asking its family. */
typedef struct {
  CnnTensor headers[8];
  const CnnTensor *in[8];
  CnnOperation operation;
} CnnAsked;
/* False when it has more inputs than that. */
bool cnn_ask (const CnnGraph *graph, const CnnNode *node, CnnAsked *asked);

#endif
