/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The harness of the kernel tests: one program that checks every variant of every kernel against
 * its C reference, and layers against direct implementations in double precision.
 *
 * A test file defines CheckTest entries; tests.inc lists them. Every random number comes from one
 * seed, printed at the start and with each failure: `--seed` repeats a run. */
#ifndef CHECK_H
#define CHECK_H

#include "cnn/cnn.h"
#include "cpu/dispatch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *name;   /* "pool-max" */
  const char *family; /* what --family selects: a kernel family, or "layers", "geometry" ... */
  void (*run) (void);
} CheckTest;

/* Records a failure of the test under way, with what check_context () said, and the seed. */
void check_fail (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* True until the current test has failed: tests stop at their first failure. */
bool check_ok (void);

/* What the following checks are about, printed with a failure: "pool_max avx2 5x7x33". */
void check_context (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

#define CHECK(condition, ...)                                                                      \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      check_fail (__VA_ARGS__);                                                                    \
      return;                                                                                      \
    }                                                                                              \
  } while (0)

/* Reproducible random numbers. */
uint32_t check_random (void);
int check_random_int (int min, int max); /* both ends included */
float check_random_float (void);         /* [-1, 1) */
/* Mostly [-1, 1), now and then a signed zero, an infinity, a NaN, a denormal or a huge value. */
float check_random_edge (void);
void check_fill (float *values, size_t count);
void check_fill_edges (float *values, size_t count);
void check_fill_bytes (unsigned char *bytes, size_t count);

/* Memory with an inaccessible page right behind its last byte or right before its first: the
 * slightest over-read crashes. The accessible rest of its pages holds a pattern that
 * check_guarded_free () verifies. Never NULL: the program ends when memory is short. */
typedef enum {
  CHECK_GUARD_BEHIND,
  CHECK_GUARD_BEFORE,
} CheckGuard;
void *check_guarded (size_t bytes, CheckGuard guard);
/* Fails the test when a byte outside the block was written. */
void check_guarded_free (void *block);

/* Instruction sets to test: those this machine has and --isa allows, C first. The kernels live as
 * long as the program. */
int check_isa_count (void);
CnnIsa check_isa (int index);
const CnnDispatch *check_kernels (int index);

/* Compares `count` floats within absolute + relative * |expected|: NaN equals NaN, infinities must
 * agree. Fails with the first index that differs, and returns false. */
bool check_floats (const float *actual, const float *expected, size_t count, double absolute,
    double relative, const char *what);

/* With --bench: calls func until the best of several rounds is stable, and prints nanoseconds. */
bool check_benchmarking (void);
void check_bench (const char *name, const char *isa, void (*func) (void *data), void *data);

#endif
