/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "byte-reader.h"

#include "tensor-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct _CnnByteReader {
  const CnnWeightsFile *file;
  const gchar *name;
  CnnByteRange left; /* what was not read yet; `size` of contents, `stored` of the file's bytes */
  gboolean ended;    /* the deflated data said so */
  z_stream stream;
  guint8 input[16384];
};

/* --- The file ------------------------------------------------------------------------------------- */

static gboolean
refuse_changed (const CnnWeightsFile *file, GError **error)
{
  return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_READ, NULL, error,
      "had %" G_GSIZE_FORMAT " bytes when opened but changed while being read", file->size);
}

gboolean
cnn_weights_read_bytes (
    const CnnWeightsFile *file, gsize position, gpointer bytes, gsize size, GError **error)
{
  for (gsize done = 0; done < size;) {
    const gssize got =
        pread (file->fd, (guint8 *)bytes + done, size - done, (off_t)(position + done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return cnn_weights_refuse (
          file, CNN_WEIGHTS_ERROR_READ, NULL, error, "cannot be read: %s", g_strerror (errno));
    if (got == 0)
      return refuse_changed (file, error);
    done += (gsize)got;
  }
  return TRUE;
}

guint8 *
cnn_weights_read_block (const CnnWeightsFile *file, gsize position, gsize size, GError **error)
{
  guint8 *bytes = g_try_malloc (MAX (size, 1));
  if (!bytes) {
    cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_MEMORY, NULL, error,
        "no memory for %" G_GSIZE_FORMAT " of its bytes", size);
    return NULL;
  }
  if (cnn_weights_read_bytes (file, position, bytes, size, error))
    return bytes;
  g_free (bytes);
  return NULL;
}

gboolean
cnn_weights_check_unchanged (const CnnWeightsFile *file, GError **error)
{
  struct stat status;
  if (fstat (file->fd, &status) == 0 && (guint64)status.st_size == file->size &&
      status.st_mtim.tv_sec == file->modified.tv_sec &&
      status.st_mtim.tv_nsec == file->modified.tv_nsec)
    return TRUE;
  return refuse_changed (file, error);
}

/* --- A range of it -------------------------------------------------------------------------------- */

/* zlib's memory is ours to refuse. */
static voidpf
allocate (voidpf opaque, uInt count, uInt size)
{
  return g_try_malloc_n (count, size);
}

static void
release (voidpf opaque, voidpf block)
{
  g_free (block);
}

CnnByteReader *
cnn_byte_reader_new (
    const CnnWeightsFile *file, const CnnByteRange *range, const gchar *name, GError **error)
{
  CnnByteReader *reader = g_try_new0 (CnnByteReader, 1);
  if (reader) {
    reader->file = file;
    reader->name = name;
    reader->left = *range;
    reader->stream.zalloc = allocate;
    reader->stream.zfree = release;
    /* Negative: deflated data alone, without zlib's header. */
    if (!range->deflated || inflateInit2 (&reader->stream, -MAX_WBITS) == Z_OK)
      return reader;
  }
  g_free (reader);
  cnn_weights_refuse (
      file, CNN_WEIGHTS_ERROR_MEMORY, name, error, "cannot be read from the archive: no memory");
  return NULL;
}

void
cnn_byte_reader_free (CnnByteReader *reader)
{
  if (!reader)
    return;
  if (reader->left.deflated)
    inflateEnd (&reader->stream);
  g_free (reader);
}

/* Inflates up to `size` bytes; how many in `*made`. */
static gboolean
inflate_some (CnnByteReader *reader, guint8 *bytes, guint size, guint *made, GError **error)
{
  z_stream *stream = &reader->stream;
  if (stream->avail_in == 0 && reader->left.stored > 0) {
    const gsize count = MIN (reader->left.stored, sizeof reader->input);
    if (!cnn_weights_read_bytes (reader->file, reader->left.position, reader->input, count, error))
      return FALSE;
    reader->left.position += count;
    reader->left.stored -= count;
    stream->next_in = reader->input;
    stream->avail_in = (uInt)count;
  }
  stream->next_out = bytes;
  stream->avail_out = size;
  const int result = inflate (stream, Z_NO_FLUSH);
  *made = size - stream->avail_out;
  reader->ended = result == Z_STREAM_END;
  if (result == Z_OK || result == Z_STREAM_END)
    return TRUE;
  if (result == Z_MEM_ERROR)
    return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_MEMORY, reader->name, error,
        "cannot be read from the archive: no memory");
  return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, reader->name, error,
      "cannot be read from the archive: %s",
      result == Z_BUF_ERROR ? "its deflated data is cut off"
      : stream->msg         ? stream->msg
                            : "its deflated data is damaged");
}

static gboolean
inflate_all (CnnByteReader *reader, guint8 *bytes, gsize size, GError **error)
{
  guint8 scratch[4096];
  while (size > 0) {
    if (reader->ended)
      return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, reader->name, error,
          "cannot be read from the archive: it inflates to %" G_GSIZE_FORMAT
          " bytes less than it declares",
          reader->left.size);
    const gsize room = bytes ? MIN (size, G_MAXUINT) : MIN (size, sizeof scratch);
    guint made;
    if (!inflate_some (reader, bytes ? bytes : scratch, (guint)room, &made, error))
      return FALSE;
    size -= made;
    reader->left.size -= made;
    if (bytes)
      bytes += made;
  }
  return TRUE;
}

gboolean
cnn_byte_reader_read (CnnByteReader *reader, gpointer bytes, gsize size, GError **error)
{
  g_return_val_if_fail (size <= reader->left.size, FALSE);
  if (reader->left.deflated)
    return inflate_all (reader, bytes, size, error);
  if (bytes && !cnn_weights_read_bytes (reader->file, reader->left.position, bytes, size, error))
    return FALSE;
  reader->left.position += size;
  reader->left.size -= size;
  return TRUE;
}

gboolean
cnn_byte_reader_finish (CnnByteReader *reader, GError **error)
{
  if (!reader->left.deflated)
    return TRUE;
  while (!reader->ended) {
    guint8 more;
    guint made;
    if (!inflate_some (reader, &more, 1, &made, error))
      return FALSE;
    if (made > 0)
      return cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, reader->name, error,
          "cannot be read from the archive: it inflates to more than it declares");
  }
  const gsize rest = reader->left.stored + reader->stream.avail_in;
  return rest == 0 ||
         cnn_weights_refuse (reader->file, CNN_WEIGHTS_ERROR_INVALID, reader->name, error,
             "cannot be read from the archive: %" G_GSIZE_FORMAT " bytes follow its deflated data",
             rest);
}
