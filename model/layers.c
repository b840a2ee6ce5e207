/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layers.h"

#include "describe.h"
#include "operators/families.h"
#include "rules/match.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <string.h>

/* --- Titles --------------------------------------------------------------------------------------- */

static const char *const unary_names[] = {
    [CNN_UNARY_NONE] = "none",
    [CNN_UNARY_RELU] = "relu",
    [CNN_UNARY_LEAKY_RELU] = "leaky-relu",
    [CNN_UNARY_ELU] = "elu",
    [CNN_UNARY_SELU] = "selu",
    [CNN_UNARY_CELU] = "celu",
    [CNN_UNARY_CLIP] = "clip",
    [CNN_UNARY_SIGMOID] = "sigmoid",
    [CNN_UNARY_HARD_SIGMOID] = "hard-sigmoid",
    [CNN_UNARY_HARD_SWISH] = "hard-swish",
    [CNN_UNARY_SILU] = "silu",
    [CNN_UNARY_TANH] = "tanh",
    [CNN_UNARY_SOFTPLUS] = "softplus",
    [CNN_UNARY_SOFTSIGN] = "softsign",
    [CNN_UNARY_MISH] = "mish",
    [CNN_UNARY_GELU] = "gelu",
    [CNN_UNARY_GELU_TANH] = "gelu (tanh)",
    [CNN_UNARY_THRESHOLDED_RELU] = "thresholded-relu",
    [CNN_UNARY_SHRINK] = "shrink",
    [CNN_UNARY_EXP] = "exp",
    [CNN_UNARY_LOG] = "log",
    [CNN_UNARY_SQRT] = "sqrt",
    [CNN_UNARY_ABS] = "abs",
    [CNN_UNARY_NEG] = "neg",
    [CNN_UNARY_RECIPROCAL] = "reciprocal",
    [CNN_UNARY_ERF] = "erf",
    [CNN_UNARY_SIGN] = "sign",
    [CNN_UNARY_FLOOR] = "floor",
    [CNN_UNARY_CEIL] = "ceil",
    [CNN_UNARY_ROUND] = "round",
    [CNN_UNARY_SIN] = "sin",
    [CNN_UNARY_COS] = "cos",
    [CNN_UNARY_NOT] = "not",
    [CNN_UNARY_POWER] = "power",
    [CNN_UNARY_AFFINE] = "affine",
    [CNN_UNARY_PRELU] = "prelu",
};

static void
append_unary (const CnnUnary *unary, CnnText *title)
{
  const char *name = unary_names[unary->function];
  const double alpha = unary->alpha, beta = unary->beta;
  switch (unary->function) {
  case CNN_UNARY_CLIP:
    cnn_text_append (title, "%s %g to %g", name, alpha, beta);
    break;
  case CNN_UNARY_AFFINE:
    cnn_text_append (title, "%g * x %s %g", alpha, beta < 0 ? "-" : "+", beta < 0 ? -beta : beta);
    break;
  case CNN_UNARY_LEAKY_RELU:
  case CNN_UNARY_ELU:
  case CNN_UNARY_POWER:
    cnn_text_append (title, "%s %g", name, alpha);
    break;
  default:
    cnn_text_append (title, "%s", name);
  }
}

/* Sizes of the last `rank` spatial dimensions: "3x3", or "3" when all are the same and `shorten` is set. */
static void
append_sizes (CnnText *title, const char *before, const int64_t *sizes, int rank, bool shorten)
{
  bool same = shorten;
  for (int i = 1; i < rank; i++)
    same = same && sizes[CNN_MAX_SPATIAL - rank + i] == sizes[CNN_MAX_SPATIAL - rank];
  cnn_text_append (title, "%s", before);
  for (int i = 0; i < (same ? 1 : rank); i++)
    cnn_text_append (title, "%s%" PRId64, i ? "x" : "", sizes[CNN_MAX_SPATIAL - rank + i]);
}

static bool
all_are (const int64_t *sizes, int64_t number)
{
  for (int i = 0; i < CNN_MAX_SPATIAL; i++)
    if (sizes[i] != number)
      return false;
  return true;
}

static bool
resolve (const CnnGraph *graph, const CnnNode *node, CnnResolvedWindow *r)
{
  const CnnDims *in = &graph->values[node->inputs[0]].dims;
  if (!graph->values[node->inputs[0]].is_known)
    return false;
  if (node->op->kind == CNN_OPERATOR_POOL)
    return cnn_pool_resolve (&node->parameters.pool, in, r, NULL);
  const CnnDims *weights = &graph->values[node->inputs[1]].dims;
  if (!graph->values[node->inputs[1]].is_known)
    return false;
  if (node->op->kind == CNN_OPERATOR_CONVOLUTION)
    return cnn_window_resolve (&node->parameters.window, in, weights, r, NULL);
  return cnn_window_resolve_transposed (&node->parameters.window, in, weights, r, NULL);
}

static bool
has_window (const CnnNode *node)
{
  return node->op->kind == CNN_OPERATOR_CONVOLUTION ||
         node->op->kind == CNN_OPERATOR_CONVOLUTION_TRANSPOSE ||
         (node->op->kind == CNN_OPERATOR_POOL && !node->parameters.pool.is_global);
}

static void
append_window (const CnnGraph *graph, const CnnNode *node, CnnText *title)
{
  CnnResolvedWindow r;
  if (!resolve (graph, node, &r))
    return;
  append_sizes (title, " ", r.kernel, r.rank, false);
  if (!all_are (r.stride, 1))
    append_sizes (title, " stride ", r.stride, r.rank, true);
  if (!all_are (r.dilation, 1))
    append_sizes (title, " dilation ", r.dilation, r.rank, true);
  if (node->op->kind == CNN_OPERATOR_POOL || node->parameters.window.groups == 1)
    return;
  if (node->parameters.window.groups == r.channels)
    cnn_text_append (title, " depthwise");
  else
    cnn_text_append (title, " groups %" PRId64, node->parameters.window.groups);
}

void
cnn_node_title (const CnnGraph *graph, const CnnNode *node, CnnText *title)
{
  static const char *const reshaped = "Reshape";
  const bool is_function = strcmp (node->op->name, "Elementwise") == 0;
  if (is_function)
    append_unary (&node->parameters.unary, title);
  else
    cnn_text_append (
        title, "%s", strcmp (node->op->name, "FixedReshape") == 0 ? reshaped : node->op->name);
  if (has_window (node))
    append_window (graph, node, title);
  if (node->activation.function != CNN_UNARY_NONE) {
    cnn_text_append (title, ", ");
    append_unary (&node->activation, title);
  }
}

/* --- Numbers -------------------------------------------------------------------------------------- */

int64_t
cnn_node_parameters (const CnnGraph *graph, const CnnNode *node)
{
  int64_t count = node->slopes ? node->slopes->count : 0;
  for (int i = 0; i < node->n_inputs; i++) {
    const CnnTensor *constant = cnn_graph_constant (graph, node->inputs[i]);
    count += constant && constant->floats ? constant->count : 0;
  }
  return count;
}

int64_t
cnn_node_macs (const CnnGraph *graph, const CnnNode *node)
{
  if (node->outputs[0] == CNN_NO_VALUE || node->n_inputs < 2)
    return 0;
  const CnnDims *out = &graph->values[node->outputs[0]].dims;
  const CnnDims *in = &graph->values[node->inputs[0]].dims;
  const CnnDims *weights = &graph->values[node->inputs[1]].dims;
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
    return cnn_dims_product (out, 0, out->rank) * cnn_dims_product (weights, 1, weights->rank);
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
    return cnn_dims_product (in, 0, in->rank) * cnn_dims_product (weights, 1, weights->rank);
  case CNN_OPERATOR_GEMM:
    return out->size[0] * cnn_dims_product (weights, 0, 2);
  case CNN_OPERATOR_MATMUL:
    return cnn_dims_product (out, 0, out->rank) * in->size[in->rank - 1];
  default:
    return 0;
  }
}

/* --- Receptive fields ----------------------------------------------------------------------------- */

static void
extend (CnnReceptiveAxis *axis, double span, double stride, double first)
{
  axis->offset += first * axis->jump;
  axis->size += (span - 1) * axis->jump;
  axis->jump *= stride;
}

/* What a node's window does to an axis: 0 for rows, 1 for columns. */
static void
extend_by_node (const CnnGraph *graph, const CnnNode *node, const CnnDims *in, int axis,
    CnnReceptiveAxis *field)
{
  const CnnDims *out = &graph->values[node->outputs[0]].dims;
  CnnResolvedWindow r;
  const int i = axis + 1;
  const double ratio = (double)in->size[2 + axis] / (double)out->size[2 + axis];
  switch (node->op->kind) {
  case CNN_OPERATOR_CONVOLUTION:
  case CNN_OPERATOR_POOL:
    if (resolve (graph, node, &r)) {
      const double span = (double)(r.dilation[i] * (r.kernel[i] - 1) + 1);
      extend (field, span, (double)r.stride[i], (span - 1) / 2 - (double)r.pad_before[i]);
    }
    break;
  case CNN_OPERATOR_CONVOLUTION_TRANSPOSE:
    if (resolve (graph, node, &r)) {
      const double reach = (double)((r.kernel[i] - 1) * r.dilation[i] / r.stride[i] + 1);
      extend (field, reach, ratio, 0);
    }
    break;
  case CNN_OPERATOR_RESIZE:
    extend (field,
        node->parameters.resize.mode == CNN_RESIZE_NEAREST  ? 1
        : node->parameters.resize.mode == CNN_RESIZE_LINEAR ? 2
                                                            : 4,
        ratio, ratio / 2 - 0.5);
    break;
  case CNN_OPERATOR_DEPTH_TO_SPACE:
    extend (field, 1, ratio, ratio / 2 - 0.5);
    break;
  case CNN_OPERATOR_SPACE_TO_DEPTH:
    extend (field, ratio, ratio, (ratio - 1) / 2);
    break;
  default:
    break;
  }
}

static void
extend_over_node (const CnnGraph *graph, const CnnNode *node, const CnnReceptiveField *before,
    CnnReceptiveField *after)
{
  const CnnDims *in = &graph->values[node->inputs[0]].dims;
  const CnnDims *out = &graph->values[node->outputs[0]].dims;
  *after = *before;
  if (in->rank != 4 || out->rank != 4)
    return;
  extend_by_node (graph, node, in, 0, &after->rows);
  extend_by_node (graph, node, in, 1, &after->columns);
}

CnnReceptiveField *
cnn_graph_receptive_fields (const CnnGraph *graph)
{
  CnnReceptiveField *fields = cnn_alloc ((size_t)graph->n_values + 1, sizeof *fields);
  if (!fields)
    return NULL;
  for (int i = 0; i < graph->n_inputs; i++)
    fields[graph->inputs[i]] = cnn_receptive_field_identity ();
  for (int i = 0; i < graph->n_nodes; i++) {
    const CnnNode *node = &graph->nodes[i];
    CnnReceptiveField joined = {0};
    for (int k = 0; k < node->n_inputs; k++) {
      const CnnReceptiveField *field =
          node->inputs[k] == CNN_NO_VALUE ? NULL : &fields[node->inputs[k]];
      if (field && field->rows.size > 0)
        joined = joined.rows.size > 0 ? cnn_receptive_field_union (&joined, field) : *field;
    }
    for (int k = 0; k < node->n_outputs; k++)
      if (node->outputs[k] != CNN_NO_VALUE && joined.rows.size > 0)
        extend_over_node (graph, node, &joined, &fields[node->outputs[k]]);
  }
  return fields;
}

/* --- Graphviz ------------------------------------------------------------------------------------- */

/* A name between quotes: nothing in it ends them. */
static void
append_quoted (CnnText *dot, const char *name)
{
  CnnPrintable printable;
  for (const char *c = cnn_printable (name, &printable); *c; c++)
    cnn_text_append (dot, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
}

static void
append_shape (CnnText *dot, const CnnValue *value)
{
  char text[CNN_DIMS_TEXT];
  if (value->is_known)
    cnn_text_append (dot, "%s", cnn_dims_text (&value->dims, text));
}

void
cnn_graph_dot (const CnnGraph *graph, CnnText *dot)
{
  cnn_text_append (dot, "digraph network {\n  node [shape=box, fontname=\"sans\"];\n");
  for (int i = 0; i < graph->n_inputs; i++) {
    cnn_text_append (dot, "  value%d [shape=oval, label=\"", graph->inputs[i]);
    append_quoted (dot, graph->values[graph->inputs[i]].name);
    cnn_text_append (dot, "\"];\n");
  }
  for (int i = 0; i < graph->n_nodes; i++) {
    const CnnNode *node = &graph->nodes[i];
    cnn_text_append (dot, "  node%d [label=\"", i);
    cnn_node_title (graph, node, dot);
    cnn_text_append (dot, "\\n");
    append_quoted (dot, node->name);
    cnn_text_append (dot, "\"];\n");
    for (int k = 0; k < node->n_inputs; k++) {
      const int value = node->inputs[k];
      if (value == CNN_NO_VALUE || graph->values[value].constant)
        continue;
      const int producer = graph->values[value].producer;
      cnn_text_append (dot, producer == CNN_NO_NODE ? "  value%d" : "  node%d",
          producer == CNN_NO_NODE ? value : producer);
      cnn_text_append (dot, " -> node%d [label=\"", i);
      append_shape (dot, &graph->values[value]);
      cnn_text_append (dot, "\"];\n");
    }
  }
  for (int i = 0; i < graph->n_outputs; i++) {
    const int value = graph->outputs[i].value, producer = graph->values[value].producer;
    cnn_text_append (dot, "  output%d [shape=oval, label=\"", i);
    append_quoted (dot, graph->outputs[i].name);
    cnn_text_append (dot, "\"];\n");
    if (producer != CNN_NO_NODE) {
      cnn_text_append (dot, "  node%d -> output%d [label=\"", producer, i);
      append_shape (dot, &graph->values[value]);
      cnn_text_append (dot, "\"];\n");
    }
  }
  cnn_text_append (dot, "}\n");
}

/* --- Table ---------------------------------------------------------------------------------------- */

enum { NAME, OPERATOR, INPUT, OUTPUT, PARAMETERS, MACS, FIELD, N_COLUMNS };

typedef struct {
  CnnText cells[N_COLUMNS];
} Row;

/* Characters, of which a terminal has a column for each. */
static int
width_of (const char *text)
{
  int width = 0;
  for (; text && *text; text++)
    width += ((unsigned char)*text & 0xC0) != 0x80;
  return width;
}

static void
append_sizes_of (CnnText *cell, const CnnModelTensor *tensor)
{
  if (tensor->rank == 0)
    cnn_text_append (cell, "scalar");
  for (int i = 0; i < tensor->rank; i++)
    cnn_text_append (cell, "%s%" PRId64, i ? "x" : "", tensor->size[i]);
}

static void
fill_row (const CnnModelLayer *layer, Row *row)
{
  CnnPrintable printable;
  cnn_text_append (&row->cells[NAME], "%s", cnn_printable (layer->name, &printable));
  cnn_text_append (&row->cells[OPERATOR], "%s", layer->title);
  for (int i = 0; i < layer->n_inputs && i < 2; i++) {
    cnn_text_append (&row->cells[INPUT], i ? " " : "");
    append_sizes_of (&row->cells[INPUT], &layer->inputs[i]);
  }
  cnn_text_append (&row->cells[INPUT], layer->n_inputs > 2 ? " ..." : "");
  append_sizes_of (&row->cells[OUTPUT], &layer->output);
  if (layer->field.rows.size > 0)
    cnn_text_append (
        &row->cells[FIELD], "%.0fx%.0f", layer->field.rows.size, layer->field.columns.size);
  cnn_text_append (&row->cells[PARAMETERS], "%" PRId64, layer->parameters);
  cnn_text_append (&row->cells[MACS], "%" PRId64, layer->macs);
}

static void
print_rows (const Row *rows, int n_rows, CnnText *table)
{
  int widths[N_COLUMNS] = {0};
  for (int i = 0; i < n_rows; i++)
    for (int k = 0; k < N_COLUMNS; k++) {
      const int width = width_of (rows[i].cells[k].chars);
      widths[k] = width > widths[k] ? width : widths[k];
    }
  for (int i = 0; i < n_rows; i++)
    for (int k = 0; k < N_COLUMNS; k++) {
      const char *text = rows[i].cells[k].chars ? rows[i].cells[k].chars : "";
      const int space = widths[k] - width_of (text);
      const bool right = k >= PARAMETERS;
      cnn_text_append (table, "%s%*s%s%*s", k ? "  " : "", right ? space : 0, "", text,
          right || k == N_COLUMNS - 1 ? 0 : space, "");
      if (k == N_COLUMNS - 1)
        cnn_text_append (table, "\n");
    }
}

void
cnn_graph_table (const CnnGraph *graph, CnnText *table)
{
  static const char *const titles[N_COLUMNS] = {
      "layer", "operator", "input", "output", "parameters", "multiply-adds", "sees"};
  const int n_rows = graph->n_nodes + 2;
  Row *rows = cnn_alloc ((size_t)n_rows, sizeof *rows);
  CnnLayerList list = {0};
  int64_t parameters = 0, macs = 0;
  if (rows && cnn_layer_list_make (graph, &list)) {
    for (int k = 0; k < N_COLUMNS; k++)
      cnn_text_append (&rows[0].cells[k], "%s", titles[k]);
    for (int i = 0; i < list.n_layers; i++) {
      fill_row (&list.layers[i], &rows[i + 1]);
      parameters += list.layers[i].parameters;
      macs += list.layers[i].macs;
    }
    Row *sums = &rows[n_rows - 1];
    cnn_text_append (&sums->cells[NAME], "%d layers", list.n_layers);
    cnn_text_append (&sums->cells[PARAMETERS], "%" PRId64, parameters);
    cnn_text_append (&sums->cells[MACS], "%" PRId64, macs);
    print_rows (rows, n_rows, table);
  } else {
    table->failed = true;
  }
  for (int i = 0; rows && i < n_rows; i++)
    for (int k = 0; k < N_COLUMNS; k++)
      cnn_free (rows[i].cells[k].chars);
  cnn_free (rows);
  cnn_layer_list_clear (&list);
}
