/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <cnn/memory.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *
cnn_text_copy (const char *text)
{
  const size_t size = strlen (text) + 1;
  char *copy = cnn_alloc (size, 1);
  return copy ? memcpy (copy, text, size) : NULL;
}

static bool
reserve (CnnText *text, size_t more)
{
  if (text->length + more < text->room)
    return true;
  const size_t room = 2 * (text->length + more) + 64;
  char *larger = cnn_alloc (room, 1);
  if (!larger)
    return false;
  if (text->chars)
    memcpy (larger, text->chars, text->length + 1);
  cnn_free (text->chars);
  text->chars = larger;
  text->room = room;
  return true;
}

void
cnn_text_append (CnnText *text, const char *format, ...)
{
  va_list args, again;
  va_start (args, format);
  va_copy (again, args);
  const int length = vsnprintf (NULL, 0, format, args);
  if (length < 0 || !reserve (text, (size_t)length)) {
    text->failed = true;
  } else {
    vsnprintf (text->chars + text->length, text->room - text->length, format, again);
    text->length += (size_t)length;
  }
  va_end (again);
  va_end (args);
}

/* Bytes of the UTF-8 character that begins here, or 0 when none does, or one that controls. */
static size_t
character_bytes (const char *text)
{
  const unsigned char *c = (const unsigned char *)text;
  if (c[0] < 0x80)
    return c[0] >= ' ' && c[0] != 127;
  const size_t size = c[0] >= 0xC2 && c[0] < 0xE0   ? 2
                      : c[0] >= 0xE0 && c[0] < 0xF0 ? 3
                      : c[0] >= 0xF0 && c[0] < 0xF5 ? 4
                                                    : 0;
  for (size_t i = 1; i < size; i++)
    if ((c[i] & 0xC0) != 0x80)
      return 0;
  const bool overlong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
  const bool beyond = (c[0] == 0xED && c[1] >= 0xA0) || (c[0] == 0xF4 && c[1] >= 0x90);
  const bool controls = c[0] == 0xC2 && c[1] < 0xA0;
  return overlong || beyond || controls ? 0 : size;
}

const char *
cnn_printable (const char *name, CnnPrintable *printable)
{
  size_t n = 0;
  while (*name && n < 80) {
    const size_t size = character_bytes (name);
    memcpy (printable->chars + n, size > 0 ? name : "?", size > 0 ? size : 1);
    n += size > 0 ? size : 1;
    name += size > 0 ? size : 1;
  }
  strcpy (printable->chars + n, *name ? "..." : "");
  return printable->chars;
}
