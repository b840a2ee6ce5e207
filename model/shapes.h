/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes of every value of a graph whose inputs have definite sizes. */
#ifndef CNN_SHAPES_H
#define CNN_SHAPES_H

#include "graph.h"
#include "text.h"

/* Calls the operators' shape functions in order. Nodes whose inputs are all constants, or that need no more than
 * shapes, are computed, and what they made becomes a constant. For every node that cannot be, a clause is appended to
 * `faults`; false when there is one. */
bool cnn_graph_infer (CnnGraph *graph, CnnText *faults);

/* A list of what is not supported, appended to `faults`; false when there is anything. */
bool cnn_graph_check (const CnnGraph *graph, CnnText *faults);

#endif
