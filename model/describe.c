/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "describe.h"

#include "layers.h"

#include <cnn/memory.h>

CnnModelTensor
cnn_value_describe (const CnnValue *value, const char *name)
{
  CnnModelTensor tensor = {.name = name,
      .is_integer = value->elements == CNN_ELEMENTS_INTEGER,
      .rank = value->is_known ? value->dims.rank : -1};
  for (int i = 0; i < tensor.rank; i++)
    tensor.size[i] = value->dims.size[i];
  return tensor;
}

/* Values that come from other layers or from outside. */
static bool
is_variable (const CnnGraph *graph, int value)
{
  return value != CNN_NO_VALUE && !graph->values[value].constant;
}

/* Values of one frame: the first dimension of more than one counts frames. */
static int64_t
values_of_a_frame (const CnnModelTensor *tensor)
{
  int64_t count = 1;
  for (int i = tensor->rank > 1; i < tensor->rank; i++)
    if (tensor->size[i] < 0 || __builtin_mul_overflow (count, tensor->size[i], &count))
      return INT64_MAX;
  return count;
}

static int64_t
dense_parameters (const CnnModelLayer *layer)
{
  int64_t count;
  if (layer->n_inputs < 1 || __builtin_mul_overflow (values_of_a_frame (&layer->inputs[0]),
                                 values_of_a_frame (&layer->output), &count))
    return layer->n_inputs < 1 ? 0 : INT64_MAX;
  return count;
}

static int
network_output (const CnnGraph *graph, int value)
{
  for (int i = 0; i < graph->n_outputs; i++)
    if (graph->outputs[i].value == value)
      return i;
  return -1;
}

static bool
describe_node (const CnnGraph *graph, const CnnNode *node, const CnnReceptiveField *fields,
    CnnModelTensor *inputs, CnnModelLayer *layer)
{
  CnnText title = {0};
  cnn_node_title (graph, node, &title);
  *layer = (CnnModelLayer){.name = node->name,
      .title = title.chars,
      .inputs = inputs,
      .output.rank = -1,
      .network_output = -1,
      .parameters = cnn_node_parameters (graph, node),
      .macs = cnn_node_macs (graph, node)};
  for (int i = 0; i < node->n_inputs; i++)
    if (is_variable (graph, node->inputs[i])) {
      const CnnValue *value = &graph->values[node->inputs[i]];
      inputs[layer->n_inputs++] = cnn_value_describe (value, value->name);
    }
  for (int i = node->n_outputs - 1; i >= 0; i--)
    if (node->outputs[i] != CNN_NO_VALUE) {
      const CnnValue *value = &graph->values[node->outputs[i]];
      layer->output = cnn_value_describe (value, value->name);
      layer->network_output = network_output (graph, node->outputs[i]);
      layer->field = fields[node->outputs[i]];
    }
  layer->dense_parameters = dense_parameters (layer);
  return !title.failed;
}

bool
cnn_layer_list_make (const CnnGraph *graph, CnnLayerList *list)
{
  size_t n_inputs = 0;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int k = 0; k < graph->nodes[i].n_inputs; k++)
      n_inputs += is_variable (graph, graph->nodes[i].inputs[k]);
  *list = (CnnLayerList){
      .layers = cnn_alloc ((size_t)graph->n_nodes + 1, sizeof *list->layers),
      .inputs = cnn_alloc (n_inputs + 1, sizeof *list->inputs),
  };
  CnnReceptiveField *fields = cnn_graph_receptive_fields (graph);
  bool done = list->layers && list->inputs && fields;
  CnnModelTensor *inputs = list->inputs;
  for (int i = 0; done && i < graph->n_nodes; i++) {
    done = describe_node (graph, &graph->nodes[i], fields, inputs, &list->layers[i]);
    inputs += list->layers[i].n_inputs;
    list->n_layers++;
  }
  cnn_free (fields);
  if (!done)
    cnn_layer_list_clear (list);
  return done;
}

void
cnn_layer_list_clear (CnnLayerList *list)
{
  for (int i = 0; i < list->n_layers; i++)
    cnn_free ((void *)(uintptr_t)list->layers[i].title);
  cnn_free (list->layers);
  cnn_free (list->inputs);
  *list = (CnnLayerList){0};
}
