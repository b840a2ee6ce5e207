/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The harness of the kernel tests: one program that checks every variant of every kernel, and layers,
 * against direct implementations, and times the kernels.
 *
 * A family of kernels is checked by two functions in families/STEM.c, which the list of kernels calls for
 * each of its variants: check_<family> and bench_<family>. Without them the program does not link. Other
 * test files define CheckTest entries; tests.inc lists them. Every random number comes from one seed,
 * printed at the start and with each failure: `--seed` repeats a run. */
#ifndef CHECK_H
#define CHECK_H

#include "cnn/cnn.h"
#include "view/view.h"
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

/* The row of kernels.inc under test. */
typedef struct {
  const char *name; /* "conv_tile/avx512" */
  const char *family;
  CnnIsa isa;
  void (*check) (void);
  void (*bench) (void);
} CheckKernel;

const CheckKernel *check_kernel (void);
/* Floats of its vectors: what its shapes should be around. */
int check_lanes (void);

/* For each family, `kernel` being one of its variants: checks it on random shapes, outputs of every
 * length, memory guarded on both sides; and times it, with check_timer (). */
#define CNN_FAMILY(family, Func)                                                                   \
  void check_##family (Func *kernel);                                                              \
  void bench_##family (Func *kernel);
#include "cpu/kernels.inc"

/* The rows this build has, NULL-ended. */
extern const CheckKernel *const check_kernel_rows[];

/* Memory with an inaccessible page right behind its last byte or right before its first: the
 * slightest over-read crashes. The accessible rest of its pages holds a pattern that
 * check_guarded_free () verifies. Never NULL: the program ends when memory is short. */
typedef enum {
  CHECK_GUARD_BEHIND,
  CHECK_GUARD_BEFORE,
} CheckGuard;
void *check_guarded (size_t bytes, CheckGuard guard);
/* The same for random floats in [-1, 1). */
float *check_guarded_floats (size_t count, CheckGuard guard);
/* A copy to compare with, not guarded: free () it. */
void *check_copy (const void *block, size_t bytes);
/* Fails the test when a byte outside the block was written. */
void check_guarded_free (void *block);

/* Levels to test: those with kernels of their own that this machine has and --isa allows, C first. The
 * kernels live as long as the program. */
int check_isa_count (void);
CnnIsa check_isa (int index);
const CnnDispatch *check_kernels (int index);

/* Compares `count` floats within absolute + relative * |expected|: NaN equals NaN, infinities must
 * agree. Fails with the first index that differs, and returns false. */
bool check_floats (const float *actual, const float *expected, size_t count, double absolute,
    double relative, const char *what);

/* Runs a loop until the best of several rounds is stable, and prints the nanoseconds of one turn:
 *
 *     CheckTimer timer = check_timer ("320 pixels");
 *     while (check_timer_runs (&timer))
 *       kernel (...); */
typedef struct {
  char name[60];
  long left, calls;
  int rounds;
  double start, best;
} CheckTimer;

CheckTimer check_timer (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
bool check_timer_runs (CheckTimer *timer);

/* With --bench: calls func in such a loop. */
bool check_benchmarking (void);
void check_bench (const char *name, const char *isa, void (*func) (void *data), void *data);

#endif
