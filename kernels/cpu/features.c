/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cnn/cpu.h"

#include "cpu/levels.h"

#include <stdio.h>
#include <string.h>

/* ---- The tables as constants ----------------------------------------------------------------- */

enum {
#define CNN_X86_FEATURE(FEATURE, flag, leaf, subleaf, REGISTER, bit, REGISTERS) NUMBER_##FEATURE,
#define CNN_ARM_FEATURE(FEATURE, flag, hwcap) NUMBER_##FEATURE,
#include "cpu/features.inc"
  N_FEATURES
};

enum {
  NONE = 0,
#define CNN_X86_FEATURE(FEATURE, flag, leaf, subleaf, REGISTER, bit, REGISTERS)                    \
  FEATURE = 1 << NUMBER_##FEATURE,
#define CNN_ARM_FEATURE(FEATURE, flag, hwcap) FEATURE = 1 << NUMBER_##FEATURE,
#include "cpu/features.inc"
};

_Static_assert(N_FEATURES < 32, "CnnFeatures has a bit for each feature");

typedef struct {
  const char *name;
  CnnIsa base;
  int lanes, panel;
  CnnFeatures own; /* without those of the base */
} Level;

static const Level levels[] = {
#define CNN_LEVEL(level, LEVEL, architecture, BASE, vectors, lanes, panel, registers, FEATURES)    \
  {#level, CNN_ISA_##BASE, lanes, panel, FEATURES},
#include "cpu/levels.inc"
};

const char *
cnn_isa_name (CnnIsa isa)
{
  return levels[isa].name;
}

CnnIsa
cnn_isa_base (CnnIsa isa)
{
  return levels[isa].base;
}

CnnFeatures
cnn_isa_features (CnnIsa isa)
{
  CnnFeatures features = levels[isa].own;
  for (; isa != CNN_ISA_C; isa = levels[isa].base)
    features |= levels[isa].own;
  return features;
}

bool
cnn_features_allow (CnnFeatures features, CnnIsa isa)
{
  const CnnFeatures needed = cnn_isa_features (isa);
  return (features & needed) == needed;
}

int
cnn_isa_lanes (CnnIsa isa)
{
  return levels[isa].lanes;
}

int
cnn_isa_panel (CnnIsa isa)
{
  return levels[isa].panel * levels[isa].lanes;
}

/* ---- The machine ----------------------------------------------------------------------------- */

#if CNN_HAVE_X86_SIMD

#include <cpuid.h>

enum { EAX, EBX, ECX, EDX };

/* Registers that the operating system saves when threads take turns, as bits of XCR0. */
enum {
  XMM = 0, /* always */
  YMM = 0x06,
  ZMM = 0xe6,
};

static unsigned
saved_registers (void)
{
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid (1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE))
    return XMM;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax;
}

static bool
has_bit (unsigned leaf, unsigned subleaf, int reg, int bit)
{
  unsigned r[4] = {0};
  if (subleaf > 0) { /* EAX of the first says how many there are */
    if (!__get_cpuid_count (leaf, 0, &r[EAX], &r[EBX], &r[ECX], &r[EDX]) || r[EAX] < subleaf)
      return false;
  }
  if (!__get_cpuid_count (leaf, subleaf, &r[EAX], &r[EBX], &r[ECX], &r[EDX]))
    return false;
  return r[reg] >> bit & 1;
}

CnnFeatures
cnn_cpu_features (void)
{
  const unsigned saved = saved_registers ();
  CnnFeatures features = 0;
#define CNN_X86_FEATURE(FEATURE, flag, leaf, subleaf, REGISTER, bit, REGISTERS)                    \
  if ((saved & REGISTERS) == REGISTERS && has_bit (leaf, subleaf, REGISTER, bit))                  \
    features |= FEATURE;
#include "cpu/features.inc"
  return features;
}

#elif CNN_HAVE_ARM_SIMD

#include <sys/auxv.h>

CnnFeatures
cnn_cpu_features (void)
{
  const unsigned long capabilities = getauxval (AT_HWCAP);
  CnnFeatures features = 0;
#define CNN_ARM_FEATURE(FEATURE, flag, hwcap)                                                      \
  if (capabilities >> hwcap & 1)                                                                   \
    features |= FEATURE;
#include "cpu/features.inc"
  return features;
}

#else

CnnFeatures
cnn_cpu_features (void)
{
  return 0;
}

#endif

/* ---- The user's cap -------------------------------------------------------------------------- */

/* "c, sse4, avx2 or neon" */
static void
list_names (char *text, size_t size)
{
  size_t length = 0;
  for (int i = 0; i < CNN_N_ISAS && length < size; i++) {
    const char *separator = i == 0 ? "" : i == CNN_N_ISAS - 1 ? " or " : ", ";
    length += (size_t)snprintf (text + length, size - length, "%s%s", separator, levels[i].name);
  }
}

bool
cnn_features_select (const char *name, CnnFeatures *features, CnnError *error)
{
  *features = cnn_cpu_features ();
  if (!name || !*name)
    return true;
  for (CnnIsa isa = CNN_ISA_C; isa < CNN_N_ISAS; isa++) {
    if (strcmp (name, levels[isa].name) != 0)
      continue;
    *features &= cnn_isa_features (isa);
    return true;
  }
  char names[128];
  list_names (names, sizeof names);
  return cnn_error_set (error, "unknown instruction set \"%s\": use %s", name, names);
}

const char *
cnn_features_name (CnnFeatures features)
{
  return cnn_isa_name (cnn_isa_best (features));
}
