/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The strictness that zip libraries lack: the members of a zip archive by its central directory,
 * after checking that directory, local headers and data agree and tile the file. libarchive then
 * inflates what this found.
 */
#pragma once

#include "tensor-file.h"

typedef struct {
  gchar *name; /* UTF-8, owned */
  gboolean deflated;
  guint32 crc;
  gsize offset;          /* of the local header */
  gsize data;            /* of the first byte after the local header */
  gsize compressed_size; /* data + compressed_size lies before the directory */
  gsize size;
} CnnZipMember;

/* Fills `members` (of CnnZipMember) in the order of their data, not of the directory. Their clear
 * function is set here. */
gboolean cnn_zip_read_directory (const CnnWeightsFile *file, GArray *members, GError **error);
