/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

enum {
  MODEL,
  GRAPH,
  NODE,
  ATTRIBUTE,
  TENSOR,
  ENTRY,
  VALUE_INFO,
  TYPE,
  TENSOR_TYPE,
  SHAPE,
  DIMENSION,
  OPERATOR_SET,
  NONE
};

/* Messages and strings within messages: where they are, and whether there may be more than one. */
static const struct {
  uint8_t parent, field, child;
  bool repeated;
} nesting[] = {
    {MODEL, 7, GRAPH, false},
    {MODEL, 8, OPERATOR_SET, true},
    {GRAPH, 1, NODE, true},
    {GRAPH, 5, TENSOR, true},
    {GRAPH, 11, VALUE_INFO, true},
    {GRAPH, 12, VALUE_INFO, true},
    {NODE, 5, ATTRIBUTE, true},
    {ATTRIBUTE, 5, TENSOR, false},
    {TENSOR, 13, ENTRY, true},
    {VALUE_INFO, 2, TYPE, false},
    {TYPE, 1, TENSOR_TYPE, false},
    {TENSOR_TYPE, 2, SHAPE, false},
    {SHAPE, 1, DIMENSION, true},
};

/* No deeper than model, graph, node, attribute, tensor, entry. */
#define MAX_DEPTH 6
/* What the largest of protobuf-c's structs takes, with the pointer to it, rounded up. */
#define MESSAGE_BYTES 320
/* An element of a list, which doubles as it grows and is then copied. */
#define FIELD_BYTES 48

typedef struct {
  const uint8_t *bytes;
  size_t at, size;
} Reader;

static bool
read_varint (Reader *reader, size_t end, uint64_t *value)
{
  *value = 0;
  for (int shift = 0; shift < 64 && reader->at < end; shift += 7) {
    const uint8_t byte = reader->bytes[reader->at++];
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

/* Skips what stands behind a key; of bytes, `*length` becomes how many there are. */
static bool
skip_value (Reader *reader, size_t end, int wire, uint64_t *length)
{
  uint64_t ignored;
  *length = 0;
  switch (wire) {
  case WIRE_VARINT:
    return read_varint (reader, end, &ignored);
  case WIRE_64:
  case WIRE_32:
    *length = wire == WIRE_64 ? 8 : 4;
    break;
  case WIRE_BYTES:
    if (!read_varint (reader, end, length))
      return false;
    break;
  default: /* groups, which no version of ONNX has */
    return false;
  }
  if (*length > end - reader->at)
    return false;
  reader->at += (size_t)*length;
  return true;
}

typedef struct {
  int message;
  size_t end;
  uint32_t seen; /* single messages, a bit each row of `nesting` */
} Level;

static int
find_child (int message, uint64_t field)
{
  for (int i = 0; i < (int)(sizeof nesting / sizeof *nesting); i++)
    if (nesting[i].parent == message && nesting[i].field == field)
      return i;
  return -1;
}

/* One field of the innermost message. */
static bool
scan_field (Reader *reader, Level *levels, int *depth, size_t *needed, CnnError *error)
{
  Level *level = &levels[*depth];
  const size_t start = reader->at;
  uint64_t key, length;
  if (!read_varint (reader, level->end, &key) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
    return cnn_error_set (error, "the field at byte %zu has no number", start);
  const int child = find_child (level->message, key >> 3), wire = (int)(key & 7);
  if (!skip_value (reader, level->end, wire, &length))
    return cnn_error_set (error, "the field at byte %zu is cut off or of an unknown kind", start);
  /* Copied once, or for a list of small numbers eight bytes for one; and a node of its list. */
  *needed += FIELD_BYTES + (wire == WIRE_BYTES ? 16 * (size_t)length : 0);
  if (child < 0)
    return true;
  if (wire != WIRE_BYTES)
    return cnn_error_set (error, "the field at byte %zu should be a message", start);
  if (!nesting[child].repeated && (level->seen & 1U << child))
    return cnn_error_set (error, "the field at byte %zu is there twice", start);
  level->seen |= 1U << child;
  *needed += MESSAGE_BYTES;
  levels[++*depth] = (Level){nesting[child].child, reader->at, 0};
  reader->at -= (size_t)length;
  return true;
}

bool
cnn_onnx_scan (const uint8_t *bytes, size_t size, size_t *bytes_needed, CnnError *error)
{
  Reader reader = {bytes, 0, size};
  Level levels[MAX_DEPTH + 1] = {{MODEL, size, 0}};
  int depth = 0;
  *bytes_needed = 2 * MESSAGE_BYTES;
  if (size > CNN_ONNX_MAX_BYTES)
    return cnn_error_set (error, "it has %zu bytes, more than %zu", size, CNN_ONNX_MAX_BYTES);
  while (depth >= 0)
    if (reader.at == levels[depth].end)
      depth--;
    else if (!scan_field (&reader, levels, &depth, bytes_needed, error))
      return false;
  return true;
}
