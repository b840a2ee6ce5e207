/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: strings that grow, and names of files as a terminal may see them. */
#ifndef CNN_MODEL_TEXT_H
#define CNN_MODEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A copy for cnn_free (), or NULL when memory is short. */
char *cnn_text_copy (const char *text);

/* Zeroed at first. `chars` is NULL or ends with a zero byte, for cnn_free (). */
typedef struct {
  char *chars;
  size_t length, room;
  bool failed; /* memory was short: something is missing */
} CnnText;

void
cnn_text_append (CnnText *text, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* A name out of a file as UTF-8, with a question mark for every byte that is none or that a terminal could take for a
 * command, and cut off behind 80 bytes. */
typedef struct {
  char chars[88];
} CnnPrintable;

const char *cnn_printable (const char *name, CnnPrintable *printable);

#endif
