/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutations of a safetensors file that keep its header's length right, mostly: a header that grew
 * or shrank is otherwise cut in the wrong place and never read.
 */
#include <glib.h>
#include <string.h>

size_t LLVMFuzzerMutate (guint8 *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator (guint8 *data, size_t size, size_t max_size, unsigned seed);

size_t
LLVMFuzzerCustomMutator (guint8 *data, size_t size, size_t max_size, unsigned seed)
{
  size = LLVMFuzzerMutate (data, size, max_size);
  gsize end = size;
  while (end > 8 && data[end - 1] != '}')
    end--;
  if (seed % 4 != 0 && end > 8) {
    guint64 length = GUINT64_TO_LE ((guint64)end - 8);
    memcpy (data, &length, sizeof length);
  }
  return size;
}
