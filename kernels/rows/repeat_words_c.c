/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/repeat_words.h"

void
cnn_repeat_words_c (const uint32_t *words, size_t count, int times, uint32_t *out)
{
  for (size_t i = 0; i < count; i++)
    for (int t = 0; t < times; t++)
      *out++ = words[i];
}
