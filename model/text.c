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

const char *
cnn_printable (const char *name, CnnPrintable *printable)
{
  size_t n = 0, i = 0;
  for (; name[i] && n < 80; i++)
    printable->chars[n++] = (unsigned char)name[i] < ' ' || name[i] == 127 ? '?' : name[i];
  /* Not half a character. */
  while (name[i] && n > 0 && ((unsigned char)name[i] & 0xC0) == 0x80) {
    i--;
    n--;
  }
  strcpy (printable->chars + n, name[i] ? "..." : "");
  return printable->chars;
}
