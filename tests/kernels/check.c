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

#define MAX_ISAS 8

static struct {
  uint64_t seed, state;
  const char *family, *isa;
  bool bench;
  const CheckTest *current;
  bool failed;
  char context[200];
  CnnIsa isas[MAX_ISAS];
  CnnDispatch *dispatch[MAX_ISAS];
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

void
check_bench (const char *name, const char *isa, void (*func) (void *data), void *data)
{
  double best = INFINITY;
  long calls = 1;
  for (int round = 0; round < 12; round++) {
    const double start = seconds ();
    for (long i = 0; i < calls; i++)
      func (data);
    const double time = seconds () - start;
    if (time < 2e-3 && round < 6) {
      calls *= 4;
      round = 0;
      continue;
    }
    best = fmin (best, time / (double)calls);
  }
  printf ("  %-40s %-7s %12.1f ns\n", name, isa, best * 1e9);
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

static void
find_isas (void)
{
  static const CnnIsa all[] = {CNN_ISA_C, CNN_ISA_SSE4, CNN_ISA_AVX2, CNN_ISA_AVX512, CNN_ISA_NEON};
  CnnIsa most;
  CnnError error;
  if (!cnn_isa_select (check.isa, &most, &error)) {
    fprintf (stderr, "--isa: %s\n", error.message);
    exit (2);
  }
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i] <= most && cnn_cpu_has (all[i])) {
      check.isas[check.n_isas] = all[i];
      check.dispatch[check.n_isas] = cnn_dispatch_new (all[i]);
      if (!check.dispatch[check.n_isas++])
        out_of_memory ();
    }
}

static void
usage (const char *program)
{
  printf ("Usage: %s [--seed N] [--family NAME] [--isa NAME] [--bench] [--list]\n"
          "  --seed N       random seed (default: the time)\n"
          "  --family NAME  only tests of this family\n"
          "  --isa NAME     instruction sets up to this one\n"
          "  --bench        time the kernels too\n"
          "  --list         list families and tests\n",
      program);
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
    else if (strcmp (argv[i], "--isa") == 0 && i + 1 < argc)
      check.isa = argv[++i];
    else if (strcmp (argv[i], "--list") == 0) {
      for (size_t t = 0; t < sizeof tests / sizeof *tests; t++)
        printf ("%-16s %s\n", tests[t]->family, tests[t]->name);
      exit (0);
    } else {
      usage (argv[0]);
      exit (strcmp (argv[i], "--help") == 0 ? 0 : 2);
    }
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
  for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
    check.current = tests[t];
    if (check.family && strcmp (check.family, tests[t]->family) != 0)
      continue;
    check.failed = false;
    check.state = check.seed;
    check_context ("start");
    const double start = seconds ();
    tests[t]->run ();
    n_run++;
    n_failed += check.failed;
    printf ("%s %-28s %6.0f ms\n", check.failed ? "FAIL" : "ok  ", tests[t]->name,
        1e3 * (seconds () - start));
    fflush (stdout);
  }
  for (int i = 0; i < check.n_isas; i++)
    cnn_dispatch_free (check.dispatch[i]);
  unmap_spares ();
  if (n_run == 0) {
    printf ("no test of family \"%s\"; --list names them\n", check.family);
    return 2;
  }
  printf ("%d of %d tests passed\n", n_run - n_failed, n_run);
  return n_failed ? 1 : 0;
}
