/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor-file.h"

#include <math.h>
#include <string.h>

typedef struct {
  const gchar *name;
  gsize size;
} DtypeRow;

static const DtypeRow dtypes[] = {
    [CNN_DTYPE_BOOL] = {"bool", 1},
    [CNN_DTYPE_U8] = {"uint8", 1},
    [CNN_DTYPE_I8] = {"int8", 1},
    [CNN_DTYPE_U16] = {"uint16", 2},
    [CNN_DTYPE_I16] = {"int16", 2},
    [CNN_DTYPE_U32] = {"uint32", 4},
    [CNN_DTYPE_I32] = {"int32", 4},
    [CNN_DTYPE_U64] = {"uint64", 8},
    [CNN_DTYPE_I64] = {"int64", 8},
    [CNN_DTYPE_F8_E4M3] = {"float8_e4m3fn", 1},
    [CNN_DTYPE_F8_E5M2] = {"float8_e5m2", 1},
    [CNN_DTYPE_F16] = {"float16", 2},
    [CNN_DTYPE_BF16] = {"bfloat16", 2},
    [CNN_DTYPE_F32] = {"float32", 4},
    [CNN_DTYPE_F64] = {"float64", 8},
};

const gchar *
cnn_dtype_name (CnnDtype dtype)
{
  return dtypes[dtype].name;
}

gsize
cnn_dtype_size (CnnDtype dtype)
{
  return dtypes[dtype].size;
}

/* The element's bits as an unsigned number; `bytes` may have any alignment. */
static guint64
load_bits (const guint8 *bytes, gsize size, gboolean big_endian)
{
  guint64 bits = 0;
  for (gsize i = 0; i < size; i++)
    bits = bits << 8 | bytes[big_endian ? i : size - 1 - i];
  return bits;
}

static gfloat
float_from_bits (guint32 bits)
{
  gfloat value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static gfloat
float_from_half (guint32 half)
{
  guint32 sign = (half & 0x8000) << 16;
  guint32 exponent = half >> 10 & 0x1f;
  guint32 fraction = half & 0x3ff;
  if (exponent == 0x1f)
    return float_from_bits (sign | 0x7f800000 | fraction << 13);
  if (exponent > 0)
    return float_from_bits (sign | (exponent + 112) << 23 | fraction << 13);
  /* Subnormal: the fraction counts steps of 2^-24. */
  gfloat magnitude = (gfloat)fraction * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

static gdouble
double_from_bits (guint64 bits)
{
  gdouble value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static gfloat
float_from_element (CnnDtype dtype, guint64 bits)
{
  switch (dtype) {
  case CNN_DTYPE_BOOL:
    return bits != 0;
  case CNN_DTYPE_U8:
  case CNN_DTYPE_U16:
  case CNN_DTYPE_U32:
  case CNN_DTYPE_U64:
    return (gfloat)bits;
  case CNN_DTYPE_I8:
    return (gint8)bits;
  case CNN_DTYPE_I16:
    return (gint16)bits;
  case CNN_DTYPE_I32:
    return (gfloat)(gint32)bits;
  case CNN_DTYPE_I64:
    return (gfloat)(gint64)bits;
  case CNN_DTYPE_F16:
    return float_from_half ((guint32)bits);
  case CNN_DTYPE_BF16:
    return float_from_bits ((guint32)bits << 16);
  case CNN_DTYPE_F32:
    return float_from_bits ((guint32)bits);
  case CNN_DTYPE_F64:
    return (gfloat)double_from_bits (bits);
  case CNN_DTYPE_F8_E4M3:
  case CNN_DTYPE_F8_E5M2:
    break;
  }
  g_assert_not_reached ();
}

gboolean
cnn_dtype_to_float32 (CnnDtype dtype, gboolean big_endian, const guint8 *bytes, gsize stride,
    gsize count, gfloat *values, gsize *failed)
{
  gsize size = cnn_dtype_size (dtype);
  for (gsize i = 0; i < count; i++) {
    guint64 bits = load_bits (bytes + i * stride, size, big_endian);
    values[i] = float_from_element (dtype, bits);
    if (dtype == CNN_DTYPE_F64 && isinf (values[i]) && isfinite (double_from_bits (bits))) {
      *failed = i;
      return FALSE;
    }
  }
  return TRUE;
}
