/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph.h"

#include "text.h"

#include <cnn/memory.h>
#include <string.h>

/* Room for one more item of an array that grows; false when memory is short. */
static bool
make_room (void **items, int count, int *room, size_t size)
{
  if (count < *room)
    return true;
  if (count > INT32_MAX / 4)
    return false;
  const int more = count < 16 ? 16 : 2 * count;
  void *larger = cnn_alloc ((size_t)more, size);
  if (!larger)
    return false;
  if (count > 0)
    memcpy (larger, *items, (size_t)count * size);
  cnn_free (*items);
  *items = larger;
  *room = more;
  return true;
}

CnnGraph *
cnn_graph_new (void)
{
  return cnn_alloc (1, sizeof (CnnGraph));
}

static void
clear_node (CnnNode *node)
{
  const CnnOperatorKind kind = node->op ? node->op->kind : CNN_OPERATOR_IDENTITY;
  if (kind == CNN_OPERATOR_CONSTANT || kind == CNN_OPERATOR_CONSTANT_OF_SHAPE)
    cnn_tensor_unref (node->parameters.constant.tensor);
  cnn_free (node->name);
  cnn_free (node->unsupported);
  cnn_tensor_unref (node->slopes);
  cnn_free (node->inputs);
  cnn_free (node->outputs);
}

void
cnn_graph_free (CnnGraph *graph)
{
  if (!graph)
    return;
  for (int i = 0; i < graph->n_values; i++) {
    cnn_free (graph->values[i].name);
    cnn_tensor_unref (graph->values[i].constant);
  }
  for (int i = 0; i < graph->n_nodes; i++)
    clear_node (&graph->nodes[i]);
  for (int i = 0; i < graph->n_outputs; i++)
    cnn_free (graph->outputs[i].name);
  cnn_free (graph->values);
  cnn_free (graph->nodes);
  cnn_free (graph->inputs);
  cnn_free (graph->outputs);
  cnn_free (graph);
}

static bool
copy_node (CnnGraph *copy, const CnnNode *node)
{
  const int index = cnn_graph_add_node (copy, node->name, node->op);
  if (index < 0)
    return false;
  CnnNode *target = &copy->nodes[index];
  if (!cnn_node_set_arity (target, node->n_inputs, node->n_outputs))
    return false;
  memcpy (target->inputs, node->inputs, (size_t)node->n_inputs * sizeof *node->inputs);
  memcpy (target->outputs, node->outputs, (size_t)node->n_outputs * sizeof *node->outputs);
  target->parameters = node->parameters;
  target->activation = node->activation;
  target->slopes = node->slopes ? cnn_tensor_ref (node->slopes) : NULL;
  target->is_removed = node->is_removed;
  target->unsupported = node->unsupported ? cnn_text_copy (node->unsupported) : NULL;
  if (node->op->kind == CNN_OPERATOR_CONSTANT || node->op->kind == CNN_OPERATOR_CONSTANT_OF_SHAPE)
    if (node->parameters.constant.tensor)
      cnn_tensor_ref (node->parameters.constant.tensor);
  return true;
}

static bool
copy_value (CnnGraph *copy, const CnnValue *value)
{
  const int index = cnn_graph_add_value (copy, value->name);
  if (index < 0)
    return false;
  char *name = copy->values[index].name;
  copy->values[index] = *value;
  copy->values[index].name = name;
  if (value->constant)
    cnn_tensor_ref (value->constant);
  return true;
}

CnnGraph *
cnn_graph_copy (const CnnGraph *graph)
{
  CnnGraph *copy = cnn_graph_new ();
  bool done = copy != NULL;
  for (int i = 0; done && i < graph->n_values; i++)
    done = copy_value (copy, &graph->values[i]);
  for (int i = 0; done && i < graph->n_nodes; i++)
    done = copy_node (copy, &graph->nodes[i]);
  for (int i = 0; done && i < graph->n_inputs; i++)
    done = cnn_graph_add_input (copy, graph->inputs[i]);
  for (int i = 0; done && i < graph->n_outputs; i++)
    done = cnn_graph_add_output (copy, graph->outputs[i].name, graph->outputs[i].value);
  if (done)
    return copy;
  cnn_graph_free (copy);
  return NULL;
}

int
cnn_graph_add_value (CnnGraph *graph, const char *name)
{
  char *copy = cnn_text_copy (name);
  if (!copy || !make_room ((void **)&graph->values, graph->n_values, &graph->values_room,
                   sizeof (CnnValue))) {
    cnn_free (copy);
    return -1;
  }
  graph->values[graph->n_values] = (CnnValue){.name = copy, .producer = CNN_NO_NODE};
  return graph->n_values++;
}

void
cnn_value_set_constant (CnnValue *value, CnnTensor *constant)
{
  value->constant = constant;
  value->is_known = true;
  value->elements = constant->elements;
  value->dims = constant->dims;
  value->producer = CNN_NO_NODE;
}

int
cnn_graph_add_constant (CnnGraph *graph, const char *name, CnnTensor *constant)
{
  const int index = constant ? cnn_graph_add_value (graph, name) : -1;
  if (index < 0) {
    cnn_tensor_unref (constant);
    return -1;
  }
  cnn_value_set_constant (&graph->values[index], constant);
  return index;
}

int
cnn_graph_add_node (CnnGraph *graph, const char *name, const CnnOperator *op)
{
  char *copy = cnn_text_copy (name);
  if (!copy ||
      !make_room ((void **)&graph->nodes, graph->n_nodes, &graph->nodes_room, sizeof (CnnNode))) {
    cnn_free (copy);
    return -1;
  }
  graph->nodes[graph->n_nodes] = (CnnNode){.name = copy, .op = op};
  return graph->n_nodes++;
}

bool
cnn_graph_add_input (CnnGraph *graph, int value)
{
  int *inputs = cnn_alloc ((size_t)graph->n_inputs + 1, sizeof *inputs);
  if (!inputs)
    return false;
  if (graph->n_inputs > 0)
    memcpy (inputs, graph->inputs, (size_t)graph->n_inputs * sizeof *inputs);
  inputs[graph->n_inputs++] = value;
  cnn_free (graph->inputs);
  graph->inputs = inputs;
  return true;
}

bool
cnn_graph_add_output (CnnGraph *graph, const char *name, int value)
{
  CnnGraphOutput *outputs = cnn_alloc ((size_t)graph->n_outputs + 1, sizeof *outputs);
  char *copy = cnn_text_copy (name);
  if (!outputs || !copy) {
    cnn_free (outputs);
    cnn_free (copy);
    return false;
  }
  if (graph->n_outputs > 0)
    memcpy (outputs, graph->outputs, (size_t)graph->n_outputs * sizeof *outputs);
  outputs[graph->n_outputs++] = (CnnGraphOutput){copy, value};
  cnn_free (graph->outputs);
  graph->outputs = outputs;
  return true;
}

static int *
new_values (int count)
{
  int *values = cnn_alloc ((size_t)count, sizeof *values);
  for (int i = 0; values && i < count; i++)
    values[i] = CNN_NO_VALUE;
  return values;
}

bool
cnn_node_set_arity (CnnNode *node, int n_inputs, int n_outputs)
{
  int *inputs = new_values (n_inputs), *outputs = new_values (n_outputs);
  if (!inputs || !outputs) {
    cnn_free (inputs);
    cnn_free (outputs);
    return false;
  }
  cnn_free (node->inputs);
  cnn_free (node->outputs);
  node->inputs = inputs;
  node->n_inputs = n_inputs;
  node->outputs = outputs;
  node->n_outputs = n_outputs;
  return true;
}

bool
cnn_node_set_input (CnnNode *node, int i, int value)
{
  if (i >= node->n_inputs) {
    int *inputs = new_values (i + 1);
    if (!inputs)
      return false;
    memcpy (inputs, node->inputs, (size_t)node->n_inputs * sizeof *inputs);
    cnn_free (node->inputs);
    node->inputs = inputs;
    node->n_inputs = i + 1;
  }
  node->inputs[i] = value;
  return true;
}

bool
cnn_node_set_inputs (CnnNode *node, int n_inputs, const int *values)
{
  int *inputs = new_values (n_inputs);
  if (!inputs)
    return false;
  for (int i = 0; i < n_inputs; i++)
    inputs[i] = values[i];
  cnn_free (node->inputs);
  node->inputs = inputs;
  node->n_inputs = n_inputs;
  return true;
}

int
cnn_node_input (const CnnNode *node, int i)
{
  return i < node->n_inputs ? node->inputs[i] : CNN_NO_VALUE;
}

const CnnTensor *
cnn_graph_constant (const CnnGraph *graph, int value)
{
  return value == CNN_NO_VALUE ? NULL : graph->values[value].constant;
}

int
cnn_graph_count_uses (const CnnGraph *graph, int value, int *node)
{
  int uses = 0;
  for (int i = 0; i < graph->n_nodes; i++) {
    const CnnNode *user = &graph->nodes[i];
    for (int k = 0; !user->is_removed && k < user->n_inputs; k++)
      if (user->inputs[k] == value) {
        uses++;
        if (node)
          *node = i;
      }
  }
  for (int i = 0; i < graph->n_outputs; i++)
    uses += graph->outputs[i].value == value;
  return uses;
}

int
cnn_graph_only_user (const CnnGraph *graph, int value)
{
  int node = CNN_NO_NODE;
  return cnn_graph_count_uses (graph, value, &node) == 1 ? node : CNN_NO_NODE;
}

void
cnn_graph_replace_uses (CnnGraph *graph, int value, int other)
{
  for (int i = 0; i < graph->n_nodes; i++)
    for (int k = 0; k < graph->nodes[i].n_inputs; k++)
      if (graph->nodes[i].inputs[k] == value)
        graph->nodes[i].inputs[k] = other;
  for (int i = 0; i < graph->n_outputs; i++)
    if (graph->outputs[i].value == value)
      graph->outputs[i].value = other;
}

void
cnn_graph_remove_node (CnnGraph *graph, int index)
{
  CnnNode *node = &graph->nodes[index];
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] != CNN_NO_VALUE && graph->values[node->outputs[i]].producer == index)
      graph->values[node->outputs[i]].producer = CNN_NO_NODE;
  node->is_removed = true;
}

void
cnn_graph_absorb (CnnGraph *graph, int index, int behind)
{
  CnnNode *node = &graph->nodes[index], *last = &graph->nodes[behind];
  node->outputs[0] = last->outputs[0];
  graph->values[node->outputs[0]].producer = index;
  last->is_removed = true;
}

/* --- Order ---------------------------------------------------------------------------------------- */

/* Marks, from the outputs back, the nodes that are needed. `stack` has room for every node. */
static void
mark_needed (const CnnGraph *graph, bool *needed, int *stack)
{
  int depth = 0;
  for (int i = 0; i < graph->n_outputs; i++) {
    const int producer = graph->values[graph->outputs[i].value].producer;
    if (producer != CNN_NO_NODE && !needed[producer]) {
      needed[producer] = true;
      stack[depth++] = producer;
    }
  }
  while (depth > 0) {
    const CnnNode *node = &graph->nodes[stack[--depth]];
    for (int i = 0; i < node->n_inputs; i++) {
      const int value = node->inputs[i];
      const int producer = value == CNN_NO_VALUE ? CNN_NO_NODE : graph->values[value].producer;
      if (producer != CNN_NO_NODE && !needed[producer]) {
        needed[producer] = true;
        stack[depth++] = producer;
      }
    }
  }
}

/* Depth first from each node in turn, without recursion: a node is placed once all it needs are. `state` is 0 for
 * untouched, k > 0 for a node whose first k - 1 inputs have been seen, -1 for a placed one. */
static bool
order_nodes (
    const CnnGraph *graph, const bool *needed, int *state, int *stack, int *order, int *cycle)
{
  int n_placed = 0;
  for (int root = 0; root < graph->n_nodes; root++) {
    int depth = 0;
    if (!needed[root] || state[root] != 0)
      continue;
    state[root] = 1;
    stack[depth++] = root;
    while (depth > 0) {
      const int at = stack[depth - 1];
      const CnnNode *node = &graph->nodes[at];
      if (state[at] > node->n_inputs) {
        state[at] = -1;
        order[n_placed++] = at;
        depth--;
        continue;
      }
      const int value = node->inputs[state[at]++ - 1];
      const int producer = value == CNN_NO_VALUE ? CNN_NO_NODE : graph->values[value].producer;
      if (producer == CNN_NO_NODE || state[producer] < 0)
        continue;
      *cycle = producer;
      if (state[producer] > 0)
        return false;
      state[producer] = 1;
      stack[depth++] = producer;
    }
  }
  return true;
}

/* Moves the nodes into their new order and drops the others. */
static bool
place_nodes (CnnGraph *graph, const bool *needed, const int *order)
{
  int n_needed = 0;
  for (int i = 0; i < graph->n_nodes; i++)
    n_needed += needed[i];
  CnnNode *nodes = cnn_alloc ((size_t)n_needed, sizeof *nodes);
  if (!nodes)
    return false;
  for (int i = 0; i < n_needed; i++) {
    nodes[i] = graph->nodes[order[i]];
    for (int k = 0; k < nodes[i].n_outputs; k++)
      if (nodes[i].outputs[k] != CNN_NO_VALUE)
        graph->values[nodes[i].outputs[k]].producer = i;
  }
  for (int i = 0; i < graph->n_nodes; i++)
    if (!needed[i]) {
      cnn_graph_remove_node (graph, i);
      clear_node (&graph->nodes[i]);
    }
  cnn_free (graph->nodes);
  graph->nodes = nodes;
  graph->n_nodes = graph->nodes_room = n_needed;
  return true;
}

/* Constants that nothing uses any longer give their memory back. */
static bool
drop_constants (CnnGraph *graph)
{
  bool *used = cnn_alloc ((size_t)graph->n_values, sizeof *used);
  if (!used)
    return false;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int k = 0; k < graph->nodes[i].n_inputs; k++)
      if (graph->nodes[i].inputs[k] != CNN_NO_VALUE)
        used[graph->nodes[i].inputs[k]] = true;
  for (int i = 0; i < graph->n_outputs; i++)
    used[graph->outputs[i].value] = true;
  for (int i = 0; i < graph->n_values; i++)
    if (!used[i] && graph->values[i].constant) {
      cnn_tensor_unref (graph->values[i].constant);
      graph->values[i].constant = NULL;
    }
  cnn_free (used);
  return true;
}

bool
cnn_graph_tidy (CnnGraph *graph, CnnError *error)
{
  const size_t room = (size_t)graph->n_nodes + 1;
  bool *needed = cnn_alloc (room, sizeof *needed);
  int *memory = cnn_alloc (room, 3 * sizeof *memory), cycle = CNN_NO_NODE;
  CnnPrintable printable;
  bool done = needed && memory;
  if (done) {
    int *state = memory, *stack = memory + room, *order = memory + 2 * room;
    mark_needed (graph, needed, stack);
    done = order_nodes (graph, needed, state, stack, order, &cycle) &&
           place_nodes (graph, needed, order) && drop_constants (graph);
    if (!done && cycle != CNN_NO_NODE)
      cnn_error_set (error, "node \"%s\" needs its own output: there is a cycle through it",
          cnn_printable (graph->nodes[cycle].name, &printable));
  }
  if (!done && cycle == CNN_NO_NODE)
    cnn_error_set (error, "not enough memory for %d nodes", graph->n_nodes);
  cnn_free (needed);
  cnn_free (memory);
  return done;
}
