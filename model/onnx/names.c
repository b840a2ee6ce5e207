/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <cnn/memory.h>
#include <stdlib.h>
#include <string.h>

bool
cnn_names_reserve (CnnNames *names, size_t count)
{
  names->names = cnn_alloc (count + 1, sizeof *names->names);
  names->room = count;
  return names->names != NULL;
}

void
cnn_names_clear (CnnNames *names)
{
  cnn_free (names->names);
}

void
cnn_names_add (CnnNames *names, const char *text)
{
  if (names->count < names->room)
    names->names[names->count++].text = text;
}

static int
compare (const void *a, const void *b)
{
  return strcmp (((const CnnName *)a)->text, ((const CnnName *)b)->text);
}

const char *
cnn_names_sort (CnnNames *names)
{
  qsort (names->names, names->count, sizeof *names->names, compare);
  for (size_t i = 1; i < names->count; i++)
    if (compare (&names->names[i - 1], &names->names[i]) == 0)
      return names->names[i].text;
  return NULL;
}

const CnnName *
cnn_names_find_within (const CnnNames *names, const char *text, size_t count)
{
  const CnnName wanted = {.text = text};
  return bsearch (&wanted, names->names, count, sizeof wanted, compare);
}
