/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CHECK_TEST(name) extern const CheckTest name;
#include "tests.inc"
#undef CHECK_TEST

static const CheckTest *const tests[] = {
#define CHECK_TEST(name) &name,
#include "tests.inc"
#undef CHECK_TEST
};

static struct {
  uint64_t seed, state;
  const char *family, *isa;
  bool bench;
  const char *kernel_wanted; /* one row */
  const CheckTest *current;
  const CheckKernel *kernel; /* the row under test, or NULL */
  bool failed;
  char context[200];
  CnnFeatures features;
  CnnIsa isas[CNN_N_ISAS];
  CnnDispatch *dispatch[CNN_N_ISAS];
  int n_isas;
} check;

/* ---- failures ------------------------------------------------------------------------------ */

void
check_context (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  vsnprintf (check.context, sizeof check.context, format, args);
  va_end (args);
}

void
check_fail (const char *format, ...)
{
  check.failed = true;
  printf ("FAIL %s: %s: ", check.current->name, check.context);
  va_list args;
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf (" (--seed %llu --family %s)\n", (unsigned long long)check.seed, check.current->family);
  fflush (stdout);
}

bool
check_ok (void)
{
  return !check.failed;
}

static void
write_text (const char *text)
{
  if (write (STDOUT_FILENO, text, strlen (text)) < 0)
    _exit (2);
}

/* A kernel that touches a guard page ends here: say which one. */
static void
on_crash (int number)
{
  char seed[24], *digit = seed + sizeof seed - 1;
  *digit = '\0';
  for (uint64_t value = check.seed; digit == seed + sizeof seed - 1 || value; value /= 10)
    *--digit = (char)('0' + value % 10);
  write_text ("CRASH ");
  write_text (check.current ? check.current->name : "start");
  write_text (number == SIGILL ? ": illegal instruction: " : ": memory access: ");
  write_text (check.context);
  write_text (" (--seed ");
  write_text (digit);
  write_text (")\n");
  signal (number, SIG_DFL);
  raise (number);
}

/* ---- random numbers ------------------------------------------------------------------------ */

/* splitmix64 (G. Steele, D. Lea, C. Flood, 2014) */
uint32_t
check_random (void)
{
  uint64_t z = check.state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) >> 32);
}

int
check_random_int (int min, int max)
{
  return min + (int)(check_random () % ((uint32_t)(max - min) + 1));
}

float
check_random_float (void)
{
  return (float)(int32_t)check_random () * 0x1p-31f;
}

float
check_random_edge (void)
{
  static const float edges[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, -1e-40f, 3e38f,
      -3e38f, 88.0f, -88.0f, 104.0f, -104.0f, 0.5f, -3.0f, 3.0f, 6.0f};
  const uint32_t random = check_random ();
  if (random % 16 == 0)
    return edges[random / 16 % (sizeof edges / sizeof *edges)];
  return check_random_float () * (random % 4 == 1 ? 20 : 1);
}

void
check_fill (float *values, size_t count)
{
  for (size_t i = 0; i < count; i++)
    values[i] = check_random_float ();
}

void
check_fill_edges (float *values, size_t count)
{
  for (size_t i = 0; i < count; i++)
    values[i] = check_random_edge ();
}

void
check_fill_bytes (unsigned char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++)
    bytes[i] = (unsigned char)check_random ();
}

/* ---- guarded memory ------------------------------------------------------------------------ */

#define PATTERN 0xa5

typedef struct Guarded Guarded;

struct Guarded {
  unsigned char *pages, *block;
  size_t page, inside, bytes; /* inside: accessible bytes between the two guards */
  Guarded *next;
};

/* In use, and kept for the next block of the same size: mapping costs more than most checks. */
static Guarded *guarded, *spare;

static void
out_of_memory (void)
{
  fprintf (stderr, "kernel tests: out of memory\n");
  exit (2);
}

static Guarded *
map_guarded (size_t inside, size_t page)
{
  for (Guarded **link = &spare; *link; link = &(*link)->next)
    if ((*link)->inside == inside) {
      Guarded *entry = *link;
      *link = entry->next;
      return entry;
    }
  Guarded *entry = malloc (sizeof *entry);
  unsigned char *pages =
      mmap (NULL, inside + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!entry || pages == MAP_FAILED || mprotect (pages, page, PROT_NONE) != 0 ||
      mprotect (pages + page + inside, page, PROT_NONE) != 0)
    out_of_memory ();
  *entry = (Guarded){.pages = pages, .page = page, .inside = inside};
  return entry;
}

void *
check_guarded (size_t bytes, CheckGuard guard)
{
  const size_t page = (size_t)sysconf (_SC_PAGESIZE);
  const size_t inside = (bytes + page - 1) / page * page + (bytes ? 0 : page);
  Guarded *entry = map_guarded (inside, page);
  memset (entry->pages + page, PATTERN, inside);
  entry->block = entry->pages + page + (guard == CHECK_GUARD_BEHIND ? inside - bytes : 0);
  entry->bytes = bytes;
  entry->next = guarded;
  guarded = entry;
  return entry->block;
}

float *
check_guarded_floats (size_t count, CheckGuard guard)
{
  float *values = check_guarded (count * sizeof *values, guard);
  check_fill (values, count);
  return values;
}

void *
check_copy (const void *block, size_t bytes)
{
  void *copy = malloc (bytes + 1);
  if (!copy)
    out_of_memory ();
  memcpy (copy, block, bytes);
  return copy;
}

static void
unmap_spares (void)
{
  while (spare) {
    Guarded *entry = spare;
    spare = entry->next;
    munmap (entry->pages, entry->inside + 2 * entry->page);
    free (entry);
  }
}

void
check_guarded_free (void *block)
{
  Guarded **link = &guarded;
  while ((*link)->block != block)
    link = &(*link)->next;
  Guarded *entry = *link;
  const unsigned char *first = entry->pages + entry->page;
  const size_t before = (size_t)(entry->block - first);
  for (size_t i = 0; i < entry->inside; i++)
    if ((i < before || i >= before + entry->bytes) && first[i] != PATTERN) {
      check_fail ("wrote at offset %td of a block of %zu bytes", (ptrdiff_t)i - (ptrdiff_t)before,
          entry->bytes);
      break;
    }
  *link = entry->next;
  entry->next = spare;
  spare = entry;
}

/* ---- comparison ---------------------------------------------------------------------------- */

bool
check_floats (const float *actual, const float *expected, size_t count, double absolute,
    double relative, const char *what)
{
  for (size_t i = 0; i < count; i++) {
    const double a = actual[i], e = expected[i];
    const bool same = isnan (e)                ? isnan (a)
                      : isinf (e) || isinf (a) ? a == e
                                               : fabs (a - e) <= absolute + relative * fabs (e);
    if (!same) {
      check_fail ("%s[%zu] is %.9g, expected %.9g", what, i, a, e);
      return false;
    }
  }
  return true;
}

/* ---- benchmark ----------------------------------------------------------------------------- */

bool
check_benchmarking (void)
{
  return check.bench;
}

static double
seconds (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

CheckTimer
check_timer (const char *format, ...)
{
  CheckTimer timer = {.calls = 1, .best = INFINITY};
  va_list args;
  va_start (args, format);
  vsnprintf (timer.name, sizeof timer.name, format, args);
  va_end (args);
  return timer;
}

static void
print_time (const char *name, const char *kernel, double time)
{
  printf ("  %-40s %-24s %12.1f ns\n", name, kernel, time * 1e9);
  fflush (stdout);
}

#define ROUNDS 12

bool
check_timer_runs (CheckTimer *timer)
{
  if (timer->left > 0) {
    timer->left--;
    return true;
  }
  const double time = timer->start > 0 ? seconds () - timer->start : 0;
  if (timer->rounds < ROUNDS / 2 && time < 2e-3) {
    timer->calls *= timer->start > 0 ? 4 : 1;
    timer->rounds = 0;
    timer->best = INFINITY;
  } else {
    timer->best = fmin (timer->best, time / (double)timer->calls);
    timer->rounds++;
  }
  if (timer->rounds == ROUNDS) {
    print_time (timer->name, check_kernel ()->name, timer->best);
    return false;
  }
  timer->left = timer->calls - 1;
  timer->start = seconds ();
  return true;
}

void
check_bench (const char *name, const char *isa, void (*func) (void *data), void *data)
{
  CheckTimer timer = {.calls = 1, .best = INFINITY};
  snprintf (timer.name, sizeof timer.name, "%s", name);
  CheckKernel layer = {.name = isa};
  check.kernel = &layer;
  while (check_timer_runs (&timer))
    func (data);
  check.kernel = NULL;
}

/* ---- program ------------------------------------------------------------------------------- */

int
check_isa_count (void)
{
  return check.n_isas;
}

CnnIsa
check_isa (int index)
{
  return check.isas[index];
}

const CnnDispatch *
check_kernels (int index)
{
  return check.dispatch[index];
}

const CheckKernel *
check_kernel (void)
{
  return check.kernel;
}

int
check_lanes (void)
{
  return cnn_isa_lanes (check.kernel->isa);
}

static void
find_isas (void)
{
  CnnError error;
  if (!cnn_features_select (check.isa, &check.features, &error)) {
    fprintf (stderr, "--isa: %s\n", error.message);
    exit (2);
  }
  for (CnnIsa isa = CNN_ISA_C; isa < CNN_N_ISAS; isa++) {
    const CnnFeatures features = cnn_isa_features (isa);
    if (!cnn_features_allow (check.features, isa) || cnn_isa_best (features) != isa)
      continue;
    check.isas[check.n_isas] = isa;
    check.dispatch[check.n_isas] = cnn_dispatch_new (features);
    if (!check.dispatch[check.n_isas++])
      out_of_memory ();
  }
}

static void
usage (const char *program)
{
  printf ("Usage: %s [--seed N] [--family NAME | --kernel FAMILY/VARIANT] [--isa NAME] [--bench]\n"
          "       [--list | --rows]\n"
          "  --seed N       random seed (default: the time)\n"
          "  --family NAME  only tests of this family\n"
          "  --kernel NAME  only this row of the list of kernels\n"
          "  --isa NAME     instruction sets up to this one\n"
          "  --bench        time the kernels instead of checking them, and layers too\n"
          "  --list         list families and tests\n"
          "  --rows         list the kernels this machine runs\n",
      program);
}

static void
list_tests (void)
{
  for (size_t t = 0; t < sizeof tests / sizeof *tests; t++)
    printf ("%-20s %s\n", tests[t]->family, tests[t]->name);
  for (const CheckKernel *const *row = check_kernel_rows; *row; row++)
    printf ("%-20s %s\n", (*row)->family, (*row)->name);
  exit (0);
}

/* For tools/mutate. */
static void
list_rows (void)
{
  for (const CheckKernel *const *row = check_kernel_rows; *row; row++)
    if (cnn_features_allow (cnn_cpu_features (), (*row)->isa))
      printf ("%s %s\n", (*row)->name, cnn_isa_name ((*row)->isa));
  exit (0);
}

static void
parse_arguments (int argc, char **argv)
{
  check.seed = (uint64_t)time (NULL);
  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], "--bench") == 0)
      check.bench = true;
    else if (strcmp (argv[i], "--seed") == 0 && i + 1 < argc)
      check.seed = strtoull (argv[++i], NULL, 0);
    else if (strcmp (argv[i], "--family") == 0 && i + 1 < argc)
      check.family = argv[++i];
    else if (strcmp (argv[i], "--kernel") == 0 && i + 1 < argc)
      check.kernel_wanted = argv[++i];
    else if (strcmp (argv[i], "--isa") == 0 && i + 1 < argc)
      check.isa = argv[++i];
    else if (strcmp (argv[i], "--list") == 0)
      list_tests ();
    else if (strcmp (argv[i], "--rows") == 0)
      list_rows ();
    else {
      usage (argv[0]);
      exit (strcmp (argv[i], "--help") == 0 ? 0 : 2);
    }
  }
}

/* Runs one test or checks one row; true when it passes. */
static bool
run_test (const CheckTest *test, const CheckKernel *kernel)
{
  check.current = test;
  check.kernel = kernel;
  check.failed = false;
  check.state = check.seed;
  check_context ("start");
  const double start = seconds ();
  if (!kernel)
    test->run ();
  else if (check.bench)
    kernel->bench ();
  else
    kernel->check ();
  check.kernel = NULL;
  if (!kernel || !check.bench)
    printf ("%s %-28s %6.0f ms\n", check.failed ? "FAIL" : "ok  ", test->name,
        1e3 * (seconds () - start));
  fflush (stdout);
  return !check.failed;
}

static bool
is_wanted (const char *family, const char *row)
{
  if (check.kernel_wanted)
    return row && strcmp (check.kernel_wanted, row) == 0;
  return !check.family || strcmp (check.family, family) == 0;
}

static void
run_all (int *n_run, int *n_failed)
{
  for (size_t t = 0; t < sizeof tests / sizeof *tests; t++)
    if (is_wanted (tests[t]->family, NULL)) {
      *n_failed += !run_test (tests[t], NULL);
      ++*n_run;
    }
  for (const CheckKernel *const *row = check_kernel_rows; *row; row++)
    if (is_wanted ((*row)->family, (*row)->name) &&
        cnn_features_allow (check.features, (*row)->isa)) {
      const CheckTest test = {(*row)->name, (*row)->family, NULL};
      *n_failed += !run_test (&test, *row);
      ++*n_run;
    }
}

int
main (int argc, char **argv)
{
  parse_arguments (argc, argv);
  find_isas ();
  signal (SIGSEGV, on_crash);
  signal (SIGBUS, on_crash);
  signal (SIGILL, on_crash);
  printf ("seed %llu, instruction sets:", (unsigned long long)check.seed);
  for (int i = 0; i < check.n_isas; i++)
    printf (" %s", cnn_isa_name (check.isas[i]));
  printf ("\n");

  int n_run = 0, n_failed = 0;
  run_all (&n_run, &n_failed);
  for (int i = 0; i < check.n_isas; i++)
    cnn_dispatch_free (check.dispatch[i]);
  unmap_spares ();
  if (n_run == 0) {
    printf ("no test of \"%s\"; --list names them\n",
        check.kernel_wanted ? check.kernel_wanted : check.family);
    return 2;
  }
  printf ("%d of %d tests passed\n", n_run - n_failed, n_run);
  return n_failed ? 1 : 0;
}
