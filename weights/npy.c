/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The array format of numpy.save, versions 1.0 to 3.0: a magic, a version, a header length, and a
 * header that is a Python literal, {'descr': '<f4', 'fortran_order': False, 'shape': (8, 1, 5, 5),
 * }. Only that literal is understood: nothing is evaluated. After it come the elements, which must
 * fill the rest exactly.
 */
#include "tensor-file.h"

#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_BYTES 6
/* numpy's own limit, beyond which it asks before evaluating. */
#define MAX_HEADER_BYTES 10000

/* Magic, version and length come first. */
G_STATIC_ASSERT (CNN_NPY_MAX_HEADER == MAX_HEADER_BYTES + MAGIC_BYTES + 2 + 4);

typedef struct {
  const CnnWeightsFile *file;
  const gchar *name;
  const guint8 *at, *end; /* the header's text */
  GError **error;
} Header;

static gboolean G_GNUC_PRINTF (2, 3) refuse (const Header *header, const gchar *fault, ...)
{
  va_list arguments;
  va_start (arguments, fault);
  gchar *sentence = g_strdup_vprintf (fault, arguments);
  va_end (arguments);
  cnn_weights_refuse (
      header->file, CNN_WEIGHTS_ERROR_INVALID, header->name, header->error, "%s", sentence);
  g_free (sentence);
  return FALSE;
}

static void
skip_space (Header *header)
{
  while (header->at < header->end && strchr (" \t\n\r\f", *header->at) && *header->at)
    header->at++;
}

static gboolean
accept_char (Header *header, gchar c)
{
  skip_space (header);
  if (header->at == header->end || *header->at != (guint8)c)
    return FALSE;
  header->at++;
  return TRUE;
}

static gboolean
accept_word (Header *header, const gchar *word)
{
  skip_space (header);
  gsize length = strlen (word);
  if ((gsize)(header->end - header->at) < length || memcmp (header->at, word, length) != 0)
    return FALSE;
  header->at += length;
  return TRUE;
}

/* A quoted string without escapes, copied with its end into `text`. */
static gboolean
parse_string (Header *header, gchar *text, gsize room)
{
  skip_space (header);
  if (header->at == header->end || (*header->at != '\'' && *header->at != '"'))
    return FALSE;
  guint8 quote = *header->at++;
  gsize length = 0;
  while (header->at < header->end && *header->at != quote) {
    guint8 c = *header->at++;
    if (c < 0x20 || c > 0x7e || c == '\\' || length + 1 >= room)
      return FALSE;
    text[length++] = (gchar)c;
  }
  text[length] = '\0';
  if (header->at == header->end)
    return FALSE;
  header->at++;
  return TRUE;
}

static gboolean
parse_descr (Header *header, CnnTensor *tensor)
{
  static const struct {
    const gchar *code;
    CnnDtype dtype;
  } codes[] = {
      {"b1", CNN_DTYPE_BOOL},
      {"u1", CNN_DTYPE_U8},
      {"i1", CNN_DTYPE_I8},
      {"u2", CNN_DTYPE_U16},
      {"i2", CNN_DTYPE_I16},
      {"u4", CNN_DTYPE_U32},
      {"i4", CNN_DTYPE_I32},
      {"u8", CNN_DTYPE_U64},
      {"i8", CNN_DTYPE_I64},
      {"f2", CNN_DTYPE_F16},
      {"f4", CNN_DTYPE_F32},
      {"f8", CNN_DTYPE_F64},
  };
  const gchar *known = "f2, f4, f8, i1, u1, i2, u2, i4, u4, i8, u8 and b1";
  gchar descr[64];
  skip_space (header);
  if (header->at < header->end && *header->at == '[')
    return refuse (header, "has a structured dtype; a weight is an array of one of %s", known);
  if (!parse_string (header, descr, sizeof descr))
    return refuse (header, "has a header whose 'descr' is not a short plain string");
  /* One byte has no order: numpy writes '|'. */
  gchar order = descr[0];
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (order == '\0' || strcmp (descr + 1, codes[i].code) != 0)
      continue;
    gboolean single = cnn_dtype_size (codes[i].dtype) == 1;
    if (order != '<' && order != '>' && !(single && order == '|'))
      break;
    tensor->info.dtype = codes[i].dtype;
    tensor->big_endian = order == '>';
    return TRUE;
  }
  return refuse (header, "has dtype '%s'; a weight is one of %s", descr, known);
}

static gboolean
parse_fortran_order (Header *header, CnnTensor *tensor)
{
  if (accept_word (header, "True"))
    tensor->fortran_order = TRUE;
  else if (accept_word (header, "False"))
    tensor->fortran_order = FALSE;
  else
    return refuse (header, "has a header whose 'fortran_order' is neither True nor False");
  return TRUE;
}

/* A non-negative decimal integer of at most 63 bits, without leading zeros. */
static gboolean
parse_dimension (Header *header, gint64 *value)
{
  skip_space (header);
  const guint8 *start = header->at;
  gint64 parsed = 0;
  while (header->at < header->end && g_ascii_isdigit (*header->at)) {
    gint digit = *header->at++ - '0';
    if (parsed > (G_MAXINT64 - digit) / 10)
      return FALSE;
    parsed = parsed * 10 + digit;
  }
  if (header->at == start || (*start == '0' && header->at - start > 1))
    return FALSE;
  *value = parsed;
  return TRUE;
}

/* (), (4,), (4, 3) or (4, 3,): one value needs its comma, as in Python. */
static gboolean
parse_shape (Header *header, CnnTensorInfo *info)
{
  if (!accept_char (header, '('))
    return refuse (header, "has a header whose 'shape' is not a tuple");
  info->rank = 0;
  gboolean comma = TRUE;
  while (!accept_char (header, ')')) {
    gint64 dimension;
    if (!comma || !parse_dimension (header, &dimension))
      return refuse (
          header, "has a header whose 'shape' is not a tuple of non-negative integers below 2^63");
    if (info->rank == CNN_TENSOR_MAX_RANK)
      return refuse (header, "has more than %d dimensions", CNN_TENSOR_MAX_RANK);
    info->shape[info->rank++] = dimension;
    comma = accept_char (header, ',');
  }
  if (info->rank == 1 && !comma)
    return refuse (header, "has a header whose 'shape' is an integer, not a tuple");
  return TRUE;
}

/* One "'key': value" of the header's dictionary; `seen` has a bit a key. */
static gboolean
parse_entry (Header *header, guint *seen, CnnTensor *tensor)
{
  static const gchar *const keys[] = {"descr", "fortran_order", "shape"};
  gchar key[32];
  if (!parse_string (header, key, sizeof key))
    return refuse (header, "has a header that is not a dictionary with plain string keys");
  guint which = 0;
  while (which < G_N_ELEMENTS (keys) && strcmp (key, keys[which]) != 0)
    which++;
  if (which == G_N_ELEMENTS (keys))
    return refuse (header, "has a header with the unknown key '%s'", key);
  if (*seen & 1u << which)
    return refuse (header, "has a header with the key '%s' twice", key);
  *seen |= 1u << which;
  if (!accept_char (header, ':'))
    return refuse (header, "has a header without ':' after '%s'", key);
  if (which == 0)
    return parse_descr (header, tensor);
  if (which == 1)
    return parse_fortran_order (header, tensor);
  return parse_shape (header, &tensor->info);
}

static gboolean
parse_dictionary (Header *header, CnnTensor *tensor)
{
  if (!accept_char (header, '{'))
    return refuse (header, "has a header that is not a dictionary");
  guint seen = 0;
  gboolean comma = TRUE;
  while (!accept_char (header, '}')) {
    if (!comma)
      return refuse (header, "has a header without ',' or '}' where one must be");
    if (!parse_entry (header, &seen, tensor))
      return FALSE;
    comma = accept_char (header, ',');
  }
  if (seen != 7)
    return refuse (
        header, "has a header that lacks one of the keys 'descr', 'fortran_order' and 'shape'");
  skip_space (header);
  if (header->at != header->end)
    return refuse (header, "has a header with text after the dictionary");
  return TRUE;
}

/* Checks magic, version and length, and leaves the header's text in `header`. */
static gboolean
find_header (Header *header, const guint8 *bytes, gsize size)
{
  if (size < MAGIC_BYTES + 2)
    return refuse (
        header, "has %" G_GSIZE_FORMAT " bytes, too few for an array in the .npy format", size);
  if (memcmp (bytes, MAGIC, MAGIC_BYTES) != 0)
    return refuse (header, "is not in the .npy format: it does not start with \\x93NUMPY");
  guint8 major = bytes[MAGIC_BYTES], minor = bytes[MAGIC_BYTES + 1];
  if (major < 1 || major > 3 || minor != 0)
    return refuse (header, "has .npy version %u.%u; known are 1.0, 2.0 and 3.0", major, minor);
  gsize length_bytes = major == 1 ? 2 : 4;
  gsize start = MAGIC_BYTES + 2 + length_bytes;
  if (size < start)
    return refuse (header, "has %" G_GSIZE_FORMAT " bytes: its header length is cut off", size);
  gsize length = 0;
  for (gsize i = length_bytes; i-- > 0;)
    length = length << 8 | bytes[MAGIC_BYTES + 2 + i];
  if (length > size - start)
    return refuse (header,
        "has a header of %" G_GSIZE_FORMAT " bytes, but only %" G_GSIZE_FORMAT " are left", length,
        size - start);
  if (length > MAX_HEADER_BYTES)
    return refuse (header, "has a header of %" G_GSIZE_FORMAT " bytes; it may have %d", length,
        MAX_HEADER_BYTES);
  header->at = bytes + start;
  header->end = header->at + length;
  if (length == 0 || header->end[-1] != '\n')
    return refuse (header, "has a header that does not end in a newline");
  return TRUE;
}

gboolean
cnn_npy_parse (const CnnWeightsFile *file, const gchar *name, const guint8 *bytes, gsize size,
    CnnTensor *tensor, GError **error)
{
  Header header = {.file = file, .name = name, .error = error};
  *tensor = (CnnTensor){0};
  if (!find_header (&header, bytes, size) || !parse_dictionary (&header, tensor) ||
      !cnn_tensor_measure (file, name, &tensor->info, error))
    return FALSE;
  gsize left = size - (gsize)(header.end - bytes);
  if (tensor->info.bytes != left) {
    gchar *shape = cnn_tensor_format_shape (&tensor->info);
    refuse (&header,
        "has shape %s of %s, %" G_GSIZE_FORMAT " bytes, but %" G_GSIZE_FORMAT
        " bytes follow the header",
        shape, cnn_dtype_name (tensor->info.dtype), tensor->info.bytes, left);
    g_free (shape);
    return FALSE;
  }
  return TRUE;
}

gboolean
cnn_npy_read (CnnWeightsFile *file, GError **error)
{
  gchar *name = g_path_get_basename (file->path);
  gsize length = strlen (name);
  if (length > 4 && g_ascii_strcasecmp (name + length - 4, ".npy") == 0)
    name[length - 4] = '\0';
  guint8 beginning[CNN_NPY_MAX_HEADER];
  CnnTensor tensor;
  gboolean good =
      cnn_weights_read_bytes (file, 0, beginning, MIN (file->size, sizeof beginning), error) &&
      cnn_npy_parse (file, name, beginning, file->size, &tensor, error);
  tensor.range = (CnnByteRange){.stored = file->size, .size = file->size};
  good = good && cnn_weights_add (file, name, &tensor, error);
  g_free (name);
  return good;
}
