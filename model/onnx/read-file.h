/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_READ_FILE_H
#define CNN_READ_FILE_H

#include <cnn/error.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes [offset, offset + *size) of a file, for cnn_free (), or NULL with a sentence. *size = SIZE_MAX: all there
 * are, at most `limit`; it becomes their number. Only regular files are read; `beside`, if not NULL, is a file in
 * whose folder `path` is a plain name, which must be no link. */
uint8_t *cnn_read_file (const char *path, const char *beside, size_t offset, size_t *size,
    size_t limit, CnnError *error);

#endif
