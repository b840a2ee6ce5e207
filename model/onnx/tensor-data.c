/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor-data.h"

#include "../text.h"
#include "read-file.h"

#include <cnn/memory.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
  FLOAT = 1,
  UINT8 = 2,
  INT8 = 3,
  UINT16 = 4,
  INT16 = 5,
  INT32 = 6,
  INT64 = 7,
  BOOL = 9,
  FLOAT16 = 10,
  DOUBLE = 11,
  UINT32 = 12,
  UINT64 = 13,
  BFLOAT16 = 16
};

#define EXTERNAL 1

/* Bytes an element of raw data; 0 for types that are not read. */
static size_t
element_bytes (int type)
{
  switch (type) {
  case UINT8:
  case INT8:
  case BOOL:
    return 1;
  case UINT16:
  case INT16:
  case FLOAT16:
  case BFLOAT16:
    return 2;
  case FLOAT:
  case INT32:
  case UINT32:
    return 4;
  case INT64:
  case DOUBLE:
  case UINT64:
    return 8;
  default:
    return 0;
  }
}

bool
cnn_onnx_elements (int type, CnnElements *elements)
{
  const bool is_float = type == FLOAT || type == FLOAT16 || type == DOUBLE || type == BFLOAT16;
  *elements = is_float ? CNN_ELEMENTS_FLOAT : CNN_ELEMENTS_INTEGER;
  return element_bytes (type) > 0;
}

static float
float_from_bits (uint32_t bits)
{
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static float
float_from_half (uint16_t half)
{
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float sign = half & 0x8000 ? -1.0F : 1.0F;
  if (exponent == 31)
    return fraction ? NAN : sign * INFINITY;
  return sign * (exponent == 0 ? ldexpf ((float)fraction, -24)
                               : ldexpf ((float)(fraction + 1024), exponent - 25));
}

static uint64_t
little_endian (const uint8_t *bytes, size_t size)
{
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++)
    value |= (uint64_t)bytes[i] << 8 * i;
  return value;
}

static void
set_from_bits (CnnTensor *tensor, int64_t i, int type, uint64_t bits)
{
  double number;
  switch (type) {
  case FLOAT:
    tensor->floats[i] = float_from_bits ((uint32_t)bits);
    break;
  case FLOAT16:
    tensor->floats[i] = float_from_half ((uint16_t)bits);
    break;
  case BFLOAT16:
    tensor->floats[i] = float_from_bits ((uint32_t)bits << 16);
    break;
  case DOUBLE:
    memcpy (&number, &bits, sizeof number);
    tensor->floats[i] = (float)number;
    break;
  case INT8:
    tensor->integers[i] = (int8_t)bits;
    break;
  case INT16:
    tensor->integers[i] = (int16_t)bits;
    break;
  case INT32:
    tensor->integers[i] = (int32_t)bits;
    break;
  case BOOL:
    tensor->integers[i] = bits != 0;
    break;
  default:
    tensor->integers[i] = (int64_t)bits;
  }
}

static void
read_raw (const uint8_t *bytes, int type, CnnTensor *tensor)
{
  const size_t each = element_bytes (type);
  for (int64_t i = 0; i < tensor->count; i++)
    set_from_bits (tensor, i, type, little_endian (bytes + (size_t)i * each, each));
}

/* The list that holds a type's values, and how many there are. */
static size_t
typed_count (const CnnOnnx__Tensor *from, int type)
{
  switch (type) {
  case FLOAT:
    return from->n_float_data;
  case DOUBLE:
    return from->n_double_data;
  case INT64:
    return from->n_int64_data;
  case UINT32:
  case UINT64:
    return from->n_uint64_data;
  default:
    return from->n_int32_data;
  }
}

static void
read_typed (const CnnOnnx__Tensor *from, int type, CnnTensor *tensor)
{
  for (int64_t i = 0; i < tensor->count; i++)
    switch (type) {
    case FLOAT:
      tensor->floats[i] = from->float_data[i];
      break;
    case DOUBLE:
      tensor->floats[i] = (float)from->double_data[i];
      break;
    case INT64:
      tensor->integers[i] = from->int64_data[i];
      break;
    case UINT32:
    case UINT64:
      tensor->integers[i] = (int64_t)from->uint64_data[i];
      break;
    default:
      set_from_bits (tensor, i, type, (uint64_t)from->int32_data[i]);
    }
}

/* --- External data -------------------------------------------------------------------------------- */

static bool
read_decimal (const char *text, size_t *value)
{
  *value = 0;
  if (!text || !*text || strlen (text) > 18)
    return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9')
      return false;
    *value = *value * 10 + (size_t)(*text - '0');
  }
  return true;
}

/* A name in the folder of the network, and nothing that leads out of it. */
static bool
is_plain_name (const char *name)
{
  return name && *name && *name != '.' && !strchr (name, '/') && !strchr (name, '\\');
}

/* The bytes of a tensor's data in a file beside the network, for cnn_free (). */
static uint8_t *
read_external (const CnnOnnx__Tensor *from, size_t length, const char *path, CnnError *error)
{
  const char *location = NULL;
  size_t offset = 0, stated = length;
  CnnPrintable printable;
  bool valid = true;
  for (size_t i = 0; i < from->n_external_data; i++) {
    const char *key = from->external_data[i]->key, *value = from->external_data[i]->value;
    if (key && strcmp (key, "location") == 0)
      location = value;
    else if (key && strcmp (key, "offset") == 0)
      valid = valid && read_decimal (value, &offset);
    else if (key && strcmp (key, "length") == 0)
      valid = valid && read_decimal (value, &stated);
  }
  if (!valid)
    cnn_error_set (error, "the offset or length of its external data is no number");
  else if (!path)
    cnn_error_set (error, "its data lie in another file, and the network was read from memory");
  else if (!is_plain_name (location))
    cnn_error_set (error, "its data lie in \"%s\"; only a file beside the network is read",
        cnn_printable (location ? location : "", &printable));
  else if (stated != length)
    cnn_error_set (error, "it has %zu bytes of external data, not %zu", stated, length);
  else
    return cnn_read_file (location, path, offset, &length, length, error);
  return NULL;
}

/* Before memory is taken: as many values as the shape says are there. */
static bool
check_count (const CnnOnnx__Tensor *from, size_t count, CnnError *error)
{
  const size_t each = element_bytes (from->data_type);
  const size_t typed = typed_count (from, from->data_type);
  if (from->has_raw_data && from->raw_data.len != count * each)
    return cnn_error_set (
        error, "it has %zu bytes of data, not %zu times %zu", from->raw_data.len, count, each);
  if (!from->has_raw_data && typed != count)
    return cnn_error_set (error, "it has %zu values, not %zu", typed, count);
  return true;
}

CnnTensor *
cnn_onnx_tensor (const CnnOnnx__Tensor *from, const char *path, CnnError *error)
{
  const int type = from->data_type;
  const bool is_external = from->data_location == EXTERNAL;
  CnnElements elements;
  CnnDims dims = {.rank = (int)from->n_dims};
  int64_t count;
  if (from->n_dims > CNN_MAX_RANK) {
    cnn_error_set (error, "it has %zu dimensions, more than %d", from->n_dims, CNN_MAX_RANK);
    return NULL;
  }
  for (int i = 0; i < dims.rank; i++)
    dims.size[i] = from->dims[i];
  if (!cnn_onnx_elements (type, &elements)) {
    cnn_error_set (error, "its type %d is not supported", type);
    return NULL;
  }
  if (!cnn_dims_count (&dims, &count, error) ||
      (!is_external && !check_count (from, (size_t)count, error)))
    return NULL;
  const size_t size = (size_t)count * element_bytes (type);
  uint8_t *external = is_external ? read_external (from, size, path, error) : NULL;
  if (is_external && !external)
    return NULL;
  CnnTensor *tensor = cnn_tensor_new (elements, &dims, error);
  if (tensor && (is_external || from->has_raw_data))
    read_raw (external ? external : from->raw_data.data, type, tensor);
  else if (tensor)
    read_typed (from, type, tensor);
  cnn_free (external);
  return tensor;
}
