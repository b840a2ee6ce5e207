/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_MEMORY_H
#define CNN_MEMORY_H

#include "cnn/api.h"

#include <stddef.h>

CNN_BEGIN_DECLARATIONS

/* Every block is aligned to this, and large blocks sit in huge pages where the system has them. */
#define CNN_ALIGNMENT 64

/* `count` items of `size` bytes, zeroed, or NULL when the product overflows or memory is short.
 * cnn_free () releases it; NULL is fine. */
CNN_API void *cnn_alloc (size_t count, size_t size);
CNN_API void cnn_free (void *block);

CNN_END_DECLARATIONS

#endif
