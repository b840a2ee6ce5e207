/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The members of a zip archive by its central directory, after checking that directory, local headers
 * and data agree and tile the file.
 */
#pragma once

#include "tensor-file.h"

typedef struct {
  gchar *name; /* UTF-8, owned */
  guint32 crc;
  gsize offset;       /* of the local header */
  CnnByteRange range; /* behind the local header and before the directory */
} CnnZipMember;

/* Fills `members` (of CnnZipMember) in the order of their data, not of the directory. Their clear
 * function is set here. */
gboolean cnn_zip_read_directory (const CnnWeightsFile *file, GArray *members, GError **error);
