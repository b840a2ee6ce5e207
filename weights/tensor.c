/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tensor-file.h"

#include <string.h>

gboolean
cnn_tensor_measure (
    const CnnWeightsFile *file, const gchar *name, CnnTensorInfo *info, GError **error)
{
  /* In 64 bits, whatever the size of a pointer. */
  const guint64 most = G_MAXSSIZE;
  guint64 elements = 1;
  for (guint i = 0; i < info->rank; i++) {
    guint64 dim = (guint64)info->shape[i];
    if (dim > 0 && elements > most / dim) {
      gchar *shape = cnn_tensor_format_shape (info);
      cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, name, error,
          "has shape %s: the number of elements does not fit into memory", shape);
      g_free (shape);
      return FALSE;
    }
    elements *= dim;
  }
  if (elements > most / cnn_dtype_size (info->dtype))
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, name, error,
        "has %" G_GUINT64_FORMAT " elements of %s: the number of bytes does not fit into memory",
        elements, cnn_dtype_name (info->dtype));
  info->n_elements = (gsize)elements;
  info->bytes = (gsize)elements * cnn_dtype_size (info->dtype);
  return TRUE;
}

gchar *
cnn_tensor_format_shape (const CnnTensorInfo *tensor)
{
  if (tensor->rank == 0)
    return g_strdup ("scalar");
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < tensor->rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", tensor->shape[i]);
  return g_string_free (text, FALSE);
}

gboolean
cnn_weights_add (CnnWeightsFile *file, const gchar *name, const CnnTensor *tensor, GError **error)
{
  if (!g_utf8_validate (name, -1, NULL))
    return cnn_weights_refuse (
        file, CNN_WEIGHTS_ERROR_INVALID, name, error, "has a name that is not UTF-8");
  if (g_hash_table_contains (file->index_of, name))
    return cnn_weights_refuse (
        file, CNN_WEIGHTS_ERROR_INVALID, name, error, "is there twice: names must differ");
  if (file->tensors->len >= CNN_WEIGHTS_MAX_TENSORS)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, NULL, error,
        "has more than the %d tensors a file may have", CNN_WEIGHTS_MAX_TENSORS);
  CnnTensor copy = *tensor;
  copy.info.name = g_strdup (name);
  g_hash_table_insert (
      file->index_of, (gpointer)copy.info.name, GUINT_TO_POINTER (file->tensors->len));
  g_array_append_val (file->tensors, copy);
  return TRUE;
}

guint
cnn_weights_get_n_tensors (const CnnWeightsFile *file)
{
  return file->tensors->len;
}

const CnnTensorInfo *
cnn_weights_get_tensor (const CnnWeightsFile *file, guint index)
{
  g_return_val_if_fail (index < file->tensors->len, NULL);
  return &g_array_index (file->tensors, CnnTensor, index).info;
}

const gchar *
cnn_weights_get_metadata (const CnnWeightsFile *file, const gchar *key)
{
  return file->metadata ? g_hash_table_lookup (file->metadata, key) : NULL;
}

const CnnTensorInfo *
cnn_weights_find (const CnnWeightsFile *file, const gchar *name)
{
  gpointer index;
  if (!g_hash_table_lookup_extended (file->index_of, name, NULL, &index))
    return NULL;
  return cnn_weights_get_tensor (file, GPOINTER_TO_UINT (index));
}

/* --- Values --------------------------------------------------------------------------------------- */

/* Takes `elements`, stored with their first index fastest, one run along the last axis at a time. */
static gboolean
take_transposed (const CnnTensor *tensor, const guint8 *elements, gfloat *values, gsize *failed)
{
  const CnnTensorInfo *info = &tensor->info;
  gsize size = cnn_dtype_size (info->dtype);
  gsize strides[CNN_TENSOR_MAX_RANK] = {0};
  gsize stride = size;
  for (guint i = 0; i < info->rank; i++) {
    strides[i] = stride;
    stride *= (gsize)info->shape[i];
  }
  guint last = info->rank - 1;
  gsize run = (gsize)info->shape[last];
  gint64 position[CNN_TENSOR_MAX_RANK] = {0};
  for (gsize done = 0; done < info->n_elements; done += run) {
    gsize offset = 0;
    for (guint i = 0; i < last; i++)
      offset += (gsize)position[i] * strides[i];
    if (!cnn_dtype_to_float32 (info->dtype, tensor->big_endian, elements + offset, strides[last],
            run, values + done, failed)) {
      *failed += done;
      return FALSE;
    }
    for (guint i = last; i-- > 0;) {
      if (++position[i] < info->shape[i])
        break;
      position[i] = 0;
    }
  }
  return TRUE;
}

static gboolean
refuse_range (const CnnWeightsFile *file, const CnnTensorInfo *info, gsize element, GError **error)
{
  return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, info->name, error,
      "has a float64 beyond the range of float32 at element %" G_GSIZE_FORMAT, element);
}

static gboolean
read_transposed (const CnnWeightsFile *file, const CnnTensor *tensor, CnnByteReader *reader,
    gfloat *values, GError **error)
{
  const CnnTensorInfo *info = &tensor->info;
  guint8 *elements = g_try_malloc (MAX (info->bytes, 1));
  if (!elements)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_MEMORY, info->name, error,
        "has %" G_GSIZE_FORMAT " bytes in Fortran order: no memory for them", info->bytes);
  gsize failed = 0;
  gboolean good = cnn_byte_reader_read (reader, elements, info->bytes, error);
  if (good && !take_transposed (tensor, elements, values, &failed))
    good = refuse_range (file, info, failed, error);
  g_free (elements);
  return good;
}

static gboolean
read_in_order (const CnnWeightsFile *file, const CnnTensor *tensor, CnnByteReader *reader,
    gfloat *values, GError **error)
{
  const CnnTensorInfo *info = &tensor->info;
  const gsize size = cnn_dtype_size (info->dtype);
  /* By far the most frequent case. */
  if (info->dtype == CNN_DTYPE_F32 && tensor->big_endian == (G_BYTE_ORDER == G_BIG_ENDIAN))
    return cnn_byte_reader_read (reader, values, info->bytes, error);
  guint8 chunk[16384];
  gsize count;
  for (gsize done = 0; done < info->n_elements; done += count) {
    count = MIN (info->n_elements - done, sizeof chunk / size);
    gsize failed;
    if (!cnn_byte_reader_read (reader, chunk, count * size, error))
      return FALSE;
    if (!cnn_dtype_to_float32 (
            info->dtype, tensor->big_endian, chunk, size, count, values + done, &failed))
      return refuse_range (file, info, done + failed, error);
  }
  return TRUE;
}

gboolean
cnn_weights_read_float32 (
    const CnnWeightsFile *file, const CnnTensorInfo *info, gfloat *values, GError **error)
{
  const CnnTensor *tensor = (const CnnTensor *)info;
  if (info->dtype == CNN_DTYPE_F8_E4M3 || info->dtype == CNN_DTYPE_F8_E5M2)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, info->name, error,
        "is %s, which is not read as float32: save it as float16 or float32",
        cnn_dtype_name (info->dtype));
  CnnByteReader *reader = cnn_byte_reader_new (file, &tensor->range, info->name, error);
  gboolean good =
      reader && cnn_byte_reader_read (reader, NULL, tensor->range.size - info->bytes, error);
  if (good)
    good = tensor->fortran_order && info->rank > 1
               ? read_transposed (file, tensor, reader, values, error)
               : read_in_order (file, tensor, reader, values, error);
  cnn_byte_reader_free (reader);
  /* What was read meanwhile may be anything: that the file changed says more than what is wrong now. */
  GError *changed = NULL;
  if (cnn_weights_check_unchanged (file, &changed))
    return good;
  g_clear_error (error);
  g_propagate_error (error, changed);
  return FALSE;
}
