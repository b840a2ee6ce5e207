/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes of a graph as layers for people and programs: what the table prints and cnn_model_plan_layer () says. */
#ifndef CNN_MODEL_DESCRIBE_H
#define CNN_MODEL_DESCRIBE_H

#include "graph.h"

#include <cnn/model.h>

typedef struct {
  CnnModelLayer *layers; /* one a node, in the graph's order */
  int n_layers;
  CnnModelTensor *inputs; /* of all layers */
} CnnLayerList;

/* A value under a name; its sizes are -1 where they are not known. */
CnnModelTensor cnn_value_describe (const CnnValue *value, const char *name);

/* Names belong to the graph, everything else to the list. False when memory is short. */
bool cnn_layer_list_make (const CnnGraph *graph, CnnLayerList *list);
void cnn_layer_list_clear (CnnLayerList *list);

#endif
