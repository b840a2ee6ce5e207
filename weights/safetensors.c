/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The safetensors format: eight bytes of header length, a JSON header {NAME: {dtype, shape,
 * data_offsets}, ..., "__metadata__": {string: string}}, and the data, which the tensors tile
 * without holes or overlaps. json-text.h checks the header's text, json-glib takes it apart.
 */
#include "json-text.h"
#include "tensor-file.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define LENGTH_BYTES 8
#define MAX_HEADER_BYTES (16 << 20)

typedef struct {
  CnnWeightsFile *file;
  gsize data; /* what the offsets count from, in the file */
  gsize data_size;
  JsonParser *parser;
  GError **error;
} Reader;

static gboolean
parse_dtype (Reader *reader, const gchar *name, JsonNode *node, CnnTensor *tensor)
{
  static const struct {
    const gchar *name;
    CnnDtype dtype;
  } dtypes[] = {
      {"BOOL", CNN_DTYPE_BOOL},
      {"U8", CNN_DTYPE_U8},
      {"I8", CNN_DTYPE_I8},
      {"U16", CNN_DTYPE_U16},
      {"I16", CNN_DTYPE_I16},
      {"U32", CNN_DTYPE_U32},
      {"I32", CNN_DTYPE_I32},
      {"U64", CNN_DTYPE_U64},
      {"I64", CNN_DTYPE_I64},
      {"F8_E4M3", CNN_DTYPE_F8_E4M3},
      {"F8_E5M2", CNN_DTYPE_F8_E5M2},
      {"F16", CNN_DTYPE_F16},
      {"BF16", CNN_DTYPE_BF16},
      {"F32", CNN_DTYPE_F32},
      {"F64", CNN_DTYPE_F64},
  };
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has a dtype that is not a string");
  const gchar *text = json_node_get_string (node);
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    if (strcmp (text, dtypes[i].name) != 0)
      continue;
    tensor->info.dtype = dtypes[i].dtype;
    return TRUE;
  }
  gchar *printable = cnn_weights_printable (text, strlen (text));
  cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
      "has the unknown dtype \"%s\"", printable);
  g_free (printable);
  return FALSE;
}

/* `node` as an array of `least` to `most` integers. */
static gboolean
parse_integers (Reader *reader, const gchar *name, const gchar *key, JsonNode *node, guint least,
    guint most, gint64 *values, guint *count)
{
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has a %s that is not an array", key);
  JsonArray *array = json_node_get_array (node);
  *count = json_array_get_length (array);
  if (*count < least || *count > most)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has a %s with %u values; it %s %u", key, *count,
        least == most ? "must have" : "may have at most", most);
  for (guint i = 0; i < *count; i++) {
    JsonNode *element = json_array_get_element (array, i);
    if (json_node_get_value_type (element) != G_TYPE_INT64)
      return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
          "has a %s with a value that is not an integer", key);
    values[i] = json_node_get_int (element);
  }
  return TRUE;
}

/* Where the data lies, which must agree with the shape. */
static gboolean
place_data (Reader *reader, const gchar *name, const gint64 *offsets, CnnTensor *tensor)
{
  guint64 begin = (guint64)offsets[0], end = (guint64)offsets[1];
  if (begin > end || end > reader->data_size)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has data_offsets %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        ", which do not lie in the file's %" G_GSIZE_FORMAT " bytes of data",
        begin, end, reader->data_size);
  if (tensor->info.bytes != end - begin) {
    gchar *shape = cnn_tensor_format_shape (&tensor->info);
    cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has shape %s of %s, %" G_GSIZE_FORMAT
        " bytes, but its data_offsets hold %" G_GUINT64_FORMAT,
        shape, cnn_dtype_name (tensor->info.dtype), tensor->info.bytes, end - begin);
    g_free (shape);
    return FALSE;
  }
  tensor->range = (CnnByteRange){
      .position = reader->data + (gsize)begin,
      .stored = tensor->info.bytes,
      .size = tensor->info.bytes,
  };
  return TRUE;
}

static gboolean
parse_tensor (Reader *reader, const gchar *name, JsonNode *node, guint n_members)
{
  CnnWeightsFile *file = reader->file;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return cnn_weights_refuse (
        file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error, "is not described by a JSON object");
  JsonObject *object = json_node_get_object (node);
  JsonNode *dtype = json_object_get_member (object, "dtype");
  JsonNode *shape = json_object_get_member (object, "shape");
  JsonNode *data_offsets = json_object_get_member (object, "data_offsets");
  if (!dtype || !shape || !data_offsets)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error, "has no %s",
        !dtype   ? "dtype"
        : !shape ? "shape"
                 : "data_offsets");
  if (n_members != 3)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, name, reader->error,
        "has %u keys; it must have dtype, shape and data_offsets, each once", n_members);
  CnnTensor tensor = {0};
  gint64 offsets[2] = {0};
  guint n_offsets;
  return parse_dtype (reader, name, dtype, &tensor) &&
         parse_integers (reader, name, "shape", shape, 0, CNN_TENSOR_MAX_RANK, tensor.info.shape,
             &tensor.info.rank) &&
         parse_integers (reader, name, "data_offsets", data_offsets, 2, 2, offsets, &n_offsets) &&
         cnn_tensor_measure (file, name, &tensor.info, reader->error) &&
         place_data (reader, name, offsets, &tensor) &&
         cnn_weights_add (file, name, &tensor, reader->error);
}

static gboolean
read_metadata (Reader *reader, JsonNode *node, guint n_members)
{
  GHashTable *metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gboolean good = JSON_NODE_HOLDS_OBJECT (node) && !reader->file->metadata;
  if (good) {
    JsonObject *object = json_node_get_object (node);
    JsonObjectIter iterator;
    const gchar *key;
    JsonNode *value;
    good = json_object_get_size (object) == n_members;
    json_object_iter_init (&iterator, object);
    while (good && json_object_iter_next (&iterator, &key, &value))
      if ((good = json_node_get_value_type (value) == G_TYPE_STRING))
        g_hash_table_insert (metadata, g_strdup (key), json_node_dup_string (value));
  }
  if (good) {
    reader->file->metadata = metadata;
    return TRUE;
  }
  g_hash_table_unref (metadata);
  return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, NULL, reader->error,
      "has a __metadata__ that is not one object of different strings, each with a string");
}

/* Lets json-glib take one checked member apart. */
static gboolean
parse_member (Reader *reader, const CnnJsonMember *member)
{
  gchar *document = g_try_malloc (member->length + 2);
  if (!document)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_MEMORY, NULL, reader->error,
        "has a header with a member of %" G_GSIZE_FORMAT " bytes: no memory for it",
        member->length);
  document[0] = '{';
  memcpy (document + 1, member->text, member->length);
  document[member->length + 1] = '}';
  GError *json_error = NULL;
  gboolean good = json_parser_load_from_data (
      reader->parser, document, (gssize)member->length + 2, &json_error);
  g_free (document);
  JsonNode *root = good ? json_parser_get_root (reader->parser) : NULL;
  if (!root || !JSON_NODE_HOLDS_OBJECT (root) ||
      json_object_get_size (json_node_get_object (root)) != 1) {
    cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, NULL, reader->error,
        "has a header that is not JSON: %s", json_error ? json_error->message : "no object");
    g_clear_error (&json_error);
    return FALSE;
  }
  JsonObjectIter iterator;
  const gchar *name;
  JsonNode *value;
  json_object_iter_init (&iterator, json_node_get_object (root));
  json_object_iter_next (&iterator, &name, &value);
  if (strcmp (name, "__metadata__") == 0)
    return read_metadata (reader, value, member->n_members);
  return parse_tensor (reader, name, value, member->n_members);
}

static gboolean
parse_header (Reader *reader, const gchar *header, gsize length)
{
  CnnJsonText text;
  CnnJsonMember member;
  CnnJsonResult result = CNN_JSON_FAULT;
  if (cnn_json_text_begin (&text, header, length))
    while ((result = cnn_json_text_next (&text, &member)) == CNN_JSON_MEMBER)
      if (!parse_member (reader, &member))
        return FALSE;
  return result == CNN_JSON_END ||
         cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, NULL, reader->error,
             "has a header of %" G_GSIZE_FORMAT " bytes that is not the JSON it must be: %s",
             length, text.fault);
}

static gint
compare_places (gconstpointer a, gconstpointer b)
{
  const CnnTensor *first = *(const CnnTensor *const *)a, *second = *(const CnnTensor *const *)b;
  if (first->range.position != second->range.position)
    return first->range.position < second->range.position ? -1 : 1;
  if (first->info.bytes != second->info.bytes)
    return first->info.bytes < second->info.bytes ? -1 : 1;
  return 0;
}

/* From the first byte of the data to the last, each byte belongs to exactly one tensor. */
static gboolean
check_tiling (Reader *reader)
{
  GArray *tensors = reader->file->tensors;
  GPtrArray *sorted = g_ptr_array_sized_new (tensors->len);
  for (guint i = 0; i < tensors->len; i++)
    g_ptr_array_add (sorted, &g_array_index (tensors, CnnTensor, i));
  g_ptr_array_sort (sorted, compare_places);
  gsize expected = reader->data;
  gboolean good = TRUE;
  for (guint i = 0; good && i < sorted->len; i++) {
    const CnnTensor *tensor = g_ptr_array_index (sorted, i);
    const gsize begins = tensor->range.position;
    if (begins != expected)
      good = cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, tensor->info.name,
          reader->error,
          "starts at byte %" G_GSIZE_FORMAT
          " of the data, but the tensors before it end at %" G_GSIZE_FORMAT,
          begins - reader->data, expected - reader->data);
    expected = begins + tensor->info.bytes;
  }
  g_ptr_array_unref (sorted);
  gsize used = expected - reader->data;
  if (good && used != reader->data_size)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, NULL, reader->error,
        "has %" G_GSIZE_FORMAT " bytes of data, of which its tensors use %" G_GSIZE_FORMAT,
        reader->data_size, used);
  return good;
}

gboolean
cnn_safetensors_read (CnnWeightsFile *file, GError **error)
{
  if (file->size < LENGTH_BYTES)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, NULL, error,
        "has %" G_GSIZE_FORMAT " bytes, too few for the safetensors format", file->size);
  guint64 length;
  if (!cnn_weights_read_bytes (file, 0, &length, LENGTH_BYTES, error))
    return FALSE;
  length = GUINT64_FROM_LE (length);
  if (length > file->size - LENGTH_BYTES)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, NULL, error,
        "has %" G_GSIZE_FORMAT " bytes, but a safetensors header of %" G_GUINT64_FORMAT, file->size,
        length);
  if (length > MAX_HEADER_BYTES)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, NULL, error,
        "has a header of %" G_GUINT64_FORMAT " bytes; it may have %d", length, MAX_HEADER_BYTES);
  guint8 *header = cnn_weights_read_block (file, LENGTH_BYTES, (gsize)length, error);
  if (!header)
    return FALSE;
  Reader reader = {
      .file = file,
      .data = LENGTH_BYTES + (gsize)length,
      .data_size = file->size - LENGTH_BYTES - (gsize)length,
      .parser = json_parser_new (),
      .error = error,
  };
  gboolean good =
      parse_header (&reader, (const gchar *)header, (gsize)length) && check_tiling (&reader);
  g_object_unref (reader.parser);
  g_free (header);
  return good;
}
