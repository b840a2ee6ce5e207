/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numpy.savez and numpy.savez_compressed: a zip archive with one .npy file a tensor.
 * zip-directory.h decides what the members are; here each is read through once, for its CRC and its
 * header.
 */
#include "zip-directory.h"

#include <string.h>
#include <zlib.h>

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
  guint8 bytes[30];
  gchar end[sizeof suffix - 1];
  if (file->size < header || !cnn_weights_read_bytes (file, 0, bytes, header, NULL) ||
      memcmp (bytes, "PK\3\4", 4) != 0)
    return FALSE;
  const gsize name = bytes[26] | (gsize)bytes[27] << 8;
  return name >= length && name <= file->size - header &&
         cnn_weights_read_bytes (file, header + name - length, end, length, NULL) &&
         memcmp (end, suffix, length) == 0;
}

/* Reads a member to its end, compares its CRC and keeps its beginning: CNN_NPY_MAX_HEADER bytes, or all
 * if it has less. */
static gboolean
check_member (
    const CnnWeightsFile *file, const CnnZipMember *member, guint8 *beginning, GError **error)
{
  CnnByteReader *reader = cnn_byte_reader_new (file, &member->range, member->name, error);
  gboolean good = reader != NULL;
  guint8 chunk[16384];
  uLong crc = crc32 (0, NULL, 0);
  for (gsize done = 0; good && done < member->range.size;) {
    const gsize count = MIN (member->range.size - done, sizeof chunk);
    good = cnn_byte_reader_read (reader, chunk, count, error);
    if (!good)
      break;
    crc = crc32 (crc, chunk, (uInt)count);
    if (done < CNN_NPY_MAX_HEADER)
      memcpy (beginning + done, chunk, MIN (count, CNN_NPY_MAX_HEADER - done));
    done += count;
  }
  good = good && cnn_byte_reader_finish (reader, error);
  if (good && crc != member->crc)
    good = cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, member->name, error,
        "cannot be read from the archive: its CRC is %08lx, but the archive says %08x", crc,
        member->crc);
  cnn_byte_reader_free (reader);
  return good;
}

static gboolean
add_member (CnnWeightsFile *file, const CnnZipMember *member, GError **error)
{
  const gchar *suffix = ".npy";
  guint8 beginning[CNN_NPY_MAX_HEADER];
  if (!check_member (file, member, beginning, error))
    return FALSE;
  if (g_str_has_suffix (member->name, "data.pkl"))
    return refuse_pickle (file, member->name, error);
  if (!g_str_has_suffix (member->name, suffix))
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, member->name, error,
        "is no .npy file, as every member of a .npz file must be");
  gchar *name = g_strndup (member->name, strlen (member->name) - strlen (suffix));
  CnnTensor tensor;
  gboolean good = cnn_npy_parse (file, name, beginning, member->range.size, &tensor, error);
  tensor.range = member->range;
  good = good && cnn_weights_add (file, name, &tensor, error);
  g_free (name);
  return good;
}

/* A small archive must not promise tensors that no memory holds. */
static gboolean
check_inflation (const CnnWeightsFile *file, const GArray *members, GError **error)
{
  gsize most = file->size + CNN_WEIGHTS_MAX_INFLATION, total = 0;
  for (guint i = 0; i < members->len; i++) {
    const CnnZipMember *member = &g_array_index (members, CnnZipMember, i);
    if (!member->range.deflated)
      continue;
    if (member->range.size > most - total)
      return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_INVALID, member->name, error,
          "inflates to %" G_GSIZE_FORMAT
          " bytes, but all of this file may inflate to %" G_GSIZE_FORMAT
          ": save it uncompressed, by numpy.savez",
          member->range.size, most);
    total += member->range.size;
  }
  return TRUE;
}

gboolean
cnn_npz_read (CnnWeightsFile *file, GError **error)
{
  if (starts_with_pickle (file))
    return refuse_pickle (file, NULL, error);
  GArray *members = g_array_new (FALSE, FALSE, sizeof (CnnZipMember));
  gboolean good =
      cnn_zip_read_directory (file, members, error) && check_inflation (file, members, error);
  for (guint i = 0; good && i < members->len; i++)
    good = add_member (file, &g_array_index (members, CnnZipMember, i), error);
  g_array_unref (members);
  return good;
}
