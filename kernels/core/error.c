/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/error.h"

#include <stdarg.h>
#include <stdio.h>

int
cnn_error_set (CnnError *error, const char *format, ...)
{
  if (error) {
    va_list args;
    va_start (args, format);
    vsnprintf (error->message, sizeof error->message, format, args);
    va_end (args);
  }
  return 0;
}
