/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "read-file.h"

#include "../text.h"

#include <cnn/memory.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Never waits for a pipe or a device. */
static int
open_file (const char *path, const char *beside)
{
  if (!beside)
    return open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const char *slash = strrchr (beside, '/');
  char *folder = cnn_text_copy (slash ? beside : ".");
  if (!folder)
    return -1;
  if (slash)
    folder[slash == beside ? 1 : slash - beside] = 0;
  const int directory = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  cnn_free (folder);
  if (directory < 0)
    return -1;
  const int file = openat (directory, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  const int fault = errno;
  close (directory);
  errno = fault;
  return file;
}

static bool
read_all (int file, uint8_t *bytes, size_t offset, size_t size)
{
  for (size_t at = 0; at < size;) {
    const ssize_t got = pread (file, bytes + at, size - at, (off_t)(offset + at));
    if (got == 0 || (got < 0 && errno != EINTR))
      return false;
    at += got > 0 ? (size_t)got : 0;
  }
  return true;
}

static uint8_t *
read_range (int file, const char *path, size_t offset, size_t *size, size_t limit, CnnError *error)
{
  struct stat about;
  if (fstat (file, &about) != 0 || !S_ISREG (about.st_mode)) {
    cnn_error_set (error, "%s is no regular file", path);
    return NULL;
  }
  const size_t length = (size_t)about.st_size;
  const size_t wanted = *size == SIZE_MAX ? (offset < length ? length - offset : 0) : *size;
  if (offset > length || wanted > length - offset) {
    cnn_error_set (error, "%s has %zu bytes, not the %zu from byte %zu that are wanted", path,
        length, wanted, offset);
    return NULL;
  }
  if (wanted > limit) {
    cnn_error_set (error, "%s has %zu bytes, more than %zu", path, wanted, limit);
    return NULL;
  }
  uint8_t *bytes = cnn_alloc (wanted, 1);
  if (!bytes || !read_all (file, bytes, offset, wanted)) {
    cnn_error_set (error, bytes ? "%s cannot be read" : "not enough memory for %s", path);
    cnn_free (bytes);
    return NULL;
  }
  *size = wanted;
  return bytes;
}

uint8_t *
cnn_read_file (const char *path, const char *beside, size_t offset, size_t *size, size_t limit,
    CnnError *error)
{
  CnnPrintable printable;
  const char *shown = cnn_printable (path, &printable);
  const int file = open_file (path, beside);
  if (file < 0) {
    cnn_error_set (error, "%s cannot be opened: %s", shown, strerror (errno));
    return NULL;
  }
  uint8_t *bytes = read_range (file, shown, offset, size, limit, error);
  close (file);
  return bytes;
}
