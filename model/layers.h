/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node is, for people: its operator with what is fused behind it, its numbers, what it sees. */
#ifndef CNN_MODEL_LAYERS_H
#define CNN_MODEL_LAYERS_H

#include "graph.h"
#include "text.h"

#include <cnn/geometry.h>

/* "Conv 3x3 stride 2, hard-swish". */
void cnn_node_title (const CnnGraph *graph, const CnnNode *node, CnnText *title);
/* Numbers of its constants: weights, biases, slopes. */
int64_t cnn_node_parameters (const CnnGraph *graph, const CnnNode *node);
/* Multiply-accumulates of one frame, those with padding included. */
int64_t cnn_node_macs (const CnnGraph *graph, const CnnNode *node);

/* For each value, what one of its elements sees of the first input's rows and columns; for cnn_free (), or NULL when
 * memory is short. size 0: it does not come from an input. */
CnnReceptiveField *cnn_graph_receptive_fields (const CnnGraph *graph);

/* The graph in Graphviz' language. */
void cnn_graph_dot (const CnnGraph *graph, CnnText *dot);
/* A table with a line a node, and the sums. */
void cnn_graph_table (const CnnGraph *graph, CnnText *table);

#endif
