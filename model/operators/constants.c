/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What networks compute their own shapes with: Constant, ConstantOfShape, Shape, Size, Range, Cast; and Identity,
 * Dropout. */
#include "../graph.h"
#include "attributes.h"
#include "families.h"
#include "helpers.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- Constant ------------------------------------------------------------------------------------- */

/* An attribute of numbers, or of one, as a tensor. */
static CnnTensor *
tensor_of_attribute (const CnnAttribute *attribute)
{
  const bool is_list =
      attribute->type == CNN_ATTRIBUTE_NUMBERS || attribute->type == CNN_ATTRIBUTE_INTEGERS;
  const bool is_float =
      attribute->type == CNN_ATTRIBUTE_NUMBER || attribute->type == CNN_ATTRIBUTE_NUMBERS;
  const CnnDims dims = {is_list ? 1 : 0, {(int64_t)attribute->count}};
  CnnTensor *tensor =
      cnn_tensor_new (is_float ? CNN_ELEMENTS_FLOAT : CNN_ELEMENTS_INTEGER, &dims, NULL);
  for (int64_t i = 0; tensor && i < tensor->count; i++)
    if (is_float)
      tensor->floats[i] = is_list ? attribute->numbers[i] : attribute->number;
    else
      tensor->integers[i] = is_list ? attribute->integers[i] : attribute->integer;
  return tensor;
}

void
cnn_read_constant (CnnNodeReader *reader, CnnNode *node)
{
  static const struct {
    const char *name;
    CnnAttributeType type;
  } forms[] = {{"value_float", CNN_ATTRIBUTE_NUMBER}, {"value_floats", CNN_ATTRIBUTE_NUMBERS},
      {"value_int", CNN_ATTRIBUTE_INTEGER}, {"value_ints", CNN_ATTRIBUTE_INTEGERS}};
  CnnTensor *tensor = cnn_read_tensor (reader, "value");
  for (int i = 0; i < reader->n_attributes && !tensor; i++)
    for (int k = 0; k < 4; k++) {
      CnnAttribute *attribute = &reader->attributes[i];
      if (strcmp (attribute->name, forms[k].name) == 0 && attribute->type == forms[k].type) {
        attribute->is_read = true;
        tensor = tensor_of_attribute (attribute);
      }
    }
  if (!tensor)
    cnn_reader_refuse (reader, "it has no value of numbers");
  node->parameters.constant.tensor = tensor;
}

bool
cnn_shape_constant (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *tensor = operation->node->parameters.constant.tensor;
  cnn_operation_set (operation, 0, tensor->elements, tensor->dims);
  return true;
}

bool
cnn_run_constant (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *tensor = operation->node->parameters.constant.tensor;
  const CnnOperation copy = {operation->node, &tensor, 1, operation->out, 1};
  return cnn_run_copy (&copy, error);
}

/* --- ConstantOfShape ------------------------------------------------------------------------------ */

void
cnn_read_constant_of_shape (CnnNodeReader *reader, CnnNode *node)
{
  CnnTensor *tensor = cnn_read_tensor (reader, "value");
  const CnnDims scalar = {.rank = 0};
  if (!tensor)
    tensor = cnn_tensor_new (CNN_ELEMENTS_FLOAT, &scalar, NULL);
  if (!tensor || tensor->count != 1)
    cnn_reader_refuse (reader, "its value is not one number");
  node->parameters.constant.tensor = tensor;
}

bool
cnn_shape_constant_of_shape (const CnnOperation *operation, CnnError *error)
{
  CnnNumbers shape;
  CnnDims dims;
  if (!cnn_operation_integers (operation, 0, "shape", &shape, error))
    return false;
  dims.rank = shape.count;
  for (int i = 0; i < shape.count; i++)
    dims.size[i] = shape.values[i];
  cnn_operation_set (operation, 0, operation->node->parameters.constant.tensor->elements, dims);
  return true;
}

bool
cnn_run_constant_of_shape (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *value = operation->node->parameters.constant.tensor;
  CnnTensor *out = operation->out[0];
  for (int64_t i = 0; i < out->count; i++)
    if (out->floats)
      out->floats[i] = value->floats[0];
    else
      out->integers[i] = value->integers[0];
  return true;
}

/* --- Shape, Size ---------------------------------------------------------------------------------- */

void
cnn_read_shape (CnnNodeReader *reader, CnnNode *node)
{
  node->parameters.shape.start = cnn_read_integer (reader, "start", 0);
  node->parameters.shape.end = cnn_read_integer (reader, "end", INT64_MAX);
}

static void
shape_range (const CnnOperation *operation, int *first, int *end)
{
  const int64_t rank = operation->in[0]->dims.rank;
  int64_t range[2] = {
      operation->node->parameters.shape.start, operation->node->parameters.shape.end};
  for (int i = 0; i < 2; i++) {
    range[i] = range[i] < -rank ? -rank : range[i] > rank ? rank : range[i];
    range[i] += range[i] < 0 ? rank : 0;
  }
  *first = (int)range[0];
  *end = (int)(range[1] > range[0] ? range[1] : range[0]);
}

bool
cnn_shape_shape (const CnnOperation *operation, CnnError *error)
{
  int first, end;
  shape_range (operation, &first, &end);
  cnn_operation_set (operation, 0, CNN_ELEMENTS_INTEGER, (CnnDims){1, {end - first}});
  return true;
}

bool
cnn_run_shape (const CnnOperation *operation, CnnError *error)
{
  int first, end;
  shape_range (operation, &first, &end);
  for (int i = first; i < end; i++)
    operation->out[0]->integers[i - first] = operation->in[0]->dims.size[i];
  return true;
}

bool
cnn_shape_size (const CnnOperation *operation, CnnError *error)
{
  cnn_operation_set (operation, 0, CNN_ELEMENTS_INTEGER, (CnnDims){.rank = 0});
  return true;
}

bool
cnn_run_size (const CnnOperation *operation, CnnError *error)
{
  operation->out[0]->integers[0] = operation->in[0]->count;
  return true;
}

/* --- Range ---------------------------------------------------------------------------------------- */

bool
cnn_shape_range (const CnnOperation *operation, CnnError *error)
{
  double numbers[3];
  for (int i = 0; i < 3; i++) {
    const CnnTensor *in = operation->in[i];
    if (!cnn_tensor_has_data (in) || in->count != 1 || in->elements != operation->in[0]->elements)
      return cnn_error_set (
          error, "its start, limit and delta have to be three constants of one type");
    numbers[i] = cnn_tensor_number (in, 0);
  }
  const double count = ceil ((numbers[1] - numbers[0]) / numbers[2]);
  if (!(count <= (double)CNN_MAX_ELEMENTS))
    return cnn_error_set (
        error, "a range from %g to %g by %g is not supported", numbers[0], numbers[1], numbers[2]);
  cnn_operation_set (
      operation, 0, operation->in[0]->elements, (CnnDims){1, {count > 0 ? (int64_t)count : 0}});
  return true;
}

bool
cnn_run_range (const CnnOperation *operation, CnnError *error)
{
  CnnTensor *out = operation->out[0];
  for (int64_t i = 0; i < out->count; i++)
    if (out->floats)
      out->floats[i] = operation->in[0]->floats[0] + (float)i * operation->in[2]->floats[0];
    else
      out->integers[i] = (int64_t)((uint64_t)operation->in[0]->integers[0] +
                                   (uint64_t)i * (uint64_t)operation->in[2]->integers[0]);
  return true;
}

/* --- Cast ----------------------------------------------------------------------------------------- */

void
cnn_read_cast (CnnNodeReader *reader, CnnNode *node)
{
  const int64_t to = cnn_read_integer (reader, "to", 0);
  cnn_read_ignored (reader, "saturate"); /* of the 8-bit floats */
  const bool is_float = to == 1 || to == 10 || to == 11 || to == 16;
  const bool is_integer = (to >= 2 && to <= 7) || to == 9 || to == 12 || to == 13;
  if (!is_float && !is_integer)
    cnn_reader_refuse (reader, "to=%" PRId64 " is not supported", to);
  node->parameters.cast.elements = is_float ? CNN_ELEMENTS_FLOAT : CNN_ELEMENTS_INTEGER;
  node->parameters.cast.to_bool = to == 9;
}

bool
cnn_shape_cast (const CnnOperation *operation, CnnError *error)
{
  cnn_operation_set (
      operation, 0, operation->node->parameters.cast.elements, operation->in[0]->dims);
  return true;
}

bool
cnn_run_cast (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *in = operation->in[0];
  CnnTensor *out = operation->out[0];
  for (int64_t i = 0; i < out->count; i++) {
    const double number = cnn_tensor_number (in, i);
    if (operation->node->parameters.cast.to_bool)
      out->integers[i] = number != 0;
    else if (out->floats)
      out->floats[i] = (float)number;
    else if (in->integers)
      out->integers[i] = in->integers[i];
    else
      out->integers[i] = number >= -9e18 && number <= 9e18 ? (int64_t)number : 0;
  }
  return true;
}

/* --- Dropout -------------------------------------------------------------------------------------- */

void
cnn_read_dropout (CnnNodeReader *reader, CnnNode *node)
{
  cnn_read_ignored (reader, "ratio");
  cnn_read_ignored (reader, "seed");
}

bool
cnn_shape_dropout (const CnnOperation *operation, CnnError *error)
{
  const CnnTensor *training = cnn_operation_in (operation, 2);
  if (training && (!cnn_tensor_has_data (training) || training->count != 1 ||
                      cnn_tensor_number (training, 0) != 0))
    return cnn_error_set (error, "its training mode is not supported");
  if (cnn_operation_out (operation, 1))
    return cnn_error_set (error, "its mask is not supported");
  return cnn_shape_same (operation, error);
}
