/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph.h"

#include "text.h"

#include <cnn/memory.h>
#include <string.h>

/* The value that a tensor's or a node's name stands for. */
static int
find_value (const CnnGraph *graph, const char *name)
{
  for (int i = 0; i < graph->n_outputs; i++)
    if (strcmp (graph->outputs[i].name, name) == 0)
      return graph->outputs[i].value;
  for (int i = 0; i < graph->n_values; i++)
    if (strcmp (graph->values[i].name, name) == 0 && graph->values[i].name[0])
      return i;
  for (int i = 0; i < graph->n_nodes; i++)
    if (strcmp (graph->nodes[i].name, name) == 0 && graph->nodes[i].n_outputs > 0)
      return graph->nodes[i].outputs[0];
  return CNN_NO_VALUE;
}

bool
cnn_graph_select_outputs (CnnGraph *graph, const char *const *names, int n_names, CnnError *error)
{
  CnnGraphOutput *before = graph->outputs;
  const int n_before = graph->n_outputs;
  int *values = cnn_alloc ((size_t)n_names + 1, sizeof *values);
  CnnPrintable printable;
  bool done = values != NULL && n_names > 0;
  for (int i = 0; done && i < n_names; i++) {
    values[i] = find_value (graph, names[i]);
    if (values[i] == CNN_NO_VALUE) {
      cnn_free (values);
      return cnn_error_set (error, "the network has no tensor and no node \"%s\"",
          cnn_printable (names[i], &printable));
    }
  }
  graph->outputs = NULL;
  graph->n_outputs = 0;
  for (int i = 0; done && i < n_names; i++)
    done = cnn_graph_add_output (graph, names[i], values[i]);
  cnn_free (values);
  CnnGraphOutput *dropped = done ? before : graph->outputs;
  const int n_dropped = done ? n_before : graph->n_outputs;
  if (!done) {
    graph->outputs = before;
    graph->n_outputs = n_before;
    cnn_error_set (error, "not enough memory for %d outputs", n_names);
  }
  for (int i = 0; i < n_dropped; i++)
    cnn_free (dropped[i].name);
  cnn_free (dropped);
  return done && cnn_graph_tidy (graph, error);
}
