/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutations of a zip archive that get past its checksums: after libFuzzer's own, mostly, the CRC
 * and the sizes of every member that can be found are made right again, so that what lies behind
 * them is fuzzed as well.
 */
#include <glib.h>
#include <string.h>
#include <zlib.h>

size_t LLVMFuzzerMutate (guint8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator (guint8 *data, size_t size, size_t max_size, unsigned seed);

static guint32
read32 (const guint8 *bytes)
{
  guint32 value;
  memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_LE (value);
}

static void
write32 (guint8 *bytes, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (bytes, &value, sizeof value);
}

/* Inflates a member into a buffer of its own; how many bytes that were. */
static gsize
inflate_member (const guint8 *data, gsize size, guint8 *target, gsize room)
{
  z_stream stream = {.next_in = (guint8 *)data,
      .avail_in = (uInt)size,
      .next_out = target,
      .avail_out = (uInt)room};
  if (inflateInit2 (&stream, -15) != Z_OK)
    return 0;
  inflate (&stream, Z_FINISH);
  inflateEnd (&stream);
  return stream.total_out;
}

/* Makes directory entry and local header say what the data is. */
static void
repair_member (guint8 *data, gsize limit, guint8 *entry)
{
  static guint8 inflated[1 << 16];
  gsize local = read32 (entry + 42), packed = read32 (entry + 20);
  if (local > limit || limit - local < 30)
    return;
  guint8 *header = data + local;
  gsize begin =
      local + 30 + header[26] + ((gsize)header[27] << 8) + header[28] + ((gsize)header[29] << 8);
  if (begin > limit || packed > limit - begin)
    return;
  gsize size = packed;
  const guint8 *contents = data + begin;
  if (entry[10] == 8) {
    size = inflate_member (contents, packed, inflated, sizeof inflated);
    contents = inflated;
  }
  guint32 crc = (guint32)crc32 (0, contents, (uInt)size);
  for (guint i = 0; i < 2; i++) {
    guint8 *fields = i == 0 ? entry + 16 : header + 14;
    write32 (fields, crc);
    if (read32 (fields + 4) != G_MAXUINT32)
      write32 (fields + 4, (guint32)packed);
    if (read32 (fields + 8) != G_MAXUINT32)
      write32 (fields + 8, (guint32)size);
  }
}

static void
repair (guint8 *data, gsize size)
{
  if (size < 22 || read32 (data + size - 22) != 0x06054b50)
    return;
  gsize end = size - 22, at = read32 (data + size - 6);
  while (at <= end && end - at >= 46 && read32 (data + at) == 0x02014b50) {
    guint8 *entry = data + at;
    repair_member (data, end, entry);
    for (guint i = 28; i <= 32; i += 2)
      at += entry[i] + ((gsize)entry[i + 1] << 8);
    at += 46;
  }
}

size_t
LLVMFuzzerCustomMutator (guint8 *data, size_t size, size_t max_size, unsigned seed)
{
  size = LLVMFuzzerMutate (data, size, max_size);
  if (seed % 4 != 0)
    repair (data, size);
  return size;
}
