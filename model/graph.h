/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network as a graph: values (tensors between nodes, and constants) and nodes in an order in which each comes
 * after those it needs. Read from a file by onnx.c, rewritten by rules/, computed by operators/. */
#ifndef CNN_GRAPH_H
#define CNN_GRAPH_H

#include "operators/operators.h"
#include "tensor.h"

#define CNN_NO_VALUE (-1)
#define CNN_NO_NODE (-1)

typedef struct {
  char *name;
  bool is_known; /* `elements` and `dims` are */
  CnnElements elements;
  CnnDims dims;        /* of a graph input CNN_DYNAMIC where the file leaves a size open */
  CnnTensor *constant; /* or NULL */
  int producer;        /* a node, or CNN_NO_NODE for inputs and constants */
} CnnValue;

typedef struct {
  char *name; /* the file's: a rule may put another value into its place */
  int value;
} CnnGraphOutput;

typedef struct {
  CnnValue *values;
  int n_values, values_room;
  CnnNode *nodes;
  int n_nodes, nodes_room;
  int *inputs; /* values */
  int n_inputs;
  CnnGraphOutput *outputs;
  int n_outputs;
} CnnGraph;

CnnGraph *cnn_graph_new (void);
void cnn_graph_free (CnnGraph *graph);
/* A graph of its own that shares the constants' memory. NULL when memory is short. */
CnnGraph *cnn_graph_copy (const CnnGraph *graph);

/* Each returns an index, or -1 when memory is short. Names are copied; the constant's reference becomes the
 * graph's, also when memory is short. A node comes with its operator, inputs, outputs and parameters empty. */
int cnn_graph_add_value (CnnGraph *graph, const char *name);
int cnn_graph_add_constant (CnnGraph *graph, const char *name, CnnTensor *constant);
int cnn_graph_add_node (CnnGraph *graph, const char *name, const CnnOperator *op);
bool cnn_graph_add_input (CnnGraph *graph, int value);
bool cnn_graph_add_output (CnnGraph *graph, const char *name, int value);

/* Makes a value a constant; the reference becomes the value's. */
void cnn_value_set_constant (CnnValue *value, CnnTensor *constant);

/* Room for so many inputs and outputs, all CNN_NO_VALUE. */
bool cnn_node_set_arity (CnnNode *node, int n_inputs, int n_outputs);
/* Input `i` becomes `value`, with inputs left out up to it where there were fewer. */
bool cnn_node_set_input (CnnNode *node, int i, int value);

/* Uses of a value by nodes and graph outputs. `node`, when not NULL, becomes the last node that uses it. */
int cnn_graph_count_uses (const CnnGraph *graph, int value, int *node);
/* The only user of a value that is no output of the graph, or CNN_NO_NODE. */
int cnn_graph_only_user (const CnnGraph *graph, int value);
/* Whoever used `value` uses `other` instead. */
void cnn_graph_replace_uses (CnnGraph *graph, int value, int other);
/* The node's outputs are no longer made by it, and it is gone with the next cnn_graph_tidy (). */
void cnn_graph_remove_node (CnnGraph *graph, int node);

/* Node `index` makes what node `behind` made, which is gone: both with one output. */
void cnn_graph_absorb (CnnGraph *graph, int index, int behind);

/* Drops what no output needs, and puts the nodes into an order in which each comes after those it needs.
 * On refusal false with a sentence that names a node of a cycle. Node indices change. */
bool cnn_graph_tidy (CnnGraph *graph, CnnError *error);

/* The outputs become those of these names, each a tensor or a node (its first output), in this order. */
bool
cnn_graph_select_outputs (CnnGraph *graph, const char *const *names, int n_names, CnnError *error);

/* Exactly these inputs. */
bool cnn_node_set_inputs (CnnNode *node, int n_inputs, const int *values);

/* The tensor behind an input of a node: NULL when it is left out or not a constant. */
const CnnTensor *cnn_graph_constant (const CnnGraph *graph, int value);
/* Input `i` of the node, or CNN_NO_VALUE when it has none. */
int cnn_node_input (const CnnNode *node, int i);

#endif
