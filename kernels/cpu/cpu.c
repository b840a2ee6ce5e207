/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/cpu.h"

#include <stdio.h>
#include <string.h>

#define N_ISAS (CNN_ISA_NEON + 1)

static const char *const isa_names[N_ISAS] = {"c", "sse4", "avx2", "avx512", "neon"};

const char *
cnn_isa_name (CnnIsa isa)
{
  return isa_names[isa];
}

/* __builtin_cpu_supports also asks whether the operating system saves the wide registers. */
bool
cnn_cpu_has (CnnIsa isa)
{
  switch (isa) {
  case CNN_ISA_C:
    return true;
#if CNN_HAVE_X86_SIMD
  case CNN_ISA_SSE4:
    return __builtin_cpu_supports ("sse4.1");
  case CNN_ISA_AVX2:
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
  case CNN_ISA_AVX512:
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
           __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl") &&
           __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
#elif CNN_HAVE_ARM_SIMD
  case CNN_ISA_NEON:
    return true; /* a part of AArch64 */
#endif
  default:
    return false;
  }
}

CnnIsa
cnn_cpu_best_isa (void)
{
  CnnIsa best = CNN_ISA_C;
  for (CnnIsa isa = CNN_ISA_C; isa < N_ISAS; isa++) {
    if (cnn_cpu_has (isa))
      best = isa;
  }
  return best;
}

/* "c, sse4, avx2, avx512 or neon" */
static void
list_names (char *text, size_t size)
{
  size_t length = 0;
  for (int i = 0; i < N_ISAS && length < size; i++) {
    const char *separator = i == 0 ? "" : i == N_ISAS - 1 ? " or " : ", ";
    length += (size_t)snprintf (text + length, size - length, "%s%s", separator, isa_names[i]);
  }
}

bool
cnn_isa_select (const char *name, CnnIsa *isa, CnnError *error)
{
  if (!name || !*name) {
    *isa = cnn_cpu_best_isa ();
    return true;
  }
  for (int asked = 0; asked < N_ISAS; asked++) {
    if (strcmp (name, isa_names[asked]) != 0)
      continue;
    *isa = CNN_ISA_C;
    for (CnnIsa candidate = CNN_ISA_C; candidate <= (CnnIsa)asked; candidate++) {
      if (cnn_cpu_has (candidate))
        *isa = candidate;
    }
    return true;
  }
  char names[64];
  list_names (names, sizeof names);
  return cnn_error_set (error, "unknown instruction set \"%s\": use %s", name, names);
}
