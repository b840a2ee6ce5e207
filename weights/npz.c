/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numpy.savez and numpy.savez_compressed: a zip archive with one .npy file a tensor.
 * zip-directory.h decides what the members are; libarchive reads them and checks their CRC.
 */
#include "zip-directory.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

typedef struct {
  CnnWeightsFile *file;
  struct archive *archive;
  struct archive_entry *entry;
  la_int64_t position; /* of libarchive in the bytes of the file */
  GError **error;
} Reader;

static CnnWeightsError
error_code (const Reader *reader)
{
  return archive_errno (reader->archive) == ENOMEM ? CNN_WEIGHTS_ERROR_MEMORY
                                                   : CNN_WEIGHTS_ERROR_INVALID;
}

static gboolean
refuse_member (const Reader *reader, const CnnZipMember *member)
{
  const gchar *why = archive_error_string (reader->archive);
  gchar *printable = why ? cnn_weights_printable (why, strlen (why)) : NULL;
  cnn_weights_refuse (reader->file, error_code (reader), member->name, reader->error,
      "cannot be read from the archive: %s", printable ? printable : "it has another size there");
  g_free (printable);
  return FALSE;
}

/* Reads the member libarchive stands at, whole, and its end, at which libarchive compares sizes and
 * CRC. `target` has room for the member, or is NULL when only that comparison is wanted. */
static gboolean
read_member (const Reader *reader, const CnnZipMember *member, guint8 *target)
{
  guint8 scratch[16384];
  gsize done = 0;
  for (;;) {
    gsize left = member->size - done;
    guint8 *into = target && left > 0 ? target + done : scratch;
    gsize room = target && left > 0 ? left : sizeof scratch;
    la_ssize_t got = archive_read_data (reader->archive, into, room);
    if (got < 0 || (gsize)got > left)
      return refuse_member (reader, member);
    if (got == 0)
      return done == member->size || refuse_member (reader, member);
    done += (gsize)got;
  }
}

static gboolean
refuse_pickle (const CnnWeightsFile *file, const gchar *name, GError **error)
{
  return cnn_weights_refuse (
      file, CNN_WEIGHTS_ERROR_INVALID, name, error, "is " CNN_WEIGHTS_PICKLE);
}

/* torch.save puts the pickle first. It also pads between the members, which no .npz file does: it is known
 * before the archive is looked over. */
static gboolean
starts_with_pickle (const CnnWeightsFile *file)
{
  static const gchar suffix[] = "data.pkl";
  const gsize header = 30, length = sizeof suffix - 1;
  if (file->size < header || memcmp (file->bytes, "PK\3\4", 4) != 0)
    return FALSE;
  const gsize name = file->bytes[26] | (gsize)file->bytes[27] << 8;
  return name >= length && name <= file->size - header &&
         memcmp (file->bytes + header + name - length, suffix, length) == 0;
}

static gboolean
add_member (const Reader *reader, const CnnZipMember *member, const guint8 *bytes)
{
  const gchar *suffix = ".npy";
  if (g_str_has_suffix (member->name, "data.pkl"))
    return refuse_pickle (reader->file, member->name, reader->error);
  if (!g_str_has_suffix (member->name, suffix))
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, member->name, reader->error,
        "is no .npy file, as every member of a .npz file must be");
  gchar *name = g_strndup (member->name, strlen (member->name) - strlen (suffix));
  CnnTensor tensor;
  gboolean good = cnn_npy_parse (reader->file, name, bytes, member->size, &tensor, reader->error) &&
                  cnn_weights_add (reader->file, name, &tensor, reader->error);
  g_free (name);
  return good;
}

/* Room for every deflated member, which a small archive cannot make large. */
static gboolean
allocate_inflated (CnnWeightsFile *file, const GArray *members, GError **error)
{
  gsize most = file->size + CNN_WEIGHTS_MAX_INFLATION, total = 0;
  for (guint i = 0; i < members->len; i++) {
    const CnnZipMember *member = &g_array_index (members, CnnZipMember, i);
    if (!member->deflated)
      continue;
    if (member->size > most - total)
      return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, member->name, error,
          "inflates to %" G_GSIZE_FORMAT
          " bytes, but all of this file may inflate to %" G_GSIZE_FORMAT
          ": save it uncompressed, by numpy.savez",
          member->size, most);
    total += member->size;
  }
  /* Never NULL: a deflated member may be empty. */
  file->inflated = g_try_malloc (MAX (total, 1));
  return file->inflated || cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_MEMORY, NULL, error,
                               "inflates to %" G_GSIZE_FORMAT " bytes: no memory for them", total);
}

/* libarchive walks the members in the order of their data, as `members` is. */
static gboolean
read_members (const Reader *reader, const GArray *members)
{
  gsize used = 0;
  for (guint i = 0; i < members->len; i++) {
    const CnnZipMember *member = &g_array_index (members, CnnZipMember, i);
    /* A warning here is about attributes and character sets, which do not concern us. */
    gint result = archive_read_next_header2 (reader->archive, reader->entry);
    if ((result != ARCHIVE_OK && result != ARCHIVE_WARN) ||
        archive_entry_size (reader->entry) != (la_int64_t)member->size)
      return refuse_member (reader, member);
    guint8 *target = member->deflated ? reader->file->inflated + used : NULL;
    if (!read_member (reader, member, target))
      return FALSE;
    if (!add_member (reader, member, target ? target : reader->file->bytes + member->data))
      return FALSE;
    used += target ? member->size : 0;
  }
  return TRUE;
}

/* libarchive's own reader of memory crashes or leaks where it gets none for itself, as does its own entry:
 * hence these callbacks, and an entry of ours. */
static la_ssize_t
read_bytes (struct archive *archive, void *data, const void **bytes)
{
  Reader *reader = data;
  const gsize left = reader->file->size - (gsize)reader->position;
  *bytes = reader->file->bytes + reader->position;
  reader->position += (la_int64_t)left;
  return (la_ssize_t)left;
}

static la_int64_t
seek_bytes (struct archive *archive, void *data, la_int64_t offset, int whence)
{
  Reader *reader = data;
  const la_int64_t size = (la_int64_t)reader->file->size;
  const la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? reader->position : size;
  reader->position = offset < -from ? 0 : offset > size - from ? size : from + offset;
  return reader->position;
}

static la_int64_t
skip_bytes (struct archive *archive, void *data, la_int64_t count)
{
  Reader *reader = data;
  const la_int64_t before = reader->position;
  return seek_bytes (archive, data, count, SEEK_CUR) - before;
}

static gboolean
open_archive (Reader *reader)
{
  reader->entry = archive_entry_new ();
  reader->archive = archive_read_new ();
  if (!reader->entry || !reader->archive)
    return cnn_weights_refuse (
        reader->file, CNN_WEIGHTS_ERROR_MEMORY, NULL, reader->error, "cannot be read: no memory");
  struct archive *archive = reader->archive;
  if (archive_read_support_format_zip_seekable (archive) == ARCHIVE_OK &&
      archive_read_set_read_callback (archive, read_bytes) == ARCHIVE_OK &&
      archive_read_set_seek_callback (archive, seek_bytes) == ARCHIVE_OK &&
      archive_read_set_skip_callback (archive, skip_bytes) == ARCHIVE_OK &&
      archive_read_set_callback_data (archive, reader) == ARCHIVE_OK &&
      archive_read_open1 (archive) == ARCHIVE_OK)
    return TRUE;
  const gchar *why = archive_error_string (archive);
  return cnn_weights_refuse (reader->file, error_code (reader), NULL, reader->error,
      "cannot be read as a zip archive: %s", why ? why : "no memory");
}

gboolean
cnn_npz_read (CnnWeightsFile *file, GError **error)
{
  if (starts_with_pickle (file))
    return refuse_pickle (file, NULL, error);
  Reader reader = {.file = file, .error = error};
  GArray *members = g_array_new (FALSE, FALSE, sizeof (CnnZipMember));
  gboolean good = cnn_zip_read_directory (file, members, error);
  /* numpy.savez without arrays writes an archive without members: nothing to ask libarchive. */
  if (good && members->len > 0)
    good = allocate_inflated (file, members, error) && open_archive (&reader) &&
           read_members (&reader, members);
  if (reader.archive)
    archive_read_free (reader.archive);
  archive_entry_free (reader.entry);
  g_array_unref (members);
  return good;
}
