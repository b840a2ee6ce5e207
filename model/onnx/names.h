/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of names: collected, sorted once, then looked up; its time does not depend on what the names are. */
#ifndef CNN_ONNX_NAMES_H
#define CNN_ONNX_NAMES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  const char *text; /* somebody else's */
  int value;
} CnnName;

/* Zeroed at first. */
typedef struct {
  CnnName *names;
  size_t count, room;
} CnnNames;

bool cnn_names_reserve (CnnNames *names, size_t count);
void cnn_names_clear (CnnNames *names);
/* At most as many as reserved. */
void cnn_names_add (CnnNames *names, const char *text);
/* A name that is there twice, or NULL. */
const char *cnn_names_sort (CnnNames *names);
/* The entry among the first `count`, which are sorted, or NULL. */
const CnnName *cnn_names_find_within (const CnnNames *names, const char *text, size_t count);

#endif
