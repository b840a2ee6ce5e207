/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attributes.h"

#include "../text.h"
#include "helpers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
cnn_reader_refuse (CnnNodeReader *reader, const char *format, ...)
{
  if (reader->failed)
    return;
  va_list args;
  va_start (args, format);
  vsnprintf (reader->error.message, sizeof reader->error.message, format, args);
  va_end (args);
  reader->failed = true;
}

int
cnn_reader_opset (const CnnNodeReader *reader)
{
  return reader->opset;
}

/* The attribute, if present; one of another type is refused. */
static CnnAttribute *
find (CnnNodeReader *reader, const char *name, CnnAttributeType type)
{
  for (int i = 0; i < reader->n_attributes; i++) {
    CnnAttribute *attribute = &reader->attributes[i];
    if (strcmp (attribute->name, name) != 0)
      continue;
    attribute->is_read = true;
    if (attribute->type == type)
      return attribute;
    cnn_reader_refuse (reader, "attribute %s has another type than the operator wants", name);
  }
  return NULL;
}

int64_t
cnn_read_integer (CnnNodeReader *reader, const char *name, int64_t otherwise)
{
  const CnnAttribute *attribute = find (reader, name, CNN_ATTRIBUTE_INTEGER);
  return attribute ? attribute->integer : otherwise;
}

float
cnn_read_number (CnnNodeReader *reader, const char *name, float otherwise)
{
  const CnnAttribute *attribute = find (reader, name, CNN_ATTRIBUTE_NUMBER);
  return attribute ? attribute->number : otherwise;
}

int64_t
cnn_read_within (
    CnnNodeReader *reader, const char *name, int64_t otherwise, int64_t least, int64_t most)
{
  const int64_t value = cnn_read_integer (reader, name, otherwise);
  if (value >= least && value <= most)
    return value;
  cnn_reader_refuse (reader, "attribute %s is %" PRId64 ", not within %" PRId64 " to %" PRId64,
      name, value, least, most);
  return otherwise;
}

bool
cnn_read_flag (CnnNodeReader *reader, const char *name, bool otherwise)
{
  return cnn_read_within (reader, name, otherwise, 0, 1) != 0;
}

CnnNumbers
cnn_read_integers (CnnNodeReader *reader, const char *name)
{
  CnnNumbers numbers = {.count = -1};
  const CnnAttribute *attribute = find (reader, name, CNN_ATTRIBUTE_INTEGERS);
  if (!attribute)
    return numbers;
  if (attribute->count > CNN_MAX_RANK) {
    cnn_reader_refuse (
        reader, "attribute %s has %zu values, more than %d", name, attribute->count, CNN_MAX_RANK);
    return numbers;
  }
  numbers.count = (int)attribute->count;
  for (int i = 0; i < numbers.count; i++)
    numbers.values[i] = attribute->integers[i];
  return numbers;
}

int
cnn_read_word (CnnNodeReader *reader, const char *name, const char *const *words, int otherwise)
{
  const CnnAttribute *attribute = find (reader, name, CNN_ATTRIBUTE_WORD);
  CnnPrintable printable;
  if (!attribute)
    return otherwise;
  for (int i = 0; words[i]; i++)
    if (strcmp (words[i], attribute->word) == 0)
      return i;
  cnn_reader_refuse (
      reader, "%s=\"%s\" is not supported", name, cnn_printable (attribute->word, &printable));
  return otherwise;
}

CnnTensor *
cnn_read_tensor (CnnNodeReader *reader, const char *name)
{
  const CnnAttribute *attribute = find (reader, name, CNN_ATTRIBUTE_TENSOR);
  return attribute && attribute->tensor ? cnn_tensor_ref (attribute->tensor) : NULL;
}

/* A constant becomes input `i`; its reference is the graph's. */
static void
add_input (CnnNodeReader *reader, const char *name, int i, CnnTensor *constant)
{
  const int value = cnn_graph_add_constant (reader->graph, "", constant);
  CnnNode *node = &reader->graph->nodes[reader->node];
  if (cnn_node_input (node, i) != CNN_NO_VALUE)
    cnn_reader_refuse (reader, "%s is there twice, as an attribute and as an input", name);
  else if (value < 0 || !cnn_node_set_input (node, i, value))
    cnn_reader_refuse (reader, "not enough memory for attribute %s", name);
}

void
cnn_read_as_input (CnnNodeReader *reader, const char *name, int i)
{
  for (int k = 0; k < reader->n_attributes; k++) {
    CnnAttribute *from = &reader->attributes[k];
    if (strcmp (from->name, name) != 0)
      continue;
    from->is_read = true;
    if (from->type != CNN_ATTRIBUTE_INTEGERS && from->type != CNN_ATTRIBUTE_NUMBERS) {
      cnn_reader_refuse (reader, "attribute %s is no list of numbers", name);
      return;
    }
    const bool is_float = from->type == CNN_ATTRIBUTE_NUMBERS;
    const CnnDims dims = {1, {(int64_t)from->count}};
    CnnTensor *constant =
        cnn_tensor_new (is_float ? CNN_ELEMENTS_FLOAT : CNN_ELEMENTS_INTEGER, &dims, NULL);
    for (size_t j = 0; constant && j < from->count; j++)
      if (is_float)
        constant->floats[j] = from->numbers[j];
      else
        constant->integers[j] = from->integers[j];
    add_input (reader, name, i, constant);
  }
}

void
cnn_read_number_as_input (CnnNodeReader *reader, const char *name, float otherwise, int i)
{
  const CnnDims dims = {.rank = 0};
  CnnTensor *constant = cnn_tensor_new (CNN_ELEMENTS_FLOAT, &dims, NULL);
  const float number = cnn_read_number (reader, name, otherwise);
  if (constant)
    constant->floats[0] = number;
  add_input (reader, name, i, constant);
}

void
cnn_read_ignored (CnnNodeReader *reader, const char *name)
{
  for (int i = 0; i < reader->n_attributes; i++)
    if (strcmp (reader->attributes[i].name, name) == 0)
      reader->attributes[i].is_read = true;
}

void
cnn_read_only (CnnNodeReader *reader, const char *name, int64_t value)
{
  const int64_t found = cnn_read_integer (reader, name, value);
  if (found != value)
    cnn_reader_refuse (reader, "%s=%" PRId64 " is not supported", name, found);
}

static void
refuse_rest (CnnNodeReader *reader)
{
  CnnPrintable printable;
  for (int i = 0; i < reader->n_attributes; i++)
    for (int k = 0; k < i; k++)
      if (strcmp (reader->attributes[i].name, reader->attributes[k].name) == 0)
        cnn_reader_refuse (reader, "attribute \"%s\" is there twice",
            cnn_printable (reader->attributes[i].name, &printable));
  for (int i = 0; i < reader->n_attributes; i++)
    if (!reader->attributes[i].is_read)
      cnn_reader_refuse (reader, "attribute \"%s\" is not supported",
          cnn_printable (reader->attributes[i].name, &printable));
}

bool
cnn_node_read (CnnNodeReader *reader)
{
  CnnNode *node = &reader->graph->nodes[reader->node];
  const CnnOperator *op = node->op;
  if (node->n_inputs < op->min_inputs || node->n_inputs > op->max_inputs)
    cnn_reader_refuse (
        reader, "it has %d inputs, not %d to %d", node->n_inputs, op->min_inputs, op->max_inputs);
  if (node->n_outputs < 1 || node->n_outputs > op->max_outputs)
    cnn_reader_refuse (reader, "it has %d outputs, not 1 to %d", node->n_outputs, op->max_outputs);
  for (int i = 0; i < op->min_inputs && i < node->n_inputs; i++)
    if (node->inputs[i] == CNN_NO_VALUE)
      cnn_reader_refuse (reader, "its input %d is left out", i);
  if (!reader->failed && op->read)
    op->read (reader, node);
  refuse_rest (reader);
  return !reader->failed;
}
