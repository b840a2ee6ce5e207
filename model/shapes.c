/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes.h"

#include <cnn/memory.h>

/* Constants that folding may make of one graph, in elements; what goes beyond is computed with every frame. */
#define MAX_FOLDED ((int64_t)1 << 22)
/* Of nodes whose work grows with inputs times outputs: what it may be. */
#define MAX_FOLDED_WORK ((int64_t)1 << 26)

typedef struct {
  CnnGraph *graph;
  CnnText *faults;
  int n_faults;
  int64_t folded;
  bool failed; /* memory was short */
} Inference;

/* The operation of a node with headers that have shapes only, but for constants. */
typedef struct {
  CnnOperation operation;
  CnnTensor *headers;
  const CnnTensor **in;
  CnnTensor **out;
} Prepared;

static void
clear (Prepared *prepared)
{
  cnn_free (prepared->headers);
  cnn_free (prepared->in);
  cnn_free (prepared->out);
}

static bool
prepare (const CnnGraph *graph, const CnnNode *node, Prepared *prepared)
{
  const size_t n_in = (size_t)node->n_inputs, n_out = (size_t)node->n_outputs;
  *prepared = (Prepared){.headers = cnn_alloc (n_in + n_out, sizeof (CnnTensor)),
      .in = cnn_alloc (n_in, sizeof (CnnTensor *)),
      .out = cnn_alloc (n_out, sizeof (CnnTensor *))};
  if (!prepared->headers || !prepared->in || !prepared->out) {
    clear (prepared);
    return false;
  }
  for (size_t i = 0; i < n_in; i++) {
    if (node->inputs[i] == CNN_NO_VALUE)
      continue;
    const CnnValue *value = &graph->values[node->inputs[i]];
    CnnTensor *header = &prepared->headers[i];
    header->elements = value->elements;
    header->dims = value->dims;
    cnn_dims_count (&header->dims, &header->count, NULL);
    prepared->in[i] = value->constant ? value->constant : header;
  }
  for (size_t i = 0; i < n_out; i++)
    prepared->out[i] = node->outputs[i] == CNN_NO_VALUE ? NULL : &prepared->headers[n_in + i];
  prepared->operation =
      (CnnOperation){node, prepared->in, node->n_inputs, prepared->out, node->n_outputs};
  return true;
}

static void
report (Inference *inference, const CnnNode *node, const char *fault)
{
  CnnPrintable printable;
  cnn_text_append (inference->faults, "%s%s \"%s\": %s", inference->n_faults++ ? "; " : "",
      node->op->name, cnn_printable (node->name, &printable), fault);
}

static bool
has_known_inputs (const CnnGraph *graph, const CnnNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] != CNN_NO_VALUE && !graph->values[node->inputs[i]].is_known)
      return false;
  return true;
}

static bool
is_foldable (const CnnOperation *operation)
{
  const CnnOperatorKind kind = operation->node->op->kind;
  if (kind == CNN_OPERATOR_SHAPE || kind == CNN_OPERATOR_SIZE)
    return true;
  for (int i = 0; i < operation->n_in; i++)
    if (operation->in[i] && !cnn_tensor_has_data (operation->in[i]))
      return false;
  return true;
}

/* Windows and products, for which the number of values says little about the work. */
static bool
is_heavy (const CnnOperation *operation, int64_t count)
{
  const CnnOperatorKind kind = operation->node->op->kind;
  int64_t inputs = 1;
  if (kind != CNN_OPERATOR_CONVOLUTION && kind != CNN_OPERATOR_CONVOLUTION_TRANSPOSE &&
      kind != CNN_OPERATOR_POOL && kind != CNN_OPERATOR_GEMM && kind != CNN_OPERATOR_MATMUL &&
      kind != CNN_OPERATOR_RESIZE && kind != CNN_OPERATOR_LOCAL_RESPONSE_NORMALIZATION)
    return false;
  for (int i = 0; i < operation->n_in; i++)
    inputs += operation->in[i] ? operation->in[i]->count : 0;
  return count > MAX_FOLDED_WORK / inputs;
}

/* Computes a node once and for all. Outputs that nobody wants are left out. */
static bool
fold (Inference *inference, int index, Prepared *prepared, CnnError *error)
{
  CnnNode *node = &inference->graph->nodes[index];
  int64_t count = 0;
  for (int i = 0; i < node->n_outputs; i++)
    count += prepared->out[i] ? prepared->out[i]->count : 0;
  if (count > MAX_FOLDED - inference->folded || is_heavy (&prepared->operation, count))
    return true;
  inference->folded += count;
  bool done = true;
  for (int i = 0; done && i < node->n_outputs; i++)
    if (prepared->out[i]) {
      prepared->out[i] =
          cnn_tensor_new (prepared->out[i]->elements, &prepared->out[i]->dims, error);
      done = prepared->out[i] != NULL;
    }
  done = done && cnn_operation_run (&prepared->operation, error);
  for (int i = 0; i < node->n_outputs; i++)
    if (prepared->out[i] && prepared->out[i]->references > 0) {
      if (done)
        cnn_value_set_constant (&inference->graph->values[node->outputs[i]], prepared->out[i]);
      else
        cnn_tensor_unref (prepared->out[i]);
    }
  if (done)
    node->is_removed = true;
  return done;
}

static void
infer_node (Inference *inference, int index)
{
  CnnGraph *graph = inference->graph;
  CnnNode *node = &graph->nodes[index];
  Prepared prepared;
  CnnError error;
  if (!has_known_inputs (graph, node))
    return;
  if (!prepare (graph, node, &prepared)) {
    inference->failed = true;
    return;
  }
  bool done = cnn_operation_shape (&prepared.operation, &error);
  for (int i = 0; done && i < node->n_outputs; i++)
    if (prepared.out[i]) {
      CnnValue *value = &graph->values[node->outputs[i]];
      value->elements = prepared.out[i]->elements;
      value->dims = prepared.out[i]->dims;
      value->is_known = true;
    }
  if (done && is_foldable (&prepared.operation))
    done = fold (inference, index, &prepared, &error);
  if (!done)
    report (inference, node, error.message);
  clear (&prepared);
}

bool
cnn_graph_infer (CnnGraph *graph, CnnText *faults)
{
  Inference inference = {.graph = graph, .faults = faults};
  for (int i = 0; i < graph->n_values; i++)
    if (graph->values[i].producer != CNN_NO_NODE)
      graph->values[i].is_known = false;
  for (int i = 0; i < graph->n_nodes && !inference.failed; i++)
    if (!graph->nodes[i].is_removed)
      infer_node (&inference, i);
  if (inference.failed)
    cnn_text_append (faults, "not enough memory for %d nodes", graph->n_nodes);
  return inference.n_faults == 0 && !inference.failed && cnn_graph_tidy (graph, NULL);
}

bool
cnn_graph_check (const CnnGraph *graph, CnnText *faults)
{
  int n_faults = 0;
  for (int i = 0; i < graph->n_nodes; i++)
    if (graph->nodes[i].unsupported)
      cnn_text_append (faults, "%s%s", n_faults++ ? ", " : "", graph->nodes[i].unsupported);
  return n_faults == 0;
}
