/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_ERROR_H
#define CNN_ERROR_H

#include "cnn/api.h"

CNN_BEGIN_DECLARATIONS

/* Why a call was refused: one sentence with the numbers in it, without a final full stop and
 * without the name of the element, so that a caller can put it into a context of its own. Every
 * function that takes a CnnError accepts NULL when the caller does not want to know. */
typedef struct {
  char message[320];
} CnnError;

/* Writes the sentence and returns 0, so that `return cnn_error_set (error, ...)` reads as a
 * refusal. */
CNN_API int
cnn_error_set (CnnError *error, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

CNN_END_DECLARATIONS

#endif
