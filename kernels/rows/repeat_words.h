/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNN_REPEAT_WORDS_H
#define CNN_REPEAT_WORDS_H

#include "cpu/kernel.h"

#include <stddef.h>
#include <stdint.h>

/* out[i] = words[i / times], i in [0, count * times); times >= 1. */
typedef void CnnRepeatWordsFunc (const uint32_t *words, size_t count, int times, uint32_t *out);

CnnRepeatWordsFunc cnn_repeat_words_c;

#endif
