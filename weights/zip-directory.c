/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zip-directory.h"

#include <string.h>

enum {
  LOCAL_SIGNATURE = 0x04034b50,
  CENTRAL_SIGNATURE = 0x02014b50,
  DESCRIPTOR_SIGNATURE = 0x08074b50,
  END_SIGNATURE = 0x06054b50,
  END64_SIGNATURE = 0x06064b50,
  LOCATOR64_SIGNATURE = 0x07064b50,

  LOCAL_BYTES = 30,
  CENTRAL_BYTES = 46,
  END_BYTES = 22,
  END64_BYTES = 56,
  LOCATOR64_BYTES = 20,
  MAX_COMMENT_BYTES = 65535,
  MAX_TAIL_BYTES = MAX_COMMENT_BYTES + END_BYTES + LOCATOR64_BYTES + END64_BYTES,
  MAX_LOCAL_BYTES = LOCAL_BYTES + 2 * 65535,
  MAX_DESCRIPTOR_BYTES = 24,

  FLAG_ENCRYPTED = 1 << 0,
  FLAG_DEFLATE_LEVEL = 3 << 1,
  FLAG_DESCRIPTOR = 1 << 3,
  FLAG_UTF8 = 1 << 11,

  METHOD_STORED = 0,
  METHOD_DEFLATED = 8,

  EXTRA_ZIP64 = 1,
  MAX_DEFLATE_RATIO = 1032,
};

typedef struct {
  const CnnWeightsFile *file;
  guint8 *tail; /* the file's bytes from `tail_begins` on, where the end records are */
  gsize tail_begins;
  guint8 *entries; /* the directory */
  guint8 *local;   /* room for a local header, its name and its extra fields */
  guint64 directory, directory_size, n_members;
  GError **error;
} Zip;

/* What local header and directory entry both say. */
typedef struct {
  guint flags, method;
  guint32 crc;
  guint64 compressed_size, size, offset;
  const gchar *name;
  guint name_length;
} Entry;

static guint
read16 (const guint8 *bytes)
{
  return bytes[0] | (guint)bytes[1] << 8;
}

static guint32
read32 (const guint8 *bytes)
{
  return read16 (bytes) | (guint32)read16 (bytes + 2) << 16;
}

static guint64
read64 (const guint8 *bytes)
{
  return read32 (bytes) | (guint64)read32 (bytes + 4) << 32;
}

static gboolean
    G_GNUC_PRINTF (3, 4) refuse (const Zip *zip, const gchar *name, const gchar *fault, ...)
{
  va_list arguments;
  va_start (arguments, fault);
  gchar *sentence = g_strdup_vprintf (fault, arguments);
  va_end (arguments);
  cnn_weights_refuse (zip->file, CNN_WEIGHTS_ERROR_INVALID, name, zip->error, "%s", sentence);
  g_free (sentence);
  return FALSE;
}

/* The bytes at an offset of the file within the tail. */
static const guint8 *
in_tail (const Zip *zip, gsize offset)
{
  return zip->tail + (offset - zip->tail_begins);
}

/* The offset of the end record: the last one whose comment ends with the file. */
static gboolean
find_end (const Zip *zip, gsize *found)
{
  gsize size = zip->file->size;
  for (gsize comment = 0; comment <= MAX_COMMENT_BYTES && comment + END_BYTES <= size; comment++) {
    gsize at = size - END_BYTES - comment;
    const guint8 *record = in_tail (zip, at);
    if (read32 (record) == END_SIGNATURE && read16 (record + 20) == comment) {
      *found = at;
      return TRUE;
    }
  }
  return refuse (zip, NULL, "is no .npz file, or cut off: no zip directory ends it");
}

/* Reads the zip64 end record before `end`, which then is where the directory must end. */
static gboolean
read_end64 (Zip *zip, gsize *end)
{
  if (*end < LOCATOR64_BYTES + END64_BYTES)
    return refuse (zip, NULL, "has a zip64 directory that lies outside the file");
  gsize locator = *end - LOCATOR64_BYTES, at = locator - END64_BYTES;
  const guint8 *record = in_tail (zip, at), *pointer = in_tail (zip, locator);
  if (read32 (pointer) != LOCATOR64_SIGNATURE || read32 (pointer + 4) != 0 ||
      read64 (pointer + 8) != at || read32 (pointer + 16) > 1)
    return refuse (zip, NULL, "has no zip64 locator where one must be");
  if (read32 (record) != END64_SIGNATURE || read64 (record + 4) != END64_BYTES - 12 ||
      read32 (record + 16) != 0 || read32 (record + 20) != 0 ||
      read64 (record + 24) != read64 (record + 32))
    return refuse (zip, NULL, "has a damaged zip64 end record");
  zip->n_members = read64 (record + 32);
  zip->directory_size = read64 (record + 40);
  zip->directory = read64 (record + 48);
  *end = at;
  return TRUE;
}

static gboolean
read_end (Zip *zip)
{
  gsize end = 0;
  if (!find_end (zip, &end))
    return FALSE;
  const guint8 *record = in_tail (zip, end);
  zip->n_members = read16 (record + 10);
  zip->directory_size = read32 (record + 12);
  zip->directory = read32 (record + 16);
  gboolean zip64 =
      zip->n_members == 0xffff || zip->directory_size == 0xffffffff || zip->directory == 0xffffffff;
  if (zip64) {
    if (!read_end64 (zip, &end))
      return FALSE;
  } else if (read16 (record + 4) != 0 || read16 (record + 6) != 0 ||
             read16 (record + 8) != zip->n_members) {
    return refuse (zip, NULL, "is a zip archive in several parts");
  }
  if (zip->directory > end || zip->directory_size != end - zip->directory)
    return refuse (zip, NULL,
        "has a zip directory of %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT
        ", which does not end at %" G_GSIZE_FORMAT " where its end record begins",
        zip->directory_size, zip->directory, end);
  if (zip->n_members > zip->directory_size / CENTRAL_BYTES)
    return refuse (zip, NULL,
        "has %" G_GUINT64_FORMAT " members in a zip directory of only %" G_GUINT64_FORMAT " bytes",
        zip->n_members, zip->directory_size);
  if (zip->n_members > CNN_WEIGHTS_MAX_TENSORS)
    return refuse (zip, NULL, "has %" G_GUINT64_FORMAT " members; a file may have %d tensors",
        zip->n_members, CNN_WEIGHTS_MAX_TENSORS);
  return TRUE;
}

/* Replaces, in the order the format gives, each of `values` that is all ones in its 32-bit field by
 * the number in the zip64 extra field. FALSE if fields do not fit, or the numbers are missing. */
static gboolean
resolve_zip64 (const guint8 *extra, gsize length, guint64 *const *values, guint n_values)
{
  gboolean resolved = FALSE;
  while (length > 0) {
    if (length < 4 || read16 (extra + 2) > length - 4)
      return FALSE;
    guint field = read16 (extra + 2);
    if (read16 (extra) == EXTRA_ZIP64) {
      if (resolved)
        return FALSE;
      resolved = TRUE;
      guint used = 0;
      for (guint i = 0; i < n_values; i++) {
        if (*values[i] != 0xffffffff)
          continue;
        if (field - used < 8)
          return FALSE;
        *values[i] = read64 (extra + 4 + used);
        used += 8;
      }
    }
    extra += 4 + field;
    length -= 4 + field;
  }
  for (guint i = 0; !resolved && i < n_values; i++)
    if (*values[i] == 0xffffffff)
      return FALSE;
  return TRUE;
}

static gboolean
check_entry (const Zip *zip, const Entry *entry, const gchar *name)
{
  if (entry->flags & FLAG_ENCRYPTED)
    return refuse (zip, name, "is encrypted");
  if (entry->flags & ~(guint)(FLAG_DEFLATE_LEVEL | FLAG_DESCRIPTOR | FLAG_UTF8))
    return refuse (zip, name, "has the unknown zip flags 0x%x", entry->flags);
  if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED)
    return refuse (zip, name, "is compressed by method %u; known are 0 (stored) and 8 (deflated)",
        entry->method);
  if (entry->method == METHOD_STORED && entry->compressed_size != entry->size)
    return refuse (zip, name,
        "is stored, but has %" G_GUINT64_FORMAT " bytes in the archive and %" G_GUINT64_FORMAT
        " outside",
        entry->compressed_size, entry->size);
  if (entry->size / MAX_DEFLATE_RATIO > entry->compressed_size)
    return refuse (zip, name,
        "declares %" G_GUINT64_FORMAT " bytes, more than %" G_GUINT64_FORMAT
        " deflated bytes can hold",
        entry->size, entry->compressed_size);
  if (!(entry->flags & FLAG_UTF8))
    for (guint i = 0; i < entry->name_length; i++)
      if ((guchar)entry->name[i] >= 0x80)
        return refuse (zip, name, "has a name that is neither ASCII nor marked as UTF-8");
  if (!g_utf8_validate_len (entry->name, entry->name_length, NULL))
    return refuse (zip, name, "has a name that is not UTF-8, or has a NUL");
  return TRUE;
}

/* Reads the local header with its name and extra fields into zip->local. */
static gboolean
read_local_header (const Zip *zip, const Entry *entry, const gchar *name, gsize *room)
{
  if (entry->offset > zip->directory || zip->directory - entry->offset < LOCAL_BYTES)
    return refuse (zip, name,
        "has its local header at %" G_GUINT64_FORMAT
        ", not before the directory at %" G_GUINT64_FORMAT,
        entry->offset, zip->directory);
  const gsize offset = (gsize)entry->offset;
  *room = (gsize)zip->directory - offset - LOCAL_BYTES;
  if (!cnn_weights_read_bytes (zip->file, offset, zip->local, LOCAL_BYTES, zip->error))
    return FALSE;
  if (read32 (zip->local) != LOCAL_SIGNATURE)
    return refuse (zip, name, "has no local header at %" G_GUINT64_FORMAT, entry->offset);
  const gsize variable = (gsize)read16 (zip->local + 26) + read16 (zip->local + 28);
  if (variable > *room)
    return refuse (zip, name, "has a local header that runs into the directory");
  return cnn_weights_read_bytes (
      zip->file, offset + LOCAL_BYTES, zip->local + LOCAL_BYTES, variable, zip->error);
}

/* Compares the local header with the directory's entry and finds where the data begins. */
static gboolean
check_local_header (const Zip *zip, const Entry *entry, CnnZipMember *member)
{
  const gchar *name = member->name;
  const guint8 *header = zip->local;
  gsize room = 0;
  if (!read_local_header (zip, entry, name, &room))
    return FALSE;
  guint name_length = read16 (header + 26), extra_length = read16 (header + 28);
  if (name_length != entry->name_length ||
      memcmp (header + LOCAL_BYTES, entry->name, name_length) != 0)
    return refuse (zip, name, "has another name in its local header");
  if (read16 (header + 6) != entry->flags || read16 (header + 8) != entry->method)
    return refuse (zip, name, "has other flags or another method in its local header");
  guint32 crc = read32 (header + 14);
  guint64 compressed_size = read32 (header + 18), size = read32 (header + 22);
  guint64 *const values[] = {&size, &compressed_size};
  if (!resolve_zip64 (header + LOCAL_BYTES + name_length, extra_length, values, 2))
    return refuse (zip, name, "has damaged extra fields in its local header");
  gboolean later =
      (entry->flags & FLAG_DESCRIPTOR) && crc == 0 && compressed_size == 0 && size == 0;
  if (!later &&
      (crc != entry->crc || compressed_size != entry->compressed_size || size != entry->size))
    return refuse (zip, name, "has another size or CRC in its local header");
  gsize data_room = room - name_length - extra_length;
  if (entry->compressed_size > data_room)
    return refuse (zip, name,
        "has %" G_GUINT64_FORMAT " bytes, but only %" G_GSIZE_FORMAT " lie before the directory",
        entry->compressed_size, data_room);
  member->range = (CnnByteRange){
      .position = (gsize)entry->offset + LOCAL_BYTES + name_length + extra_length,
      .stored = (gsize)entry->compressed_size,
      .size = (gsize)entry->size,
      .deflated = entry->method == METHOD_DEFLATED,
  };
  return TRUE;
}

/* Reads the directory entry at *at and moves on to the next. */
static gboolean
read_entry (const Zip *zip, gsize *at, CnnZipMember *member)
{
  gsize left = (gsize)(zip->directory + zip->directory_size) - *at;
  const guint8 *header = zip->entries + (*at - (gsize)zip->directory);
  if (left < CENTRAL_BYTES || read32 (header) != CENTRAL_SIGNATURE)
    return refuse (zip, NULL, "has no zip directory entry at %" G_GSIZE_FORMAT, *at);
  Entry entry = {
      .flags = read16 (header + 8),
      .method = read16 (header + 10),
      .crc = read32 (header + 16),
      .compressed_size = read32 (header + 20),
      .size = read32 (header + 24),
      .offset = read32 (header + 42),
      .name = (const gchar *)header + CENTRAL_BYTES,
      .name_length = read16 (header + 28),
  };
  gsize extra_length = read16 (header + 30), comment_length = read16 (header + 32);
  gsize variable = entry.name_length + extra_length + comment_length;
  if (variable > left - CENTRAL_BYTES)
    return refuse (zip, NULL,
        "has a zip directory entry at %" G_GSIZE_FORMAT " that is longer than the directory", *at);
  member->name = g_strndup (entry.name, entry.name_length);
  guint64 *const values[] = {&entry.size, &entry.compressed_size, &entry.offset};
  if (!resolve_zip64 (header + CENTRAL_BYTES + entry.name_length, extra_length, values, 3))
    return refuse (zip, member->name, "has damaged extra fields in the directory");
  if (read16 (header + 34) != 0)
    return refuse (zip, member->name, "lies in another part of the archive");
  if (!check_entry (zip, &entry, member->name) || !check_local_header (zip, &entry, member))
    return FALSE;
  member->crc = entry.crc;
  member->offset = (gsize)entry.offset;
  *at += CENTRAL_BYTES + variable;
  return TRUE;
}

/* How many bytes between `at` and `end` are a data descriptor of `member`: its signature is optional,
 * and its sizes have 32 or 64 bits. 0 if none of the forms is there. FALSE if they cannot be read. */
static gboolean
measure_descriptor (
    const Zip *zip, const CnnZipMember *member, gsize at, gsize end, gsize *descriptor_bytes)
{
  guint8 bytes[MAX_DESCRIPTOR_BYTES];
  gsize left = MIN (end - at, sizeof bytes);
  *descriptor_bytes = 0;
  if (!cnn_weights_read_bytes (zip->file, at, bytes, left, zip->error))
    return FALSE;
  const gsize signature = left >= 4 && read32 (bytes) == DESCRIPTOR_SIGNATURE ? 4 : 0;
  const guint8 *descriptor = bytes + signature;
  const CnnByteRange *range = &member->range;
  left -= signature;
  if (left < 12 || read32 (descriptor) != member->crc)
    return TRUE;
  if (read32 (descriptor + 4) == range->stored && read32 (descriptor + 8) == range->size)
    *descriptor_bytes = signature + 12;
  else if (left >= 20 && read64 (descriptor + 4) == range->stored &&
           read64 (descriptor + 12) == range->size)
    *descriptor_bytes = signature + 20;
  return TRUE;
}

/* From the file's first byte to the directory, each byte belongs to exactly one member. */
static gboolean
check_tiling (const Zip *zip, const GArray *members)
{
  gsize expected = 0;
  for (guint i = 0; i <= members->len; i++) {
    const CnnZipMember *member =
        i < members->len ? &g_array_index (members, CnnZipMember, i) : NULL;
    gsize next = member ? member->offset : (gsize)zip->directory;
    gsize descriptor = 0;
    if (i > 0 && next > expected &&
        !measure_descriptor (
            zip, &g_array_index (members, CnnZipMember, i - 1), expected, next, &descriptor))
      return FALSE;
    expected += descriptor;
    if (next != expected)
      return refuse (zip, member ? member->name : NULL,
          "%s at %" G_GSIZE_FORMAT ", but what lies before ends at %" G_GSIZE_FORMAT,
          member ? "begins" : "has its zip directory", next, expected);
    if (member)
      expected = member->range.position + member->range.stored;
  }
  return TRUE;
}

static gint
compare_offsets (gconstpointer a, gconstpointer b)
{
  const CnnZipMember *first = a, *second = b;
  return first->offset < second->offset ? -1 : first->offset > second->offset;
}

static void
clear_member (gpointer member)
{
  g_free (((CnnZipMember *)member)->name);
}

static gboolean
read_tail (Zip *zip)
{
  const gsize size = MIN (zip->file->size, MAX_TAIL_BYTES);
  zip->tail_begins = zip->file->size - size;
  zip->tail = cnn_weights_read_block (zip->file, zip->tail_begins, size, zip->error);
  return zip->tail != NULL;
}

static gboolean
read_entries (Zip *zip, GArray *members)
{
  zip->entries = cnn_weights_read_block (
      zip->file, (gsize)zip->directory, (gsize)zip->directory_size, zip->error);
  if (!zip->entries)
    return FALSE;
  zip->local = g_try_malloc (MAX_LOCAL_BYTES);
  if (!zip->local)
    return cnn_weights_refuse (
        zip->file, CNN_WEIGHTS_ERROR_MEMORY, NULL, zip->error, "cannot be read: no memory");
  gsize at = (gsize)zip->directory;
  for (guint64 i = 0; i < zip->n_members; i++) {
    CnnZipMember member = {0};
    gboolean good = read_entry (zip, &at, &member);
    g_array_append_val (members, member);
    if (!good)
      return FALSE;
  }
  return at == zip->directory + zip->directory_size ||
         refuse (
             zip, NULL, "has bytes after the last zip directory entry, at %" G_GSIZE_FORMAT, at);
}

gboolean
cnn_zip_read_directory (const CnnWeightsFile *file, GArray *members, GError **error)
{
  g_array_set_clear_func (members, clear_member);
  Zip zip = {.file = file, .error = error};
  gboolean good = read_tail (&zip) && read_end (&zip) && read_entries (&zip, members);
  if (good) {
    g_array_sort (members, compare_offsets);
    good = check_tiling (&zip, members);
  }
  g_free (zip.tail);
  g_free (zip.entries);
  g_free (zip.local);
  return good;
}
