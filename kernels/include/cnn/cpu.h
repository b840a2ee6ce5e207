/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instruction sets: what the machine has, and the cap a user may put on them. */
#ifndef CNN_CPU_H
#define CNN_CPU_H

#include "cnn/api.h"
#include "cnn/error.h"

#include <stdbool.h>
#include <stdint.h>

CNN_BEGIN_DECLARATIONS

/* A set of CPU features, one bit each: what a process may use. 0 leaves the C kernels. Which bit means
 * what is the library's own business. */
typedef uint32_t CnnFeatures;

/* What this machine and its operating system have. */
CNN_API CnnFeatures cnn_cpu_features (void);

/* What this machine has of the level `name` asks for: "c", "sse4", "avx2", "avx512", "neon", or one of
 * those that extend them, "avxvnni", "avx512vnni", "avx512bf16", "sve". All it has when `name` is NULL
 * or empty. An unknown word is refused with the list of words. */
CNN_API bool cnn_features_select (const char *name, CnnFeatures *features, CnnError *error);

/* The best level among `features` that has kernels in this build: "avx512". */
CNN_API const char *cnn_features_name (CnnFeatures features);

CNN_END_DECLARATIONS

#endif
