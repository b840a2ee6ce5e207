/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "onnx.h"

#include "../operators/attributes.h"
#include "../text.h"
#include "names.h"
#include "tensor-data.h"
#include "unpack.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* More than any network has. */
#define MAX_NODES 10000
#define MAX_CONNECTIONS 100000

typedef struct {
  CnnOnnx__Model *model;
  CnnOnnx__Graph *file; /* of the model */
  const char *path;
  int opset;
  CnnGraph *graph;
  CnnNames names; /* of values, with their index in the graph */
  CnnError error;
} Reading;

static const char *
text_or_empty (const char *text)
{
  return text ? text : "";
}

static bool
is_onnx_domain (const char *domain)
{
  return !domain || !*domain || strcmp (domain, "ai.onnx") == 0;
}

/* --- Model ---------------------------------------------------------------------------------------- */

static bool
read_opset (Reading *reading)
{
  const CnnOnnx__Model *model = reading->model;
  int64_t opset = 0;
  for (size_t i = 0; i < model->n_opset_import; i++)
    if (is_onnx_domain (model->opset_import[i]->domain) && model->opset_import[i]->version > opset)
      opset = model->opset_import[i]->version;
  if (!model->graph || (model->graph->n_node == 0 && model->graph->n_output == 0))
    return cnn_error_set (&reading->error, "there is no network in it");
  if (model->graph->n_node > MAX_NODES)
    return cnn_error_set (
        &reading->error, "it has %zu nodes, more than %d", model->graph->n_node, MAX_NODES);
  size_t connections = 0;
  for (size_t i = 0; i < model->graph->n_node; i++)
    connections += model->graph->node[i]->n_input + model->graph->node[i]->n_output;
  if (connections > MAX_CONNECTIONS || model->graph->n_initializer > MAX_CONNECTIONS ||
      model->graph->n_input > MAX_NODES || model->graph->n_output > MAX_NODES)
    return cnn_error_set (&reading->error, "its nodes have %zu inputs and outputs, more than %d",
        connections, MAX_CONNECTIONS);
  if (opset < CNN_FIRST_OPSET || opset > CNN_LAST_OPSET)
    return cnn_error_set (&reading->error, "its opset is %" PRId64 ", not within %d to %d", opset,
        CNN_FIRST_OPSET, CNN_LAST_OPSET);
  if (model->graph->n_sparse_initializer > 0)
    return cnn_error_set (&reading->error, "it has sparse weights, which are not supported");
  reading->opset = (int)opset;
  reading->file = model->graph;
  return true;
}

/* --- Values --------------------------------------------------------------------------------------- */

/* Adds everything that defines a value to the names; false when there are two of one name. */
static bool
collect_names (Reading *reading)
{
  const CnnOnnx__Graph *file = reading->file;
  size_t count = file->n_initializer + file->n_input;
  for (size_t i = 0; i < file->n_node; i++)
    count += file->node[i]->n_output;
  if (!cnn_names_reserve (&reading->names, count))
    return cnn_error_set (&reading->error, "not enough memory for %zu names", count);
  for (size_t i = 0; i < file->n_initializer; i++)
    cnn_names_add (&reading->names, text_or_empty (file->initializer[i]->name));
  for (size_t i = 0; i < file->n_node; i++)
    for (size_t k = 0; k < file->node[i]->n_output; k++)
      if (*file->node[i]->output[k])
        cnn_names_add (&reading->names, file->node[i]->output[k]);
  CnnPrintable printable;
  const char *twice = cnn_names_sort (&reading->names);
  if (twice)
    return cnn_error_set (
        &reading->error, "there are two tensors \"%s\"", cnn_printable (twice, &printable));
  /* Files of the first versions list their weights among the inputs, too. */
  const size_t n_defined = reading->names.count;
  for (size_t i = 0; i < file->n_input; i++) {
    const char *name = text_or_empty (file->input[i]->name);
    if (cnn_names_find_within (&reading->names, name, n_defined) == NULL)
      cnn_names_add (&reading->names, name);
  }
  twice = cnn_names_sort (&reading->names);
  if (twice)
    return cnn_error_set (
        &reading->error, "there are two inputs \"%s\"", cnn_printable (twice, &printable));
  return true;
}

/* A value for each name. */
static bool
add_values (Reading *reading)
{
  for (size_t i = 0; i < reading->names.count; i++) {
    CnnName *name = &reading->names.names[i];
    name->value = cnn_graph_add_value (reading->graph, name->text);
    if (name->value < 0)
      return cnn_error_set (
          &reading->error, "not enough memory for %zu names", reading->names.count);
  }
  return true;
}

static int
find_value (const Reading *reading, const char *name)
{
  const CnnName *found = cnn_names_find_within (&reading->names, name, reading->names.count);
  return found ? found->value : CNN_NO_VALUE;
}

static bool
read_initializers (Reading *reading)
{
  for (size_t i = 0; i < reading->file->n_initializer; i++) {
    const CnnOnnx__Tensor *from = reading->file->initializer[i];
    CnnError error;
    CnnPrintable printable;
    CnnTensor *tensor = cnn_onnx_tensor (from, reading->path, &error);
    if (!tensor)
      return cnn_error_set (&reading->error, "tensor \"%s\": %s",
          cnn_printable (text_or_empty (from->name), &printable), error.message);
    cnn_value_set_constant (
        &reading->graph->values[find_value (reading, text_or_empty (from->name))], tensor);
  }
  return true;
}

static bool
read_input_type (const CnnOnnx__ValueInfo *from, CnnValue *value, CnnError *error)
{
  const CnnOnnx__TensorType *type = from->type ? from->type->tensor_type : NULL;
  if (!type || !cnn_onnx_elements (type->elem_type, &value->elements))
    return cnn_error_set (error, "its type is not supported");
  if (!type->shape || type->shape->n_dim > CNN_MAX_RANK)
    return cnn_error_set (
        error, "its shape is missing or has more than %d dimensions", CNN_MAX_RANK);
  value->dims.rank = (int)type->shape->n_dim;
  for (int i = 0; i < value->dims.rank; i++) {
    const CnnOnnx__Dimension *dim = type->shape->dim[i];
    value->dims.size[i] = dim->has_value && dim->value > 0 ? dim->value : CNN_DYNAMIC;
    if (dim->has_value && dim->value > CNN_MAX_ELEMENTS)
      return cnn_error_set (error, "a size of %" PRId64 " is not supported", dim->value);
  }
  value->is_known = true;
  return true;
}

static bool
read_inputs (Reading *reading)
{
  for (size_t i = 0; i < reading->file->n_input; i++) {
    const CnnOnnx__ValueInfo *from = reading->file->input[i];
    const int index = find_value (reading, text_or_empty (from->name));
    CnnValue *value = &reading->graph->values[index];
    CnnError error;
    CnnPrintable printable;
    if (value->constant)
      continue;
    if (!read_input_type (from, value, &error))
      return cnn_error_set (&reading->error, "input \"%s\": %s",
          cnn_printable (text_or_empty (from->name), &printable), error.message);
    if (!cnn_graph_add_input (reading->graph, index))
      return cnn_error_set (
          &reading->error, "not enough memory for %zu inputs", reading->file->n_input);
  }
  if (reading->graph->n_inputs == 0)
    return cnn_error_set (&reading->error, "it has no input");
  return true;
}

/* --- Nodes ---------------------------------------------------------------------------------------- */

enum { NUMBER = 1, INTEGER = 2, WORD = 3, TENSOR = 4, NUMBERS = 6, INTEGERS = 7 };

static bool
read_attribute (
    const Reading *reading, const CnnOnnx__Attribute *from, CnnAttribute *to, CnnError *error)
{
  *to = (CnnAttribute){.name = text_or_empty (from->name), .type = CNN_ATTRIBUTE_OTHER};
  switch (from->type) {
  case NUMBER:
    to->type = CNN_ATTRIBUTE_NUMBER;
    to->number = from->f;
    break;
  case INTEGER:
    to->type = CNN_ATTRIBUTE_INTEGER;
    to->integer = from->i;
    break;
  case WORD:
    to->type = CNN_ATTRIBUTE_WORD;
    snprintf (to->word, sizeof to->word, "%.*s", (int)(from->s.len < 31 ? from->s.len : 31),
        from->s.data ? (const char *)from->s.data : "");
    break;
  case NUMBERS:
    to->type = CNN_ATTRIBUTE_NUMBERS;
    to->numbers = from->floats;
    to->count = from->n_floats;
    break;
  case INTEGERS:
    to->type = CNN_ATTRIBUTE_INTEGERS;
    to->integers = from->ints;
    to->count = from->n_ints;
    break;
  case TENSOR:
    to->type = CNN_ATTRIBUTE_TENSOR;
    if (!from->t)
      return cnn_error_set (error, "its attribute of a tensor has none");
    to->tensor = cnn_onnx_tensor (from->t, reading->path, error);
    return to->tensor != NULL;
  }
  return true;
}

/* A node that stays in the graph, since nothing may need it in the end. */
static bool
set_unsupported (Reading *reading, const CnnOnnx__Node *from, int index, const char *why)
{
  CnnNode *node = &reading->graph->nodes[index];
  CnnPrintable operator_name, node_name, domain_name;
  const char *domain = is_onnx_domain (from->domain) ? NULL : from->domain;
  CnnText text = {0};
  cnn_text_append (&text, "%s%s%s \"%s\"%s%s%s", domain ? cnn_printable (domain, &domain_name) : "",
      domain ? "." : "", cnn_printable (text_or_empty (from->op_type), &operator_name),
      cnn_printable (node->name, &node_name), why ? " (" : "", why ? why : "", why ? ")" : "");
  node->unsupported = text.chars;
  return text.chars || cnn_error_set (&reading->error, "not enough memory");
}

static bool
read_attributes (Reading *reading, const CnnOnnx__Node *from, int node, CnnError *error)
{
  CnnNodeReader reader = {.graph = reading->graph, .node = node, .opset = reading->opset};
  reader.attributes = cnn_alloc (from->n_attribute, sizeof *reader.attributes);
  if (!reader.attributes)
    return cnn_error_set (error, "not enough memory for %zu attributes", from->n_attribute);
  bool done = true;
  for (size_t i = 0; done && i < from->n_attribute; i++, reader.n_attributes++)
    done = read_attribute (reading, from->attribute[i], &reader.attributes[i], error);
  if (done) {
    done = cnn_node_read (&reader);
    *error = reader.error;
  }
  for (int i = 0; i < reader.n_attributes; i++)
    cnn_tensor_unref (reader.attributes[i].tensor);
  cnn_free (reader.attributes);
  return done;
}

/* Binds a node's names to values. */
static bool
connect_node (Reading *reading, const CnnOnnx__Node *from, int index, const char *name)
{
  CnnNode *node = &reading->graph->nodes[index];
  CnnPrintable first, second;
  if (!cnn_node_set_arity (node, (int)from->n_input, (int)from->n_output))
    return cnn_error_set (&reading->error, "not enough memory for %zu inputs", from->n_input);
  for (int i = 0; i < node->n_inputs; i++) {
    node->inputs[i] = *from->input[i] ? find_value (reading, from->input[i]) : CNN_NO_VALUE;
    if (*from->input[i] && node->inputs[i] == CNN_NO_VALUE)
      return cnn_error_set (&reading->error, "node \"%s\" needs \"%s\", which nothing makes",
          cnn_printable (name, &first), cnn_printable (from->input[i], &second));
  }
  for (int i = 0; i < node->n_outputs; i++) {
    node->outputs[i] = *from->output[i] ? find_value (reading, from->output[i]) : CNN_NO_VALUE;
    if (node->outputs[i] != CNN_NO_VALUE)
      reading->graph->values[node->outputs[i]].producer = index;
  }
  return true;
}

static bool
read_node (Reading *reading, const CnnOnnx__Node *from)
{
  const char *name = text_or_empty (from->name);
  if (!*name && from->n_output > 0)
    name = from->output[0];
  const CnnOperator *op = is_onnx_domain (from->domain)
                              ? cnn_operator_find (text_or_empty (from->op_type), reading->opset)
                              : NULL;
  CnnError error;
  const int index =
      cnn_graph_add_node (reading->graph, name, op ? op : cnn_operator_internal ("Unsupported"));
  if (index < 0)
    return cnn_error_set (
        &reading->error, "not enough memory for %zu nodes", reading->file->n_node);
  if (!connect_node (reading, from, index, name))
    return false;
  if (!op)
    return set_unsupported (reading, from, index, NULL);
  return read_attributes (reading, from, index, &error) ||
         set_unsupported (reading, from, index, error.message);
}

static bool
read_outputs (Reading *reading)
{
  CnnPrintable printable;
  for (size_t i = 0; i < reading->file->n_output; i++) {
    const char *name = text_or_empty (reading->file->output[i]->name);
    const int value = find_value (reading, name);
    if (value == CNN_NO_VALUE)
      return cnn_error_set (
          &reading->error, "nothing makes its output \"%s\"", cnn_printable (name, &printable));
    if (!cnn_graph_add_output (reading->graph, name, value))
      return cnn_error_set (
          &reading->error, "not enough memory for %zu outputs", reading->file->n_output);
  }
  return reading->graph->n_outputs > 0 || cnn_error_set (&reading->error, "it has no output");
}

/* --- The whole ------------------------------------------------------------------------------------ */

static bool
read_model (Reading *reading)
{
  if (!read_opset (reading) || !collect_names (reading) || !add_values (reading) ||
      !read_initializers (reading) || !read_inputs (reading))
    return false;
  for (size_t i = 0; i < reading->file->n_node; i++)
    if (!read_node (reading, reading->file->node[i]))
      return false;
  return read_outputs (reading) && cnn_graph_tidy (reading->graph, &reading->error);
}

CnnGraph *
cnn_onnx_read (const uint8_t *bytes, size_t size, const char *path, CnnError *error)
{
  Reading reading = {.path = path, .graph = cnn_graph_new ()};
  reading.model = cnn_onnx_unpack (bytes, size, &reading.error);
  const bool done = reading.model && reading.graph && read_model (&reading);
  cnn_names_clear (&reading.names);
  cnn_onnx_unpacked_free (reading.model);
  if (done)
    return reading.graph;
  cnn_error_set (error, "%s", reading.graph ? reading.error.message : "not enough memory");
  cnn_graph_free (reading.graph);
  return NULL;
}
